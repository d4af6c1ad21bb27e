#include "rondo/tests/support/scripted_network.h"

#include <algorithm>
#include <cerrno>

namespace rondo {
namespace {

const char* FamilyName(AddressFamily family) {
  switch (family) {
    case AddressFamily::kIPv4:
      return "ipv4";
    case AddressFamily::kIPv6:
      return "ipv6";
    case AddressFamily::kUnix:
      return "unix";
  }
  return "?";
}

const char* OptionName(SocketOption option) {
  switch (option) {
    case SocketOption::kReuseAddress:
      return "reuseaddr";
    case SocketOption::kReusePort:
      return "reuseport";
    case SocketOption::kBroadcast:
      return "broadcast";
    case SocketOption::kIPv6Only:
      return "ipv6only";
    case SocketOption::kKeepAlive:
      return "keepalive";
    case SocketOption::kNoDelay:
      return "nodelay";
    default:
      return "other";
  }
}

}  // namespace

SysResult ScriptedNetwork::Call(const std::string& call, SysResult otherwise) {
  calls.push_back(call);
  for (const std::string& key : {call, call.substr(0, call.find(' '))}) {
    const auto found = answers_.find(key);
    if (found == answers_.end() || found->second.empty()) continue;
    const SysResult result = found->second.front();
    found->second.pop_front();
    return result;
  }
  return otherwise;
}

std::vector<int> ScriptedNetwork::Open() const {
  std::vector<int> fds;
  for (const auto& [fd, known] : open_) fds.push_back(fd);
  return fds;
}

SysResult ScriptedNetwork::New(AddressFamily family, SocketKind kind) {
  Known known{kind, {}, std::nullopt};
  if (family == AddressFamily::kIPv6) known.local = SocketAddress::IPv6({}, 0);
  if (family == AddressFamily::kUnix) known.local = SocketAddress::Unix("");
  open_.emplace(++last_fd_, known);
  return last_fd_;
}

SysResult ScriptedNetwork::Socket(AddressFamily family, SocketKind kind) {
  const bool stream = kind == SocketKind::kStream;
  const SysResult result = Call(std::string("socket ") + FamilyName(family) +
                                    (stream ? " stream" : " datagram"),
                                0);
  return result < 0 ? result : New(family, kind);
}

SysResult ScriptedNetwork::SocketPair(SocketKind, std::array<int, 2>*) {
  return Call("socketpair", -EOPNOTSUPP);
}
SysResult ScriptedNetwork::Pipe(std::array<int, 2>*) {
  return Call("pipe", -EOPNOTSUPP);
}

SysResult ScriptedNetwork::Adopt(int fd) {
  const auto found = open_.find(fd);
  if (found == open_.end()) return -EBADF;
  const bool stream = found->second.kind == SocketKind::kStream;
  return Call("adopt",
              static_cast<SysResult>(stream ? DescriptorKind::kStream
                                            : DescriptorKind::kDatagram));
}

SysResult ScriptedNetwork::Close(int fd) {
  return open_.erase(fd) == 1 ? 0 : -EBADF;
}

SysResult ScriptedNetwork::Bind(int fd, const SocketAddress& address) {
  const SysResult result = Call("bind " + address.ToString(), 0);
  if (result >= 0) open_.at(fd).local = address;
  return result;
}

SysResult ScriptedNetwork::Listen(int, int backlog) {
  return Call("listen " + std::to_string(backlog), 0);
}

SysResult ScriptedNetwork::Accept(int fd, SocketAddress*) {
  const SysResult result = Call("accept", -EAGAIN);
  if (result < 0) return result;
  return New(open_.at(fd).local.family(), SocketKind::kStream);
}

SysResult ScriptedNetwork::Connect(int fd, const SocketAddress& address) {
  const SysResult result = Call("connect " + address.ToString(), 0);
  if (result >= 0) open_.at(fd).peer = address;
  return result;
}

SysResult ScriptedNetwork::Error(int) { return Call("error", 0); }

SysResult ScriptedNetwork::Send(int, std::span<const char> data) {
  return Call("send", static_cast<SysResult>(data.size()));
}
SysResult ScriptedNetwork::SendMessage(
    int, std::span<const std::span<const char>> parts) {
  SysResult size = 0;
  for (const auto part : parts) size += static_cast<SysResult>(part.size());
  return Call("sendmsg", size);
}
SysResult ScriptedNetwork::Receive(int, std::span<char>) {
  return Call("recv", -EAGAIN);
}
SysResult ScriptedNetwork::SendTo(int, std::span<const char> data,
                                  const SocketAddress& to) {
  return Call("sendto " + to.ToString(), static_cast<SysResult>(data.size()));
}
SysResult ScriptedNetwork::ReceiveFrom(int, std::span<char>, SocketAddress*,
                                       bool*) {
  return Call("recvfrom", -EAGAIN);
}
SysResult ScriptedNetwork::Read(int, std::span<char>) {
  return Call("read", -EAGAIN);
}
SysResult ScriptedNetwork::Write(int, std::span<const char> data) {
  return Call("write", static_cast<SysResult>(data.size()));
}
SysResult ScriptedNetwork::SendFile(int, int, std::int64_t, std::size_t) {
  return Call("sendfile", -EOPNOTSUPP);
}

SysResult ScriptedNetwork::Shutdown(int, ShutdownHow) {
  return Call("shutdown", 0);
}
SysResult ScriptedNetwork::SetOption(int, SocketOption option, int value) {
  return Call(std::string("setsockopt ") + OptionName(option) + " " +
                  std::to_string(value),
              0);
}
SysResult ScriptedNetwork::GetOption(int, SocketOption option) {
  return Call(std::string("getsockopt ") + OptionName(option), 0);
}

SysResult ScriptedNetwork::LocalAddress(int fd, SocketAddress* address) {
  const auto found = open_.find(fd);
  if (found == open_.end()) return -EBADF;
  *address = found->second.local;
  return 0;
}
SysResult ScriptedNetwork::PeerAddress(int fd, SocketAddress* address) {
  const auto found = open_.find(fd);
  if (found == open_.end()) return -EBADF;
  if (!found->second.peer.has_value()) return -ENOTCONN;
  *address = *found->second.peer;
  return 0;
}

SysResult ScriptedNetwork::SocketFile(const SocketAddress& address) {
  return Call("stat " + address.ToString(), -ENOENT);
}
SysResult ScriptedNetwork::RemoveSocketFile(const SocketAddress& address) {
  return Call("unlink " + address.ToString(), -ENOENT);
}

std::span<const ReadyEvent> ScriptedSelector::Select(
    std::optional<Nanoseconds> timeout) {
  events_.clear();
  for (const auto& [fd, interest] : interest_) {
    const auto found = ready_.find(fd);
    if (found == ready_.end() || (found->second & interest) == 0) continue;
    events_.push_back({fd, found->second & interest});
  }
  if (events_.empty()) return time_.Select(timeout);
  return events_;
}

ScriptedWorld::ScriptedWorld() : loop_(Seams()) {
  loop_.SetExceptionHandler([this](EventLoop&, const ExceptionReport& report) {
    std::string text(report.message);
    if (report.exception != nullptr) {
      text += ": " + DescribeException(report.exception);
    }
    reports.push_back(std::move(text));
  });
}

LoopSeams ScriptedWorld::Seams() {
  LoopSeams seams;
  seams.clock = &clock_;
  seams.selector = &selector_;
  seams.network = &network_;
  seams.executor = &executor_;
  return seams;
}

}  // namespace rondo
