#include "rondo/replay/starvation_strategy.h"

#include "rondo/replay/run_hash.h"

namespace rondo {
namespace {

// The dull run may have had few questions where a starved one has many.
constexpr std::uint64_t kLeastLongest = 64;

}  // namespace

void StarvationStrategy::Begin(const RunPlan& plan) {
  key_ = Combine(RunKey(plan.seed, plan.run), HashName("starvation"));
  longest_ = kLeastLongest + 2 * plan.dull.picks;
  sparse_.Begin(plan);
}

bool StarvationStrategy::Starved(Identity owner, std::uint64_t step) const {
  const std::uint64_t word = Combine(key_, owner);
  if (!OneIn(word, options_.starved_one_in)) return false;
  const std::uint64_t length = RandomMagnitude(MixBits(word), longest_);
  const std::uint64_t offset = RandomBelow(MixBits(~word), length);
  return (RandomWord(word, HashName("window"), (step + offset) / length) & 1) !=
         0;
}

std::size_t StarvationStrategy::Pick(PickPoint point,
                                     const CandidateView& candidates,
                                     std::uint64_t step) {
  if (sparse_.Covers(point)) return sparse_.Pick(candidates, step);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!Starved(candidates.owner(i), step)) return i;
  }
  return 0;
}

}  // namespace rondo
