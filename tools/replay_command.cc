// The command `replay`.
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "rondo/replay/build_info.h"
#include "rondo/replay/decision_names.h"
#include "rondo/replay/diff_text.h"
#include "rondo/replay/rerun.h"
#include "rondo/replay/token.h"
#include "rondo/simnet/scenario_trace.h"
#include "rondo/tools/scenario_commands.h"
#include "rondo/tools/scenario_runs.h"

namespace rondo {
namespace {

class ReplayCommand final : public Command {
 public:
  std::string name() const override { return "replay"; }
  std::string summary() const override {
    return "Runs a recorded scenario again, record by record.";
  }
  std::string details() const override {
    return R"(Stops at the first record that differs and explains it. In place
of FILE there may be a token (rondo1...), as failures print it; it needs the
scenario's name, if there are several, and the same build of this program.

exit codes: 0 the same run, which passed; 1 the same run, which failed; 2 wrong
usage; 3 trouble with files or rondo; 4 another run
)";
  }
  void Declare(CommandFlags* flags) override {
    flags->Argument("FILE", &file_, "a trace of this program, or a token");
    flags->OptionalArgument("SCENARIO", &name_,
                            "of a token; a trace knows its own");
    flags->Add("other-build", &other_build_,
               "accept the token of another build, to verify a fix");
    flags->Add("allow-truncated", &allow_truncated_,
               "replay what there is of a trace that was cut short");
    flags->Add("json", &json_, "print JSON");
  }

  int Run(std::ostream& out, std::ostream& err) override {
    if (file_.starts_with("rondo1.")) return RunToken(out, err);
    const absl::StatusOr<Recording> recording =
        ReadRecording(file_, allow_truncated_);
    if (absl::IsDataLoss(recording.status())) {
      err << "replay: " << recording.status().message()
          << " (--allow-truncated replays what there is)\n";
      return kExitTrouble;
    }
    if (!recording.ok()) return Complain(err, "replay", recording.status());
    const RegisteredScenario& scenario = *recording->scenario;
    if (!name_.empty() && name_ != scenario.name) {
      err << "replay: " << file_ << ": a trace of " << scenario.name
          << ", not of " << name_ << "\n";
      return kExitUsage;
    }
    const ReplayResult result =
        ReplayTrace(scenario.scenario, {}, recording->trace);
    if (result.difference.has_value()) return Diverged(*result.difference, out);
    Print(scenario, result.outcome,
          recording->trace.truncated ? "the same run, as far as it was recorded"
                                     : "the same run, record by record",
          out);
    return ExitCodeOf(result.outcome);
  }

 private:
  int Diverged(const TraceDiff& diff, std::ostream& out) const {
    DiffNames names = DiffNames::OfReplay();
    names.path_a = file_;
    if (json_) {
      out << DiffJson(diff, names).dump(2) << "\n";
    } else {
      out << "the replay is another run:\n" << DiffText(diff, names);
    }
    return kExitNondeterminism;
  }

  void Print(const RegisteredScenario& scenario, const RunOutcome& outcome,
             const char* remark, std::ostream& out) const {
    if (json_) {
      nlohmann::ordered_json json = OutcomeJson(scenario.name, outcome);
      json["replay"] = remark;
      out << json.dump(2) << "\n";
    } else {
      out << OutcomeLine(scenario.name, outcome) << "\n" << remark << "\n";
    }
  }

  int RunToken(std::ostream& out, std::ostream& err) const {
    const absl::StatusOr<ScheduleToken> token = ParseToken(file_);
    if (!token.ok()) return Complain(err, "replay", token.status());
    const auto scenario = ChooseScenario(name_);
    if (!scenario.ok()) return Complain(err, "replay", scenario.status());
    if (token->build.has_value() && *token->build != CurrentBuildDigest() &&
        !other_build_) {
      err << "replay: the token is of another build of this program, which "
             "may run otherwise;\n--other-build replays it all the same\n";
      return kExitUsage;
    }
    DecisionNames names;
    const absl::StatusOr<RerunResult> result =
        RerunToken(MakeRunOnce((*scenario)->scenario,
                               OptionsFor(**scenario, token->seed, nullptr, 0)),
                   *token, {.observer = &names});
    if (!result.ok()) return Complain(err, "replay", result.status());
    Print(**scenario, result->outcome, "the run of the token", out);
    if (!json_) out << names.Describe(token->tape);
    return ExitCodeOf(result->outcome);
  }

  std::string file_;
  std::string name_;
  bool other_build_ = false;
  bool allow_truncated_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> NewReplayCommand() {
  return std::make_unique<ReplayCommand>();
}

}  // namespace rondo
