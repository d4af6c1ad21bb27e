// The command `check`.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rondo/replay/diff_text.h"
#include "rondo/replay/make_strategy.h"
#include "rondo/replay/trace_file.h"
#include "rondo/simnet/report_findings.h"
#include "rondo/tools/determinism_check.h"
#include "rondo/tools/scenario_commands.h"
#include "rondo/tools/scenario_runs.h"

namespace rondo {
namespace {

// A directory that goes with its owner.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::error_code ignored;
    std::string name =
        (std::filesystem::temp_directory_path(ignored) / "rondo.XXXXXX")
            .string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  // Empty if it could not be made.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class CheckCommand final : public Command {
 public:
  std::string name() const override { return "check"; }
  std::string summary() const override {
    return "Checks that a scenario is deterministic.";
  }
  std::string details() const override {
    return R"(Runs it in fresh processes under different address layouts,
allocators and heap fillings, in FIFO order and under a random schedule, and
compares the traces. Whether it passes or fails does not matter.

exit codes: 0 all runs are the same; 2 wrong usage; 3 trouble with files or
rondo; 4 they differ
)";
  }
  void Declare(CommandFlags* flags) override {
    flags->OptionalArgument("SCENARIO", &name_,
                            "which; may be left out if there is only one");
    flags->Add("runs", &runs_, "how many processes for each order").AtLeast(2);
    flags->Add("seed", &seed_, "of all that is random").Env("RONDO_SEED");
    flags->Add("keep", &keep_, "keep the traces in this directory")
        .Placeholder("DIR");
    flags->Add("json", &json_, "print JSON");
  }

  int Run(std::ostream& out, std::ostream& err) override {
    const auto scenario = ChooseScenario(name_);
    if (!scenario.ok()) return Complain(err, "check", scenario.status());
    const TemporaryDirectory temporary;
    const std::string directory = keep_.empty() ? temporary.path() : keep_;
    const absl::Status made = MakeDirectory(directory);
    if (!made.ok()) return Complain(err, "check", made);
    ProgressLine line;
    for (const char* order : {"fifo", "random"}) {
      absl::StatusOr<bool> same =
          CheckOrder((*scenario)->name, order, directory, line, out);
      if (!same.ok()) return Complain(err, "check", same.status());
      if (!*same) return kExitNondeterminism;
    }
    if (json_) {
      out << nlohmann::ordered_json({{"scenario", (*scenario)->name},
                                     {"runs", 2 * runs_},
                                     {"deterministic", true}})
                 .dump(2)
          << "\n";
    } else {
      out << (*scenario)->name << ": " << 2 * runs_
          << " processes, the same trace in each order\n";
    }
    return kExitNothing;
  }

 private:
  absl::StatusOr<bool> CheckOrder(const std::string& scenario,
                                  const std::string& order,
                                  const std::string& directory,
                                  ProgressLine& line, std::ostream& out) const {
    const std::vector<HostileCondition> conditions =
        HostileConditions(static_cast<std::uint64_t>(runs_));
    Trace first;
    for (std::size_t i = 0; i < conditions.size(); ++i) {
      if (line.due()) {
        line.Show(absl::StrCat(scenario, ": ", order, " run ", i + 1, " of ",
                               conditions.size()));
      }
      const std::string path =
          absl::StrCat(directory, "/", scenario, ".", order, ".", i, ".jsonl");
      absl::StatusOr<Trace> trace =
          RunOne(conditions[i], scenario, order, path);
      if (!trace.ok()) return trace.status();
      if (i == 0) {
        first = *std::move(trace);
        continue;
      }
      const TraceDiff diff = Diff(first, *trace);
      if (!diff.differs()) continue;
      Tell(scenario, conditions[i], diff, out);
      return false;
    }
    return true;
  }

  absl::StatusOr<Trace> RunOne(const HostileCondition& condition,
                               const std::string& scenario,
                               const std::string& order,
                               const std::string& path) const {
    std::vector<std::string> arguments = {
        "run", scenario, absl::StrCat("--seed=", seed_),
        absl::StrCat("--trace=", path), "--level=2"};
    if (order == "random") arguments.push_back("--strategy=random_walk");
    const absl::StatusOr<int> code = RunUnder(condition, arguments);
    if (!code.ok()) return code.status();
    if (*code != kExitNothing && *code != kExitFinding) {
      return absl::UnavailableError(absl::StrCat(
          "the run under \"", condition.name, "\" exited with ", *code));
    }
    return ReadTrace(path);
  }

  void Tell(const std::string& scenario, const HostileCondition& condition,
            const TraceDiff& diff, std::ostream& out) const {
    DiffNames names;
    names.a = "plain";
    names.b = "hostile";
    if (json_) {
      out << nlohmann::ordered_json({{"scenario", scenario},
                                     {"deterministic", false},
                                     {"condition", condition.name},
                                     {"diff", DiffJson(diff, names)}})
                 .dump(2)
          << "\n";
      return;
    }
    out << scenario << " is not deterministic: another run under \""
        << condition.name << "\"\n"
        << DiffText(diff, names)
        << "It depends on something besides its seed and decisions: addresses, "
           "hash order,\nuninitialised memory, the real clock, or random "
           "numbers of its own.\n";
  }

  std::string name_;
  std::int64_t runs_ = 5;
  std::uint64_t seed_ = 1;
  std::string keep_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> NewCheckCommand() {
  return std::make_unique<CheckCommand>();
}

}  // namespace rondo
