#include "rondo/simnet/scenario_trace.h"

#include <memory>

#include "rondo/replay/replayer.h"
#include "rondo/replay/tape_strategy.h"
#include "rondo/replay/trace_file.h"

namespace rondo {
namespace {

RunOutcome RunTape(const Scenario& scenario, const ExecuteOptions& options,
                   const Tape& tape, LegalityMode mode) {
  TapeStrategy strategy(tape);
  Scheduler scheduler(&strategy, mode);
  scheduler.Begin({});
  return Execute(scenario, options, scheduler);
}

// The same, compared with `recorded` as it is made.
ReplayResult RunAgain(const Scenario& scenario, ExecuteOptions options,
                      const Tape& tape, LegalityMode mode,
                      const Trace& recorded) {
  ReplayCheck check(recorded);
  options.sink = &check;
  options.level = recorded.header.level;
  options.stop = [&check] { return check.diverged(); };
  ReplayResult result;
  result.outcome = RunTape(scenario, options, tape, mode);
  if (!check.complete()) result.difference = check.Explain();
  return result;
}

}  // namespace

absl::StatusOr<RunOutcome> RecordTape(const Scenario& scenario,
                                      ExecuteOptions options, const Tape& tape,
                                      LegalityMode mode,
                                      const std::string& path) {
  absl::StatusOr<std::unique_ptr<TraceFileWriter>> file =
      TraceFileWriter::Create(path);
  if (!file.ok()) return file.status();
  options.sink = file->get();
  RunOutcome outcome = RunTape(scenario, options, tape, mode);
  const absl::Status closed = (*file)->Close();
  if (!closed.ok()) return closed;
  return outcome;
}

ReplayResult ReplayTrace(const Scenario& scenario, ExecuteOptions options,
                         const Trace& recorded) {
  const TraceHeader& header = recorded.header;
  options.simulation.seed = header.seed;
  options.name = header.scenario;
  options.fifo = header.order == TraceOrder::kFifo;
  if (const std::uint64_t budget = IterationBudgetOf(recorded); budget != 0) {
    options.simulation.iteration_budget = budget;
  }
  return RunAgain(scenario, std::move(options), TapeOf(recorded),
                  LegalityModeOf(header), recorded);
}

std::optional<TraceDiff> CompareTwoRuns(const Scenario& scenario,
                                        ExecuteOptions options,
                                        const Tape& tape, LegalityMode mode) {
  Trace first;
  options.sink = &first;
  options.level = kTraceEverything;
  RunTape(scenario, options, tape, mode);
  return RunAgain(scenario, std::move(options), tape, mode, first).difference;
}

}  // namespace rondo
