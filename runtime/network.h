// The seam at the system-call level: sockets as the kernel has them.
//
// Transports, streams and servers are written against this class only, so the
// same code runs over the kernel (`PosixNetwork`) and in a simulation
// (`SimNetwork`). Every socket is non-blocking. Readiness comes from the
// `Selector` that belongs to the network.
//
// Errors: every call returns a value >= 0, or a negated errno (-EAGAIN when it
// would block), as the kernel does. Nothing here throws.
// Thread-safety: the loop's thread only.
#ifndef RONDO_RUNTIME_NETWORK_H_
#define RONDO_RUNTIME_NETWORK_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/socket_types.h"

namespace rondo {

class Network {
 public:
  virtual ~Network() = default;

  // Returns a descriptor.
  virtual SysResult Socket(AddressFamily family, SocketKind kind) = 0;
  virtual SysResult Close(int fd) = 0;

  virtual SysResult Bind(int fd, const SocketAddress& address) = 0;
  virtual SysResult Listen(int fd, int backlog) = 0;
  // Returns the new descriptor; fills `peer` if it is not null.
  virtual SysResult Accept(int fd, SocketAddress* peer) = 0;
  // -EINPROGRESS: writability and then Error() tell how it went.
  virtual SysResult Connect(int fd, const SocketAddress& address) = 0;
  // Takes the pending error (SO_ERROR): 0, or a positive errno, once.
  virtual SysResult Error(int fd) = 0;

  // Return how many bytes were taken or given; Receive returns 0 at the end.
  virtual SysResult Send(int fd, std::span<const char> data) = 0;
  virtual SysResult Receive(int fd, std::span<char> buffer) = 0;
  virtual SysResult SendTo(int fd, std::span<const char> data,
                           const SocketAddress& to) = 0;
  virtual SysResult ReceiveFrom(int fd, std::span<char> buffer,
                                SocketAddress* from) = 0;

  virtual SysResult Shutdown(int fd, ShutdownHow how) = 0;
  virtual SysResult SetOption(int fd, SocketOption option, int value) = 0;
  virtual SysResult LocalAddress(int fd, SocketAddress* address) = 0;
  virtual SysResult PeerAddress(int fd, SocketAddress* address) = 0;

  // Empty where nobody watches.
  virtual SocketName Name(int fd) const {
    (void)fd;
    return {};
  }

  // Appends the addresses of `host` (a name or a numeric address) to `out`;
  // -ENOENT for an unknown name. May block where the real resolver does.
  virtual SysResult Resolve(std::string_view host, std::uint16_t port,
                            std::vector<SocketAddress>* out) = 0;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_NETWORK_H_
