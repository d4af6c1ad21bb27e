// The command `explore`.
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "rondo/replay/build_info.h"
#include "rondo/replay/make_strategy.h"
#include "rondo/simnet/explore.h"
#include "rondo/tools/scenario_commands.h"
#include "rondo/tools/scenario_runs.h"

namespace rondo {
namespace {

std::vector<std::string> AllStrategies() {
  std::vector<std::string> names;
  for (const std::string_view name : StrategyNames()) names.emplace_back(name);
  return names;
}

class ExploreCommand final : public Command {
 public:
  explicit ExploreCommand(std::string program) : program_(std::move(program)) {}

  std::string name() const override { return "explore"; }
  std::string summary() const override {
    return "Runs a scenario under many schedules until one fails.";
  }
  std::string details() const override {
    return "A failure is run again, shrunk to the decisions that matter, and "
           "printed with\nits token; --output also writes its traces: "
           "SCENARIO.failed.jsonl (as found),\nSCENARIO.shrunk.jsonl, and "
           "SCENARIO.passed.jsonl (the nearest run that passes).\n\nexit "
           "codes: 0 nothing found, 1 a failure, 2 usage, 3 trouble, 4 "
           "nondeterminism\n";
  }
  void Declare(CommandFlags* flags) override {
    flags->Arguments("SCENARIO", &names_, "which; may be left out if only one");
    flags->Add("schedules", &options_.schedules, "how many runs at most")
        .Env("RONDO_SCHEDULES");
    flags->Add("seed", &options_.seed, "of the exploration").Env("RONDO_SEED");
    flags->Add("strategy", &options_.strategy, "how schedules are made up")
        .OneOf(AllStrategies())
        .Env("RONDO_STRATEGY");
    flags->Add("budget", &options_.iteration_budget,
               "iterations after which a run is a livelock; 0: ten million");
    flags->Add("time-limit", &time_limit_, "stop after so much real time")
        .Env("RONDO_TIME_LIMIT");
    flags->Add("adversarial", &options_.adversarial,
               "then also orders that no real loop would run");
    flags->Add("shrink", &shrink_, "shrink what is found");
    flags->Add("output", &output_, "write traces to this directory")
        .Placeholder("DIR");
    flags->Add("level", &level_, "of those traces: 0, 1 or 2").AtLeast(0);
    flags->Add("shard-index", &options_.shard_index, "of several processes");
    flags->Add("shard-count", &options_.shard_count, "how many there are");
    flags->Add("json", &json_, "print JSON");
  }

  int Run(std::ostream& out, std::ostream& err) override {
    if (names_.size() > 1) {
      err << "explore: expected one scenario\n";
      return kExitUsage;
    }
    const auto chosen = ChooseScenario(names_.empty() ? "" : names_[0]);
    if (!chosen.ok()) return Complain(err, "explore", chosen.status());
    const RegisteredScenario& scenario = **chosen;
    const RunOnce run_once = MakeRunOnce(
        scenario.scenario, OptionsFor(scenario, options_.seed, nullptr, 0));
    absl::StatusOr<ExploreResult> result;
    {
      ProgressLine line;
      options_.build = CurrentBuildDigest();
      options_.elapsed = [&line] {
        return Nanoseconds(static_cast<std::int64_t>(line.elapsed() * 1e9));
      };
      if (time_limit_.count() > 0) options_.time_limit = time_limit_;
      options_.progress = [&](const ExploreProgress& progress) {
        if (!line.due()) return;
        line.Show(scenario.name + ": " + std::to_string(progress.schedules) +
                  " schedules, " + std::to_string(progress.distinct) +
                  " distinct, " + std::to_string(progress.findings) +
                  " failures");
      };
      result = Explorer(run_once, options_).Run();
    }
    if (!result.ok()) return Complain(err, "explore", result.status());
    return Report(scenario, run_once, *result, out, err);
  }

 private:
  int Report(const RegisteredScenario& scenario, const RunOnce& run_once,
             const ExploreResult& result, std::ostream& out,
             std::ostream& err) {
    ExploreReport report;
    report.schedules = result.schedules;
    report.distinct = result.distinct;
    report.seed = options_.seed;
    int code = kExitNothing;
    for (const Finding& finding : result.findings) {
      code = std::max(code, ExitCodeOf(finding.outcome));
      ShrinkOptions shrink;
      if (!shrink_) shrink.max_replays = 0;
      report.findings.push_back(
          ShrinkFinding(run_once, finding, options_.seed, shrink));
    }
    if (!output_.empty() && !report.findings.empty()) {
      const absl::Status written = Write(scenario, report.findings[0]);
      if (!written.ok()) return Complain(err, "explore", written);
    }
    if (json_) {
      PrintJson(scenario, report, out);
    } else {
      out << scenario.name << ": " << report.ToString();
      if (result.within_one_deviation()) {
        out << "every schedule within one deviation of the dull one was run\n";
      }
      PrintCommands(scenario, report, out);
    }
    return code;
  }

  std::string PathOf(const RegisteredScenario& scenario,
                     const char* what) const {
    return output_ + "/" + scenario.name + "." + what + ".jsonl";
  }

  absl::Status Write(const RegisteredScenario& scenario,
                     const ShrunkFinding& finding) const {
    absl::Status made = MakeDirectory(output_);
    if (!made.ok()) return made;
    const auto record = [&](const Tape& tape, LegalityMode mode,
                            const char* what) {
      return RecordTape(scenario, tape, mode, options_.seed,
                        static_cast<int>(level_), PathOf(scenario, what))
          .status();
    };
    made = record(finding.found.tape, finding.found.mode, "failed");
    if (!made.ok() || !shrink_) return made;
    made = record(finding.shrunk.tape, finding.shrunk.mode, "shrunk");
    if (!made.ok() || !finding.shrunk.neighbour.has_value()) return made;
    return record(finding.shrunk.neighbour->tape, finding.shrunk.mode,
                  "passed");
  }

  void PrintCommands(const RegisteredScenario& scenario,
                     const ExploreReport& report, std::ostream& out) const {
    if (report.findings.empty()) return;
    out << "to see it again:\n  " << program_ << " replay "
        << report.findings[0].token << " " << scenario.name << "\n";
    if (output_.empty()) return;
    const char* const what = shrink_ ? "shrunk" : "failed";
    out << "  " << program_ << " replay " << ShellWord(PathOf(scenario, what))
        << "\n";
  }

  void PrintJson(const RegisteredScenario& scenario,
                 const ExploreReport& report, std::ostream& out) const {
    nlohmann::ordered_json json = {
        {"scenario", scenario.name},
        {"seed", report.seed},
        {"schedules", report.schedules},
        {"distinct", report.distinct},
        {"findings", nlohmann::ordered_json::array()}};
    for (const ShrunkFinding& finding : report.findings) {
      nlohmann::ordered_json one =
          OutcomeJson(scenario.name, finding.shrunk.outcome);
      one["run"] = finding.found.run;
      one["mode"] = std::string(LegalityModeName(finding.shrunk.mode));
      one["decisions_found"] = finding.found.tape.size();
      one["decisions"] = finding.shrunk.tape.size();
      one["minimal"] = finding.shrunk.minimal;
      one["token"] = finding.token;
      json["findings"].push_back(std::move(one));
    }
    out << json.dump(2) << "\n";
  }

  std::string program_;
  std::vector<std::string> names_;
  ExploreOptions options_;
  Nanoseconds time_limit_{0};
  bool shrink_ = true;
  std::string output_;
  std::int64_t level_ = kTraceHandles;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> NewExploreCommand(std::string program) {
  return std::make_unique<ExploreCommand>(std::move(program));
}

}  // namespace rondo
