// A passive witness of every decision of a run, dull or not: for the trace.
//
// Thread-safety: called on the run's thread.
#ifndef RONDO_REPLAY_DECISION_OBSERVER_H_
#define RONDO_REPLAY_DECISION_OBSERVER_H_

#include <cstddef>
#include <cstdint>

#include "rondo/replay/candidate_view.h"
#include "rondo/replay/decisions.h"

namespace rondo {

class DecisionObserver {
 public:
  virtual ~DecisionObserver() = default;

  // Of several candidates, `chosen` comes next.
  virtual void OnPick(PickPoint point, const CandidateView& candidates,
                      std::size_t chosen) = 0;

  // The k-th number of the stream, below n > 1, is `value`.
  virtual void OnDraw(Identity stream, std::uint64_t k, std::uint64_t n,
                      std::uint64_t value) = 0;

  // Before each OnDraw whose number somebody can explain, if they are wanted.
  virtual bool wants_meanings() const { return false; }
  virtual void OnMeaning(const DrawMeaning&) {}
};

}  // namespace rondo

#endif  // RONDO_REPLAY_DECISION_OBSERVER_H_
