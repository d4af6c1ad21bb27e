#include "rondo/replay/diff.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rondo/replay/align.h"
#include "rondo/replay/diff_items.h"
#include "rondo/replay/digest.h"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_compare.h"
#include "rondo/replay/trace_names.h"

namespace rondo {
namespace {

// A cause chain may be as long as the run; this much of it is told.
constexpr std::size_t kLongestChain = 16;

// Where a handle ran.
struct Ran {
  const ItRecord* it = nullptr;
  const RunEntry* entry = nullptr;
  std::size_t index = 0;  // Of the record.
};

std::map<Identity, Ran> RanIn(const Trace& trace) {
  std::map<Identity, Ran> ran;
  for (std::size_t i = 0; i < trace.records.size(); ++i) {
    const auto* it = std::get_if<ItRecord>(&trace.records[i]);
    if (it == nullptr) continue;
    for (const RunEntry& entry : it->run) {
      ran[entry.handle] = {it, &entry, i};
    }
  }
  return ran;
}

// From `handle` back along its causes, oldest first. Stops at the first
// handle before record `parted` if `to_parting`.
std::vector<CauseStep> Chain(const std::map<Identity, Ran>& ran,
                             Identity handle, std::size_t parted,
                             bool to_parting, const TraceNames& names) {
  std::vector<CauseStep> steps;
  while (handle != 0 && steps.size() < kLongestChain) {
    const auto found = ran.find(handle);
    if (found == ran.end()) break;
    const Ran& at = found->second;
    steps.push_back({.handle = handle,
                     .name = names.WithPlace(handle),
                     .host = at.it->stamp.host,
                     .n = at.it->stamp.n,
                     .t = at.it->t,
                     .before = at.index < parted});
    if (to_parting && at.index < parted) break;
    // A handle that was scheduled by itself would be a broken trace.
    handle = at.entry->cause == handle ? 0 : at.entry->cause;
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

// The last handle before the end, on the end's host if it names one.
Identity LastHandle(const Trace& trace) {
  const EndRecord* end = trace.end();
  for (auto i = trace.records.rbegin(); i != trace.records.rend(); ++i) {
    const auto* it = std::get_if<ItRecord>(&*i);
    if (it == nullptr || it->run.empty()) continue;
    const bool any = end == nullptr || end->stamp.host.empty();
    if (any || it->stamp.host == end->stamp.host) {
      return it->run.back().handle;
    }
  }
  return 0;
}

DiffSide SideOf(const Trace& trace) {
  DiffSide side;
  side.mode = std::string(TraceModeName(trace.header.mode));
  side.seed = trace.header.seed;
  for (const Record& record : trace.records) {
    if (std::holds_alternative<ItRecord>(record)) ++side.iterations;
  }
  const EndRecord* end = trace.end();
  if (end == nullptr) {
    side.end = "cut short";
  } else {
    side.end = end->why;
    if (!end->id.empty()) absl::StrAppend(&side.end, " ", end->id);
  }
  return side;
}

DiffPlace PlaceOf(const Parting& parting) {
  DiffPlace place;
  const Record* left = parting.record_a();
  const Record* right = parting.record_b();
  const Record* either = left != nullptr ? left : right;
  const Stamp& stamp = StampOf(*either);
  place.host = stamp.host;
  place.boot = stamp.boot;
  place.n = stamp.n;
  // The time of the iteration is in the record that ends it.
  const Trace& trace = left != nullptr ? parting.a : parting.b;
  const auto& list = left != nullptr ? parting.list_a : parting.list_b;
  for (std::size_t at = parting.at; at < list.size(); ++at) {
    const Record& record = trace.records[list[at]];
    if (const auto* ev = std::get_if<EvRecord>(&record);
        ev != nullptr && &record == either) {
      place.t = ev->t;
      break;
    }
    const auto* it = std::get_if<ItRecord>(&record);
    if (it == nullptr || it->stamp.host != stamp.host) continue;
    if (it->stamp.n == stamp.n) place.t = it->t;
    break;
  }
  if (left != nullptr) place.line_a = parting.list_a[parting.at] + 2;
  if (right != nullptr) place.line_b = parting.list_b[parting.at] + 2;
  return place;
}

void CountSame(const Parting& parting, TraceDiff* diff) {
  ChainDigests chains;
  for (std::size_t at = 0; at < parting.at; ++at) {
    const Record& record = parting.a.records[parting.list_a[at]];
    if (const auto* it = std::get_if<ItRecord>(&record)) chains.Add(*it);
  }
  diff->same_records = parting.at;
  diff->same_iterations = chains.iterations();
  diff->same_chain = chains.whole();
}

void Explain(const Parting& parting, const PartingCause& finding,
             const TraceNames& names_a, const TraceNames& names_b,
             TraceDiff* diff) {
  const auto index = [](const std::vector<std::size_t>& list, std::size_t at) {
    return at < list.size() ? list[at] : static_cast<std::size_t>(-1);
  };
  const std::size_t parted_a = index(parting.list_a, parting.at);
  const std::size_t parted_b = index(parting.list_b, parting.at);
  const std::map<Identity, Ran> ran_a = RanIn(parting.a);
  const std::map<Identity, Ran> ran_b = RanIn(parting.b);
  diff->cause_a =
      Chain(ran_a, finding.handle_a, parted_a, /*to_parting=*/false, names_a);
  diff->cause_b =
      Chain(ran_b, finding.handle_b, parted_b, /*to_parting=*/false, names_b);
  if (diff->a.end == diff->b.end) return;
  // That a run came to a good end needs no explanation.
  const auto failed = [](const Trace& trace) {
    return trace.end() == nullptr || trace.end()->why != "exit";
  };
  if (failed(parting.a)) {
    diff->effect_a = Chain(ran_a, LastHandle(parting.a), parted_a,
                           /*to_parting=*/true, names_a);
  }
  if (failed(parting.b)) {
    diff->effect_b = Chain(ran_b, LastHandle(parting.b), parted_b,
                           /*to_parting=*/true, names_b);
  }
}

}  // namespace

TraceDiff Diff(const Trace& a, const Trace& b, DiffOptions options) {
  TraceDiff diff;
  diff.a = SideOf(a);
  diff.b = SideOf(b);
  diff.header = HeaderNotes(a.header, b.header);
  const Parting parting(a, b);
  CountSame(parting, &diff);
  const std::vector<DiffDetail> faults = HeaderFaults(a.header, b.header);
  if (parting.equal()) {
    diff.details = faults;
    if (!faults.empty()) diff.diff_class = DiffClass::kHeader;
    return diff;
  }
  const TraceNames names_a(a);
  const TraceNames names_b(b);
  PartingCause finding = Classify(parting, names_a, names_b);
  diff.diff_class = faults.empty() ? finding.diff_class : DiffClass::kHeader;
  diff.details = faults;
  diff.details.insert(diff.details.end(), finding.details.begin(),
                      finding.details.end());
  diff.lanes = finding.lanes;
  diff.place = PlaceOf(parting);
  Explain(parting, finding, names_a, names_b, &diff);
  AlignRest(parting, names_a, names_b, options.limit, &diff.counts,
            &diff.items);
  return diff;
}

}  // namespace rondo
