// What the identities on a tape are called: decisions that people can read.
//
//   DecisionNames names;
//   RerunTape(run_once, tape, mode, {.observer = &names});
//   std::cout << names.Describe(tape);
//   // ready: n1 wakeup:T2 goes before n1 wakeup:T1
#ifndef RONDO_REPLAY_DECISION_NAMES_H_
#define RONDO_REPLAY_DECISION_NAMES_H_

#include <map>
#include <string>

#include "rondo/replay/decision_observer.h"
#include "rondo/replay/tape.h"

namespace rondo {

// Watches a run and remembers the names of all candidates.
class DecisionNames final : public DecisionObserver {
 public:
  void OnPick(PickPoint point, const CandidateView& candidates,
              std::size_t chosen) override;
  void OnDraw(Identity, std::uint64_t, std::uint64_t, std::uint64_t) override {}

  // The name, or the identity in hexadecimal digits.
  std::string NameOf(Identity id) const;

  std::string Describe(const Decision& decision) const;
  // A line for each decision.
  std::string Describe(const Tape& tape) const;

 private:
  std::map<Identity, std::string> names_;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_DECISION_NAMES_H_
