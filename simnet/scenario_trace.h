// Traces of a scenario's runs: recording one from its decisions, replaying it,
// and comparing a run with itself.
//
// In `options` what the run is recorded into is overridden, and what the tape
// or the trace says itself.
#ifndef RONDO_SIMNET_SCENARIO_TRACE_H_
#define RONDO_SIMNET_SCENARIO_TRACE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "rondo/replay/diff.h"
#include "rondo/replay/tape.h"
#include "rondo/simnet/scenario.h"

namespace rondo {

// Runs the scenario as the tape says and writes the trace to `path`.
absl::StatusOr<RunOutcome> RecordTape(const Scenario& scenario,
                                      ExecuteOptions options, const Tape& tape,
                                      LegalityMode mode,
                                      const std::string& path);

struct ReplayResult {
  RunOutcome outcome;
  // How the replay differs from the recording. None: it is the same run,
  // record by record.
  std::optional<TraceDiff> difference;
};

// Makes the recorded run again from its decisions alone, up to the first
// record that differs.
ReplayResult ReplayTrace(const Scenario& scenario, ExecuteOptions options,
                         const Trace& recorded);

// Makes the run of the tape twice. The result is how the second run differs.
std::optional<TraceDiff> CompareTwoRuns(const Scenario& scenario,
                                        ExecuteOptions options,
                                        const Tape& tape, LegalityMode mode);

}  // namespace rondo

#endif  // RONDO_SIMNET_SCENARIO_TRACE_H_
