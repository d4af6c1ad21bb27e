// The calls of the socket API, as awaitables.
//
//   rondo::Socket socket = rondo::Socket::Stream(rondo::AddressFamily::kIPv4);
//   co_await rondo::SockConnect(socket.fd(), address);
//   co_await rondo::SockSendAll(socket.fd(), "ping");
//   std::size_t n = co_await rondo::SockRecv(socket.fd(), buffer);
//
// Each call tries at once and suspends only if it would block, or has sent 64
// KiB or more, for a turn of the loop. The buffers
// must live until the call has ended. One reading and one writing call a
// socket at a time: a second takes the first one's place, which then waits for
// ever.
//
// Cancellation: at once; SockSendAll may have sent a part.
// Throws: std::system_error, whose message names the call and the address;
// RuntimeError if the loop has no network.
// Source: asyncio sock_recv_into, sock_sendall, sock_connect, sock_accept.
#ifndef RONDO_RUNTIME_SOCKETS_H_
#define RONDO_RUNTIME_SOCKETS_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/network.h"
#include "rondo/runtime/socket_address.h"

namespace rondo {

// Owns a descriptor of its loop's network: closes it when it dies.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd);
  // Throws: std::system_error.
  static Socket Stream(AddressFamily family);

  Socket(Socket&& other) noexcept
      : core_(other.core_), fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(core_, other.core_);
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() { Close(); }

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  // Also ends its readers and writers.
  void Close();

 private:
  internal::LoopCore* core_ = nullptr;
  int fd_ = -1;
};

struct Accepted {
  Socket socket;
  SocketAddress peer;
};

// Returns how many bytes were received; 0: the peer has ended.
Coro<std::size_t> SockRecv(int fd, std::span<char> buffer);
Coro<> SockSendAll(int fd, std::span<const char> data);
Coro<> SockConnect(int fd, SocketAddress address);
Coro<Accepted> SockAccept(int fd);

// The addresses of `host`. Throws: std::system_error if it has none.
std::vector<SocketAddress> ResolveHost(std::string_view host,
                                       std::uint16_t port);

namespace internal {

// The network of `core`. Throws: RuntimeError.
Network& NetworkOf(LoopCore* core);

// What the negated errno `result` is: its message begins with "CALL ADDRESS".
std::system_error SocketError(SysResult result, std::string_view call,
                              std::string_view address);
// Throws it.
[[noreturn]] void ThrowSocketError(SysResult result, std::string_view call,
                                   std::string_view address);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_SOCKETS_H_
