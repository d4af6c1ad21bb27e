// The command `shrink`.
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "rondo/replay/build_info.h"
#include "rondo/replay/decision_names.h"
#include "rondo/replay/rerun.h"
#include "rondo/replay/shrink.h"
#include "rondo/replay/token.h"
#include "rondo/simnet/explore_report.h"
#include "rondo/simnet/scenario_trace.h"
#include "rondo/tools/scenario_commands.h"
#include "rondo/tools/scenario_runs.h"

namespace rondo {
namespace {

class ShrinkCommand final : public Command {
 public:
  explicit ShrinkCommand(std::string program) : program_(std::move(program)) {}

  std::string name() const override { return "shrink"; }
  std::string summary() const override {
    return "Reduces a recorded failure to the decisions that matter.";
  }
  std::string details() const override {
    return R"(Leaving out any decision that remains makes the run pass, or fail
otherwise.

exit codes: 0 the recorded run passed; 1 the failure was shrunk; 2 wrong usage;
3 trouble with files or rondo; 4 the run does not fail as recorded, or --replays
ended it early
)";
  }
  void Declare(CommandFlags* flags) override {
    flags->Argument("FILE", &file_, "the trace of a run that failed");
    flags->Add("output", &output_, "write the shrunk run's trace to this file")
        .Placeholder("FILE");
    flags
        ->Add("passed", &passed_,
              "write the trace of the nearest run that passes")
        .Placeholder("FILE");
    flags->Add("level", &level_, "how much they hold").OneOf({"0", "1", "2"});
    flags->Add("replays", &options_.max_replays, "run it at most so often");
    flags->Add("json", &json_, "print JSON");
  }

  int Run(std::ostream& out, std::ostream& err) override {
    if (file_.starts_with("rondo1.")) {
      err << "shrink: expected a trace, got a token; `replay` takes both\n";
      return kExitUsage;
    }
    const absl::StatusOr<Recording> recording = ReadRecording(file_);
    if (!recording.ok()) return Complain(err, "shrink", recording.status());
    const RegisteredScenario& scenario = *recording->scenario;
    const std::uint64_t seed = recording->trace.header.seed;
    const EndRecord* const end = recording->trace.end();
    if (end == nullptr || end->why == "exit") {
      PrintPassed(scenario.name, out);
      return kExitNothing;
    }
    ExecuteOptions execute =
        OptionsFor(scenario, seed, nullptr, static_cast<int>(level_));
    if (const std::uint64_t budget = IterationBudgetOf(recording->trace)) {
      execute.simulation.iteration_budget = budget;
    }
    const RunOnce run_once = MakeRunOnce(scenario.scenario, execute);
    // The signature is what the run fails with when it is run again.
    const RerunResult again =
        RerunTape(run_once, recording->tape, recording->mode());
    const Signature signature = again.outcome.signature();
    if (RunKindName(signature.kind) != end->why || signature.id != end->id) {
      err << "shrink: recorded " << end->why << ": " << end->id
          << ", but now it is " << signature.ToString() << "\n";
      return kExitNondeterminism;
    }
    ShrinkResult result;
    {
      ProgressLine line;
      options_.progress = [&](const ShrinkProgress& progress) {
        if (!line.due()) return;
        line.Show(scenario.name + ": " + std::to_string(progress.replays) +
                  " replays, " + std::to_string(progress.decisions) +
                  " decisions");
      };
      result = Shrink(run_once, recording->tape, recording->mode(), signature,
                      options_);
    }
    const absl::Status written = Write(scenario.scenario, execute, result);
    if (!written.ok()) return Complain(err, "shrink", written);
    RerunTape(run_once, result.tape, result.mode, {.observer = &names_});
    Print(*recording, result, out);
    return result.minimal ? kExitFinding : kExitNondeterminism;
  }

 private:
  absl::Status Write(const Scenario& scenario, const ExecuteOptions& execute,
                     const ShrinkResult& result) const {
    const auto record = [&](const Tape& tape, const std::string& path) {
      return RecordTape(scenario, execute, tape, result.mode, path).status();
    };
    absl::Status status;
    if (!output_.empty()) status = record(result.tape, output_);
    if (!passed_.empty() && result.neighbour.has_value()) {
      status.Update(record(result.neighbour->tape, passed_));
    }
    return status;
  }

  void Print(const Recording& recording, const ShrinkResult& result,
             std::ostream& out) const {
    ScheduleToken token;
    token.mode = result.mode;
    token.seed = recording.trace.header.seed;
    token.build = CurrentBuildDigest();
    token.tape = result.tape;
    const std::string word = FormatToken(token);
    const std::string& name = recording.scenario->name;
    if (json_) {
      nlohmann::ordered_json json = OutcomeJson(name, result.outcome);
      json["decisions_recorded"] = recording.tape.size();
      json["decisions"] = result.tape.size();
      json["replays"] = result.replays;
      json["minimal"] = result.minimal;
      json["decision_list"] = Lines(names_.Describe(result.tape));
      json["token"] = word;
      out << json.dump(2) << "\n";
      return;
    }
    out << OutcomeLine(name, result.outcome) << "\n"
        << "recorded with " << DescribeShrinking(recording.tape.size(), result)
        << "\n"
        << names_.Describe(result.tape);
    if (!result.minimal) {
      out << "ended early, after " << result.replays << " replays\n";
    }
    if (result.neighbour.has_value()) PrintNeighbour(result, out);
    out << "again: " << program_ << " replay " << word << " " << name << "\n";
  }

  // The nearest run that passes lacks a decision, or draws one less.
  void PrintNeighbour(const ShrinkResult& result, std::ostream& out) const {
    const bool lowered = result.neighbour->tape.size() == result.tape.size();
    out << (lowered ? "it passes with one less of: " : "it passes without: ")
        << names_.Describe(result.neighbour->removed) << "\n";
  }

  void PrintPassed(const std::string& name, std::ostream& out) const {
    if (json_) {
      out << nlohmann::ordered_json({{"scenario", name}, {"outcome", "pass"}})
                 .dump(2)
          << "\n";
    } else {
      out << name << ": the recorded run passed\n";
    }
  }

  std::string program_;
  std::string file_;
  std::string output_;
  std::string passed_;
  std::int64_t level_ = kTraceHandles;
  ShrinkOptions options_;
  DecisionNames names_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> NewShrinkCommand(std::string program) {
  return std::make_unique<ShrinkCommand>(std::move(program));
}

}  // namespace rondo
