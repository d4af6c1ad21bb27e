// Replays a tape: its decisions where they apply, the dull answer elsewhere.
//
// The rules are in tape.h. A tape of this program and this scenario replays
// exactly; of another (shortened, of an older build) it replays as far as its
// decisions still meet what they are about. `Used` is the part that did.
#ifndef RONDO_REPLAY_TAPE_STRATEGY_H_
#define RONDO_REPLAY_TAPE_STRATEGY_H_

#include <vector>

#include "rondo/replay/strategy.h"
#include "rondo/replay/tape.h"
#include "rondo/replay/tape_index.h"

namespace rondo {

class TapeStrategy final : public Strategy {
 public:
  explicit TapeStrategy(Tape tape);

  std::string_view name() const override { return "tape"; }
  void Begin(const RunPlan& plan) override;
  std::size_t Pick(PickPoint point, const CandidateView& candidates,
                   std::uint64_t step) override;
  // A value that is too great for this n counts as n - 1.
  std::uint64_t Draw(Identity stream, std::uint64_t k,
                     std::uint64_t n) override;

  // The decisions that have made a difference in this run; replaying only
  // these gives the same run. A hold counts once it has held.
  Tape Used() const { return tape_.Only(used_); }

 private:
  std::size_t Choose(PickPoint point, const CandidateView& candidates);

  Tape tape_;
  TapeIndex index_;
  std::vector<std::uint32_t> holds_;  // Their positions on the tape.
  std::vector<bool> spent_;           // Applied for good.
  std::vector<bool> used_;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_TAPE_STRATEGY_H_
