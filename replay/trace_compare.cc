#include "rondo/replay/trace_compare.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rondo/replay/digest.h"
#include "rondo/replay/json_text.h"
#include "rondo/replay/record_text.h"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_names.h"

namespace rondo {
namespace {

bool SameStamp(const Stamp& a, const Stamp& b) {
  return a.host == b.host && a.boot == b.boot && a.n == b.n;
}

bool SameIteration(const ItRecord& a, const ItRecord& b) {
  const bool same = a.t == b.t && a.timeout == b.timeout && a.io == b.io &&
                    a.arrivals == b.arrivals && a.ready == b.ready &&
                    a.scheduled == b.scheduled && a.digest == b.digest;
  if (!same || !a.has_handles || !b.has_handles) return same;
  return a.timers == b.timers && a.run == b.run && a.labels == b.labels;
}

bool SamePick(const PickRecord& a, const PickRecord& b) {
  const bool same = a.point == b.point && a.pick == b.pick && a.over == b.over;
  return same && (a.of.empty() || b.of.empty() || a.of == b.of);
}

// The records of one iteration, from a parting on.
struct Group {
  const ItRecord* it = nullptr;
  std::vector<const Record*> inputs;   // InRecord.
  std::vector<const Record*> choices;  // PickRecord, DrawRecord.
  std::vector<const Record*> outputs;  // OutRecord, MarkRecord.
  std::vector<const Record*> rest;     // EvRecord, StrRecord, ResRecord.
};

void AddTo(const Record& record, Group* group) {
  const std::string_view kind = KindOf(record);
  if (kind == "in") {
    group->inputs.push_back(&record);
  } else if (kind == "ch") {
    group->choices.push_back(&record);
  } else if (kind == "out" || kind == "mark") {
    group->outputs.push_back(&record);
  } else if (kind == "it") {
    group->it = std::get_if<ItRecord>(&record);
  } else {
    group->rest.push_back(&record);
  }
}

// What the host of the record at `at` does until the end of its iteration.
// The world has no iterations: that record alone.
Group GroupAt(const Trace& trace, const std::vector<std::size_t>& list,
              std::size_t at) {
  Group group;
  const Stamp& stamp = StampOf(trace.records[list[at]]);
  for (; at < list.size(); ++at) {
    const Record& record = trace.records[list[at]];
    if (!SameStamp(StampOf(record), stamp)) continue;
    AddTo(record, &group);
    if (group.it != nullptr || stamp.host.empty()) break;
  }
  return group;
}

// Looks at one iteration of both traces, cause by cause.
class GroupComparison {
 public:
  GroupComparison(const Parting& parting, const TraceNames& names_a,
                  const TraceNames& names_b)
      : a_(GroupAt(parting.a, parting.list_a, parting.at)),
        b_(GroupAt(parting.b, parting.list_b, parting.at)),
        names_a_(names_a),
        names_b_(names_b),
        live_(parting.a.header.mode == TraceMode::kLive ||
              parting.b.header.mode == TraceMode::kLive),
        same_tape_(parting.a.header.seed == parting.b.header.seed &&
                   parting.a.header.parent == parting.b.header.parent) {}

  PartingCause Find() {
    if (a_.it != nullptr && b_.it != nullptr) {
      finding_.lanes = DifferingLanes(a_.it->digest, b_.it->digest);
    }
    if (Inputs()) {
      finding_.diff_class = DiffClass::kInput;
    } else if (Choices()) {
      finding_.diff_class = DiffClass::kChoice;
    } else {
      // What ran tells more than what came of it.
      const bool behaved = Handles();
      const bool put_out = Outputs();
      const bool only_outputs =
          !behaved && (finding_.lanes.empty() || finding_.lanes == "outputs");
      finding_.diff_class =
          put_out && only_outputs ? DiffClass::kOutput : DiffClass::kLeak;
      if (finding_.details.empty()) Lanes();
    }
    return finding_;
  }

 private:
  void Detail(std::string field, std::string a, std::string b) {
    finding_.details.push_back({std::move(field), std::move(a), std::move(b)});
  }

  std::string TextA(const Record* r) const {
    return r == nullptr ? "nothing" : RecordText(*r, names_a_);
  }
  std::string TextB(const Record* r) const {
    return r == nullptr ? "nothing" : RecordText(*r, names_b_);
  }

  // The first pair that differs, nulls for a list that has ended.
  using Pair = std::pair<const Record*, const Record*>;
  static Pair FirstDifference(const std::vector<const Record*>& a,
                              const std::vector<const Record*>& b) {
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
      const Record* left = i < a.size() ? a[i] : nullptr;
      const Record* right = i < b.size() ? b[i] : nullptr;
      if (left == nullptr || right == nullptr || !SameRecord(*left, *right)) {
        return {left, right};
      }
    }
    return {nullptr, nullptr};
  }

  bool Inputs() {
    const std::size_t before = finding_.details.size();
    if (live_ && a_.it != nullptr && b_.it != nullptr) {
      if (a_.it->t != b_.it->t) {
        Detail("time", TimeText(a_.it->t), TimeText(b_.it->t));
      }
      if (a_.it->io != b_.it->io) {
        Detail("io", IoText(a_.it->io, names_a_), IoText(b_.it->io, names_b_));
      }
      if (a_.it->arrivals != b_.it->arrivals) {
        Detail("arrivals", ArrivalsText(a_.it->arrivals),
               ArrivalsText(b_.it->arrivals));
      }
    }
    const auto [left, right] = FirstDifference(a_.inputs, b_.inputs);
    if (left != nullptr && right != nullptr) {
      const auto& in_a = std::get<InRecord>(*left);
      const auto& in_b = std::get<InRecord>(*right);
      // Another question is no input: the program behaved differently.
      if (in_a.op == in_b.op && in_a.resource == in_b.resource) {
        Detail("input", TextA(left), TextB(right));
      }
    }
    return finding_.details.size() > before;
  }

  bool Choices() {
    const auto [left, right] = FirstDifference(a_.choices, b_.choices);
    if (left == nullptr && right == nullptr) return false;
    if (same_tape_ && OtherCandidates(left, right)) return false;
    Detail("choice", TextA(left), TextB(right));
    finding_.handle_a = PickOf(left);
    finding_.handle_b = PickOf(right);
    return true;
  }

  // Whether there was something else to choose from: with the same tape, that
  // is no choice but the effect of something else.
  static bool OtherCandidates(const Record* a, const Record* b) {
    if (a == nullptr || b == nullptr) return false;
    const auto* pick_a = std::get_if<PickRecord>(a);
    const auto* pick_b = std::get_if<PickRecord>(b);
    return pick_a != nullptr && pick_b != nullptr && !pick_a->of.empty() &&
           !pick_b->of.empty() && pick_a->of != pick_b->of;
  }

  static Identity PickOf(const Record* record) {
    if (record == nullptr) return 0;
    const auto* pick = std::get_if<PickRecord>(record);
    return pick == nullptr ? 0 : pick->pick;
  }

  bool Outputs() {
    const auto [left, right] = FirstDifference(a_.outputs, b_.outputs);
    if (left != nullptr || right != nullptr) {
      Detail("output", TextA(left), TextB(right));
      return true;
    }
    return finding_.lanes.find("outputs") != std::string::npos;
  }

  // What the loop did: handles, timers, and everything else that is derived.
  bool Handles() {
    const std::size_t before = finding_.details.size();
    if (a_.it != nullptr && b_.it != nullptr) {
      if (a_.it->has_handles && b_.it->has_handles) Runs(*a_.it, *b_.it);
      Derived(*a_.it, *b_.it);
    }
    for (const auto* lists : {&a_.choices, &a_.inputs, &a_.rest}) {
      const auto& other = lists == &a_.choices  ? b_.choices
                          : lists == &a_.inputs ? b_.inputs
                                                : b_.rest;
      const auto [left, right] = FirstDifference(*lists, other);
      if (left == nullptr && right == nullptr) continue;
      Detail(std::string(KindOf(left != nullptr ? *left : *right)), TextA(left),
             TextB(right));
    }
    return finding_.details.size() > before;
  }

  void Runs(const ItRecord& a, const ItRecord& b) {
    const std::size_t most = std::max(a.run.size(), b.run.size());
    for (std::size_t i = 0; i < most; ++i) {
      const RunEntry* left = i < a.run.size() ? &a.run[i] : nullptr;
      const RunEntry* right = i < b.run.size() ? &b.run[i] : nullptr;
      if (left != nullptr && right != nullptr && *left == *right &&
          a.label(*left) == b.label(*right)) {
        continue;
      }
      finding_.handle_a = left == nullptr ? 0 : left->handle;
      finding_.handle_b = right == nullptr ? 0 : right->handle;
      std::string text_a =
          left == nullptr ? "nothing" : names_a_.WithPlace(left->handle);
      std::string text_b =
          right == nullptr ? "nothing" : names_b_.WithPlace(right->handle);
      if (text_a == text_b) {  // The same words for two identities.
        absl::StrAppend(&text_a, " ", Hex(finding_.handle_a), " caused by ",
                        names_a_.Of(left->cause));
        absl::StrAppend(&text_b, " ", Hex(finding_.handle_b), " caused by ",
                        names_b_.Of(right->cause));
      }
      Detail(absl::StrCat("run[", i, "]"), text_a, text_b);
      return;
    }
  }

  void Derived(const ItRecord& a, const ItRecord& b) {
    if (a.t != b.t) Detail("time", TimeText(a.t), TimeText(b.t));
    if (a.timeout != b.timeout) {
      Detail("timeout", TimeoutText(a.timeout), TimeoutText(b.timeout));
    }
    if (a.io != b.io) {
      Detail("io", IoText(a.io, names_a_), IoText(b.io, names_b_));
    }
    if (a.arrivals != b.arrivals) {
      Detail("arrivals", ArrivalsText(a.arrivals), ArrivalsText(b.arrivals));
    }
    if (a.ready != b.ready) {
      Detail("ready after", absl::StrCat(a.ready), absl::StrCat(b.ready));
    }
    if (a.scheduled != b.scheduled) {
      Detail("timers after", absl::StrCat(a.scheduled),
             absl::StrCat(b.scheduled));
    }
  }

  // Nothing else is recorded that differs.
  void Lanes() {
    if (a_.it == nullptr || b_.it == nullptr) return;
    for (std::size_t lane = 0; lane < a_.it->digest.size(); ++lane) {
      if (a_.it->digest[lane] == b_.it->digest[lane]) continue;
      Detail(absl::StrCat("lane ", std::string(DigestLaneName(lane))),
             Hex(a_.it->digest[lane]), Hex(b_.it->digest[lane]));
    }
  }

  Group a_, b_;
  const TraceNames& names_a_;
  const TraceNames& names_b_;
  bool live_;
  bool same_tape_;
  PartingCause finding_;
};

// "host n1, iteration 3: …", or that the trace has ended.
std::string Whole(const Record* record, const TraceNames& names) {
  if (record == nullptr) return "nothing: the trace is cut short";
  const Stamp& stamp = StampOf(*record);
  std::string text = std::string(KindOf(*record));
  if (!stamp.host.empty()) {
    absl::StrAppend(&text, " of ", stamp.host, ", iteration ", stamp.n);
  }
  return absl::StrCat(text, ": ", RecordText(*record, names));
}

bool IsEnd(const Record* record) {
  return record == nullptr || std::holds_alternative<EndRecord>(*record);
}

bool IsKind(const Record& record, std::string_view kind) {
  return KindOf(record) == kind;
}

}  // namespace

std::string_view DiffClassName(DiffClass diff_class) {
  constexpr std::string_view kNames[] = {
      "equal", "header", "structure", "input", "choice", "output", "leak"};
  return kNames[static_cast<std::size_t>(diff_class)];
}

bool IsCompared(const Record& record) {
  return !std::holds_alternative<StrRecord>(record) &&
         !std::holds_alternative<ResRecord>(record) &&
         !std::holds_alternative<LocRecord>(record) &&
         !std::holds_alternative<OtherRecord>(record);
}

std::vector<std::size_t> Comparable(const Trace& trace, bool same_level) {
  std::vector<std::size_t> list;
  for (std::size_t i = 0; i < trace.records.size(); ++i) {
    const Record& record = trace.records[i];
    const bool input_or_choice = IsKind(record, "in") || IsKind(record, "ch") ||
                                 IsKind(record, "it") || IsKind(record, "end");
    if (same_level ? IsCompared(record) : input_or_choice) list.push_back(i);
  }
  return list;
}

bool SameRecord(const Record& a, const Record& b) {
  if (a.index() != b.index()) return false;
  if (!SameStamp(StampOf(a), StampOf(b))) return false;
  if (const auto* it = std::get_if<ItRecord>(&a)) {
    return SameIteration(*it, std::get<ItRecord>(b));
  }
  if (const auto* pick = std::get_if<PickRecord>(&a)) {
    return SamePick(*pick, std::get<PickRecord>(b));
  }
  Record copy = a;
  StampOf(copy).g = StampOf(b).g;
  return copy == b;
}

Parting::Parting(const Trace& first, const Trace& second)
    : a(first),
      b(second),
      list_a(Comparable(first, first.header.level == second.header.level)),
      list_b(Comparable(second, first.header.level == second.header.level)) {
  const std::size_t least = std::min(list_a.size(), list_b.size());
  while (at < least && SameRecord(*record_a(), *record_b())) ++at;
}

const Record* Parting::record_a() const {
  return at < list_a.size() ? &a.records[list_a[at]] : nullptr;
}

const Record* Parting::record_b() const {
  return at < list_b.size() ? &b.records[list_b[at]] : nullptr;
}

PartingCause Classify(const Parting& parting, const TraceNames& names_a,
                      const TraceNames& names_b) {
  const Record* left = parting.record_a();
  const Record* right = parting.record_b();
  if (!IsEnd(left) && !IsEnd(right) &&
      SameStamp(StampOf(*left), StampOf(*right))) {
    return GroupComparison(parting, names_a, names_b).Find();
  }
  PartingCause finding;
  finding.details.push_back(
      {"next", Whole(left, names_a), Whole(right, names_b)});
  if (IsEnd(left) || IsEnd(right)) {
    finding.diff_class = DiffClass::kStructure;
  } else if (IsKind(*left, "ch") || IsKind(*right, "ch")) {
    finding.diff_class = DiffClass::kChoice;
  }
  return finding;
}

std::vector<DiffDetail> HeaderFaults(const TraceHeader& a,
                                     const TraceHeader& b) {
  std::vector<DiffDetail> faults;
  if (a.scenario != b.scenario) {
    faults.push_back({"scenario", Quoted(a.scenario), Quoted(b.scenario)});
  }
  if (a.sem != b.sem) {
    faults.push_back({"sem", absl::StrCat(a.sem), absl::StrCat(b.sem)});
  }
  return faults;
}

std::vector<DiffDetail> HeaderNotes(const TraceHeader& a,
                                    const TraceHeader& b) {
  std::vector<DiffDetail> notes;
  const auto note = [&](const char* field, std::string in_a, std::string in_b) {
    if (in_a != in_b) notes.push_back({field, in_a, in_b});
  };
  note("mode", std::string(TraceModeName(a.mode)),
       std::string(TraceModeName(b.mode)));
  note("seed", Hex(a.seed), Hex(b.seed));
  note("order", std::string(TraceOrderName(a.order)),
       std::string(TraceOrderName(b.order)));
  note("level", absl::StrCat(a.level), absl::StrCat(b.level));
  note("build.id", a.build.id, b.build.id);
  note("build.cc", a.build.cc, b.build.cc);
  note("build.stdlib", a.build.stdlib, b.build.stdlib);
  note("build.arch", a.build.arch, b.build.arch);
  note("env", Hex(a.env), Hex(b.env));
  return notes;
}

}  // namespace rondo
