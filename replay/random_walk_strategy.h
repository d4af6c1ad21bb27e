// Any ready handle, with equal chances.
//
// At events and faults the candidates are not alike (letting an hour pass is
// one of them), so there the walk is dull but for one in `event_one_in` picks
// (`fault_one_in`), which take any of the others. Draws are uniform.
//
// Good at races between few steps, hopeless where a task must be starved: the
// chance falls exponentially with the length. Source: every tool's baseline.
#ifndef RONDO_REPLAY_RANDOM_WALK_STRATEGY_H_
#define RONDO_REPLAY_RANDOM_WALK_STRATEGY_H_

#include "rondo/replay/strategy.h"

namespace rondo {

struct RandomWalkOptions {
  std::uint64_t event_one_in = 8;
  std::uint64_t fault_one_in = 32;
};

class RandomWalkStrategy final : public Strategy {
 public:
  explicit RandomWalkStrategy(const RandomWalkOptions& options = {})
      : options_(options) {}

  std::string_view name() const override { return "random_walk"; }
  void Begin(const RunPlan& plan) override;
  std::size_t Pick(PickPoint point, const CandidateView& candidates,
                   std::uint64_t step) override;
  std::uint64_t Draw(Identity stream, std::uint64_t k,
                     std::uint64_t n) override;

 private:
  RandomWalkOptions options_;
  std::uint64_t key_ = 0;
  std::uint64_t pick_key_ = 0;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_RANDOM_WALK_STRATEGY_H_
