// The small types of the socket calls (network.h).
#ifndef RONDO_RUNTIME_SOCKET_TYPES_H_
#define RONDO_RUNTIME_SOCKET_TYPES_H_

#include <cstdint>
#include <string_view>

#include "rondo/runtime/handle_info.h"

namespace rondo {

// A result >= 0, or -errno.
using SysResult = std::int64_t;

enum class SocketKind { kStream, kDatagram };
enum class DescriptorKind { kStream, kDatagram, kPipe, kCharacterDevice };
enum class ShutdownHow { kReceive, kSend, kBoth };

// -ENOPROTOOPT, -EOPNOTSUPP or -EINVAL: not of this kind of socket.
enum class SocketOption {
  // 0 or 1.
  kReuseAddress,
  kReusePort,
  kBroadcast,
  kIPv6Only,
  kNoDelay,
  kKeepAlive,
  // Of kKeepAlive: seconds until the first probe, seconds between probes, how
  // many probes.
  kKeepIdle,
  kKeepInterval,
  kKeepCount,
  // Milliseconds without an acknowledgement until the connection breaks; 0:
  // the system's own measure.
  kUserTimeout,
  // Seconds for which Close goes on sending; 0: it resets; -1: off.
  kLinger,
  // Bytes. The kernel makes of them what it likes (twice as much, within
  // bounds); a simulation takes them as they are.
  kSendBuffer,
  kReceiveBuffer,
};

// What a socket is in traces: the same in every schedule.
struct SocketName {
  Identity id = 0;
  std::string_view name;  // "n1>n2:80#1"; valid until the socket is closed.
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_SOCKET_TYPES_H_
