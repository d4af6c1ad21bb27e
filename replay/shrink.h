// Shrinks a failing tape to the few decisions that matter.
//
//   ShrinkResult minimal = Shrink(run_once, finding.tape, finding.mode,
//                                 finding.outcome.signature());
//   // minimal.tape: leave out any one, and the failure is gone.
//   // minimal.neighbour: that run, the nearest that passes, for a diff.
//
// A shorter or duller tape is accepted if its run fails with the same
// signature, never another. "Duller" is lexicographic: fewer faults, fewer
// picks, fewer numbers drawn, a smaller sum of them, fewer iterations. After
// each accepted run the decisions that met nothing are dropped.
//
// The passes: the empty tape; the weaker mode; without a whole kind; delta
// debugging over decisions, in chunks, by subject and one by one; several picks
// about one candidate merged into a hold; draws lowered; any single pick in
// place of all of them (which delta debugging, going downhill, does not find);
// until nothing more gives way, which is the 1-minimality that is promised.
//
// Source: Zeller, Hildebrandt, "Simplifying and Isolating Failure-Inducing
// Input" (TSE 2002), over facts instead of positions (see tape.h); the order
// of results after MacIver, Donaldson, "Test-Case Reduction via Test-Case
// Generation" (ECOOP 2020).
//
// Thread-safety: as the scenario's.
#ifndef RONDO_REPLAY_SHRINK_H_
#define RONDO_REPLAY_SHRINK_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "rondo/replay/outcome.h"
#include "rondo/replay/rerun.h"
#include "rondo/replay/scheduler.h"
#include "rondo/replay/tape.h"

namespace rondo {

struct ShrinkProgress {
  std::uint64_t replays = 0;
  std::size_t decisions = 0;  // Of the best tape so far.
};

struct ShrinkOptions {
  std::uint64_t max_replays = 5000;
  // How many single picks are tried in place of all picks that remain.
  std::size_t max_singles = 1000;
  std::uint64_t iteration_budget = 0;  // See RunPlan.
  // Called after every replay.
  std::function<void(const ShrinkProgress&)> progress = nullptr;
};

// A run that differs from the minimal one in a single decision, and passes.
struct PassingNeighbour {
  Tape tape;
  RunOutcome outcome;
  // The decision of the minimal tape that it lacks, or has with a draw's value
  // lowered by one.
  Decision removed;
};

struct ShrinkResult {
  Tape tape;
  LegalityMode mode = LegalityMode::kContract;
  RunOutcome outcome;
  // The one whose difference comes latest on the tape. None: the failure needs
  // no decisions, or less one of them it is another failure.
  std::optional<PassingNeighbour> neighbour;
  std::uint64_t replays = 0;
  // False: the budget ended it early, or the tape did not fail as it should
  // (the result is then that tape and how it ran).
  bool minimal = false;
};

// REQUIRES: signature.kind is a failure that run_once can end in.
ShrinkResult Shrink(const RunOnce& run_once, const Tape& tape,
                    LegalityMode mode, const Signature& signature,
                    const ShrinkOptions& options = {});

}  // namespace rondo

#endif  // RONDO_REPLAY_SHRINK_H_
