// Every candidate gets a random priority when it appears and keeps it until it
// has gone; the highest goes.
//
// Unlike a random walk it can leave something lying for long, and steps of
// bystanders do not wear its chances down. Priorities are hashes of
// identities, so one task more leaves the order of the others as it was.
// Faults and draws are sparse. Source: Yuan, Yang, Gu, "Partial Order Aware
// Concurrency Sampling" (CAV 2018), the basic form (BPOS).
#ifndef RONDO_REPLAY_RANDOM_PRIORITY_STRATEGY_H_
#define RONDO_REPLAY_RANDOM_PRIORITY_STRATEGY_H_

#include "rondo/replay/sparse_answers.h"
#include "rondo/replay/strategy.h"

namespace rondo {

class RandomPriorityStrategy final : public Strategy {
 public:
  std::string_view name() const override { return "random_priority"; }
  void Begin(const RunPlan& plan) override;
  std::size_t Pick(PickPoint point, const CandidateView& candidates,
                   std::uint64_t step) override;
  std::uint64_t Draw(Identity stream, std::uint64_t k,
                     std::uint64_t n) override {
    return sparse_.Draw(stream, k, n);
  }

 private:
  std::uint64_t key_ = 0;
  SparseAnswers sparse_;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_RANDOM_PRIORITY_STRATEGY_H_
