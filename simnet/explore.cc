#include "rondo/simnet/explore.h"

#include <cstdlib>
#include <sstream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "rondo/replay/build_info.h"
#include "rondo/replay/decision_names.h"
#include "rondo/replay/token.h"

namespace rondo {
namespace internal {

ScenarioWrapper scenario_wrapper = nullptr;

}  // namespace internal

namespace {

// The value of an environment variable; empty if it is not set.
std::string Environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Reads a number from the environment; says so if it is none.
void NumberFrom(const char* name, std::uint64_t* value, std::string* error) {
  const std::string text = Environment(name);
  if (text.empty() || absl::SimpleAtoi(text, value)) return;
  *error = std::string(name) + ": expected a number, got \"" + text + "\"";
}

// The one run that a token stands for, as a report. Its seed is the token's.
ExploreReport ReplayToken(const Scenario& scenario, ExecuteOptions run,
                          const std::string& text) {
  ExploreReport report;
  const absl::StatusOr<ScheduleToken> token = ParseToken(text);
  if (!token.ok()) {
    report.error = "RONDO_REPLAY: " + std::string(token.status().message());
    return report;
  }
  if (token->build.has_value() && *token->build != CurrentBuildDigest() &&
      Environment("RONDO_OTHER_BUILD").empty()) {
    report.error =
        "RONDO_REPLAY: the token is of another build of this program, which "
        "may run otherwise; RONDO_OTHER_BUILD=1 replays it all the same";
    return report;
  }
  run.simulation.seed = token->seed;
  absl::StatusOr<RerunResult> result =
      RerunToken(MakeRunOnce(scenario, run), *token);
  if (!result.ok()) {
    report.error = "RONDO_REPLAY: " + std::string(result.status().message());
    return report;
  }
  report.schedules = 1;
  report.distinct = 1;
  report.seed = token->seed;
  if (result->outcome.passed()) return report;
  ShrunkFinding finding;
  finding.found.outcome = result->outcome;
  finding.found.mode = token->mode;
  finding.found.tape = result->tape;
  finding.shrunk.tape = result->tape;
  finding.shrunk.mode = token->mode;
  finding.shrunk.outcome = result->outcome;
  finding.decisions = result->tape.ToString();
  finding.token = text;
  report.findings.push_back(std::move(finding));
  return report;
}

}  // namespace

ShrunkFinding ShrinkFinding(const RunOnce& run_once, const Finding& finding,
                            std::uint64_t seed, const ShrinkOptions& options) {
  ShrunkFinding result;
  result.found = finding;
  if (finding.outcome.kind == RunKind::kNondeterminism) {
    result.shrunk.tape = finding.tape;
    result.shrunk.mode = finding.mode;
    result.shrunk.outcome = finding.outcome;
  } else {
    result.shrunk = Shrink(run_once, finding.tape, finding.mode,
                           finding.outcome.signature(), options);
  }
  DecisionNames names;
  RerunTape(run_once, result.shrunk.tape, result.shrunk.mode,
            {.observer = &names});
  result.decisions = names.Describe(result.shrunk.tape);
  ScheduleToken token;
  token.mode = result.shrunk.mode;
  token.seed = seed;
  token.build = CurrentBuildDigest();
  token.tape = result.shrunk.tape;
  result.token = FormatToken(token);
  return result;
}

ExploreReport Explore(const Scenario& scenario, ExploreOptions options,
                      const ExecuteOptions& execute) {
  ExploreReport report;
  NumberFrom("RONDO_SEED", &options.seed, &report.error);
  NumberFrom("RONDO_SCHEDULES", &options.schedules, &report.error);
  if (!report.error.empty()) return report;
  if (const std::string name = Environment("RONDO_STRATEGY"); !name.empty()) {
    options.strategy = name;
  }
  options.build = CurrentBuildDigest();
  ExecuteOptions run = execute;
  run.simulation.seed = options.seed;
  Scenario wrapped = scenario;
  if (internal::scenario_wrapper != nullptr) {
    wrapped = internal::scenario_wrapper(std::move(wrapped));
  }
  if (const std::string token = Environment("RONDO_REPLAY"); !token.empty()) {
    return ReplayToken(wrapped, run, token);
  }
  const RunOnce run_once = MakeRunOnce(std::move(wrapped), run);
  Explorer explorer(run_once, options);
  const absl::StatusOr<ExploreResult> result = explorer.Run();
  if (!result.ok()) {
    report.error = std::string(result.status().message());
    return report;
  }
  report.seed = options.seed;
  report.schedules = result->schedules;
  report.distinct = result->distinct;
  for (const Finding& finding : result->findings) {
    report.findings.push_back(ShrinkFinding(run_once, finding, options.seed));
  }
  return report;
}

std::string ExploreReport::ToString() const {
  std::ostringstream out;
  if (!error.empty()) return error;
  out << schedules << " schedules (" << distinct << " distinct), seed " << seed
      << ": " << findings.size()
      << (findings.size() == 1 ? " failure" : " failures") << "\n";
  for (const ShrunkFinding& finding : findings) {
    const RunOutcome& outcome = finding.shrunk.outcome;
    out << outcome.signature().ToString() << "\n";
    if (outcome.message != outcome.id) out << "  " << outcome.message << "\n";
    out << "  found by run " << finding.found.run << " in "
        << LegalityModeName(finding.found.mode) << " mode with "
        << finding.found.tape.size() << " decisions; "
        << finding.shrunk.tape.size() << " matter:\n";
    std::istringstream lines(finding.decisions);
    for (std::string line; std::getline(lines, line);) {
      out << "    " << line << "\n";
    }
    out << "  again: RONDO_REPLAY=" << finding.token << "\n";
  }
  return out.str();
}

}  // namespace rondo
