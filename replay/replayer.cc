#include "rondo/replay/replayer.h"

#include <variant>

#include "rondo/replay/outcome.h"
#include "rondo/replay/trace_compare.h"

namespace rondo {

Tape TapeOf(const Trace& trace) {
  Tape tape;
  for (const Record& record : trace.records) {
    if (const auto* const pick = std::get_if<PickRecord>(&record)) {
      if (pick->pick == pick->over) continue;
      tape.Add(Decision::GoFirst(pick->point, pick->over, pick->pick));
    } else if (const auto* const draw = std::get_if<DrawRecord>(&record)) {
      if (draw->value == 0) continue;
      tape.Add(Decision::Draw(draw->stream, draw->k, draw->value, draw->n));
    }
  }
  return tape;
}

LegalityMode LegalityModeOf(const TraceHeader& header) {
  return header.order == TraceOrder::kAdversarial ? LegalityMode::kAdversarial
                                                  : LegalityMode::kContract;
}

std::uint64_t IterationBudgetOf(const Trace& trace) {
  const EndRecord* const end = trace.end();
  if (end == nullptr || end->iterations < 1) return 0;
  if (end->why != RunKindName(RunKind::kLivelock) || end->id != "iterations") {
    return 0;
  }
  return static_cast<std::uint64_t>(end->iterations) - 1;
}

ReplayCheck::ReplayCheck(const Trace& recorded)
    : recorded_(recorded),
      comparable_(Comparable(recorded, /*same_level=*/true)) {}

void ReplayCheck::Begin(const TraceHeader& header) { replayed_.Begin(header); }

void ReplayCheck::Write(const Record& record) {
  replayed_.Write(record);
  if (diverged_ || !IsCompared(record)) return;
  if (next_ == comparable_.size()) {
    // The recording was cut short: what comes now is not known.
    diverged_ = !recorded_.truncated;
    return;
  }
  diverged_ = !SameRecord(recorded_.records[comparable_[next_++]], record);
}

bool ReplayCheck::complete() const {
  return !diverged_ && next_ == comparable_.size();
}

TraceDiff ReplayCheck::Explain() const { return Diff(recorded_, replayed_); }

}  // namespace rondo
