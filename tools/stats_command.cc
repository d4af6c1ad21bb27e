#include "rondo/tools/stats_command.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "rondo/replay/decisions.h"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_file.h"
#include "rondo/replay/trace_names.h"
#include "rondo/tools/command_flags.h"
#include "rondo/tools/command_line.h"

namespace rondo {
namespace {

using Json = nlohmann::ordered_json;

struct HostStats {
  std::int64_t boots = 0;
  std::int64_t iterations = 0;
  std::int64_t handles = 0;
  std::int64_t timers = 0;
  std::int64_t io = 0;
  std::int64_t last = 0;  // Its clock at its last iteration.
};

struct Stats {
  std::map<std::string, std::int64_t> kinds;
  std::map<std::string, HostStats> hosts;
  std::map<std::string, std::int64_t> labels;   // Handles run.
  std::map<std::string, std::int64_t> choices;  // "ready", "event", "draw", …
  std::int64_t dull = 0;  // Choices whose answer was the first.
  std::map<std::string, std::int64_t> inputs;  // By operation.
  std::int64_t input_bytes = 0;
  bool truncated = false;
  std::string end;

  void Add(const Record& record) {
    ++kinds[std::string(KindOf(record))];
    if (const auto* it = std::get_if<ItRecord>(&record)) {
      AddIteration(*it);
    } else if (const auto* pick = std::get_if<PickRecord>(&record)) {
      ++choices[std::string(PickPointName(pick->point))];
      if (pick->pick == pick->over) ++dull;
    } else if (const auto* draw = std::get_if<DrawRecord>(&record)) {
      ++choices["draw"];
      if (draw->value == 0) ++dull;
    } else if (const auto* in = std::get_if<InRecord>(&record)) {
      ++inputs[in->op];
      if (const auto* data = std::get_if<PayloadBytes>(&in->payload)) {
        input_bytes += static_cast<std::int64_t>(data->bytes.size());
      } else if (const auto* d = std::get_if<PayloadDigest>(&in->payload)) {
        input_bytes += d->length;
      }
    } else if (const auto* last = std::get_if<EndRecord>(&record)) {
      end = last->why;
      if (!last->id.empty()) end += " " + last->id;
    }
  }

 private:
  void AddIteration(const ItRecord& it) {
    HostStats& host = hosts[it.stamp.host];
    host.boots = std::max(host.boots, it.stamp.boot + 1);
    ++host.iterations;
    host.handles += static_cast<std::int64_t>(it.run.size());
    host.timers += static_cast<std::int64_t>(it.timers.size());
    host.io += static_cast<std::int64_t>(it.io.size());
    host.last = it.t;
    for (const RunEntry& entry : it.run) {
      ++labels[std::string(it.label(entry))];
    }
  }
};

// The greatest first; equal ones by name.
std::vector<std::pair<std::string, std::int64_t>> Greatest(
    const std::map<std::string, std::int64_t>& counts, std::size_t limit) {
  std::vector<std::pair<std::string, std::int64_t>> list(counts.begin(),
                                                         counts.end());
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (list.size() > limit) list.resize(limit);
  return list;
}

void PrintCounts(const std::string& title,
                 const std::vector<std::pair<std::string, std::int64_t>>& list,
                 std::ostream& out) {
  if (list.empty()) return;
  out << title << ":";
  const char* before = " ";
  for (const auto& [name, count] : list) {
    out << before << count << " " << name;
    before = ", ";
  }
  out << "\n";
}

class StatsCommand final : public Command {
 public:
  std::string name() const override { return "stats"; }
  std::string summary() const override {
    return "Counts what is in a trace: records, iterations, handles, choices.";
  }
  std::string details() const override {
    return "exit codes: 0; 2 wrong usage; 3 it cannot be read\n";
  }

  void Declare(CommandFlags* flags) override {
    flags->Argument("FILE", &file_, "a trace; \"-\" is standard input");
    flags->Add("limit", &limit_, "show so many of the most frequent handles")
        .AtLeast(0);
    flags->Add("json", &json_, "print JSON");
  }

  int Run(std::ostream& out, std::ostream& err) override {
    absl::StatusOr<TraceReader> reader = TraceReader::Open(file_);
    if (!reader.ok()) return Trouble(reader.status(), err);
    Stats stats;
    while (true) {
      Record record;
      const absl::StatusOr<bool> more = reader->Next(&record);
      if (!more.ok()) return Trouble(more.status(), err);
      if (!*more) break;
      stats.Add(record);
    }
    stats.truncated = reader->truncated();
    if (stats.truncated) stats.end = "cut short";
    if (json_) {
      PrintJson(stats, out);
    } else {
      PrintText(stats, out);
    }
    return kExitNothing;
  }

 private:
  static int Trouble(const absl::Status& status, std::ostream& err) {
    err << "rondo stats: " << status.message() << "\n";
    return kExitTrouble;
  }

  std::size_t limit() const { return static_cast<std::size_t>(limit_); }

  void PrintText(const Stats& stats, std::ostream& out) const {
    constexpr auto kAll = static_cast<std::size_t>(-1);
    PrintCounts("records", Greatest(stats.kinds, kAll), out);
    for (const auto& [name, host] : stats.hosts) {
      out << "host " << name << ": " << host.iterations << " iterations, "
          << host.handles << " handles, " << host.timers << " timers, "
          << host.io << " io events, " << host.boots << " boots, until "
          << TimeText(host.last) << "\n";
    }
    PrintCounts("handles", Greatest(stats.labels, limit()), out);
    PrintCounts("choices", Greatest(stats.choices, kAll), out);
    if (!stats.choices.empty()) out << "dull choices: " << stats.dull << "\n";
    PrintCounts("inputs", Greatest(stats.inputs, kAll), out);
    if (stats.input_bytes > 0) {
      out << "input bytes: " << stats.input_bytes << "\n";
    }
    out << "end: " << stats.end << "\n";
  }

  void PrintJson(const Stats& stats, std::ostream& out) const {
    Json json = Json::object();
    json["records"] = Json(stats.kinds);
    Json& hosts = json["hosts"] = Json::object();
    for (const auto& [name, host] : stats.hosts) {
      Json& one = hosts[name] = Json::object();
      one["iterations"] = host.iterations;
      one["handles"] = host.handles;
      one["timers"] = host.timers;
      one["io"] = host.io;
      one["boots"] = host.boots;
      one["last"] = host.last;
    }
    Json& labels = json["handles"] = Json::array();
    for (const auto& [label, count] : Greatest(stats.labels, limit())) {
      labels.push_back(Json::array({label, count}));
    }
    json["choices"] = Json(stats.choices);
    json["dull_choices"] = stats.dull;
    json["inputs"] = Json(stats.inputs);
    json["input_bytes"] = stats.input_bytes;
    json["truncated"] = stats.truncated;
    json["end"] = stats.end;
    out << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  }

  std::string file_;
  std::int64_t limit_ = 10;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> NewStatsCommand() {
  return std::make_unique<StatsCommand>();
}

}  // namespace rondo
