#include "rondo/replay/random_walk_strategy.h"

#include "rondo/replay/run_hash.h"

namespace rondo {

void RandomWalkStrategy::Begin(const RunPlan& plan) {
  key_ = Combine(RunKey(plan.seed, plan.run), HashName("random_walk"));
  pick_key_ = Combine(key_, HashName("pick"));
}

std::size_t RandomWalkStrategy::Pick(PickPoint point,
                                     const CandidateView& candidates,
                                     std::uint64_t step) {
  const std::uint64_t word = Combine(pick_key_, step);
  if (point == PickPoint::kReady) return RandomBelow(word, candidates.size());
  const std::uint64_t one_in = point == PickPoint::kEvent
                                   ? options_.event_one_in
                                   : options_.fault_one_in;
  if (!OneIn(word, one_in)) return 0;
  return 1 + RandomBelow(MixBits(word), candidates.size() - 1);
}

std::uint64_t RandomWalkStrategy::Draw(Identity stream, std::uint64_t k,
                                       std::uint64_t n) {
  return RandomBelow(RandomWord(key_, stream, k), n);
}

}  // namespace rondo
