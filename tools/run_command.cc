// The commands `list` and `run`.
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "rondo/replay/make_strategy.h"
#include "rondo/replay/rerun.h"
#include "rondo/replay/trace_file.h"
#include "rondo/tools/scenario_commands.h"
#include "rondo/tools/scenario_runs.h"

namespace rondo {
namespace {

class ListCommand final : public Command {
 public:
  std::string name() const override { return "list"; }
  std::string summary() const override {
    return "Lists the scenarios of this program.";
  }
  std::string details() const override {
    return "A line is: name, file, line.\n\nexit codes: 0; 2 wrong usage\n";
  }
  void Declare(CommandFlags* flags) override {
    flags->Add("json", &json_, "print JSON");
  }

  int Run(std::ostream& out, std::ostream&) override {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const RegisteredScenario& scenario : RegisteredScenarios()) {
      if (json_) {
        all.push_back({{"name", scenario.name},
                       {"file", scenario.file},
                       {"line", scenario.line}});
      } else {
        out << scenario.name << "  " << scenario.file << ":" << scenario.line
            << "\n";
      }
    }
    if (json_) out << all.dump(2) << "\n";
    return kExitNothing;
  }

 private:
  bool json_ = false;
};

class RunCommand final : public Command {
 public:
  std::string name() const override { return "run"; }
  std::string summary() const override { return "Runs a scenario once."; }
  std::string details() const override {
    return R"(In FIFO order, with delays drawn from the seed, unless a strategy
decides: then it is run number --run of those that `explore` makes with that
strategy and seed.

exit codes: 0 it passed; 1 it failed; 2 wrong usage; 3 trouble with files or
rondo
)";
  }
  void Declare(CommandFlags* flags) override {
    flags->OptionalArgument("SCENARIO", &name_,
                            "which; may be left out if there is only one");
    flags->Add("seed", &seed_, "of all that is random").Env("RONDO_SEED");
    flags->Add("trace", &trace_, "write the trace to this file")
        .Placeholder("FILE");
    flags->Add("level", &level_, "how much the trace holds")
        .OneOf({"0", "1", "2"});
    flags->Add("strategy", &strategy_, "what decides in place of FIFO")
        .OneOf(AllStrategies())
        .Env("RONDO_STRATEGY");
    flags->Add("run", &run_, "which run of the strategy");
    flags->Add("json", &json_, "print JSON");
  }

  int Run(std::ostream& out, std::ostream& err) override {
    const auto scenario = ChooseScenario(name_);
    if (!scenario.ok()) return Complain(err, "run", scenario.status());
    std::unique_ptr<TraceFileWriter> file;
    if (!trace_.empty()) {
      auto created = TraceFileWriter::Create(trace_);
      if (!created.ok()) return Complain(err, "run", created.status());
      file = *std::move(created);
    }
    const absl::StatusOr<RunOutcome> outcome = Once(
        **scenario,
        OptionsFor(**scenario, seed_, file.get(), static_cast<int>(level_)));
    if (!outcome.ok()) return Complain(err, "run", outcome.status());
    if (file != nullptr) {
      const absl::Status closed = file->Close();
      if (!closed.ok()) return Complain(err, "run", closed);
    }
    if (json_) {
      out << OutcomeJson((*scenario)->name, *outcome).dump(2) << "\n";
    } else {
      out << OutcomeLine((*scenario)->name, *outcome) << "\n";
    }
    return ExitCodeOf(*outcome);
  }

 private:
  absl::StatusOr<RunOutcome> Once(const RegisteredScenario& scenario,
                                  const ExecuteOptions& options) const {
    if (strategy_.empty()) return Execute(scenario.scenario, options);
    auto strategy = MakeStrategy(strategy_);
    if (!strategy.ok()) return strategy.status();
    // The strategy may need to know how long the dull run is.
    ExecuteOptions silent = options;
    silent.sink = nullptr;
    const RerunResult dull = RerunTape(MakeRunOnce(scenario.scenario, silent),
                                       Tape(), LegalityMode::kContract);
    Scheduler scheduler(strategy->get(), LegalityMode::kContract);
    scheduler.Begin(MakePlan(seed_, run_, dull.profile, 0));
    RunOutcome outcome = Execute(scenario.scenario, options, scheduler);
    scheduler.End(outcome);
    return outcome;
  }

  std::string name_;
  std::uint64_t seed_ = 1;
  std::string trace_;
  std::int64_t level_ = kTraceHandles;
  std::string strategy_;
  std::uint64_t run_ = 1;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> NewListCommand() {
  return std::make_unique<ListCommand>();
}

std::unique_ptr<Command> NewRunCommand() {
  return std::make_unique<RunCommand>();
}

}  // namespace rondo
