#include "rondo/replay/trace_parse.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "rondo/replay/decisions.h"
#include "rondo/replay/json_fields.h"
#include "rondo/replay/json_text.h"
#include "rondo/replay/trace.h"

namespace rondo {
namespace {

using Json = JsonFields::Json;

// The value whose name is the text of field `key`: one of `names`.
template <typename Enum, std::size_t size>
Enum OneOf(const char* key, const std::array<Enum, size>& values,
           std::string_view (*name_of)(Enum), JsonFields* fields) {
  const std::string text = fields->Text(key);
  std::string names;
  for (const Enum value : values) {
    if (name_of(value) == text) return value;
    if (!names.empty()) names += ", ";
    names += name_of(value);
  }
  std::string got;
  AppendJsonString(text, &got);
  fields->Fail(key, absl::StrCat("expected one of ", names, ", got ", got));
  return values[0];
}

Stamp ParseStamp(JsonFields* f) {
  Stamp stamp;
  stamp.host = f->Text("h");
  stamp.boot = f->Int("b", 0);
  stamp.g = f->Int("g", 1);
  stamp.n = f->Int("n", 0);
  return stamp;
}

std::vector<Identity> IdList(const char* key, JsonFields* f) {
  std::vector<Identity> ids;
  f->Each(key, [&](const Json& value, const std::string& name) {
    ids.push_back(f->Id(value, name));
  });
  return ids;
}

StrRecord ParseStr(JsonFields* f) {
  return {.stamp = ParseStamp(f), .id = f->Id("id"), .path = f->Text("v")};
}

LocRecord ParseLoc(JsonFields* f) {
  return {.stamp = ParseStamp(f), .id = f->Id("id"), .place = f->Text("v")};
}

ResRecord ParseRes(JsonFields* f) {
  return {.stamp = ParseStamp(f),
          .resource = f->Id("r"),
          .kind = f->Text("kind"),
          .name = f->Text("v")};
}

void ParseRun(const Json& value, const std::string& name, JsonFields* f,
              ItRecord* record) {
  if (!f->IsList(value, name, 4)) return;
  const Identity handle = f->Id(value[0], name + "[0]");
  const Identity task = f->OptionalId(value[1], name + "[1]");
  const std::string label = f->Text(value[2], name + "[2]");
  const Identity cause = f->OptionalId(value[3], name + "[3]");
  record->AddRun(handle, task, label, cause);
}

ItRecord ParseIt(JsonFields* f) {
  ItRecord r;
  r.stamp = ParseStamp(f);
  r.t = f->Int("t");
  r.timeout = f->Int("to", -1);
  f->Each("io", [&](const Json& value, const std::string& name) {
    if (!f->IsList(value, name, 2)) return;
    const Identity resource = f->Id(value[0], name + "[0]");
    const std::int64_t mask = f->Int(value[1], name + "[1]", 0);
    if (mask > std::numeric_limits<unsigned>::max()) {
      f->Fail(name + "[1]", "out of range");
    }
    r.io.push_back({resource, static_cast<unsigned>(mask)});
  });
  f->Each("x", [&](const Json& value, const std::string& name) {
    if (!f->IsList(value, name, 2)) return;
    r.arrivals.push_back({.source = f->Text(value[0], name + "[0]"),
                          .count = f->Int(value[1], name + "[1]")});
  });
  r.has_handles = f->Has("tm") || f->Has("run");
  if (r.has_handles) {
    r.timers = IdList("tm", f);
    f->Each("run", [&](const Json& value, const std::string& name) {
      ParseRun(value, name, f, &r);
    });
  }
  r.ready = f->Int("q", 0);
  r.scheduled = f->Int("s", 0);
  if (f->IsList(f->Value("dg"), "dg", r.digest.size())) {
    const std::vector<std::uint64_t> lanes = IdList("dg", f);
    if (f->ok()) std::copy(lanes.begin(), lanes.end(), r.digest.begin());
  }
  return r;
}

EvRecord ParseEv(JsonFields* f) {
  EvRecord r;
  r.stamp = ParseStamp(f);
  r.t = f->Int("t");
  r.event = f->Text("e");
  if (f->Has("r")) r.resource = f->Id("r");
  if (f->Has("len")) r.length = f->Int("len", 0);
  if (f->Has("cause")) r.cause = f->Id("cause");
  if (f->Has("v")) r.text = f->Text("v");
  return r;
}

InRecord ParseIn(JsonFields* f) {
  InRecord r;
  r.stamp = ParseStamp(f);
  r.op = f->Text("op");
  if (f->Has("r")) r.resource = f->Id("r");
  r.result = f->Int("ret");
  if (!f->Has("d")) return r;
  f->Object("d", [&](JsonFields& d) {
    if (!d.Has("b64")) {
      r.payload = PayloadDigest{.hash = d.Id("h"), .length = d.Int("len", 0)};
      return;
    }
    if (d.Has("h")) return d.Fail("d", "both b64 and h are given");
    std::optional<std::string> bytes = DecodeBase64(d.Text("b64"));
    if (!bytes.has_value()) return d.Fail("d.b64", "not base64");
    r.payload = PayloadBytes{*std::move(bytes)};
  });
  return r;
}

PickRecord ParsePick(JsonFields* f) {
  constexpr std::array kPoints = {PickPoint::kReady, PickPoint::kEvent,
                                  PickPoint::kFault};
  PickRecord r;
  r.stamp = ParseStamp(f);
  r.point = OneOf("p", kPoints, PickPointName, f);
  r.pick = f->Id("pick");
  r.over = f->Id("over");
  if (f->Has("of")) r.of = IdList("of", f);
  if (f->Has("v")) r.pick_name = f->Text("v");
  if (f->Has("w")) r.over_name = f->Text("w");
  return r;
}

DrawRecord ParseDraw(JsonFields* f) {
  DrawRecord r;
  r.stamp = ParseStamp(f);
  r.stream = f->Id("s");
  r.k = f->Unsigned("j");
  r.value = f->Unsigned("v");
  r.n = f->Unsigned("of");
  if (f->ok() && r.value >= r.n) {
    f->Fail("v", absl::StrCat("expected less than ", r.n, ", got ", r.value));
  }
  return r;
}

OutRecord ParseOut(JsonFields* f) {
  return {.stamp = ParseStamp(f), .text = f->Text("v")};
}

MarkRecord ParseMark(JsonFields* f) {
  return {.stamp = ParseStamp(f),
          .name = f->Text("name"),
          .value = f->Value("v").dump()};
}

EndRecord ParseEnd(JsonFields* f) {
  EndRecord r;
  r.stamp = ParseStamp(f);
  r.why = f->Text("why");
  r.id = f->Text("id");
  r.message = f->Text("msg");
  r.chain = f->Id("chain");
  f->Each("hosts", [&](const Json& value, const std::string& name) {
    if (!f->IsList(value, name, 2)) return;
    r.hosts.push_back({.host = f->Text(value[0], name + "[0]"),
                       .chain = f->Id(value[1], name + "[1]")});
  });
  r.iterations = f->Int("its", 0);
  return r;
}

OtherRecord ParseOther(const std::string& line, const std::string& kind,
                       JsonFields* f) {
  return {.stamp = ParseStamp(f), .kind = kind, .json = line};
}

Record ParseKind(const std::string& line, const std::string& kind,
                 JsonFields* f) {
  if (kind == "it") return ParseIt(f);
  if (kind == "in") return ParseIn(f);
  if (kind == "ev") return ParseEv(f);
  if (kind == "str") return ParseStr(f);
  if (kind == "loc") return ParseLoc(f);
  if (kind == "res") return ParseRes(f);
  if (kind == "out") return ParseOut(f);
  if (kind == "mark") return ParseMark(f);
  if (kind == "end") return ParseEnd(f);
  if (kind == "ch") {
    const bool draw = f->Text("p") == "draw";
    return draw ? Record(ParseDraw(f)) : Record(ParsePick(f));
  }
  return ParseOther(line, kind, f);
}

TraceHeader ParseHeaderFields(JsonFields* f) {
  constexpr std::array kModes = {TraceMode::kSim, TraceMode::kLive,
                                 TraceMode::kReplay};
  constexpr std::array kOrders = {TraceOrder::kFifo, TraceOrder::kContract,
                                  TraceOrder::kAdversarial};
  TraceHeader h;
  const Json& version = f->Value("v");
  h.major = f->Int(version[0], "v[0]");
  h.minor = f->Int(version[1], "v[1]");
  h.mode = OneOf("mode", kModes, TraceModeName, f);
  h.sem = f->Int("sem");
  h.scenario = f->Text("scenario");
  h.seed = f->Id("seed");
  h.order = OneOf("order", kOrders, TraceOrderName, f);
  const std::int64_t level = f->Int("level", 0);
  if (level > kTraceEverything) f->Fail("level", "expected 0, 1 or 2");
  h.level = static_cast<int>(level);
  f->Object("build", [&](JsonFields& build) {
    h.build.id = build.Text("id");
    h.build.cc = build.Text("cc");
    h.build.stdlib = build.Text("stdlib");
    h.build.arch = build.Text("arch");
  });
  h.env = f->Id("env");
  if (!f->Has("parent")) return h;
  f->Object("parent", [&](JsonFields& parent) {
    h.parent = TraceParent{.chain = parent.Id("chain"),
                           .g = parent.Int("g", 0),
                           .deviations = parent.Int("deviations", 0)};
  });
  return h;
}

}  // namespace

absl::StatusOr<TraceHeader> ParseHeader(const std::string& line) {
  JsonFields fields(line);
  const std::string kind = fields.Text("k");
  if (!fields.ok()) return fields.status();
  if (kind != "hdr") {
    return absl::InvalidArgumentError(
        "not a trace: it does not begin with a record of kind \"hdr\"");
  }
  const Json& version = fields.Value("v");
  if (!fields.IsList(version, "v", 2)) return fields.status();
  const std::int64_t major = fields.Int(version[0], "v[0]", 0);
  const std::int64_t minor = fields.Int(version[1], "v[1]", 0);
  if (!fields.ok()) return fields.status();
  if (major != kTraceMajor) {
    return absl::UnimplementedError(absl::StrCat("version ", major, ".", minor,
                                                 ": this program reads ",
                                                 kTraceMajor, ".x"));
  }
  TraceHeader header = ParseHeaderFields(&fields);
  if (!fields.ok()) return fields.status();
  return header;
}

absl::StatusOr<Record> ParseRecord(const std::string& line) {
  JsonFields fields(line);
  const std::string kind = fields.Text("k");
  if (!fields.ok()) return fields.status();
  if (kind == "hdr") {
    return absl::InvalidArgumentError("field \"k\": a second header");
  }
  Record record = ParseKind(line, kind, &fields);
  const bool other = std::holds_alternative<OtherRecord>(record);
  if (other && !kind.empty() && kind[0] >= 'A' && kind[0] <= 'Z') {
    return absl::UnimplementedError(absl::StrCat(
        "records of kind \"", kind, "\" must be understood, and are not"));
  }
  if (!fields.ok()) return fields.status();
  return record;
}

}  // namespace rondo
