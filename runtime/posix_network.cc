#include "rondo/runtime/posix_network.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "rondo/runtime/posix_address.h"
#include "rondo/runtime/posix_options.h"
#include "rondo/runtime/posix_write.h"

namespace rondo {
namespace {

using internal::FromPosix;
using internal::PosixAddress;
using internal::ToPosix;

SysResult OrErrno(SysResult result) { return result < 0 ? -errno : result; }

int PosixType(SocketKind kind) {
  const int type = kind == SocketKind::kStream ? SOCK_STREAM : SOCK_DGRAM;
  return type | SOCK_NONBLOCK | SOCK_CLOEXEC;
}

SysResult KindOf(int fd) {
  struct stat status;
  if (fstat(fd, &status) < 0) return -errno;
  DescriptorKind kind = DescriptorKind::kPipe;
  if (S_ISSOCK(status.st_mode)) {
    int type = 0;
    socklen_t size = sizeof(type);
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0) return -errno;
    kind = type == SOCK_DGRAM ? DescriptorKind::kDatagram
                              : DescriptorKind::kStream;
  } else if (S_ISCHR(status.st_mode)) {
    kind = DescriptorKind::kCharacterDevice;
  } else if (!S_ISFIFO(status.st_mode)) {
    return -EINVAL;
  }
  return static_cast<SysResult>(kind);
}

}  // namespace

SysResult PosixNetwork::Socket(AddressFamily family, SocketKind kind) {
  return OrErrno(socket(internal::PosixFamily(family), PosixType(kind), 0));
}

SysResult PosixNetwork::SocketPair(SocketKind kind, std::array<int, 2>* fds) {
  return OrErrno(socketpair(AF_UNIX, PosixType(kind), 0, fds->data()));
}

SysResult PosixNetwork::Pipe(std::array<int, 2>* fds) {
  return OrErrno(pipe2(fds->data(), O_NONBLOCK | O_CLOEXEC));
}

SysResult PosixNetwork::Adopt(int fd) {
  const SysResult kind = KindOf(fd);
  if (kind < 0) return kind;
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  return kind;
}

SysResult PosixNetwork::Close(int fd) {
  // Linux closes the descriptor even when it reports EINTR.
  return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

SysResult PosixNetwork::Bind(int fd, const SocketAddress& address) {
  const std::optional<PosixAddress> posix = ToPosix(address);
  if (!posix.has_value()) return -ENAMETOOLONG;
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

SysResult PosixNetwork::SendMessage(
    int fd, std::span<const std::span<const char>> parts) {
  std::array<iovec, IOV_MAX> vector;
  msghdr message = {};
  for (const std::span<const char> part : parts) {
    if (message.msg_iovlen == vector.size()) break;
    vector[message.msg_iovlen++] = {const_cast<char*>(part.data()),
                                    part.size()};
  }
  if (parts.size() > vector.size() &&
      KindOf(fd) == static_cast<SysResult>(DescriptorKind::kDatagram)) {
    return -EMSGSIZE;
  }
  message.msg_iov = vector.data();
  return OrErrno(sendmsg(fd, &message, MSG_NOSIGNAL));
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
                                    SocketAddress* from, bool* truncated) {
  PosixAddress address;
  iovec part = {buffer.data(), buffer.size()};
  msghdr message = {};
  message.msg_name = address.get();
  message.msg_namelen = address.size;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  const SysResult result = OrErrno(recvmsg(fd, &message, 0));
  if (result < 0) return result;
  address.size = message.msg_namelen;
  if (from != nullptr) *from = FromPosix(address);
  if (truncated != nullptr) *truncated = (message.msg_flags & MSG_TRUNC) != 0;
  return result;
}

SysResult PosixNetwork::Read(int fd, std::span<char> buffer) {
  return OrErrno(read(fd, buffer.data(), buffer.size()));
}

SysResult PosixNetwork::Write(int fd, std::span<const char> data) {
  return internal::WriteWithoutSignal(fd, data);
}

SysResult PosixNetwork::SendFile(int fd, int file, std::int64_t offset,
                                 std::size_t size) {
  return internal::SendFileWithoutSignal(fd, file, offset, size);
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
  return internal::SetPosixOption(fd, option, value);
}

SysResult PosixNetwork::GetOption(int fd, SocketOption option) {
  return internal::GetPosixOption(fd, option);
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

SysResult PosixNetwork::SocketFile(const SocketAddress& address) {
  struct stat status;
  if (stat(address.path().c_str(), &status) < 0) return -errno;
  if (!S_ISSOCK(status.st_mode)) return -ENOTSOCK;
  return static_cast<SysResult>(status.st_ino);
}

SysResult PosixNetwork::RemoveSocketFile(const SocketAddress& address) {
  const SysResult file = SocketFile(address);
  return file < 0 ? file : OrErrno(unlink(address.path().c_str()));
}

}  // namespace rondo
