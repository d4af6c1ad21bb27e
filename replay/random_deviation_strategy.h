// The dull run with a few deviations at random: in each run another number of
// them, from about one to all (see sparse_answers.h).
//
// Most bugs need one or two decisions; a run that takes no others is near the
// dull one, so what it shows is easy to read, and it gets far into a scenario
// that falls apart under a random walk.
// Source: Emmi, Qadeer, Rakamaric, "Delay-Bounded Scheduling" (POPL 2011),
// sampled instead of enumerated.
#ifndef RONDO_REPLAY_RANDOM_DEVIATION_STRATEGY_H_
#define RONDO_REPLAY_RANDOM_DEVIATION_STRATEGY_H_

#include "rondo/replay/sparse_answers.h"
#include "rondo/replay/strategy.h"

namespace rondo {

class RandomDeviationStrategy final : public Strategy {
 public:
  std::string_view name() const override { return "random_deviation"; }
  void Begin(const RunPlan& plan) override { sparse_.Begin(plan); }
  std::size_t Pick(PickPoint, const CandidateView& candidates,
                   std::uint64_t step) override {
    return sparse_.Pick(candidates, step);
  }
  std::uint64_t Draw(Identity stream, std::uint64_t k,
                     std::uint64_t n) override {
    return sparse_.Draw(stream, k, n);
  }

 private:
  SparseAnswers sparse_;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_RANDOM_DEVIATION_STRATEGY_H_
