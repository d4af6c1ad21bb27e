// Running a scenario once more from what is known of a run.
//
//   RunOnce run_once = [](Scheduler& scheduler) {
//     Simulation sim(scheduler);
//     return sim.Execute(scenario);
//   };
//   RerunResult again = RerunTape(run_once, finding.tape, finding.mode);
//
// Thread-safety: as the scenario's.
#ifndef RONDO_REPLAY_RERUN_H_
#define RONDO_REPLAY_RERUN_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "rondo/replay/decision_observer.h"
#include "rondo/replay/outcome.h"
#include "rondo/replay/scheduler.h"
#include "rondo/replay/tape.h"
#include "rondo/replay/token.h"

namespace rondo {

// Executes the scenario once, from scratch, as the scheduler decides, within
// its plan's iteration budget. What escapes from the scenario is an outcome:
// the function itself does not throw.
using RunOnce = std::function<RunOutcome(Scheduler&)>;

struct RerunOptions {
  std::uint64_t iteration_budget = 0;  // See RunPlan.
  DecisionObserver* observer = nullptr;
};

struct RerunResult {
  RunOutcome outcome;
  RunProfile profile;
  Tape tape;  // Of what was decided: go-first and draws.
  Tape used;  // The part of the replayed tape that made a difference.
};

// Runs the scenario as the tape says.
RerunResult RerunTape(const RunOnce& run_once, const Tape& tape,
                      LegalityMode mode, const RerunOptions& options = {});

// Runs what the token stands for; if that is a strategy's run, then after the
// dull run, whose profile the strategy may need. `used` is then the tape.
absl::StatusOr<RerunResult> RerunToken(const RunOnce& run_once,
                                       const ScheduleToken& token,
                                       const RerunOptions& options = {});

// The plan of an exploring run: its horizon leaves room for runs several times
// as long as the dull one.
RunPlan MakePlan(std::uint64_t seed, std::uint64_t run, const RunProfile& dull,
                 std::uint64_t iteration_budget);

}  // namespace rondo

#endif  // RONDO_REPLAY_RERUN_H_
