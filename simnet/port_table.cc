#include "rondo/simnet/port_table.h"

#include <algorithm>

namespace rondo::internal {
namespace {

bool Overlap(const SocketAddress& a, const SocketAddress& b) {
  return a.is_any() || b.is_any() || a.ip() == b.ip();
}

}  // namespace

bool PortTable::InUse(const SocketAddress& address, bool reuse,
                      Nanoseconds now) const {
  const auto found = ports_.find(address.port());
  if (found == ports_.end()) return false;
  const Port& port = found->second;
  for (const Bound& bound : port.bound) {
    const bool share = reuse && bound.reuse && !bound.listening;
    if (!share && Overlap(address, bound.address)) return true;
  }
  for (const bool other : {false, true}) {
    if (reuse && other) continue;
    if (port.held[other] > 0 || port.time_wait[other] > now) return true;
  }
  return false;
}

std::uint16_t PortTable::NextEphemeral(Nanoseconds now) {
  for (int tries = kLastEphemeral - kFirstEphemeral + 1; tries > 0; --tries) {
    last_ephemeral_ = last_ephemeral_ == kLastEphemeral
                          ? kFirstEphemeral
                          : static_cast<std::uint16_t>(last_ephemeral_ + 1);
    const auto found = ports_.find(last_ephemeral_);
    if (found == ports_.end()) return last_ephemeral_;
    const Port& port = found->second;
    if (port.bound.empty() && port.held[0] + port.held[1] == 0 &&
        std::max(port.time_wait[0], port.time_wait[1]) <= now) {
      ports_.erase(found);
      return last_ephemeral_;
    }
  }
  return 0;
}

void PortTable::Bind(TcpSocket* socket, const SocketAddress& address,
                     bool reuse) {
  ports_[address.port()].bound.push_back({socket, address, reuse, false});
}

void PortTable::Unbind(TcpSocket* socket, std::uint16_t port) {
  const auto found = ports_.find(port);
  if (found == ports_.end()) return;
  std::erase_if(found->second.bound, [socket](const Bound& bound) {
    return bound.socket == socket;
  });
}

bool PortTable::Listen(TcpSocket* socket, std::uint16_t port) {
  Bound* mine = nullptr;
  std::vector<Bound>& all = ports_[port].bound;
  for (Bound& bound : all) {
    if (bound.socket == socket) mine = &bound;
  }
  if (mine == nullptr) return false;
  for (const Bound& other : all) {
    if (&other != mine && other.listening &&
        Overlap(other.address, mine->address)) {
      return false;
    }
  }
  mine->listening = true;
  return true;
}

void PortTable::StopListening(TcpSocket* socket, std::uint16_t port) {
  const auto found = ports_.find(port);
  if (found == ports_.end()) return;
  for (Bound& bound : found->second.bound) {
    if (bound.socket == socket) bound.listening = false;
  }
}

TcpSocket* PortTable::FindListener(const SocketAddress& address) const {
  const auto found = ports_.find(address.port());
  if (found == ports_.end()) return nullptr;
  TcpSocket* any = nullptr;
  for (const Bound& bound : found->second.bound) {
    if (!bound.listening) continue;
    if (bound.address.ip() == address.ip()) return bound.socket;
    if (bound.address.is_any()) any = bound.socket;
  }
  return any;
}

void PortTable::Hold(std::uint16_t port, bool reuse) {
  ++ports_[port].held[reuse];
}

void PortTable::Release(std::uint16_t port, bool reuse) {
  const auto found = ports_.find(port);
  if (found != ports_.end() && found->second.held[reuse] > 0) {
    --found->second.held[reuse];
  }
}

void PortTable::KeepForTimeWait(std::uint16_t port, bool reuse,
                                Nanoseconds now) {
  ports_[port].time_wait[reuse] = now + kTimeWait;
}

}  // namespace rondo::internal
