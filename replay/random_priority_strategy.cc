#include "rondo/replay/random_priority_strategy.h"

#include "rondo/replay/run_hash.h"

namespace rondo {

void RandomPriorityStrategy::Begin(const RunPlan& plan) {
  key_ = Combine(RunKey(plan.seed, plan.run), HashName("random_priority"));
  sparse_.Begin(plan);
}

std::size_t RandomPriorityStrategy::Pick(PickPoint point,
                                         const CandidateView& candidates,
                                         std::uint64_t step) {
  if (point == PickPoint::kFault) return sparse_.Pick(candidates, step);
  std::size_t best = 0;
  std::uint64_t best_priority = Combine(key_, candidates.id(0));
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    const std::uint64_t priority = Combine(key_, candidates.id(i));
    if (priority > best_priority) {
      best = i;
      best_priority = priority;
    }
  }
  return best;
}

}  // namespace rondo
