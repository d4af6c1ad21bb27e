#include "rondo/simnet/port_table.h"

#include <algorithm>

namespace rondo::internal {
namespace {

// :: of a socket that takes IPv4 too.
bool IsDualAny(const PortClaim& claim) {
  return claim.address.family() == AddressFamily::kIPv6 &&
         claim.address.is_any() && !claim.ipv6_only;
}

bool Overlap(const PortClaim& a, const PortClaim& b) {
  if (a.address.family() != b.address.family()) {
    return IsDualAny(a) || IsDualAny(b);
  }
  return a.address.is_any() || b.address.is_any() ||
         a.address.ip() == b.address.ip();
}

}  // namespace

bool PortTable::InUse(const PortClaim& claim, Nanoseconds now) const {
  const auto found = ports_.find(claim.address.port());
  if (found == ports_.end()) return false;
  const Port& port = found->second;
  const unsigned sharing = claim.sharing;
  for (const Bound& bound : port.bound) {
    unsigned common = sharing & bound.claim.sharing;
    if (bound.listening) common &= ~kShareAddress;
    if (common == 0 && Overlap(claim, bound.claim)) return true;
  }
  for (unsigned other = 0; other < 4; ++other) {
    if ((sharing & other) != 0) continue;
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
    const auto is_held = [](int count) { return count > 0; };
    if (port.bound.empty() && std::ranges::none_of(port.held, is_held) &&
        std::ranges::max(port.time_wait) <= now) {
      ports_.erase(found);
      return last_ephemeral_;
    }
  }
  return 0;
}

void PortTable::Bind(SimSocket* socket, const PortClaim& claim) {
  ports_[claim.address.port()].bound.push_back({socket, claim, false});
}

void PortTable::Unbind(SimSocket* socket, std::uint16_t port) {
  const auto found = ports_.find(port);
  if (found == ports_.end()) return;
  std::erase_if(found->second.bound, [socket](const Bound& bound) {
    return bound.socket == socket;
  });
}

void PortTable::Rebind(SimSocket* socket, const PortClaim& claim) {
  const auto found = ports_.find(claim.address.port());
  if (found == ports_.end()) return;
  for (Bound& bound : found->second.bound) {
    if (bound.socket == socket) bound.claim = claim;
  }
}

bool PortTable::Listen(SimSocket* socket, std::uint16_t port) {
  Bound* mine = nullptr;
  std::vector<Bound>& all = ports_[port].bound;
  for (Bound& bound : all) {
    if (bound.socket == socket) mine = &bound;
  }
  if (mine == nullptr) return false;
  for (const Bound& other : all) {
    if (&other != mine && other.listening &&
        (other.claim.sharing & mine->claim.sharing & kSharePort) == 0 &&
        Overlap(other.claim, mine->claim)) {
      return false;
    }
  }
  mine->listening = true;
  return true;
}

void PortTable::StopListening(SimSocket* socket, std::uint16_t port) {
  const auto found = ports_.find(port);
  if (found == ports_.end()) return;
  for (Bound& bound : found->second.bound) {
    if (bound.socket == socket) bound.listening = false;
  }
}

int PortTable::Bound::Fit(const SocketAddress& address) const {
  if (claim.address.family() != address.family()) {
    return IsDualAny(claim) ? 1 : 0;
  }
  if (claim.address.ip() == address.ip()) return 3;
  return claim.address.is_any() ? 2 : 0;
}

SimSocket* PortTable::FindListener(const SocketAddress& address,
                                   Identity flow) const {
  const std::vector<Bound>* all = BoundTo(address.port());
  if (all == nullptr) return nullptr;
  int best = 1;
  std::uint64_t count = 0;
  SimSocket* found = nullptr;
  for (const Bound& bound : *all) {
    const int fit = bound.listening ? bound.Fit(address) : 0;
    if (fit < best || fit == 0) continue;
    if (fit > best) count = 0;
    best = fit;
    ++count;
    found = bound.socket;
  }
  if (count <= 1) return found;
  std::uint64_t left = flow % count;
  for (const Bound& bound : *all) {
    if (!bound.listening || bound.Fit(address) != best) continue;
    if (left-- == 0) return bound.socket;
  }
  return found;
}

const std::vector<PortTable::Bound>* PortTable::BoundTo(
    std::uint16_t port) const {
  const auto found = ports_.find(port);
  return found == ports_.end() ? nullptr : &found->second.bound;
}

void PortTable::Hold(std::uint16_t port, unsigned sharing) {
  ++ports_[port].held[sharing];
}

void PortTable::Release(std::uint16_t port, unsigned sharing) {
  const auto found = ports_.find(port);
  if (found == ports_.end()) return;
  int& held = found->second.held[sharing];
  if (held > 0) --held;
}

void PortTable::KeepForTimeWait(std::uint16_t port, unsigned sharing,
                                Nanoseconds now) {
  ports_[port].time_wait[sharing] = now + kTimeWait;
}

}  // namespace rondo::internal
