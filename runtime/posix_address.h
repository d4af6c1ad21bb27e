// SocketAddress to and from the kernel's sockaddr.
#ifndef RONDO_RUNTIME_POSIX_ADDRESS_H_
#define RONDO_RUNTIME_POSIX_ADDRESS_H_

#include <sys/socket.h>

#include <optional>

#include "rondo/runtime/socket_address.h"

namespace rondo::internal {

struct PosixAddress {
  sockaddr_storage storage = {};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};

int PosixFamily(AddressFamily family);

// No value for a Unix path that is too long for the kernel.
std::optional<PosixAddress> ToPosix(const SocketAddress& address);

// 0.0.0.0:0 for a family that rondo does not know.
SocketAddress FromPosix(const PosixAddress& address);

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_POSIX_ADDRESS_H_
