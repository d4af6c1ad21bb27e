#include "rondo/simnet/sim_network.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

#include "rondo/simnet/sim_pipe.h"
#include "rondo/simnet/tcp_socket.h"
#include "rondo/simnet/udp_socket.h"
#include "rondo/simnet/unix_datagram.h"
#include "rondo/simnet/unix_stream.h"

namespace rondo {

using internal::SimSocket;
using internal::UnixDatagram;
using internal::UnixStream;

SimSocket* SimNetwork::Find(int fd) const {
  if (fd < 0 || static_cast<std::size_t>(fd) >= sockets_.size()) return nullptr;
  return sockets_[fd].get();
}

int SimNetwork::Install(std::shared_ptr<SimSocket> socket) {
  int fd = 0;
  if (!free_.empty()) {
    std::pop_heap(free_.begin(), free_.end(), std::greater<>());
    fd = free_.back();
    free_.pop_back();
  } else {
    if (sockets_.empty()) sockets_.resize(kFirstFd);
    fd = static_cast<int>(sockets_.size());
    sockets_.emplace_back();
  }
  selector_.Open(fd);
  socket->Attach(&selector_, fd);
  sockets_[fd] = std::move(socket);
  return fd;
}

void SimNetwork::GoInert() {
  inert_ = true;
  resolver_->GoInert();
  for (int fd = 0; fd < static_cast<int>(sockets_.size()); ++fd) {
    if (sockets_[fd] == nullptr) continue;
    sockets_[fd]->Vanish();
    selector_.Closed(fd);
  }
  sockets_.clear();
  free_.clear();
}

SimNetwork::~SimNetwork() {
  // Some know each other.
  for (const std::shared_ptr<SimSocket>& socket : sockets_) {
    if (socket != nullptr) socket->Vanish();
  }
}

SysResult SimNetwork::Socket(AddressFamily family, SocketKind kind) {
  if (inert_) return -EBADF;
  const bool stream = kind == SocketKind::kStream;
  std::shared_ptr<SimSocket> socket;
  if (family != AddressFamily::kUnix && stream) {
    socket = std::make_shared<internal::TcpSocket>(context_, host_, family);
  } else if (family != AddressFamily::kUnix) {
    socket = std::make_shared<internal::UdpSocket>(context_, host_, family);
  } else if (stream) {
    socket = std::make_shared<UnixStream>(context_, host_);
  } else {
    socket = std::make_shared<UnixDatagram>(context_, host_);
  }
  return Install(std::move(socket));
}

void SimNetwork::InstallPair(std::shared_ptr<SimSocket> a,
                             std::shared_ptr<SimSocket> b,
                             std::array<int, 2>* fds) {
  (*fds)[0] = Install(std::move(a));
  (*fds)[1] = Install(std::move(b));
}

SysResult SimNetwork::SocketPair(SocketKind kind, std::array<int, 2>* fds) {
  if (inert_) return -EBADF;
  if (kind == SocketKind::kStream) {
    auto [a, b] = UnixStream::MakePair(context_, host_);
    InstallPair(std::move(a), std::move(b), fds);
  } else {
    auto [a, b] = UnixDatagram::MakePair(context_, host_);
    InstallPair(std::move(a), std::move(b), fds);
  }
  return 0;
}

SysResult SimNetwork::Pipe(std::array<int, 2>* fds) {
  if (inert_) return -EBADF;
  auto [reader, writer] = internal::PipeEnd::Make(context_, host_);
  InstallPair(std::move(reader), std::move(writer), fds);
  return 0;
}

SysResult SimNetwork::Adopt(int fd) {
  const SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : static_cast<SysResult>(socket->kind());
}

SysResult SimNetwork::Close(int fd) {
  if (Find(fd) == nullptr) return -EBADF;
  const std::shared_ptr<SimSocket> socket = std::move(sockets_[fd]);
  sockets_[fd] = nullptr;
  selector_.Closed(fd);
  free_.push_back(fd);
  std::push_heap(free_.begin(), free_.end(), std::greater<>());
  socket->Close();
  return 0;
}

SysResult SimNetwork::Bind(int fd, const SocketAddress& address) {
  SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Bind(address);
}

SysResult SimNetwork::Listen(int fd, int backlog) {
  SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Listen(backlog);
}

SysResult SimNetwork::Accept(int fd, SocketAddress* peer) {
  SimSocket* socket = Find(fd);
  if (socket == nullptr) return -EBADF;
  std::shared_ptr<SimSocket> child;
  const SysResult result = socket->Accept(&child, peer);
  if (result < 0) return result;
  return Install(std::move(child));
}

SysResult SimNetwork::Connect(int fd, const SocketAddress& address) {
  SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Connect(address);
}

SysResult SimNetwork::Error(int fd) {
  SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->TakeError();
}

SysResult SimNetwork::Send(int fd, std::span<const char> data) {
  SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Send(data);
}

SysResult SimNetwork::Receive(int fd, std::span<char> buffer) {
  SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Receive(buffer);
}

SysResult SimNetwork::SendMessage(
    int fd, std::span<const std::span<const char>> parts) {
  SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->SendMessage(parts);
}

SysResult SimNetwork::SendTo(int fd, std::span<const char> data,
                             const SocketAddress& to) {
  SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->SendTo(data, to);
}

SysResult SimNetwork::ReceiveFrom(int fd, std::span<char> buffer,
                                  SocketAddress* from, bool* truncated) {
  SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF
                           : socket->ReceiveFrom(buffer, from, truncated);
}

SysResult SimNetwork::Read(int fd, std::span<char> buffer) {
  SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Read(buffer);
}

SysResult SimNetwork::Write(int fd, std::span<const char> data) {
  SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Write(data);
}

SysResult SimNetwork::SendFile(int fd, int, std::int64_t, std::size_t) {
  return Find(fd) == nullptr ? -EBADF : -EOPNOTSUPP;
}

SysResult SimNetwork::Shutdown(int fd, ShutdownHow how) {
  SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Shutdown(how);
}

SysResult SimNetwork::SetOption(int fd, SocketOption option, int value) {
  SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->SetOption(option, value);
}

SysResult SimNetwork::GetOption(int fd, SocketOption option) {
  const SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->GetOption(option);
}

SysResult SimNetwork::LocalAddress(int fd, SocketAddress* address) {
  const SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->LocalAddress(address);
}

SysResult SimNetwork::PeerAddress(int fd, SocketAddress* address) {
  const SimSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->PeerAddress(address);
}

SysResult SimNetwork::SocketFile(const SocketAddress& address) {
  return inert_ ? -EBADF : host_.unix_names.File(address);
}

SysResult SimNetwork::RemoveSocketFile(const SocketAddress& address) {
  return inert_ ? -EBADF : host_.unix_names.Remove(address);
}

SocketName SimNetwork::Name(int fd) const {
  const SimSocket* const socket = Find(fd);
  return socket == nullptr ? SocketName() : socket->name();
}

}  // namespace rondo
