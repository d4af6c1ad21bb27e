#include "rondo/simnet/explore.h"

#include <iostream>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "rondo/replay/build_info.h"
#include "rondo/replay/diff_text.h"
#include "rondo/replay/flag_values.h"
#include "rondo/replay/replayer.h"
#include "rondo/replay/token.h"
#include "rondo/replay/trace_file.h"
#include "rondo/runtime/system_clock.h"
#include "rondo/simnet/explore_settings.h"
#include "rondo/simnet/report_findings.h"
#include "rondo/simnet/scenario_trace.h"

namespace rondo {
namespace internal {

const TestFramework* test_framework = nullptr;

}  // namespace internal

namespace {

// One call of Explore, once everything is known that it is told.
class Exploration {
 public:
  Exploration(Scenario scenario, ExecuteOptions execute,
              const ExploreSettings& settings)
      : scenario_(std::move(scenario)),
        execute_(std::move(execute)),
        settings_(settings) {}

  absl::StatusOr<ExploreReport> Search(ExploreOptions options);
  absl::StatusOr<ExploreReport> Replay();

 private:
  absl::StatusOr<Finding> RunToken();
  absl::StatusOr<Finding> RunTrace();
  absl::Status Record(ExploreReport* report, const Tape& passed,
                      LegalityMode mode) const;

  Scenario scenario_;
  ExecuteOptions execute_;
  ExploreSettings settings_;
};

absl::StatusOr<ExploreReport> Exploration::Search(ExploreOptions options) {
  execute_.simulation.seed = options.seed;
  if (options.iteration_budget != 0) {
    execute_.simulation.iteration_budget = options.iteration_budget;
  }
  options.build = CurrentBuildDigest();
  if (settings_.check_determinism) options.verify_every = 1;
  SystemClock clock;
  if (settings_.time_limit.has_value()) {
    options.time_limit = *settings_.time_limit;
    options.elapsed = [&clock, start = clock.Now()] {
      return clock.Now() - start;
    };
  }
  const absl::StatusOr<ExploreResult> result =
      Explorer(MakeRunOnce(scenario_, execute_), options).Run();
  if (!result.ok()) return result.status();
  ExploreReport report = ReportFindings(scenario_, execute_, options, *result);
  if (report.end == ExploreEnd::kTime) {
    std::cerr << "rondo: " << execute_.name << ": the time limit of "
              << DurationText(options.time_limit) << " ended it after "
              << report.schedules << " of " << options.schedules
              << " schedules\n";
  }
  const absl::Status status = Record(&report, Tape(), LegalityMode::kContract);
  if (!status.ok()) return status;
  return report;
}

absl::StatusOr<ExploreReport> Exploration::Replay() {
  absl::StatusOr<Finding> run =
      settings_.replay.starts_with("rondo1.") ? RunToken() : RunTrace();
  if (!run.ok()) {
    return absl::Status(
        run.status().code(),
        absl::StrCat("RONDO_REPLAY: ", std::string(run.status().message())));
  }
  if (settings_.check_determinism) {
    run->outcome = VerifyRun(MakeRunOnce(scenario_, execute_),
                             std::move(run->outcome), run->tape, run->mode);
  }
  ExploreResult result;
  result.schedules = 1;
  result.distinct = 1;
  if (!run->outcome.passed()) result.findings.push_back(*run);
  ExploreReport report =
      ReportFindings(scenario_, execute_, {.seed = execute_.simulation.seed},
                     result, {.max_replays = 0});
  report.replay = true;
  const absl::Status status = Record(&report, run->tape, run->mode);
  if (!status.ok()) return status;
  return report;
}

absl::StatusOr<Finding> Exploration::RunToken() {
  const absl::StatusOr<ScheduleToken> token = ParseToken(settings_.replay);
  if (!token.ok()) return token.status();
  if (token->build.has_value() && *token->build != CurrentBuildDigest() &&
      !settings_.other_build) {
    return absl::FailedPreconditionError(
        "the token is of another build of this program, which may run "
        "otherwise; RONDO_OTHER_BUILD=1 replays it all the same");
  }
  execute_.simulation.seed = token->seed;
  absl::StatusOr<RerunResult> run =
      RerunToken(MakeRunOnce(scenario_, execute_), *token);
  if (!run.ok()) return run.status();
  Finding finding;
  finding.outcome = std::move(run->outcome);
  finding.mode = token->mode;
  finding.run = token->run;
  finding.tape = std::move(run->tape);
  return finding;
}

absl::StatusOr<Finding> Exploration::RunTrace() {
  const std::string& path = settings_.replay;
  const absl::StatusOr<Trace> trace = ReadTrace(path);
  if (!trace.ok()) return trace.status();
  const absl::Status replayable = CheckReplayable(trace->header);
  if (!replayable.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": ", std::string(replayable.message())));
  }
  if (trace->header.scenario != execute_.name) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": a trace of \"", trace->header.scenario,
                     "\", and this is \"", execute_.name, "\""));
  }
  execute_.simulation.seed = trace->header.seed;
  execute_.fifo = trace->header.order == TraceOrder::kFifo;
  ReplayResult run = ReplayTrace(scenario_, execute_, *trace);
  if (run.difference.has_value()) {
    return absl::DataLossError(
        absl::StrCat(path, ": the replay is another run:\n",
                     DiffText(*run.difference, DiffNames::OfReplay())));
  }
  Finding finding;
  finding.outcome = std::move(run.outcome);
  finding.mode = LegalityModeOf(trace->header);
  finding.tape = TapeOf(*trace);
  return finding;
}

// The traces of what failed; or if nothing did, of a run that passed.
absl::Status Exploration::Record(ExploreReport* report, const Tape& passed,
                                 LegalityMode mode) const {
  if (settings_.record.empty()) return absl::OkStatus();
  absl::Status status =
      RecordFindings(scenario_, execute_, settings_.record, report);
  if (status.ok() && report->findings.empty()) {
    status = RecordTape(scenario_, execute_, passed, mode,
                        TracePath(settings_.record, execute_.name, "passed"))
                 .status();
  }
  if (status.ok()) return status;
  return absl::Status(
      status.code(),
      absl::StrCat("RONDO_RECORD: ", std::string(status.message())));
}

// What shows it again. Nondeterminism shows when the run is made twice.
std::vector<std::string> CommandsFor(const ShrunkFinding& finding,
                                     const internal::TestFramework* framework) {
  const bool twice = !finding.nondeterminism.empty();
  if (framework == nullptr) {
    return {
        (twice ? "RONDO_CHECK_DETERMINISM=1 RONDO_REPLAY=" : "RONDO_REPLAY=") +
        finding.token};
  }
  std::vector<std::string> flags = {"--rondo_replay=" + finding.token};
  if (twice) flags.push_back("--rondo_check_determinism");
  return framework->commands(flags);
}

}  // namespace

ExploreReport Explore(const Scenario& scenario, ExploreOptions options,
                      ExecuteOptions execute) {
  const internal::TestFramework* const framework = internal::test_framework;
  if (framework != nullptr && execute.name.empty()) {
    execute.name = framework->name();
  }
  absl::StatusOr<ExploreReport> report;
  const absl::StatusOr<ExploreSettings> settings = ReadExploreSettings();
  if (!settings.ok()) {
    report = settings.status();
  } else {
    options.seed = settings->seed.value_or(options.seed);
    options.schedules = settings->schedules.value_or(options.schedules);
    if (!settings->strategy.empty()) options.strategy = settings->strategy;
    Exploration exploration(
        framework == nullptr ? scenario : framework->wrap(scenario),
        std::move(execute), *settings);
    report = settings->replay.empty() ? exploration.Search(std::move(options))
                                      : exploration.Replay();
  }
  if (!report.ok()) {
    ExploreReport wrong;
    wrong.error = std::string(report.status().message());
    return wrong;
  }
  for (ShrunkFinding& finding : report->findings) {
    finding.commands = CommandsFor(finding, framework);
  }
  return *std::move(report);
}

}  // namespace rondo
