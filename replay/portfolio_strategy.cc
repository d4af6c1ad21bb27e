#include "rondo/replay/portfolio_strategy.h"

#include <array>

#include "rondo/replay/run_hash.h"

namespace rondo {
namespace {

constexpr std::uint64_t kSweepEvery = 4;

}  // namespace

void PortfolioStrategy::Begin(const RunPlan& plan) {
  const std::uint64_t alternatives = plan.dull.alternatives;
  const std::uint64_t nth_sweep = plan.run / kSweepEvery;
  RunPlan member_plan = plan;
  if (plan.run == 0) {
    member_ = &fifo_;
  } else if (plan.run == 1) {
    member_ = &lifo_;
  } else if (plan.run % kSweepEvery == 2 && nth_sweep < alternatives) {
    member_ = &sweep_;
    member_plan.run = 1 + PermuteIndex(RunKey(plan.seed, HashName("sweep")),
                                       nth_sweep, alternatives);
  } else {
    const std::array<Strategy*, 5> turns = {&random_deviation_,
                                            &random_priority_, &pct_,
                                            &starvation_, &random_walk_};
    member_ = turns[plan.run % turns.size()];
  }
  member_->Begin(member_plan);
}

}  // namespace rondo
