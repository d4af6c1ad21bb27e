// The youngest candidate first: the reverse of what the program was written
// under, for the price of one run. No faults, no delays.
//
// Source: Chistikov, Majumdar, Niksic, "Hitting Families of Schedules for
// Asynchronous Programs" (CAV 2016): left-to-right and right-to-left together
// order every two independent tasks both ways.
#ifndef RONDO_REPLAY_LIFO_STRATEGY_H_
#define RONDO_REPLAY_LIFO_STRATEGY_H_

#include "rondo/replay/strategy.h"

namespace rondo {

class LifoStrategy final : public Strategy {
 public:
  std::string_view name() const override { return "lifo"; }
  void Begin(const RunPlan&) override {}
  std::size_t Pick(PickPoint point, const CandidateView& candidates,
                   std::uint64_t) override {
    return point == PickPoint::kFault ? 0 : candidates.size() - 1;
  }
  std::uint64_t Draw(Identity, std::uint64_t, std::uint64_t) override {
    return 0;
  }
};

}  // namespace rondo

#endif  // RONDO_REPLAY_LIFO_STRATEGY_H_
