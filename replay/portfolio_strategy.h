// A bit of everything: no single strategy wins.
//
//   run 0           fifo, the dull run
//   run 1           lifo
//   every 4th       one schedule of the deviation sweep, in shuffled order,
//                   until all have been made
//   the others      random_deviation, random_priority, pct, starvation and
//                   random_walk in turn
//
// At most a fraction of the budget is lost against the best member, and no
// member has to be chosen. Which member makes run r, and how, depends on the
// plan only, so any shard can make any run.
#ifndef RONDO_REPLAY_PORTFOLIO_STRATEGY_H_
#define RONDO_REPLAY_PORTFOLIO_STRATEGY_H_

#include <cstdint>

#include "rondo/replay/deviation_sweep_strategy.h"
#include "rondo/replay/fifo_strategy.h"
#include "rondo/replay/lifo_strategy.h"
#include "rondo/replay/pct_strategy.h"
#include "rondo/replay/random_deviation_strategy.h"
#include "rondo/replay/random_priority_strategy.h"
#include "rondo/replay/random_walk_strategy.h"
#include "rondo/replay/starvation_strategy.h"
#include "rondo/replay/strategy.h"

namespace rondo {

class PortfolioStrategy final : public Strategy {
 public:
  std::string_view name() const override { return "portfolio"; }
  void Begin(const RunPlan& plan) override;
  std::size_t Pick(PickPoint point, const CandidateView& candidates,
                   std::uint64_t step) override {
    return member_->Pick(point, candidates, step);
  }
  std::uint64_t Draw(Identity stream, std::uint64_t k,
                     std::uint64_t n) override {
    return member_->Draw(stream, k, n);
  }
  void End(const RunOutcome& outcome) override { member_->End(outcome); }

  // Whose run this is.
  const Strategy& member() const { return *member_; }

 private:
  FifoStrategy fifo_;
  LifoStrategy lifo_;
  DeviationSweepStrategy sweep_;
  RandomDeviationStrategy random_deviation_;
  RandomPriorityStrategy random_priority_;
  PctStrategy pct_;
  StarvationStrategy starvation_;
  RandomWalkStrategy random_walk_;
  Strategy* member_ = &fifo_;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_PORTFOLIO_STRATEGY_H_
