// How a run's decisions are made up.
//
// A strategy is asked only where there is a question, and may always give the
// dull answer (0). It decides as a function of the plan and of what it is
// asked, with numbers from run_hash.h: nothing is carried from one run to the
// next, so run 4711 is the same alone, in a shard, and in the middle of a
// million. What it may know of the scenario is the profile of the dull run,
// which is the same for everyone too.
//
//   strategy.Begin(plan);
//   ... strategy.Pick(point, candidates, step), strategy.Draw(stream, k, n)
//   strategy.End(outcome);
//
// Draws must depend on (seed, run, stream, k, n) only, so that taking a
// decision away, or adding a host, shifts no other.
//
// Thread-safety: one run at a time, one thread.
#ifndef RONDO_REPLAY_STRATEGY_H_
#define RONDO_REPLAY_STRATEGY_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rondo/replay/candidate_view.h"
#include "rondo/replay/decisions.h"
#include "rondo/replay/outcome.h"

namespace rondo {

// What a run asked.
struct RunProfile {
  std::uint64_t picks = 0;         // With more than one candidate.
  std::uint64_t alternatives = 0;  // The sum over picks of candidates - 1.
  std::uint64_t draws = 0;
};

struct RunPlan {
  // For strategies only: a scenario takes what is random in it from draws,
  // because the replay of a tape has no seed.
  std::uint64_t seed = 0;
  // Whoever plans runs makes number 0 the dull one, whatever the strategy.
  std::uint64_t run = 0;
  // Of the dull run; all zero where that has not been made.
  RunProfile dull = {};
  // After so many questions the rest is dull, so that every run is fair in the
  // end, and one that then makes no progress is the program's own livelock and
  // not the strategy's. Zero: no limit.
  std::uint64_t horizon = 0;
  // For whoever runs the scenario: the iterations after which a run counts as
  // a livelock. Zero: its own default.
  std::uint64_t iteration_budget = 0;
};

class Strategy {
 public:
  virtual ~Strategy() = default;

  // As MakeStrategy knows it: "random_walk".
  virtual std::string_view name() const = 0;

  virtual void Begin(const RunPlan& plan) = 0;

  // Returns the index of the candidate that comes next. `step` counts the
  // run's picks from 0. REQUIRES: candidates.size() > 1.
  virtual std::size_t Pick(PickPoint point, const CandidateView& candidates,
                           std::uint64_t step) = 0;

  // Returns a number in [0, n). REQUIRES: n > 1.
  virtual std::uint64_t Draw(Identity stream, std::uint64_t k,
                             std::uint64_t n) = 0;

  virtual void End(const RunOutcome& outcome) { (void)outcome; }
};

}  // namespace rondo

#endif  // RONDO_REPLAY_STRATEGY_H_
