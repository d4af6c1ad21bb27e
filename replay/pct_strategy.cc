#include "rondo/replay/pct_strategy.h"

#include <algorithm>

#include "rondo/replay/run_hash.h"

namespace rondo {
namespace {

constexpr std::uint64_t kPicksWithoutProfile = 256;
constexpr std::uint64_t kNeverFell = std::uint64_t{1} << 63;

}  // namespace

void PctStrategy::Begin(const RunPlan& plan) {
  key_ = Combine(RunKey(plan.seed, plan.run), HashName("pct"));
  sparse_.Begin(plan);
  fallen_.clear();
  change_points_.clear();
  const std::uint64_t picks =
      plan.dull.picks > 0 ? 2 * plan.dull.picks + 4 : kPicksWithoutProfile;
  const std::uint64_t changes =
      RandomBelow(RandomWord(key_, HashName("depth")),
                  std::max<std::uint64_t>(options_.max_depth, 1));
  for (std::uint64_t i = 0; i < changes; ++i) {
    change_points_.push_back(
        RandomBelow(RandomWord(key_, HashName("change"), i), picks));
  }
}

std::uint64_t PctStrategy::Priority(Identity owner) const {
  for (std::size_t i = fallen_.size(); i > 0; --i) {
    if (fallen_[i - 1] == owner) return fallen_.size() - i;
  }
  return Combine(key_, owner) | kNeverFell;
}

std::size_t PctStrategy::Highest(const CandidateView& candidates) const {
  std::size_t best = 0;
  std::uint64_t best_priority = Priority(candidates.owner(0));
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    const std::uint64_t priority = Priority(candidates.owner(i));
    if (priority > best_priority) {
      best = i;
      best_priority = priority;
    }
  }
  return best;
}

std::size_t PctStrategy::Pick(PickPoint point, const CandidateView& candidates,
                              std::uint64_t step) {
  if (sparse_.Covers(point)) return sparse_.Pick(candidates, step);
  for (const std::uint64_t change : change_points_) {
    if (change == step) {
      fallen_.push_back(candidates.owner(Highest(candidates)));
    }
  }
  return Highest(candidates);
}

}  // namespace rondo
