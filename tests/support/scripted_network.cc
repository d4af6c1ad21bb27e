#include "rondo/tests/support/scripted_network.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace rondo {
namespace {

std::string Text(std::span<const char> data) {
  return std::string(data.data(), data.size());
}

}  // namespace

void ScriptedNetwork::Arrive(std::string data, SocketAddress from) {
  Next("recv", static_cast<SysResult>(data.size()));
  arrivals_.push_back({std::move(data), std::move(from)});
}

std::vector<std::string> ScriptedNetwork::Calls() {
  return std::exchange(calls_, {});
}

SysResult ScriptedNetwork::Answer(const std::string& call,
                                  SysResult otherwise) {
  std::deque<SysResult>& answers = answers_[call];
  if (answers.empty()) return otherwise;
  const SysResult result = answers.front();
  answers.pop_front();
  return result;
}

SysResult ScriptedNetwork::Socket(AddressFamily, SocketKind) {
  return Answer("socket", next_fd_++);
}

SysResult ScriptedNetwork::SocketPair(SocketKind, std::array<int, 2>*) {
  return -EOPNOTSUPP;
}

SysResult ScriptedNetwork::Pipe(std::array<int, 2>*) { return -EOPNOTSUPP; }

SysResult ScriptedNetwork::Adopt(int) { return static_cast<SysResult>(kind); }

SysResult ScriptedNetwork::Close(int fd) {
  Note("close " + std::to_string(fd));
  return 0;
}

SysResult ScriptedNetwork::Accept(int, SocketAddress*) {
  Note("accept");
  return Answer("accept", -EAGAIN);
}

SysResult ScriptedNetwork::Connect(int, const SocketAddress& address) {
  Note("connect " + address.ToString());
  return Answer("connect", 0);
}

SysResult ScriptedNetwork::Send(int, std::span<const char> data) {
  Note("send " + Text(data));
  return Answer("send", static_cast<SysResult>(data.size()));
}

SysResult ScriptedNetwork::SendMessage(
    int, std::span<const std::span<const char>> parts) {
  std::string call = "sendmsg";
  std::size_t size = 0;
  for (const std::span<const char> part : parts) {
    call += " " + Text(part);
    size += part.size();
  }
  Note(std::move(call));
  return Answer("sendmsg", static_cast<SysResult>(size));
}

SysResult ScriptedNetwork::Receive(int fd, std::span<char> buffer) {
  return ReceiveFrom(fd, buffer, nullptr, nullptr);
}

SysResult ScriptedNetwork::SendTo(int, std::span<const char> data,
                                  const SocketAddress& to) {
  Note("sendto " + Text(data) + " " + to.ToString());
  return Answer("sendto", static_cast<SysResult>(data.size()));
}

SysResult ScriptedNetwork::ReceiveFrom(int, std::span<char> buffer,
                                       SocketAddress* from, bool* truncated) {
  Note("recv");
  const SysResult result = Answer("recv", -EAGAIN);
  if (result <= 0 || arrivals_.empty()) return result;
  const Arrival arrival = std::move(arrivals_.front());
  arrivals_.pop_front();
  const std::size_t n = std::min(buffer.size(), arrival.data.size());
  std::copy_n(arrival.data.data(), n, buffer.data());
  if (from != nullptr) *from = arrival.from;
  if (truncated != nullptr) *truncated = n < arrival.data.size();
  return static_cast<SysResult>(n);
}

SysResult ScriptedNetwork::Read(int fd, std::span<char> buffer) {
  return Receive(fd, buffer);
}

SysResult ScriptedNetwork::Write(int fd, std::span<const char> data) {
  return Send(fd, data);
}

SysResult ScriptedNetwork::SendFile(int, int, std::int64_t offset,
                                    std::size_t size) {
  Note("sendfile at " + std::to_string(offset));
  return Answer("sendfile", static_cast<SysResult>(size));
}

SysResult ScriptedNetwork::Shutdown(int, ShutdownHow) {
  Note("shutdown");
  return Answer("shutdown", 0);
}

SysResult ScriptedNetwork::PeerAddress(int, SocketAddress* address) {
  if (!peer.has_value()) return -ENOTCONN;
  *address = *peer;
  return 0;
}

SysResult ScriptedNetwork::SocketFile(const SocketAddress&) { return -ENOENT; }

SysResult ScriptedNetwork::RemoveSocketFile(const SocketAddress&) {
  return -ENOENT;
}

SysResult ScriptedNetwork::Resolve(std::string_view host, std::uint16_t port,
                                   std::vector<SocketAddress>* out) {
  const auto numeric = SocketAddress::Parse(host, port);
  if (!numeric.has_value()) return -ENOENT;
  out->push_back(*numeric);
  return 0;
}

}  // namespace rondo
