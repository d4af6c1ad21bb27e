#include "rondo/tools/show_command.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "rondo/replay/json_text.h"
#include "rondo/replay/record_text.h"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_file.h"
#include "rondo/replay/trace_json.h"
#include "rondo/replay/trace_names.h"
#include "rondo/tools/command_flags.h"
#include "rondo/tools/command_line.h"

namespace rondo {
namespace {

bool Contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::vector<std::string> HostsOf(const Trace& trace) {
  std::vector<std::string> hosts;
  for (const Record& record : trace.records) {
    const std::string& host = StampOf(record).host;
    if (!host.empty() && !Contains(hosts, host)) hosts.push_back(host);
  }
  return hosts;
}

std::optional<std::int64_t> TimeOf(const Record& record) {
  if (const auto* it = std::get_if<ItRecord>(&record)) return it->t;
  if (const auto* ev = std::get_if<EvRecord>(&record)) return ev->t;
  return std::nullopt;
}

class ShowCommand final : public Command {
 public:
  std::string name() const override { return "show"; }
  std::string summary() const override {
    return "Prints a trace for people, with names for identities.";
  }
  std::string details() const override {
    return "A line is: number, host, iteration, time, kind, what happened. An\n"
           "iteration stands after what happened in it, and is followed by\n"
           "the handles that it ran: label, task, and what scheduled it.\n"
           "Without --kind, definitions of names (str, loc) are left out.\n";
  }

  void Declare(CommandFlags* flags) override {
    flags->Argument("FILE", &file_, "a trace; \"-\" is standard input");
    flags->Add("host", &hosts_, "only these hosts").Placeholder("NAME,...");
    flags->Add("from", &from_, "only from this iteration on").AtLeast(0);
    flags->Add("to", &to_, "only up to this iteration").AtLeast(0);
    flags->Add("kind", &kinds_, "only records of these kinds")
        .Placeholder("KIND,...")
        .OneOf({"str", "loc", "res", "it", "ev", "in", "ch", "out", "mark",
                "end"});
    flags->Add("ids", &ids_, "print the identities of handles as well");
    flags->Add("json", &json_, "print the records as they are in the file");
  }

  int Run(std::ostream& out, std::ostream& err) override {
    const absl::StatusOr<Trace> trace =
        ReadTrace(file_, {.allow_truncated = true});
    if (!trace.ok()) {
      err << "rondo show: " << trace.status().message() << "\n";
      return kExitTrouble;
    }
    const std::vector<std::string> hosts = HostsOf(*trace);
    for (const std::string& host : hosts_) {
      if (Contains(hosts, host)) continue;
      err << "rondo show: there is no host \"" << host << "\" in " << file_
          << "; there are " << absl::StrJoin(hosts, ", ") << "\n";
      return kExitUsage;
    }
    for (const std::string& host : hosts) {
      host_width_ = std::max(host_width_, host.size());
    }
    Print(*trace, out);
    if (trace->truncated) {
      err << "rondo show: " << file_
          << " was cut short: there is no \"end\" record\n";
    }
    return kExitNothing;
  }

 private:
  bool Wanted(const Record& record) const {
    const Stamp& stamp = StampOf(record);
    const std::string_view kind = KindOf(record);
    if (!hosts_.empty() && !Contains(hosts_, stamp.host)) return false;
    if (from_.has_value() && stamp.n < *from_) return false;
    if (to_.has_value() && stamp.n > *to_) return false;
    if (!kinds_.empty()) return Contains(kinds_, kind);
    return json_ || (kind != "str" && kind != "loc");
  }

  void Print(const Trace& trace, std::ostream& out) const {
    if (json_) {
      std::string line;
      AppendJson(trace.header, &line);
      out << line << "\n";
    } else {
      PrintHeader(trace.header, out);
    }
    const TraceNames names(trace);
    for (const Record& record : trace.records) {
      if (!Wanted(record)) continue;
      if (json_) {
        std::string line;
        AppendJson(record, &line);
        out << line << "\n";
      } else {
        PrintRecord(record, names, out);
      }
    }
  }

  static void PrintHeader(const TraceHeader& h, std::ostream& out) {
    out << "trace " << h.major << "." << h.minor << ", "
        << TraceModeName(h.mode) << ", scenario " << Quoted(h.scenario)
        << ", seed " << Hex(h.seed) << ", order " << TraceOrderName(h.order)
        << ", level " << h.level << ", semantics " << h.sem << "\n"
        << "built by " << Quoted(h.build.cc) << " with "
        << Quoted(h.build.stdlib) << " for " << Quoted(h.build.arch)
        << ", build id " << Quoted(h.build.id) << "\n";
    if (!h.parent.has_value()) return;
    out << "forked from a run with chain " << Hex(h.parent->chain)
        << " after its record " << h.parent->g << ", " << h.parent->deviations
        << " decisions differ\n";
  }

  void PrintRecord(const Record& record, const TraceNames& names,
                   std::ostream& out) const {
    const Stamp& stamp = StampOf(record);
    std::string host = stamp.host.empty() ? "-" : stamp.host;
    if (stamp.boot != 0) host += "." + std::to_string(stamp.boot);
    const std::optional<std::int64_t> time = TimeOf(record);
    out << std::right << std::setw(6) << stamp.g << "  " << std::left
        << std::setw(static_cast<int>(host_width_)) << host << "  "
        << std::right << std::setw(5) << stamp.n << "  " << std::setw(16)
        << (time.has_value() ? TimeText(*time) : "") << "  " << std::left
        << std::setw(4) << KindOf(record) << "  ";
    if (const auto* it = std::get_if<ItRecord>(&record)) {
      PrintIteration(*it, names, out);
    } else {
      out << RecordText(record, names) << "\n";
    }
  }

  void PrintIteration(const ItRecord& it, const TraceNames& names,
                      std::ostream& out) const {
    out << "timeout " << TimeoutText(it.timeout);
    if (!it.io.empty()) out << "; io " << IoText(it.io, names);
    if (!it.arrivals.empty()) {
      out << "; arrived " << ArrivalsText(it.arrivals);
    }
    out << "; left " << it.ready << " ready, " << it.scheduled << " timers\n";
    const std::string indent(host_width_ + 41, ' ');
    for (const Identity timer : it.timers) {
      out << indent << "fired " << names.WithPlace(timer) << "\n";
    }
    for (const RunEntry& entry : it.run) {
      out << indent << "ran " << it.label(entry);
      if (entry.task != 0) out << " (" << names.Of(entry.task) << ")";
      if (entry.cause != 0) out << " <- " << names.Of(entry.cause);
      if (ids_) out << " " << Hex(entry.handle);
      out << "\n";
    }
  }

  std::string file_;
  std::vector<std::string> hosts_;
  std::vector<std::string> kinds_;
  std::optional<std::int64_t> from_;
  std::optional<std::int64_t> to_;
  bool ids_ = false;
  bool json_ = false;
  std::size_t host_width_ = 1;
};

}  // namespace

std::unique_ptr<Command> NewShowCommand() {
  return std::make_unique<ShowCommand>();
}

}  // namespace rondo
