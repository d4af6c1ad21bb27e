// Probabilistic concurrency testing: every owner (task, connection) has a
// random priority, the highest goes, and at d - 1 random picks whoever is
// highest falls below all others.
//
// In a run of k picks of n owners a bug of depth d is found with a chance of
// at least 1 / (n * k^(d-1)). Where the original estimates k from the runs
// before, twice the picks of the dull run serve (another order often asks more
// questions), so that runs stay independent; d is drawn in each run from 1 to
// `max_depth`. Faults and draws are sparse.
// Source: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler
// with Probabilistic Guarantees of Finding Bugs" (ASPLOS 2010).
#ifndef RONDO_REPLAY_PCT_STRATEGY_H_
#define RONDO_REPLAY_PCT_STRATEGY_H_

#include <vector>

#include "rondo/replay/sparse_answers.h"
#include "rondo/replay/strategy.h"

namespace rondo {

struct PctOptions {
  std::uint64_t max_depth = 3;
};

class PctStrategy final : public Strategy {
 public:
  explicit PctStrategy(const PctOptions& options = {}) : options_(options) {}

  std::string_view name() const override { return "pct"; }
  void Begin(const RunPlan& plan) override;
  std::size_t Pick(PickPoint point, const CandidateView& candidates,
                   std::uint64_t step) override;
  std::uint64_t Draw(Identity stream, std::uint64_t k,
                     std::uint64_t n) override {
    return sparse_.Draw(stream, k, n);
  }

 private:
  std::size_t Highest(const CandidateView& candidates) const;
  std::uint64_t Priority(Identity owner) const;

  PctOptions options_;
  std::uint64_t key_ = 0;
  std::vector<std::uint64_t> change_points_;
  std::vector<Identity> fallen_;  // The later, the lower.
  SparseAnswers sparse_;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_PCT_STRATEGY_H_
