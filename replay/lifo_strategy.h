// The youngest handle first: the reverse of what the program was written under,
// for the price of one run. Events are dull (the last of them may be an hour
// away), and there are no faults and no delays.
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
    return point == PickPoint::kReady ? candidates.size() - 1 : 0;
  }
  std::uint64_t Draw(Identity, std::uint64_t, std::uint64_t) override {
    return 0;
  }
};

}  // namespace rondo

#endif  // RONDO_REPLAY_LIFO_STRATEGY_H_
