#include "rondo/tools/diff_command.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rondo/replay/diff.h"
#include "rondo/replay/diff_text.h"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_file.h"
#include "rondo/tools/command_flags.h"
#include "rondo/tools/command_line.h"

namespace rondo {
namespace {

// As diff(1) has it.
enum DiffExit : int { kSame = 0, kDifferent = 1, kTroubleReading = 2 };

class DiffCommand final : public Command {
 public:
  std::string name() const override { return "diff"; }
  std::string summary() const override {
    return "Explains how two traces differ: where first, in what, and why.";
  }
  std::string details() const override {
    return "The class of a difference is the first of these that holds:\n"
           "  header     another scenario, or other loop semantics\n"
           "  structure  one run ended where the other went on, or otherwise\n"
           "  input      the outside world was different\n"
           "  choice     a decision was taken differently\n"
           "  output     the program put out something else, and only that\n"
           "  leak       same inputs, same choices, and yet another run\n"
           "\nexit codes: 0 the same, 1 different, 2 trouble\n";
  }

  void Declare(CommandFlags* flags) override {
    flags->Argument("A", &a_, "a trace; \"-\" is standard input");
    flags->Argument("B", &b_, "another one");
    flags
        ->Add("limit", &limit_,
              "show so many things that differ after the first difference")
        .AtLeast(0);
    flags->Add("replay", &replay_, "call them \"recorded\" and \"replayed\"");
    flags->Add("allow-truncated", &allow_truncated_,
               "compare what there is of a trace that was cut short");
    flags->Add("json", &json_, "print JSON");
  }

  int Run(std::ostream& out, std::ostream& err) override {
    if (a_ == "-" && b_ == "-") {
      err << "rondo diff: only one of the two can be standard input\n";
      return kTroubleReading;
    }
    const std::optional<Trace> a = Read(a_, err);
    const std::optional<Trace> b = Read(b_, err);
    if (!a.has_value() || !b.has_value()) return kTroubleReading;
    const TraceDiff diff =
        Diff(*a, *b, {.limit = static_cast<std::size_t>(limit_)});
    DiffNames names = replay_ ? DiffNames::OfReplay() : DiffNames();
    names.path_a = a_;
    names.path_b = b_;
    if (json_) {
      out << DiffJson(diff, names)
                 .dump(2, ' ', false,
                       nlohmann::ordered_json::error_handler_t::replace)
          << "\n";
    } else {
      out << DiffText(diff, names);
    }
    return diff.differs() ? kDifferent : kSame;
  }

 private:
  std::optional<Trace> Read(const std::string& path, std::ostream& err) const {
    absl::StatusOr<Trace> trace =
        ReadTrace(path, {.allow_truncated = allow_truncated_});
    if (trace.ok()) return *std::move(trace);
    err << "rondo diff: " << trace.status().message();
    if (absl::IsDataLoss(trace.status())) {
      err << " (--allow-truncated compares what there is)";
    }
    err << "\n";
    return std::nullopt;
  }

  std::string a_, b_;
  std::int64_t limit_ = 20;
  bool replay_ = false;
  bool allow_truncated_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> NewDiffCommand() {
  return std::make_unique<DiffCommand>();
}

}  // namespace rondo
