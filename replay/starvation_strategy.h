// Some owners (tasks, connections) do not get on for a while: the slow peer,
// the stalled disk, the task that the scheduler forgot.
//
// In each run one owner in `starved_one_in` is starved: its time is cut into
// windows of its own length, on a logarithmic scale up to twice that of the
// dull run, and in every other window, at random, all others go before it.
// Everything else is FIFO; faults and draws are sparse. All of this is a
// function of (run, owner, step): no state, and one task more leaves the
// windows of the others as they were.
// Source: rr's chaos mode (O'Callahan, 2016) and NodeRacer's postponements
// (Endo, Moller, ICST 2020), in picks instead of milliseconds.
#ifndef RONDO_REPLAY_STARVATION_STRATEGY_H_
#define RONDO_REPLAY_STARVATION_STRATEGY_H_

#include "rondo/replay/sparse_answers.h"
#include "rondo/replay/strategy.h"

namespace rondo {

struct StarvationOptions {
  std::uint64_t starved_one_in = 3;
};

class StarvationStrategy final : public Strategy {
 public:
  explicit StarvationStrategy(const StarvationOptions& options = {})
      : options_(options) {}

  std::string_view name() const override { return "starvation"; }
  void Begin(const RunPlan& plan) override;
  std::size_t Pick(PickPoint point, const CandidateView& candidates,
                   std::uint64_t step) override;
  std::uint64_t Draw(Identity stream, std::uint64_t k,
                     std::uint64_t n) override {
    return sparse_.Draw(stream, k, n);
  }

 private:
  bool Starved(Identity owner, std::uint64_t step) const;

  StarvationOptions options_;
  std::uint64_t key_ = 0;
  std::uint64_t longest_ = 1;
  SparseAnswers sparse_;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_STARVATION_STRATEGY_H_
