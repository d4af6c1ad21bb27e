// The kernel's sockets.
#ifndef RONDO_RUNTIME_POSIX_NETWORK_H_
#define RONDO_RUNTIME_POSIX_NETWORK_H_

#include "rondo/runtime/network.h"

namespace rondo {

// Each call is one system call. Every socket is non-blocking and closed on
// exec; a write to a closed peer is an error (-EPIPE), never a signal. An
// IPv6 socket that is bound takes IPv6 only, as asyncio's servers do.
//
// Resolve asks the machine's resolver (getaddrinfo) and may block; a numeric
// address is answered without it. -ENOENT: no such name; -EAGAIN: the
// resolver could not say now.
//
// Thread-safety: it has no state; a descriptor belongs to one thread.
class PosixNetwork final : public Network {
 public:
  SysResult Socket(AddressFamily family, SocketKind kind) override;
  SysResult Close(int fd) override;

  SysResult Bind(int fd, const SocketAddress& address) override;
  SysResult Listen(int fd, int backlog) override;
  SysResult Accept(int fd, SocketAddress* peer) override;
  SysResult Connect(int fd, const SocketAddress& address) override;
  SysResult Error(int fd) override;

  SysResult Send(int fd, std::span<const char> data) override;
  SysResult Receive(int fd, std::span<char> buffer) override;
  SysResult SendTo(int fd, std::span<const char> data,
                   const SocketAddress& to) override;
  SysResult ReceiveFrom(int fd, std::span<char> buffer,
                        SocketAddress* from) override;

  SysResult Shutdown(int fd, ShutdownHow how) override;
  SysResult SetOption(int fd, SocketOption option, int value) override;
  SysResult LocalAddress(int fd, SocketAddress* address) override;
  SysResult PeerAddress(int fd, SocketAddress* address) override;

  SysResult Resolve(std::string_view host, std::uint16_t port,
                    std::vector<SocketAddress>* out) override;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_POSIX_NETWORK_H_
