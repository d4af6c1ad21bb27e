// The options of a simulated socket.
#ifndef RONDO_SIMNET_SOCKET_SETTINGS_H_
#define RONDO_SIMNET_SOCKET_SETTINGS_H_

#include <cstddef>

#include "rondo/runtime/socket_types.h"

namespace rondo::internal {

// By what sockets may share a port, if both have it: SO_REUSEADDR,
// SO_REUSEPORT.
inline constexpr unsigned kShareAddress = 1;
inline constexpr unsigned kSharePort = 2;

// Values as in SocketOption. Buffers are taken as they are, one byte at least.
struct SocketSettings {
  bool reuse_address = false;
  bool reuse_port = false;
  bool broadcast = false;
  bool ipv6_only = false;
  bool no_delay = false;
  bool keep_alive = false;
  int keep_idle = 7200;
  int keep_interval = 75;
  int keep_count = 9;
  int user_timeout = 0;
  int linger = -1;
  std::size_t send_buffer = 0;
  std::size_t receive_buffer = 0;

  // What a port may be shared by.
  unsigned sharing() const {
    return (reuse_address ? kShareAddress : 0u) |
           (reuse_port ? kSharePort : 0u);
  }

  // 0, or -EINVAL for a value out of bounds.
  SysResult Set(SocketOption option, int value);
  SysResult Get(SocketOption option) const;
};

// True for the options that only TCP has.
bool IsTcpOption(SocketOption option);

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_SOCKET_SETTINGS_H_
