#include "rondo/replay/diff_items.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rondo/replay/align.h"
#include "rondo/replay/digest.h"
#include "rondo/replay/record_text.h"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_compare.h"
#include "rondo/replay/trace_names.h"
#include "rondo/runtime/identity.h"

namespace rondo {
namespace {

// One thing of one trace: a handle's run, or a record.
struct Thing {
  std::string_view kind;
  std::size_t record = 0;           // Index into the trace.
  const RunEntry* entry = nullptr;  // Of a run.
};

// The things of one trace from the parting on, and what to align them by.
class Things {
 public:
  // `runs`: whether both traces have handles.
  Things(const Trace& trace, const std::vector<std::size_t>& list,
         std::size_t from, bool runs)
      : trace_(trace), runs_(runs) {
    for (std::size_t at = from; at < list.size(); ++at) Add(list[at]);
  }

  const std::vector<AlignItem>& items() const { return items_; }
  const Thing& at(std::size_t i) const { return things_[i]; }
  const Record& record(std::size_t i) const {
    return trace_.records[things_[i].record];
  }
  std::string Text(std::size_t i, const TraceNames& names) const {
    const Thing& thing = things_[i];
    if (thing.entry != nullptr) return names.WithPlace(thing.entry->handle);
    if (thing.kind != "iteration") return RecordText(record(i), names);
    return absl::StrCat("iteration ", StampOf(record(i)).n);
  }

 private:
  void Add(std::size_t index) {
    const Record& record = trace_.records[index];
    const Stamp& stamp = StampOf(record);
    const std::uint64_t host =
        Combine(HashName(stamp.host), static_cast<std::uint64_t>(stamp.boot));
    if (const auto* it = std::get_if<ItRecord>(&record)) {
      AddIteration(*it, host, index);
    } else if (const auto* in = std::get_if<InRecord>(&record)) {
      Push({"input", index},
           Combine(Combine(host, HashName(in->op)), in->resource),
           Combine(static_cast<std::uint64_t>(in->result),
                   HashBytes(PayloadText(in->payload))));
    } else if (const auto* pick = std::get_if<PickRecord>(&record)) {
      const auto point = static_cast<std::uint64_t>(pick->point);
      Push({"choice", index}, Combine(Combine(host, point), pick->over),
           pick->pick);
    } else if (const auto* draw = std::get_if<DrawRecord>(&record)) {
      Push({"choice", index}, Combine(draw->stream, draw->k), draw->value);
    } else if (const auto* out = std::get_if<OutRecord>(&record)) {
      Push({"output", index}, Combine(host, HashBytes(out->text)), 0);
    } else if (const auto* mark = std::get_if<MarkRecord>(&record)) {
      Push({"output", index}, Combine(host, HashName(mark->name)),
           HashBytes(mark->value));
    } else if (const auto* ev = std::get_if<EvRecord>(&record)) {
      Push(
          {"event", index},
          Combine(Combine(host, HashName(ev->event)), ev->resource),
          Combine(static_cast<std::uint64_t>(ev->length), HashBytes(ev->text)));
    }
  }

  void AddIteration(const ItRecord& it, std::uint64_t host, std::size_t index) {
    if (!runs_) {
      std::uint64_t content = 0;
      for (const std::uint64_t lane : it.digest) {
        content = Combine(content, lane);
      }
      Push({"iteration", index},
           Combine(host, static_cast<std::uint64_t>(it.stamp.n)), content);
      return;
    }
    for (const RunEntry& entry : it.run) {
      Push({"run", index, &entry}, Combine(host, entry.handle),
           Combine(Combine(entry.task, entry.cause),
                   HashBytes(it.label(entry))));
    }
  }

  // Things with the same name are told apart by their count.
  void Push(Thing thing, std::uint64_t name, std::uint64_t content) {
    name = Combine(name, HashName(thing.kind));
    const std::uint64_t count = counts_[name]++;
    items_.push_back({.key = Combine(name, count), .content = content});
    things_.push_back(thing);
  }

  const Trace& trace_;
  bool runs_;
  std::vector<AlignItem> items_;
  std::vector<Thing> things_;
  std::map<std::uint64_t, std::uint64_t> counts_;
};

bool HasHandles(const Trace& trace) {
  return trace.header.level >= kTraceHandles;
}

void Count(AlignStatus status, std::string_view kind, DiffCounts* counts) {
  switch (status) {
    case AlignStatus::kSame:
      ++counts->same;
      return;
    case AlignStatus::kMoved:
      ++counts->moved;
      break;
    case AlignStatus::kChanged:
      ++counts->changed;
      break;
    case AlignStatus::kOnlyA:
      ++counts->only_a;
      break;
    case AlignStatus::kOnlyB:
      ++counts->only_b;
      break;
  }
  if (kind == "choice") ++counts->choices;
  if (kind == "input") ++counts->inputs;
}

}  // namespace

std::string_view AlignStatusName(AlignStatus status) {
  constexpr std::string_view kNames[] = {"same", "changed", "moved", "only A",
                                         "only B"};
  return kNames[static_cast<std::size_t>(status)];
}

void AlignRest(const Parting& parting, const TraceNames& names_a,
               const TraceNames& names_b, std::size_t limit, DiffCounts* counts,
               std::vector<DiffItem>* items) {
  const bool runs = HasHandles(parting.a) && HasHandles(parting.b);
  const Things a(parting.a, parting.list_a, parting.at, runs);
  const Things b(parting.b, parting.list_b, parting.at, runs);
  for (const AlignedItem& pair : Align(a.items(), b.items())) {
    const bool in_a = pair.a != AlignedItem::kNone;
    const bool in_b = pair.b != AlignedItem::kNone;
    const Thing& thing = in_a ? a.at(pair.a) : b.at(pair.b);
    Count(pair.status, thing.kind, counts);
    if (pair.status == AlignStatus::kSame || items->size() >= limit) continue;
    DiffItem item;
    item.status = pair.status;
    item.kind = std::string(thing.kind);
    item.host = StampOf(in_a ? a.record(pair.a) : b.record(pair.b)).host;
    item.text = in_a ? a.Text(pair.a, names_a) : b.Text(pair.b, names_b);
    if (pair.status == AlignStatus::kChanged) {
      const std::string other = b.Text(pair.b, names_b);
      if (other != item.text) absl::StrAppend(&item.text, " -> ", other);
    }
    if (in_a) item.line_a = a.at(pair.a).record + 2;
    if (in_b) item.line_b = b.at(pair.b).record + 2;
    items->push_back(item);
  }
}

}  // namespace rondo
