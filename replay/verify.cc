#include "rondo/replay/verify.h"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rondo/replay/digest.h"
#include "rondo/replay/json_text.h"
#include "rondo/replay/trace.h"

namespace rondo {
namespace {

constexpr std::size_t kMostProblems = 100;

}  // namespace

void TraceVerifier::Problem(std::string what) {
  ++problem_count_;
  if (problems_.size() < kMostProblems) {
    problems_.push_back({.line = line_, .what = std::move(what)});
  }
}

void TraceVerifier::Add(const Record& record, std::size_t line) {
  line_ = line;
  ++records_;
  CheckNumbers(record);
  if (const auto* str = std::get_if<StrRecord>(&record)) {
    named_.insert(str->id);
  } else if (const auto* res = std::get_if<ResRecord>(&record)) {
    resources_.insert(res->resource);
  } else if (const auto* it = std::get_if<ItRecord>(&record)) {
    CheckIteration(*it);
  } else if (const auto* ev = std::get_if<EvRecord>(&record)) {
    if (ev->resource != 0) CheckDefined(ev->resource, resources_, "resource");
  } else if (const auto* in = std::get_if<InRecord>(&record)) {
    if (in->resource != 0) CheckDefined(in->resource, resources_, "resource");
  } else if (const auto* pick = std::get_if<PickRecord>(&record)) {
    CheckPick(*pick);
  } else if (const auto* draw = std::get_if<DrawRecord>(&record)) {
    CheckDefined(draw->stream, named_, "stream");
  } else if (const auto* end = std::get_if<EndRecord>(&record)) {
    CheckEnd(*end);
  }
}

void TraceVerifier::CheckNumbers(const Record& record) {
  const Stamp& stamp = StampOf(record);
  if (stamp.g != last_g_ + 1) {
    Problem(absl::StrCat("record number ", stamp.g, " after ", last_g_));
  }
  last_g_ = stamp.g;
  Boot& boot = boots_[{stamp.host, stamp.boot}];
  if (std::holds_alternative<ItRecord>(record)) {
    if (stamp.n != boot.iterations) {
      Problem(absl::StrCat("iteration ", stamp.n, " of host \"", stamp.host,
                           "\", boot ", stamp.boot, ", expected ",
                           boot.iterations));
    }
    boot.iterations = stamp.n + 1;
  } else if (stamp.n < boot.last_n) {
    Problem(absl::StrCat("iteration number ", stamp.n, " after ", boot.last_n,
                         " of host \"", stamp.host, "\""));
  }
  boot.last_n = stamp.n;
}

void TraceVerifier::CheckDefined(Identity id, const std::set<Identity>& in,
                                 const std::string& what) {
  if (in.count(id) != 0) return;
  Problem(absl::StrCat(what, " ", Hex(id), " is used before it is defined"));
}

void TraceVerifier::CheckPick(const PickRecord& pick) {
  if (!pick.of.empty()) {
    bool found = false;
    for (const Identity id : pick.of) found = found || id == pick.pick;
    if (!found) Problem("the picked candidate is not among the candidates");
    if (pick.of[0] != pick.over) {
      Problem("the dull candidate is not the first of the candidates");
    }
  }
  if (pick.point != PickPoint::kReady) return;
  Boot& boot = boots_[{pick.stamp.host, pick.stamp.boot}];
  ++boot.picks;
  boot.digest.AddPick(pick.pick, pick.of);
}

void TraceVerifier::CheckIteration(const ItRecord& it) {
  chains_.Add(it);
  for (const IoEvent& io : it.io) {
    CheckDefined(io.resource, resources_, "resource");
  }
  for (const RunEntry& entry : it.run) {
    if (entry.task != 0) CheckDefined(entry.task, named_, "task");
  }
  if (it.has_handles != (header_.level > kTraceInputs)) {
    Problem(absl::StrCat("handles are ", it.has_handles ? "given" : "missing",
                         " in a trace of level ", header_.level));
  }
  Boot& boot = boots_[{it.stamp.host, it.stamp.boot}];
  CheckLanes(it, &boot);
  boot.picks = 0;
  boot.digest = IterationDigest();
}

void TraceVerifier::CheckLanes(const ItRecord& it, Boot* boot) {
  IterationDigest digest = boot->digest;
  digest.AddTime(it.t, it.timeout);
  for (const Identity timer : it.timers) digest.AddTimer(timer);
  for (const IoEvent& io : it.io) digest.AddIo(io.resource, io.mask);
  for (const Arrival& x : it.arrivals) digest.AddArrival(x.source, x.count);
  for (const RunEntry& entry : it.run) digest.AddRun(entry.handle);
  const LaneDigests lanes = digest.Take();
  const bool no_picks = header_.order == TraceOrder::kFifo && boot->picks == 0;
  const bool all_ready = header_.level >= kTraceEverything || no_picks;
  const auto check = [&](DigestLane lane, bool known) {
    if (!known || lanes[lane] == it.digest[lane]) return;
    Problem(absl::StrCat("the ", std::string(DigestLaneName(lane)), " lane is ",
                         Hex(it.digest[lane]), ", recomputed ",
                         Hex(lanes[lane])));
  };
  check(kReadyLane, it.has_handles && all_ready);
  check(kTimerLane, it.has_handles);
  check(kIoLane, true);
}

void TraceVerifier::CheckEnd(const EndRecord& end) {
  EndRecord expected = end;
  chains_.Finish(&expected);
  if (end.chain != expected.chain) {
    Problem(absl::StrCat("the chain digest is ", Hex(end.chain),
                         ", recomputed ", Hex(expected.chain)));
  }
  if (end.iterations != expected.iterations) {
    Problem(absl::StrCat("the end counts ", end.iterations,
                         " iterations, the trace has ", expected.iterations));
  }
  if (end.hosts.size() != expected.hosts.size()) {
    Problem(absl::StrCat("the end names ", end.hosts.size(),
                         " hosts, the trace has ", expected.hosts.size()));
    return;
  }
  for (std::size_t i = 0; i < end.hosts.size(); ++i) {
    if (end.hosts[i] == expected.hosts[i]) continue;
    Problem(absl::StrCat("the chain digest of host \"", end.hosts[i].host,
                         "\" is ", Hex(end.hosts[i].chain), ", recomputed ",
                         Hex(expected.hosts[i].chain), " of host \"",
                         expected.hosts[i].host, "\""));
  }
}

void TraceVerifier::Finish(bool truncated) {
  if (truncated) {
    Problem("there is no \"end\" record: the recording was cut short");
  }
}

std::vector<TraceProblem> Verify(const Trace& trace) {
  TraceVerifier verifier(trace.header);
  std::size_t line = 1;
  for (const Record& record : trace.records) verifier.Add(record, ++line);
  verifier.Finish(trace.end() == nullptr);
  return verifier.problems();
}

}  // namespace rondo
