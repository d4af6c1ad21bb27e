#include "rondo/tests/conformance/oracle_network.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "rondo/runtime/errors.h"

namespace rondo::conformance {

enum class State { kNew, kListening, kConnecting, kConnected, kClosed };

// One end of a connection, a listening socket, or one for datagrams.
struct OracleNetwork::End {
  struct Chunk {
    Nanoseconds arrival;
    std::string bytes;
    SocketAddress from;
  };
  struct Waiting {
    Nanoseconds arrival;
    End* server;
  };

  bool datagrams() const { return kind == SocketKind::kDatagram; }
  std::size_t held() const {
    std::size_t sum = 0;
    for (const Chunk& chunk : received) sum += chunk.bytes.size();
    return sum;
  }

  int fd = -1;
  SocketKind kind = SocketKind::kStream;
  State state = State::kNew;
  std::string name;
  SocketAddress local;
  std::optional<SocketAddress> remote;
  End* peer = nullptr;
  std::deque<Chunk> received;
  std::deque<Waiting> waiting;  // To be accepted.
  std::optional<Nanoseconds> end_at;
  Nanoseconds established_at{0};
  int error = 0;
  bool write_closed = false;
};

OracleNetwork::OracleNetwork(HandClock* clock) : clock_(clock) {}
OracleNetwork::~OracleNetwork() = default;

OracleNetwork::End* OracleNetwork::New(SocketKind kind) {
  ends_.push_back(std::make_unique<End>());
  End* const end = ends_.back().get();
  end->fd = static_cast<int>(ends_.size()) - 1;
  end->kind = kind;
  return end;
}

std::string OracleNetwork::NextName(char kind) {
  return kind + std::to_string(++counters_[kind]);
}

SocketAddress OracleNetwork::NextAddress(std::array<std::uint8_t, 4> ip) {
  return SocketAddress::IPv4(ip, next_port_++);
}

SysResult OracleNetwork::Socket(AddressFamily, SocketKind kind) {
  return New(kind)->fd;
}

SysResult OracleNetwork::SocketPair(SocketKind kind, std::array<int, 2>* fds) {
  End* const a = New(kind);
  End* const b = New(kind);
  const std::string name = NextName('p');
  a->name = name + "a";
  b->name = name + "b";
  a->peer = b;
  b->peer = a;
  a->remote = b->remote = SocketAddress::Unix("");
  a->state = b->state = State::kConnected;
  *fds = {a->fd, b->fd};
  return 0;
}

// ---- Servers

SysResult OracleNetwork::Bind(int fd, const SocketAddress& address) {
  End& end = of(fd);
  if (end.datagrams()) {
    if (!datagram_ends_.emplace(address, &end).second) return -EADDRINUSE;
    if (end.name.empty()) end.name = NextName('u');
    end.state = State::kConnected;
  } else if (listeners_.contains(address)) {
    return -EADDRINUSE;
  }
  end.local = address;
  return 0;
}

SysResult OracleNetwork::Listen(int fd, int) {
  End& end = of(fd);
  if (end.name.empty()) end.name = NextName('l');
  listeners_[end.local] = &end;
  end.state = State::kListening;
  return 0;
}

SysResult OracleNetwork::Accept(int fd, SocketAddress* peer) {
  End& end = of(fd);
  if (end.waiting.empty() || end.waiting.front().arrival > clock_->Now()) {
    return -EAGAIN;
  }
  End* const server = end.waiting.front().server;
  end.waiting.pop_front();
  if (peer != nullptr) *peer = *server->remote;
  return server->fd;
}

// ---- Clients

SysResult OracleNetwork::Connect(int fd, const SocketAddress& address) {
  End& end = of(fd);
  end.remote = address;
  if (end.datagrams()) return 0;
  end.name = NextName('c');
  end.local = NextAddress({10, 0, 0, 99});
  end.state = State::kConnecting;
  end.established_at = Arrival();
  const auto listener = listeners_.find(address);
  if (listener == listeners_.end()) {
    end.error = ECONNREFUSED;
    return -EINPROGRESS;
  }
  End* const server = New(SocketKind::kStream);
  End& client = of(fd);
  server->name = "s" + client.name.substr(1);
  server->local = address;
  server->remote = client.local;
  server->state = State::kConnected;
  server->peer = &client;
  client.peer = server;
  listener->second->waiting.push_back({client.established_at, server});
  return -EINPROGRESS;
}

SysResult OracleNetwork::Error(int fd) {
  return std::exchange(of(fd).error, 0);
}

// ---- Bytes

std::size_t OracleNetwork::Space(const End& end) const {
  const std::size_t held = end.peer->held();
  return held < capacity_ ? capacity_ - held : 0;
}

SysResult OracleNetwork::Send(int fd, std::span<const char> data) {
  End& end = of(fd);
  if (end.datagrams()) return SendTo(fd, data, *end.remote);
  const Nanoseconds now = clock_->Now();
  if (end.state == State::kConnecting && end.error == 0 &&
      end.established_at <= now) {
    end.state = State::kConnected;
  }
  if (end.state != State::kConnected) return -ENOTCONN;
  const bool peer_closed = end.peer->state == State::kClosed;
  if (end.write_closed || (peer_closed && end.end_at <= now)) return -EPIPE;
  // Nobody will ever see it.
  if (peer_closed) return static_cast<SysResult>(data.size());
  const std::size_t n = std::min(data.size(), Space(end));
  if (n == 0) return -EAGAIN;
  end.peer->received.push_back(
      {Arrival(), std::string(data.data(), n), SocketAddress()});
  return static_cast<SysResult>(n);
}

SysResult OracleNetwork::SendMessage(
    int fd, std::span<const std::span<const char>> parts) {
  std::string all;
  for (const std::span<const char> part : parts) {
    all.append(part.data(), part.size());
  }
  return Send(fd, all);
}

SysResult OracleNetwork::Receive(int fd, std::span<char> buffer) {
  End& end = of(fd);
  const Nanoseconds now = clock_->Now();
  std::size_t n = 0;
  while (!end.received.empty() && end.received.front().arrival <= now &&
         n < buffer.size()) {
    std::string& bytes = end.received.front().bytes;
    const std::size_t take = std::min(bytes.size(), buffer.size() - n);
    std::copy_n(bytes.data(), take, buffer.data() + n);
    n += take;
    bytes.erase(0, take);
    if (bytes.empty()) end.received.pop_front();
  }
  if (n > 0) return static_cast<SysResult>(n);
  if (end.received.empty() && end.end_at.has_value() && *end.end_at <= now) {
    return 0;
  }
  return -EAGAIN;
}

void OracleNetwork::EndOfSending(End& end) {
  if (std::exchange(end.write_closed, true)) return;
  if (end.peer != nullptr && !end.peer->end_at.has_value()) {
    end.peer->end_at = Arrival();
  }
}

SysResult OracleNetwork::Shutdown(int fd, ShutdownHow) {
  EndOfSending(of(fd));
  return 0;
}

void OracleNetwork::CloseEnd(End& end) {
  if (end.state == State::kClosed) return;
  if (end.state == State::kListening) {
    listeners_.erase(end.local);
    for (const End::Waiting& waiting : end.waiting) CloseEnd(*waiting.server);
    end.waiting.clear();
  } else if (end.datagrams()) {
    datagram_ends_.erase(end.local);
  } else {
    EndOfSending(end);
  }
  end.received.clear();
  end.state = State::kClosed;
}

SysResult OracleNetwork::Close(int fd) {
  CloseEnd(of(fd));
  return 0;
}

// ---- Datagrams

SysResult OracleNetwork::SendTo(int fd, std::span<const char> data,
                                const SocketAddress& to) {
  const auto target = datagram_ends_.find(to);
  if (target != datagram_ends_.end()) {
    target->second->received.push_back(
        {Arrival(), std::string(data.data(), data.size()), of(fd).local});
  }
  return static_cast<SysResult>(data.size());
}

SysResult OracleNetwork::ReceiveFrom(int fd, std::span<char> buffer,
                                     SocketAddress* from, bool* truncated) {
  End& end = of(fd);
  if (end.received.empty() || end.received.front().arrival > clock_->Now()) {
    return -EAGAIN;
  }
  const End::Chunk chunk = std::move(end.received.front());
  end.received.pop_front();
  const std::size_t n = std::min(chunk.bytes.size(), buffer.size());
  std::copy_n(chunk.bytes.data(), n, buffer.data());
  if (from != nullptr) *from = chunk.from;
  if (truncated != nullptr) *truncated = n < chunk.bytes.size();
  return static_cast<SysResult>(n);
}

// ---- What is known

SysResult OracleNetwork::LocalAddress(int fd, SocketAddress* address) {
  *address = of(fd).local;
  return 0;
}

SysResult OracleNetwork::PeerAddress(int fd, SocketAddress* address) {
  if (!of(fd).remote.has_value()) return -ENOTCONN;
  *address = *of(fd).remote;
  return 0;
}

SocketName OracleNetwork::Name(int fd) const {
  if (fd < 0) return {};
  return {static_cast<Identity>(fd) + 1, of(fd).name};
}

SysResult OracleNetwork::Pipe(std::array<int, 2>*) { return -EOPNOTSUPP; }
SysResult OracleNetwork::Adopt(int fd) {
  return static_cast<SysResult>(of(fd).datagrams() ? DescriptorKind::kDatagram
                                                   : DescriptorKind::kStream);
}
SysResult OracleNetwork::Read(int, std::span<char>) { return -EOPNOTSUPP; }
SysResult OracleNetwork::Write(int, std::span<const char>) {
  return -EOPNOTSUPP;
}
SysResult OracleNetwork::SendFile(int, int, std::int64_t, std::size_t) {
  return -EOPNOTSUPP;
}
SysResult OracleNetwork::GetOption(int, SocketOption) { return 0; }
SysResult OracleNetwork::SocketFile(const SocketAddress&) {
  return -EOPNOTSUPP;
}
SysResult OracleNetwork::RemoveSocketFile(const SocketAddress&) {
  return -EOPNOTSUPP;
}

// ---- Readiness

std::optional<Nanoseconds> OracleNetwork::ReadyAt(int fd,
                                                  unsigned event) const {
  const End& end = of(fd);
  if (event == kReadable) {
    if (end.state == State::kListening) {
      if (end.waiting.empty()) return std::nullopt;
      return end.waiting.front().arrival;
    }
    if (!end.received.empty()) return end.received.front().arrival;
    return end.end_at;
  }
  if (end.state == State::kConnecting) return end.established_at;
  if (end.state != State::kConnected) return std::nullopt;
  const bool room =
      end.datagrams() || end.peer->state == State::kClosed || Space(end) > 0;
  return room ? std::optional(Nanoseconds(0)) : std::nullopt;
}

void OracleSelector::FindReady() {
  ready_.clear();
  for (const auto& [fd, events] : interest_) {
    unsigned mask = 0;
    for (const unsigned event : {kReadable, kWritable}) {
      if ((events & event) == 0) continue;
      const auto when = network_->ReadyAt(fd, event);
      if (when.has_value() && *when <= clock_->Now()) mask |= event;
    }
    if (mask != 0) ready_.push_back({fd, mask});
  }
}

std::optional<Nanoseconds> OracleSelector::NextTime() const {
  std::optional<Nanoseconds> next;
  for (const auto& [fd, events] : interest_) {
    for (const unsigned event : {kReadable, kWritable}) {
      if ((events & event) == 0) continue;
      const auto when = network_->ReadyAt(fd, event);
      if (when.has_value() && (!next.has_value() || *when < *next)) next = when;
    }
  }
  return next;
}

std::span<const ReadyEvent> OracleSelector::Select(
    std::optional<Nanoseconds> timeout) {
  FindReady();
  const bool woken = std::exchange(woken_, false);
  const bool waits = !timeout.has_value() || *timeout > Nanoseconds(0);
  if (!ready_.empty() || woken || !waits) return ready_;
  const Nanoseconds now = clock_->Now();
  const auto next = NextTime();
  if (next.has_value() && (!timeout.has_value() || *next <= now + *timeout)) {
    clock_->Advance(*next - now);
    FindReady();
  } else if (timeout.has_value()) {
    clock_->Advance(*timeout);
  } else {
    throw DeadlockError("nothing will ever be");
  }
  return ready_;
}

}  // namespace rondo::conformance
