#include "rondo/runtime/posix_network.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "rondo/runtime/posix_address.h"

namespace rondo {
namespace {

using internal::FromPosix;
using internal::PosixAddress;
using internal::ToPosix;

SysResult OrErrno(SysResult result) { return result < 0 ? -errno : result; }

SysResult ResolveError(int error) {
  switch (error) {
    case EAI_AGAIN:
      return -EAGAIN;
    case EAI_MEMORY:
      return -ENOMEM;
    case EAI_SYSTEM:
      return errno != 0 ? -errno : -EIO;
    default:
      return -ENOENT;
  }
}

}  // namespace

SysResult PosixNetwork::Socket(AddressFamily family, SocketKind kind) {
  const int type = kind == SocketKind::kStream ? SOCK_STREAM : SOCK_DGRAM;
  return OrErrno(socket(internal::PosixFamily(family),
                        type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

SysResult PosixNetwork::Close(int fd) {
  // Linux closes the descriptor even when it reports EINTR.
  return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

SysResult PosixNetwork::Bind(int fd, const SocketAddress& address) {
  const std::optional<PosixAddress> posix = ToPosix(address);
  if (!posix.has_value()) return -ENAMETOOLONG;
  if (address.family() == AddressFamily::kIPv6) {
    const int on = 1;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  return OrErrno(bind(fd, posix->get(), posix->size));
}

SysResult PosixNetwork::Listen(int fd, int backlog) {
  return OrErrno(listen(fd, backlog));
}

SysResult PosixNetwork::Accept(int fd, SocketAddress* peer) {
  PosixAddress address;
  const SysResult result = OrErrno(
      accept4(fd, address.get(), &address.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (result >= 0 && peer != nullptr) *peer = FromPosix(address);
  return result;
}

SysResult PosixNetwork::Connect(int fd, const SocketAddress& address) {
  const std::optional<PosixAddress> posix = ToPosix(address);
  if (!posix.has_value()) return -ENAMETOOLONG;
  return OrErrno(connect(fd, posix->get(), posix->size));
}

SysResult PosixNetwork::Error(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return -errno;
  return error;
}

SysResult PosixNetwork::Send(int fd, std::span<const char> data) {
  return OrErrno(send(fd, data.data(), data.size(), MSG_NOSIGNAL));
}

SysResult PosixNetwork::Receive(int fd, std::span<char> buffer) {
  return OrErrno(recv(fd, buffer.data(), buffer.size(), 0));
}

SysResult PosixNetwork::SendTo(int fd, std::span<const char> data,
                               const SocketAddress& to) {
  const std::optional<PosixAddress> posix = ToPosix(to);
  if (!posix.has_value()) return -ENAMETOOLONG;
  return OrErrno(sendto(fd, data.data(), data.size(), MSG_NOSIGNAL,
                        posix->get(), posix->size));
}

SysResult PosixNetwork::ReceiveFrom(int fd, std::span<char> buffer,
                                    SocketAddress* from) {
  PosixAddress address;
  const SysResult result = OrErrno(recvfrom(fd, buffer.data(), buffer.size(), 0,
                                            address.get(), &address.size));
  if (result >= 0 && from != nullptr) *from = FromPosix(address);
  return result;
}

SysResult PosixNetwork::Shutdown(int fd, ShutdownHow how) {
  switch (how) {
    case ShutdownHow::kReceive:
      return OrErrno(shutdown(fd, SHUT_RD));
    case ShutdownHow::kSend:
      return OrErrno(shutdown(fd, SHUT_WR));
    case ShutdownHow::kBoth:
      return OrErrno(shutdown(fd, SHUT_RDWR));
  }
  return -EINVAL;
}

SysResult PosixNetwork::SetOption(int fd, SocketOption option, int value) {
  int level = SOL_SOCKET;
  int name = 0;
  switch (option) {
    case SocketOption::kReuseAddress:
      name = SO_REUSEADDR;
      break;
    case SocketOption::kNoDelay:
      level = IPPROTO_TCP;
      name = TCP_NODELAY;
      break;
    case SocketOption::kSendBuffer:
      name = SO_SNDBUF;
      break;
    case SocketOption::kReceiveBuffer:
      name = SO_RCVBUF;
      break;
  }
  return OrErrno(setsockopt(fd, level, name, &value, sizeof(value)));
}

SysResult PosixNetwork::LocalAddress(int fd, SocketAddress* address) {
  PosixAddress posix;
  if (getsockname(fd, posix.get(), &posix.size) < 0) return -errno;
  *address = FromPosix(posix);
  return 0;
}

SysResult PosixNetwork::PeerAddress(int fd, SocketAddress* address) {
  PosixAddress posix;
  if (getpeername(fd, posix.get(), &posix.size) < 0) return -errno;
  *address = FromPosix(posix);
  return 0;
}

SysResult PosixNetwork::Resolve(std::string_view host, std::uint16_t port,
                                std::vector<SocketAddress>* out) {
  if (const auto numeric = SocketAddress::Parse(host, port)) {
    out->push_back(*numeric);
    return 0;
  }
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;  // Else each address comes thrice.
  addrinfo* list = nullptr;
  errno = 0;
  const int error = getaddrinfo(std::string(host).c_str(),
                                std::to_string(port).c_str(), &hints, &list);
  if (error != 0) return ResolveError(error);
  for (const addrinfo* info = list; info != nullptr; info = info->ai_next) {
    if (info->ai_family != AF_INET && info->ai_family != AF_INET6) continue;
    PosixAddress posix;
    posix.size = std::min<socklen_t>(info->ai_addrlen, posix.size);
    std::memcpy(&posix.storage, info->ai_addr, posix.size);
    out->push_back(FromPosix(posix));
  }
  freeaddrinfo(list);
  return 0;
}

}  // namespace rondo
