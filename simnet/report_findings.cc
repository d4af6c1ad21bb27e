#include "rondo/simnet/report_findings.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rondo/replay/build_info.h"
#include "rondo/replay/decision_names.h"
#include "rondo/replay/diff_text.h"
#include "rondo/replay/token.h"
#include "rondo/simnet/scenario_trace.h"

namespace rondo {
namespace {

// Of longer runs two are not held in memory to be compared.
constexpr std::uint64_t kLongestComparison = 100'000;

std::string ExplainNondeterminism(const Scenario& scenario,
                                  const ExecuteOptions& execute,
                                  const Finding& finding) {
  if (finding.outcome.iterations > kLongestComparison) {
    return "not compared: they are longer than " +
           std::to_string(kLongestComparison) + " iterations\n";
  }
  const std::optional<TraceDiff> diff =
      CompareTwoRuns(scenario, execute, finding.tape, finding.mode);
  if (!diff.has_value()) {
    return "two more were the same: it happens only sometimes\n";
  }
  DiffNames names;
  names.a = "first";
  names.b = "again";
  return DiffText(*diff, names);
}

ShrunkFinding Unshrunk(const Finding& finding) {
  ShrunkFinding result;
  result.found = finding;
  result.shrunk.tape = finding.tape;
  result.shrunk.mode = finding.mode;
  result.shrunk.outcome = finding.outcome;
  return result;
}

ShrunkFinding ReportFinding(const Scenario& scenario,
                            const ExecuteOptions& execute,
                            const Finding& finding,
                            const ShrinkOptions& shrink) {
  const RunOnce run_once = MakeRunOnce(scenario, execute);
  ShrunkFinding result = Unshrunk(finding);
  if (finding.outcome.kind == RunKind::kNondeterminism) {
    result.nondeterminism = ExplainNondeterminism(scenario, execute, finding);
  } else if (shrink.max_replays > 0) {
    result.shrinking = true;
    result.shrunk = Shrink(run_once, finding.tape, finding.mode,
                           finding.outcome.signature(), shrink);
  }
  DecisionNames names;
  RerunTape(run_once, result.shrunk.tape, result.shrunk.mode,
            {.observer = &names});
  result.decisions = names.Describe(result.shrunk.tape);
  ScheduleToken token;
  token.mode = result.shrunk.mode;
  token.seed = execute.simulation.seed;
  token.build = CurrentBuildDigest();
  token.tape = result.shrunk.tape;
  result.token = FormatToken(token);
  return result;
}

}  // namespace

ExploreReport ReportFindings(const Scenario& scenario,
                             const ExecuteOptions& execute,
                             const ExploreOptions& explore,
                             const ExploreResult& result,
                             const ShrinkOptions& shrink) {
  ExploreReport report;
  report.seed = explore.seed;
  report.schedules = result.schedules;
  report.distinct = result.distinct;
  report.end = result.end;
  for (const Finding& finding : result.findings) {
    report.findings.push_back(
        ReportFinding(scenario, execute, finding, shrink));
  }
  return report;
}

absl::Status MakeDirectory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(directory, ": cannot be made: ", error.message()));
}

std::string TracePath(const std::string& directory, const std::string& name,
                      const std::string& what) {
  return absl::StrCat(directory, "/", name.empty() ? "scenario" : name, ".",
                      what, ".jsonl");
}

absl::Status RecordFindings(const Scenario& scenario,
                            const ExecuteOptions& execute,
                            const std::string& directory,
                            ExploreReport* report) {
  absl::Status status = MakeDirectory(directory);
  std::size_t number = 0;
  for (ShrunkFinding& finding : report->findings) {
    const std::string suffix = ++number == 1 ? "" : absl::StrCat(".", number);
    const auto record = [&](const Tape& tape, LegalityMode mode,
                            const char* what) {
      if (!status.ok()) return;
      const std::string path =
          TracePath(directory, execute.name + suffix, what);
      status.Update(RecordTape(scenario, execute, tape, mode, path).status());
      finding.traces.push_back(path);
    };
    record(finding.found.tape, finding.found.mode, "failed");
    if (!finding.shrinking) continue;
    record(finding.shrunk.tape, finding.shrunk.mode, "shrunk");
    if (!finding.shrunk.neighbour.has_value()) continue;
    record(finding.shrunk.neighbour->tape, finding.shrunk.mode, "passed");
  }
  return status;
}

}  // namespace rondo
