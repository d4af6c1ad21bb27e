// The seam at the system-call level: sockets and pipes as the kernel has them.
//
// Transports, streams and servers are written against this class only, so the
// same code runs over the kernel (`PosixNetwork`) and in a simulation
// (`SimNetwork`). Every descriptor is non-blocking. Readiness comes from the
// `Selector` that belongs to the network.
//
// Errors: every call returns a value >= 0, or a negated errno (-EAGAIN when it
// would block), as the kernel does. Nothing here throws, or raises a signal.
// Thread-safety: the loop's thread only.
#ifndef RONDO_RUNTIME_NETWORK_H_
#define RONDO_RUNTIME_NETWORK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "rondo/runtime/resolver.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/socket_types.h"

namespace rondo {

class Network {
 public:
  virtual ~Network() = default;

  // Returns a descriptor.
  virtual SysResult Socket(AddressFamily family, SocketKind kind) = 0;
  // Two Unix sockets, connected; a pipe: the end that reads, the one that
  // writes.
  virtual SysResult SocketPair(SocketKind kind, std::array<int, 2>* fds) = 0;
  virtual SysResult Pipe(std::array<int, 2>* fds) = 0;
  // Makes a descriptor from elsewhere non-blocking, and returns what it is: a
  // DescriptorKind; -EINVAL: nothing that is ever ready (a plain file).
  virtual SysResult Adopt(int fd) = 0;
  virtual SysResult Close(int fd) = 0;

  virtual SysResult Bind(int fd, const SocketAddress& address) = 0;
  virtual SysResult Listen(int fd, int backlog) = 0;
  // Returns the new descriptor; fills `peer` if it is not null.
  virtual SysResult Accept(int fd, SocketAddress* peer) = 0;
  // -EINPROGRESS: writability and then Error() tell how it went. Unix sockets
  // answer at once, with -EAGAIN if the listener has no room.
  virtual SysResult Connect(int fd, const SocketAddress& address) = 0;
  // Takes the pending error (SO_ERROR): 0, or a positive errno, once.
  virtual SysResult Error(int fd) = 0;

  // Of sockets. Return how many bytes were taken or given; Receive returns 0
  // at the end of a stream, and for an empty datagram. SendMessage sends the
  // parts as if they were one.
  virtual SysResult Send(int fd, std::span<const char> data) = 0;
  virtual SysResult SendMessage(
      int fd, std::span<const std::span<const char>> parts) = 0;
  virtual SysResult Receive(int fd, std::span<char> buffer) = 0;
  virtual SysResult SendTo(int fd, std::span<const char> data,
                           const SocketAddress& to) = 0;
  // `from` (as new if the sender has no name) and `truncated` (the datagram
  // was longer than the buffer; the rest is lost) may be null.
  virtual SysResult ReceiveFrom(int fd, std::span<char> buffer,
                                SocketAddress* from, bool* truncated) = 0;
  // Of pipes and sockets. Of nothing: 0.
  virtual SysResult Read(int fd, std::span<char> buffer) = 0;
  virtual SysResult Write(int fd, std::span<const char> data) = 0;
  // Sends up to `size` bytes of the file `file` from `offset`; 0 at its end.
  // -EOPNOTSUPP or -EINVAL: not of this file, or in this world; read and send.
  virtual SysResult SendFile(int fd, int file, std::int64_t offset,
                             std::size_t size) = 0;

  virtual SysResult Shutdown(int fd, ShutdownHow how) = 0;
  // Values: see SocketOption. GetOption returns the value.
  virtual SysResult SetOption(int fd, SocketOption option, int value) = 0;
  virtual SysResult GetOption(int fd, SocketOption option) = 0;
  virtual SysResult LocalAddress(int fd, SocketAddress* address) = 0;
  virtual SysResult PeerAddress(int fd, SocketAddress* address) = 0;

  // The file that a Unix socket's Bind has made: which one it is (its inode;
  // -ENOTSOCK: another kind of file; -ENOENT: none), and its removal.
  virtual SysResult SocketFile(const SocketAddress& address) = 0;
  virtual SysResult RemoveSocketFile(const SocketAddress& address) = 0;

  // Empty where nobody watches.
  virtual SocketName Name(int) const { return {}; }

  // What this world's names mean. Never null.
  virtual std::shared_ptr<Resolver> resolver() = 0;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_NETWORK_H_
