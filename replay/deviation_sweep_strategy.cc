#include "rondo/replay/deviation_sweep_strategy.h"

namespace rondo {

std::size_t DeviationSweepStrategy::Pick(PickPoint,
                                         const CandidateView& candidates,
                                         std::uint64_t) {
  if (remaining_ == kTaken) return 0;
  const std::uint64_t alternatives = candidates.size() - 1;
  if (remaining_ >= alternatives) {
    remaining_ -= alternatives;
    return 0;
  }
  const auto chosen = static_cast<std::size_t>(remaining_ + 1);
  remaining_ = kTaken;
  return chosen;
}

}  // namespace rondo
