// Every schedule that is one deviation away from the dull run, one by one.
//
// Number the alternatives of the dull run in order: a pick of m candidates has
// m - 1. Run i, from 1, takes the i-th of them and is dull otherwise, so all of
// them together are exactly the schedules within one deviation, and an
// explorer that has made them can say so. A run past the last is dull.
// Source: exploration by deviation bounding; NodeRacer's single postponements.
#ifndef RONDO_REPLAY_DEVIATION_SWEEP_STRATEGY_H_
#define RONDO_REPLAY_DEVIATION_SWEEP_STRATEGY_H_

#include "rondo/replay/strategy.h"

namespace rondo {

class DeviationSweepStrategy final : public Strategy {
 public:
  std::string_view name() const override { return "sweep"; }
  void Begin(const RunPlan& plan) override {
    remaining_ = plan.run == 0 ? kTaken : plan.run - 1;
  }
  std::size_t Pick(PickPoint point, const CandidateView& candidates,
                   std::uint64_t step) override;
  std::uint64_t Draw(Identity, std::uint64_t, std::uint64_t) override {
    return 0;
  }

 private:
  static constexpr std::uint64_t kTaken = ~std::uint64_t{0};

  std::uint64_t remaining_ = kTaken;  // Alternatives to pass over first.
};

}  // namespace rondo

#endif  // RONDO_REPLAY_DEVIATION_SWEEP_STRATEGY_H_
