#include "rondo/tools/scenario_runs.h"

#include <unistd.h>

#include <cstdio>
#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "rondo/replay/make_strategy.h"
#include "rondo/replay/trace_file.h"
#include "rondo/runtime/system_clock.h"
#include "rondo/tools/command_line.h"

namespace rondo {
namespace {

std::string AllNames() {
  std::string names;
  for (const RegisteredScenario& scenario : RegisteredScenarios()) {
    if (!names.empty()) names += ", ";
    names += scenario.name;
  }
  return names.empty() ? "none" : names;
}

std::int64_t RealTime() { return SystemClock().Now().count(); }

}  // namespace

absl::StatusOr<const RegisteredScenario*> ChooseScenario(
    const std::string& name) {
  if (name.empty()) {
    if (RegisteredScenarios().size() == 1) return &RegisteredScenarios()[0];
    return absl::InvalidArgumentError(
        absl::StrCat("which scenario? This program has: ", AllNames()));
  }
  const RegisteredScenario* const scenario = FindScenario(name);
  if (scenario == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "there is no scenario \"", name, "\"; this program has: ", AllNames()));
  }
  return scenario;
}

absl::StatusOr<Recording> ReadRecording(const std::string& path,
                                        bool allow_truncated) {
  absl::StatusOr<Trace> trace =
      ReadTrace(path, {.allow_truncated = allow_truncated});
  if (!trace.ok()) return trace.status();
  Recording recording;
  recording.trace = *std::move(trace);
  const TraceHeader& header = recording.trace.header;
  const absl::Status replayable = CheckReplayable(header);
  if (!replayable.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": ", std::string(replayable.message())));
  }
  absl::StatusOr<const RegisteredScenario*> scenario =
      ChooseScenario(header.scenario);
  if (!scenario.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", std::string(scenario.status().message())));
  }
  recording.scenario = *scenario;
  recording.tape = TapeOf(recording.trace);
  return recording;
}

ExecuteOptions OptionsFor(const RegisteredScenario& scenario,
                          std::uint64_t seed, TraceSink* sink, int level) {
  ExecuteOptions options;
  options.simulation.seed = seed;
  options.name = scenario.name;
  options.sink = sink;
  options.level = level;
  return options;
}

std::string OutcomeLine(std::string_view scenario, const RunOutcome& outcome) {
  std::string line(scenario);
  line += ": " + outcome.signature().ToString();
  char times[96];
  std::snprintf(times, sizeof(times),
                " (%llu iterations, %.6f s of virtual time)",
                static_cast<unsigned long long>(outcome.iterations),
                static_cast<double>(outcome.virtual_time.count()) / 1e9);
  line += times;
  if (!outcome.message.empty() && outcome.message != outcome.id) {
    line += "\n" + outcome.message;
  }
  return line;
}

nlohmann::ordered_json OutcomeJson(std::string_view scenario,
                                   const RunOutcome& outcome) {
  char digest[17];
  std::snprintf(digest, sizeof(digest), "%016llx",
                static_cast<unsigned long long>(outcome.digest));
  return {{"scenario", std::string(scenario)},
          {"outcome", std::string(RunKindName(outcome.kind))},
          {"id", outcome.id},
          {"message", outcome.message},
          {"iterations", outcome.iterations},
          {"virtual_time_ns", outcome.virtual_time.count()},
          {"digest", digest}};
}

nlohmann::ordered_json Lines(const std::string& text) {
  nlohmann::ordered_json lines = nlohmann::ordered_json::array();
  for (const absl::string_view line :
       absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    lines.push_back(std::string(line));
  }
  return lines;
}

int ExitCodeOf(const RunOutcome& outcome) {
  if (outcome.passed()) return kExitNothing;
  return outcome.kind == RunKind::kNondeterminism ? kExitNondeterminism
                                                  : kExitFinding;
}

std::vector<std::string> AllStrategies() {
  std::vector<std::string> names;
  for (const std::string_view name : StrategyNames()) names.emplace_back(name);
  return names;
}

int Complain(std::ostream& err, std::string_view command,
             const absl::Status& status) {
  err << command << ": " << status.message() << "\n";
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitTrouble;
}

ProgressLine::ProgressLine()
    : terminal_(isatty(STDERR_FILENO) != 0),
      next_(terminal_ ? 1 : 2),
      start_(RealTime()) {}

ProgressLine::~ProgressLine() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

double ProgressLine::elapsed() const {
  return static_cast<double>(RealTime() - start_) / 1e9;
}

bool ProgressLine::due() {
  if (++asked_ % 16 != 0 || elapsed() < next_) return false;
  next_ = terminal_ ? elapsed() + 0.1 : 2 * next_;
  return true;
}

void ProgressLine::Show(const std::string& text) {
  if (!terminal_) {
    std::fprintf(stderr, "%s\n", text.c_str());
    return;
  }
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
  shown_ = true;
}

std::string ShellWord(const std::string& word) {
  constexpr const char* kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
    return word;
  }
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace rondo
