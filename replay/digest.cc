#include "rondo/replay/digest.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "rondo/replay/trace.h"
#include "rondo/runtime/identity.h"

namespace rondo {

void IterationDigest::AddPick(Identity pick,
                              std::span<const Identity> candidates) {
  picks_ = Combine(picks_, pick);
  for (const Identity candidate : candidates) {
    picks_ = Combine(picks_, candidate);
  }
  picks_ = Combine(picks_, candidates.size());
}

void IterationDigest::AddOutput(std::string_view what, Identity resource,
                                std::string_view bytes) {
  outputs_ = Combine(outputs_, HashName(what));
  outputs_ = Combine(outputs_, resource);
  outputs_ = Combine(outputs_, HashBytes(bytes));
}

void IterationDigest::AddTime(std::int64_t t, std::int64_t timeout) {
  timers_ = Combine(timers_, static_cast<std::uint64_t>(t));
  timers_ = Combine(timers_, static_cast<std::uint64_t>(timeout));
}

void IterationDigest::AddIo(Identity resource, unsigned mask) {
  io_ = Combine(Combine(io_, resource), mask);
}

void IterationDigest::AddArrival(std::string_view source, std::int64_t count) {
  io_ = Combine(io_, HashName(source));
  io_ = Combine(io_, static_cast<std::uint64_t>(count));
}

LaneDigests IterationDigest::Take() {
  const bool idle = picks_ == 0 && runs_ == 0;
  const LaneDigests lanes = {idle ? 0 : Combine(picks_, runs_), outputs_,
                             timers_, io_};
  *this = IterationDigest();
  return lanes;
}

void ChainDigests::Add(std::string_view host, std::int64_t boot,
                       const LaneDigests& lanes) {
  auto found = std::find_if(hosts_.begin(), hosts_.end(),
                            [&](const HostChain& h) { return h.host == host; });
  if (found == hosts_.end()) {
    hosts_.push_back({std::string(host), HashName(host)});
    found = std::prev(hosts_.end());
  }
  found->chain = Combine(found->chain, static_cast<std::uint64_t>(boot));
  for (const std::uint64_t lane : lanes) {
    found->chain = Combine(found->chain, lane);
  }
  whole_ = Combine(whole_, found->chain);
  ++iterations_;
}

std::uint64_t ChainDigests::host(std::string_view name) const {
  for (const HostChain& h : hosts_) {
    if (h.host == name) return h.chain;
  }
  return HashName(name);
}

void ChainDigests::Finish(EndRecord* end) const {
  end->chain = whole_;
  end->hosts = hosts_;
  end->iterations = iterations_;
}

std::string_view DigestLaneName(std::size_t lane) {
  constexpr std::string_view kNames[] = {"ready", "outputs", "timers", "io"};
  return kNames[lane];
}

std::string DifferingLanes(const LaneDigests& a, const LaneDigests& b) {
  std::string names;
  for (std::size_t lane = 0; lane < a.size(); ++lane) {
    if (a[lane] == b[lane]) continue;
    if (!names.empty()) names += ", ";
    names += DigestLaneName(lane);
  }
  return names;
}

}  // namespace rondo
