// The kernel's sockets.
#ifndef RONDO_RUNTIME_POSIX_NETWORK_H_
#define RONDO_RUNTIME_POSIX_NETWORK_H_

#include <memory>

#include "rondo/runtime/network.h"
#include "rondo/runtime/posix_resolver.h"

namespace rondo {

// Each call is one system call. Every descriptor is non-blocking and closed on
// exec; a write to a closed peer is an error (-EPIPE), never a signal: where
// a system call cannot promise that (of SendFile, and of Write before Linux
// 6.18), the thread has SIGPIPE blocked meanwhile, at three calls more.
//
// Thread-safety: it has no state; a descriptor belongs to one thread.
class PosixNetwork final : public Network {
 public:
  SysResult Socket(AddressFamily family, SocketKind kind) override;
  SysResult SocketPair(SocketKind kind, std::array<int, 2>* fds) override;
  SysResult Pipe(std::array<int, 2>* fds) override;
  SysResult Adopt(int fd) override;
  SysResult Close(int fd) override;

  SysResult Bind(int fd, const SocketAddress& address) override;
  SysResult Listen(int fd, int backlog) override;
  SysResult Accept(int fd, SocketAddress* peer) override;
  SysResult Connect(int fd, const SocketAddress& address) override;
  SysResult Error(int fd) override;

  SysResult Send(int fd, std::span<const char> data) override;
  // More than 1024 parts: the first 1024; of a datagram -EMSGSIZE.
  SysResult SendMessage(int fd,
                        std::span<const std::span<const char>> parts) override;
  SysResult Receive(int fd, std::span<char> buffer) override;
  SysResult SendTo(int fd, std::span<const char> data,
                   const SocketAddress& to) override;
  SysResult ReceiveFrom(int fd, std::span<char> buffer, SocketAddress* from,
                        bool* truncated) override;
  SysResult Read(int fd, std::span<char> buffer) override;
  SysResult Write(int fd, std::span<const char> data) override;
  SysResult SendFile(int fd, int file, std::int64_t offset,
                     std::size_t size) override;

  SysResult Shutdown(int fd, ShutdownHow how) override;
  SysResult SetOption(int fd, SocketOption option, int value) override;
  SysResult GetOption(int fd, SocketOption option) override;
  SysResult LocalAddress(int fd, SocketAddress* address) override;
  SysResult PeerAddress(int fd, SocketAddress* address) override;

  SysResult SocketFile(const SocketAddress& address) override;
  SysResult RemoveSocketFile(const SocketAddress& address) override;

  std::shared_ptr<Resolver> resolver() override { return resolver_; }

 private:
  std::shared_ptr<Resolver> resolver_ = std::make_shared<PosixResolver>();
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_POSIX_NETWORK_H_
