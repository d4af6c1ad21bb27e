// The calls of the socket API, as awaitables.
//
//   rondo::Socket socket = rondo::Socket::Stream(rondo::AddressFamily::kIPv4);
//   co_await rondo::SockConnect(socket.fd(), address);
//   co_await rondo::SockSendAll(socket.fd(), request);
//   std::string answer = co_await rondo::SockRecv(socket.fd(), 100);
//
// Each call tries at once and suspends only if it would block. The buffers
// must live until the call has ended. One reading and one writing call a
// socket at a time: a second takes the first one's place, which then waits for
// ever. Sockets never block, so nobody needs to make them so.
//
// Cancellation: at once, and nothing that has come is lost: what a call has
// received, and its caller not seen, is the next one's; a connection is closed.
// SockSendAll may have sent a part, SockSendTo its datagram, and SockConnect
// goes on connecting.
// Throws: std::system_error, whose message names the call and the address;
// RuntimeError if the loop has no network, or if the descriptor is a
// transport's.
// Source: asyncio sock_recv, sock_recv_into, sock_recvfrom, sock_recvfrom_into,
// sock_sendall, sock_sendto, sock_connect, sock_accept; differs: asyncio loses
// what was received for a caller who is cancelled, and refuses a transport's
// descriptor only if it has to wait. sock_sendfile: sendfile.h.
#ifndef RONDO_RUNTIME_SOCKETS_H_
#define RONDO_RUNTIME_SOCKETS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/io_table.h"
#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/network.h"
#include "rondo/runtime/socket_address.h"

namespace rondo {

// Owns a descriptor of its loop's network: closes it when it dies, or when the
// loop is closed.
class Socket final : private internal::DescriptorOwner {
 public:
  Socket() = default;
  // Of the running loop. Throws: ValueError if another one has it.
  explicit Socket(int fd);
  // Throws: std::system_error.
  static Socket Stream(AddressFamily family);
  static Socket Datagram(AddressFamily family);

  Socket(Socket&& other) noexcept { Take(other); }
  Socket& operator=(Socket&& other) noexcept {
    if (this == &other) return *this;
    Close();
    Take(other);
    return *this;
  }
  ~Socket() { Close(); }

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  // Also ends its readers and writers.
  void Close() {
    if (fd_ >= 0) CloseOpen();
  }

 private:
  void Take(Socket& other) {
    core_ = other.core_;
    fd_ = std::exchange(other.fd_, -1);
    if (fd_ >= 0) core_->io->ChangeOwner(fd_, this);
  }
  void CloseOpen();
  void LoopEnded() override { Close(); }

  internal::LoopCore* core_ = nullptr;
  int fd_ = -1;
};

// One datagram, and who has sent it; as new if the sender has no name.
struct ReceivedFrom {
  ReceivedFrom(std::string d, SocketAddress f, bool t)
      : data(std::move(d)), from(std::move(f)), truncated(t) {}

  std::string data;
  SocketAddress from;
  bool truncated;  // It was longer; the rest is lost.
};
struct ReceivedFromInto {
  ReceivedFromInto(std::size_t s, SocketAddress f, bool t)
      : size(s), from(std::move(f)), truncated(t) {}

  std::size_t size;
  SocketAddress from;
  bool truncated;
};

struct Accepted {
  Socket socket;
  SocketAddress peer;
};

// At most `n` bytes; none: the peer has ended. Into `buffer`: how many.
Coro<std::string> SockRecv(int fd, std::size_t n);
Coro<std::size_t> SockRecvInto(int fd, std::span<char> buffer);
// The same of a datagram, which may be empty.
Coro<ReceivedFrom> SockRecvFrom(int fd, std::size_t n);
Coro<ReceivedFromInto> SockRecvFromInto(int fd, std::span<char> buffer);

Coro<> SockSendAll(int fd, std::span<const char> data);
// One datagram. Returns how many bytes were sent.
Coro<std::size_t> SockSendTo(int fd, std::span<const char> data,
                             SocketAddress to);

// Called again after it was cancelled, it waits for the same connection.
// EAGAIN: the listener, a Unix socket, has no room.
Coro<> SockConnect(int fd, SocketAddress address);
Coro<Accepted> SockAccept(int fd);

namespace internal {

// The network of `core`. Throws: RuntimeError.
Network& NetworkOf(LoopCore* core);
// The network of the running loop, for a call on `fd`. Throws: RuntimeError,
// also if a transport has it.
Network& NetworkFor(int fd);

// Who it is connected to; empty if that is not known.
std::string PeerOf(Network& network, int fd);

// Of a call that has to wait until its descriptor is ready.
bool WouldBlock(SysResult result);
// Done when `fd` is ready; it is watched no longer then.
Future<> SockReady(int fd, unsigned direction, std::string_view label);

// What the negated errno `result` is: its message begins with "CALL ADDRESS".
std::system_error SocketError(SysResult result, std::string_view call,
                              std::string_view address);
// Throws it.
[[noreturn]] void ThrowSocketError(SysResult result, std::string_view call,
                                   std::string_view address);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_SOCKETS_H_
