#include "rondo/replay/tape_strategy.h"

#include <algorithm>

namespace rondo {

TapeStrategy::TapeStrategy(Tape tape) : tape_(std::move(tape)), index_(tape_) {
  for (std::uint32_t at = 0; at < tape_.size(); ++at) {
    if (tape_[at].kind == DecisionKind::kHold) holds_.push_back(at);
  }
}

void TapeStrategy::Begin(const RunPlan&) {
  spent_.assign(tape_.size(), false);
  used_.assign(tape_.size(), false);
}

std::size_t TapeStrategy::Pick(PickPoint point, const CandidateView& candidates,
                               std::uint64_t) {
  const std::size_t chosen = Choose(point, candidates);
  for (const std::uint32_t at : holds_) {
    if (tape_[at].answer == candidates.id(chosen)) spent_[at] = true;
  }
  return chosen;
}

std::size_t TapeStrategy::Choose(PickPoint point,
                                 const CandidateView& candidates) {
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    bool held = false;
    for (std::uint32_t at = index_.FirstPick(point, candidates.id(i));
         at != TapeIndex::kNone; at = index_.Next(at)) {
      if (spent_[at]) continue;
      if (tape_[at].kind == DecisionKind::kHold) {
        held = used_[at] = true;
        continue;
      }
      const std::size_t chosen = candidates.Find(tape_[at].answer);
      if (chosen < candidates.size()) {
        spent_[at] = used_[at] = true;
        return chosen;
      }
    }
    if (!held) return i;
  }
  return 0;
}

std::uint64_t TapeStrategy::Draw(Identity stream, std::uint64_t k,
                                 std::uint64_t n) {
  const std::uint32_t at = index_.FindDraw(stream, k);
  if (at == TapeIndex::kNone) return 0;
  used_[at] = true;
  return std::min(tape_[at].answer, n - 1);
}

}  // namespace rondo
