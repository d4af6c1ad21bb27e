#include "rondo/simnet/sim_network.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <utility>

#include "rondo/simnet/tcp_connection.h"

namespace rondo {

using internal::TcpSocket;

TcpSocket* SimNetwork::Find(int fd) const {
  if (fd < 0 || static_cast<std::size_t>(fd) >= sockets_.size()) return nullptr;
  return sockets_[fd].get();
}

int SimNetwork::Install(std::shared_ptr<TcpSocket> socket) {
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
  for (int fd = 0; fd < static_cast<int>(sockets_.size()); ++fd) {
    if (sockets_[fd] == nullptr) continue;
    sockets_[fd]->Vanish();
    selector_.Closed(fd);
  }
  sockets_.clear();
  free_.clear();
}

SysResult SimNetwork::Socket(AddressFamily family, SocketKind kind) {
  if (inert_) return -EBADF;
  if (family != AddressFamily::kIPv4) return -EAFNOSUPPORT;
  if (kind != SocketKind::kStream) return -EPROTONOSUPPORT;
  return Install(std::make_shared<TcpSocket>(context_, host_));
}

SysResult SimNetwork::Close(int fd) {
  if (Find(fd) == nullptr) return -EBADF;
  const std::shared_ptr<TcpSocket> socket = std::move(sockets_[fd]);
  sockets_[fd] = nullptr;
  selector_.Closed(fd);
  free_.push_back(fd);
  std::push_heap(free_.begin(), free_.end(), std::greater<>());
  socket->Close();
  return 0;
}

SysResult SimNetwork::Bind(int fd, const SocketAddress& address) {
  TcpSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Bind(address);
}

SysResult SimNetwork::Listen(int fd, int backlog) {
  TcpSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Listen(backlog);
}

SysResult SimNetwork::Accept(int fd, SocketAddress* peer) {
  TcpSocket* socket = Find(fd);
  if (socket == nullptr) return -EBADF;
  std::shared_ptr<TcpSocket> child;
  const SysResult result = socket->Accept(&child);
  if (result < 0) return result;
  if (peer != nullptr) *peer = child->peer();
  return Install(std::move(child));
}

SysResult SimNetwork::Connect(int fd, const SocketAddress& address) {
  TcpSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Connect(address);
}

SysResult SimNetwork::Error(int fd) {
  TcpSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->TakeError();
}

SysResult SimNetwork::Send(int fd, std::span<const char> data) {
  TcpSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Send(data);
}

SysResult SimNetwork::Receive(int fd, std::span<char> buffer) {
  TcpSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Receive(buffer);
}

SysResult SimNetwork::SendTo(int fd, std::span<const char>,
                             const SocketAddress&) {
  return Find(fd) == nullptr ? -EBADF : -EOPNOTSUPP;
}

SysResult SimNetwork::ReceiveFrom(int fd, std::span<char>, SocketAddress*,
                                  bool*) {
  return Find(fd) == nullptr ? -EBADF : -EOPNOTSUPP;
}

SysResult SimNetwork::SocketPair(SocketKind, std::array<int, 2>*) {
  return -EOPNOTSUPP;
}

SysResult SimNetwork::Pipe(std::array<int, 2>*) { return -EOPNOTSUPP; }

SysResult SimNetwork::Adopt(int fd) { return Find(fd) == nullptr ? -EBADF : 0; }

SysResult SimNetwork::SendMessage(
    int fd, std::span<const std::span<const char>> parts) {
  SysResult sent = 0;
  for (const std::span<const char> part : parts) {
    const SysResult n = Send(fd, part);
    if (n < 0) return sent > 0 ? sent : n;
    sent += n;
    if (n < static_cast<SysResult>(part.size())) break;
  }
  return sent;
}

SysResult SimNetwork::Read(int fd, std::span<char> buffer) {
  return Receive(fd, buffer);
}

SysResult SimNetwork::Write(int fd, std::span<const char> data) {
  return Send(fd, data);
}

SysResult SimNetwork::SendFile(int, int, std::int64_t, std::size_t) {
  return -EOPNOTSUPP;
}

SysResult SimNetwork::GetOption(int, SocketOption) { return -ENOPROTOOPT; }

SysResult SimNetwork::SocketFile(const SocketAddress&) { return -ENOENT; }

SysResult SimNetwork::RemoveSocketFile(const SocketAddress&) { return -ENOENT; }

SysResult SimNetwork::Shutdown(int fd, ShutdownHow how) {
  TcpSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->Shutdown(how);
}

SysResult SimNetwork::SetOption(int fd, SocketOption option, int value) {
  TcpSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->SetOption(option, value);
}

SysResult SimNetwork::LocalAddress(int fd, SocketAddress* address) {
  const TcpSocket* socket = Find(fd);
  if (socket == nullptr) return -EBADF;
  *address = socket->local();
  return 0;
}

SysResult SimNetwork::PeerAddress(int fd, SocketAddress* address) {
  const TcpSocket* socket = Find(fd);
  return socket == nullptr ? -EBADF : socket->PeerAddress(address);
}

SocketName SimNetwork::Name(int fd) const {
  const internal::TcpSocket* const socket = Find(fd);
  return socket == nullptr ? SocketName() : socket->name();
}

SysResult SimNetwork::Resolve(std::string_view host, std::uint16_t port,
                              std::vector<SocketAddress>* out) {
  if (inert_) return -EBADF;
  std::optional<SocketAddress> address = SocketAddress::Parse(host, port);
  if (!address.has_value() && host == "localhost") {
    address = SocketAddress::IPv4({127, 0, 0, 1}, port);
  }
  if (!address.has_value()) {
    const internal::NetworkHost* known = context_.topology.FindHost(host);
    if (known == nullptr) return -ENOENT;
    std::array<std::uint8_t, 4> ip;
    std::copy_n(known->address.ip().begin(), 4, ip.begin());
    address = SocketAddress::IPv4(ip, port);
  }
  out->push_back(*address);
  return 0;
}

}  // namespace rondo
