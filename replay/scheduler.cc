#include "rondo/replay/scheduler.h"

#include <limits>

namespace rondo {
namespace {

// The oldest candidate that has the order key of `chosen`.
std::size_t OldestOfKey(const CandidateView& candidates, std::size_t chosen) {
  const Identity key = candidates.order_key(chosen);
  if (key == 0) return chosen;
  for (std::size_t i = 0; i < chosen; ++i) {
    if (candidates.order_key(i) == key) return i;
  }
  return chosen;
}

}  // namespace

std::string_view LegalityModeName(LegalityMode mode) {
  switch (mode) {
    case LegalityMode::kContract:
      return "contract";
    case LegalityMode::kAdversarial:
      return "adversarial";
  }
  __builtin_unreachable();
}

void Scheduler::Begin(const RunPlan& plan) {
  plan_ = plan;
  horizon_ = plan.horizon != 0 ? plan.horizon
                               : std::numeric_limits<std::uint64_t>::max();
  profile_ = {};
  tape_.Clear();
  strategy_->Begin(plan);
}

void Scheduler::End(const RunOutcome& outcome) { strategy_->End(outcome); }

std::size_t Scheduler::PickFrom(PickPoint point,
                                const CandidateView& candidates) {
  const std::uint64_t step = profile_.picks++;
  profile_.alternatives += candidates.size() - 1;
  std::size_t chosen = 0;
  if (WithinHorizon()) {
    chosen = strategy_->Pick(point, candidates, step);
    if (chosen != 0) {
      if (mode_ == LegalityMode::kContract) {
        chosen = OldestOfKey(candidates, chosen);
      }
      if (chosen != 0) {
        tape_.Add(
            Decision::GoFirst(point, candidates.id(0), candidates.id(chosen)));
      }
    }
  }
  if (observer_ != nullptr) observer_->OnPick(point, candidates, chosen);
  if (recorder_ != nullptr) recorder_->OnPick(point, candidates, chosen);
  return chosen;
}

std::size_t Scheduler::PickReady(std::span<const HandleInfo> candidates) {
  if (candidates.size() < 2) return 0;
  return PickFrom(PickPoint::kReady, CandidateView(candidates));
}

std::size_t Scheduler::Pick(PickPoint point,
                            std::span<const Candidate> candidates) {
  if (candidates.size() < 2) return 0;
  return PickFrom(point, CandidateView(candidates));
}

std::uint64_t Scheduler::Draw(Identity stream, std::uint64_t k,
                              std::uint64_t n) {
  if (n < 2) return 0;
  ++profile_.draws;
  std::uint64_t value = 0;
  if (WithinHorizon()) {
    value = strategy_->Draw(stream, k, n);
    if (value != 0) tape_.Add(Decision::Draw(stream, k, value, n));
  }
  if (observer_ != nullptr) observer_->OnDraw(stream, k, n, value);
  if (recorder_ != nullptr) recorder_->OnDraw(stream, k, n, value);
  return value;
}

}  // namespace rondo
