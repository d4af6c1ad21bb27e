// What is on a tape, in words: decisions that people can read.
//
//   DecisionNames names;
//   RerunTape(run_once, tape, mode, {.observer = &names});
//   std::cout << names.Describe(tape);
//   // ready: n1 wakeup:T2 goes before n1 wakeup:T1
//   // draw: latency of segment 3 (data) of a>b:80#1: 1.2ms instead of 1ms
#ifndef RONDO_REPLAY_DECISION_NAMES_H_
#define RONDO_REPLAY_DECISION_NAMES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "rondo/replay/decision_observer.h"
#include "rondo/replay/tape.h"

namespace rondo {

// Watches a run and remembers the names of all candidates, and what the
// numbers stand for that were not dull.
class DecisionNames final : public DecisionObserver {
 public:
  void OnPick(PickPoint point, const CandidateView& candidates,
              std::size_t chosen) override;
  void OnDraw(Identity stream, std::uint64_t k, std::uint64_t n,
              std::uint64_t value) override;
  bool wants_meanings() const override { return true; }
  void OnMeaning(const DrawMeaning& meaning) override;

  // The name, or the identity in hexadecimal digits.
  std::string NameOf(Identity id) const;

  std::string Describe(const Decision& decision) const;
  // A line for each decision.
  std::string Describe(const Tape& tape) const;

 private:
  struct Meaning {
    std::string what;  // Empty: not known.
    Nanoseconds least{0};
  };

  std::map<Identity, std::string> names_;
  std::map<std::pair<Identity, std::uint64_t>, Meaning> meanings_;
  Meaning next_;  // Of the number that is drawn next.
};

}  // namespace rondo

#endif  // RONDO_REPLAY_DECISION_NAMES_H_
