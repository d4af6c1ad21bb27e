// The command `explore`.
#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "rondo/replay/build_info.h"
#include "rondo/replay/make_strategy.h"
#include "rondo/simnet/report_findings.h"
#include "rondo/tools/scenario_commands.h"
#include "rondo/tools/scenario_runs.h"

namespace rondo {
namespace {

const char* EndName(ExploreEnd end) {
  switch (end) {
    case ExploreEnd::kSchedules:
      return "schedules";
    case ExploreEnd::kFindings:
      return "findings";
    case ExploreEnd::kTime:
      return "time";
  }
  __builtin_unreachable();
}

class ExploreCommand final : public Command {
 public:
  explicit ExploreCommand(std::string program) : program_(std::move(program)) {
    options_.iteration_budget = SimulationOptions().iteration_budget;
  }

  std::string name() const override { return "explore"; }
  std::string summary() const override {
    return "Runs a scenario under many schedules until one fails.";
  }
  std::string details() const override {
    return R"(A failure is run again, shrunk to the decisions that matter, and
printed with what shows it again. --output also writes its traces:
SCENARIO.failed.jsonl (as found), SCENARIO.shrunk.jsonl, and
SCENARIO.passed.jsonl (the nearest run that passes).

exit codes: 0 nothing found; 1 a failure; 2 wrong usage; 3 trouble with files or
rondo; 4 the scenario is not deterministic
)";
  }
  void Declare(CommandFlags* flags) override {
    flags->OptionalArgument("SCENARIO", &name_,
                            "which; may be left out if there is only one");
    flags->Add("schedules", &options_.schedules, "how many runs at most")
        .Env("RONDO_SCHEDULES");
    flags->Add("seed", &options_.seed, "of all that is random")
        .Env("RONDO_SEED");
    flags->Add("strategy", &options_.strategy, "how schedules are made up")
        .OneOf(AllStrategies())
        .Env("RONDO_STRATEGY");
    flags->Add("budget", &options_.iteration_budget,
               "iterations after which a run counts as a livelock");
    flags->Add("time-limit", &time_limit_, "stop after so much real time")
        .Env("RONDO_TIME_LIMIT");
    flags->Add("adversarial", &options_.adversarial,
               "if nothing is found, try orders that no real loop would run");
    flags
        ->Add("check-determinism", &check_determinism_,
              "make every run twice; a difference is a failure")
        .Env("RONDO_CHECK_DETERMINISM");
    flags->Add("shrink", &shrink_, "shrink what is found");
    flags->Add("output", &output_, "write the traces of what is found there")
        .Placeholder("DIR")
        .Env("RONDO_RECORD");
    flags->Add("level", &level_, "how much they hold").OneOf({"0", "1", "2"});
    flags->Add("shard-index", &options_.shard_index,
               "make only every shard-count-th run, from this one on");
    flags->Add("shard-count", &options_.shard_count,
               "among how many processes the runs are divided");
    flags->Add("json", &json_, "print JSON");
  }

  int Run(std::ostream& out, std::ostream& err) override {
    const auto chosen = ChooseScenario(name_);
    if (!chosen.ok()) return Complain(err, "explore", chosen.status());
    const RegisteredScenario& scenario = **chosen;
    ExecuteOptions execute =
        OptionsFor(scenario, options_.seed, nullptr, static_cast<int>(level_));
    execute.simulation.iteration_budget = options_.iteration_budget;
    absl::StatusOr<ExploreResult> result;
    {
      ProgressLine line;
      options_.build = CurrentBuildDigest();
      options_.elapsed = [&line] {
        return Nanoseconds(static_cast<std::int64_t>(line.elapsed() * 1e9));
      };
      if (time_limit_.has_value()) options_.time_limit = *time_limit_;
      if (check_determinism_) options_.verify_every = 1;
      options_.progress = [&](const ExploreProgress& progress) {
        if (!line.due()) return;
        line.Show(scenario.name + ": " + std::to_string(progress.schedules) +
                  " schedules, " + std::to_string(progress.distinct) +
                  " distinct, " + std::to_string(progress.findings) +
                  " failures");
      };
      result =
          Explorer(MakeRunOnce(scenario.scenario, execute), options_).Run();
    }
    if (!result.ok()) return Complain(err, "explore", result.status());
    return Report(scenario, execute, *result, out, err);
  }

 private:
  int Report(const RegisteredScenario& scenario, const ExecuteOptions& execute,
             const ExploreResult& result, std::ostream& out,
             std::ostream& err) {
    ShrinkOptions shrink;
    if (!shrink_) shrink.max_replays = 0;
    ExploreReport report =
        ReportFindings(scenario.scenario, execute, options_, result, shrink);
    if (!output_.empty() && !report.findings.empty()) {
      const absl::Status written =
          RecordFindings(scenario.scenario, execute, output_, &report);
      if (!written.ok()) return Complain(err, "explore", written);
    }
    int code = kExitNothing;
    for (ShrunkFinding& finding : report.findings) {
      code = std::max(code, ExitCodeOf(finding.found.outcome));
      finding.commands = CommandsFor(scenario, finding);
    }
    if (json_) {
      PrintJson(scenario, report, out);
    } else {
      out << scenario.name << ": " << report.ToString();
      if (result.within_one_deviation()) {
        out << "every schedule that differs from the plain one in one pick "
               "was run\n";
      }
    }
    return code;
  }

  // What shows it again. Nondeterminism shows when a run is made twice.
  std::vector<std::string> CommandsFor(const RegisteredScenario& scenario,
                                       const ShrunkFinding& finding) const {
    if (!finding.nondeterminism.empty()) {
      return {program_ + " explore " + scenario.name + " --check-determinism" +
              " --seed=" + std::to_string(options_.seed) +
              " --strategy=" + options_.strategy};
    }
    std::vector<std::string> commands = {program_ + " replay " + finding.token +
                                         " " + scenario.name};
    if (!finding.traces.empty()) {
      const std::size_t best = finding.shrinking ? 1 : 0;
      commands.push_back(program_ + " replay " +
                         ShellWord(finding.traces[best]));
    }
    return commands;
  }

  void PrintJson(const RegisteredScenario& scenario,
                 const ExploreReport& report, std::ostream& out) const {
    nlohmann::ordered_json json = {
        {"scenario", scenario.name},
        {"seed", report.seed},
        {"schedules", report.schedules},
        {"distinct", report.distinct},
        {"ended_by", EndName(report.end)},
        {"findings", nlohmann::ordered_json::array()}};
    for (const ShrunkFinding& finding : report.findings) {
      nlohmann::ordered_json one =
          OutcomeJson(scenario.name, finding.shrunk.outcome);
      one["run"] = finding.found.run;
      one["mode"] = std::string(LegalityModeName(finding.shrunk.mode));
      one["decisions_found"] = finding.found.tape.size();
      one["decisions"] = finding.shrunk.tape.size();
      one["minimal"] = finding.shrunk.minimal;
      one["decision_list"] = Lines(finding.decisions);
      one["nondeterminism"] = Lines(finding.nondeterminism);
      one["token"] = finding.token;
      one["traces"] = finding.traces;
      one["again"] = finding.commands;
      json["findings"].push_back(std::move(one));
    }
    out << json.dump(2) << "\n";
  }

  std::string program_;
  std::string name_;
  ExploreOptions options_;
  std::optional<Nanoseconds> time_limit_;
  bool check_determinism_ = false;
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
