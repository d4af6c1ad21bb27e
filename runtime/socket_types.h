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
enum class ShutdownHow { kReceive, kSend, kBoth };
enum class SocketOption {
  kReuseAddress,
  kNoDelay,
  kSendBuffer,
  kReceiveBuffer
};

// What a socket is in traces: the same in every schedule.
struct SocketName {
  Identity id = 0;
  std::string_view name;  // "n1>n2:80#1"; valid until the socket is closed.
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_SOCKET_TYPES_H_
