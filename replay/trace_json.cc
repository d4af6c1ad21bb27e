#include "rondo/replay/trace_json.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "nlohmann/json.hpp"
#include "rondo/replay/decisions.h"
#include "rondo/replay/json_text.h"
#include "rondo/replay/trace.h"

namespace rondo {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDeepest = 64;

// Writes the fields of one record in order. `Key` texts include what stands
// between the value before and this one.
class LineWriter {
 public:
  explicit LineWriter(std::string* out) : out_(out) {}

  LineWriter& Raw(std::string_view text) {
    out_->append(text);
    return *this;
  }
  LineWriter& Text(std::string_view key, std::string_view text) {
    out_->append(key);
    AppendJsonString(text, out_);
    return *this;
  }
  LineWriter& Int(std::string_view key, std::int64_t value) {
    out_->append(key);
    AppendInt(value, out_);
    return *this;
  }
  LineWriter& Unsigned(std::string_view key, std::uint64_t value) {
    out_->append(key);
    AppendUnsigned(value, out_);
    return *this;
  }
  LineWriter& Id(std::string_view key, std::uint64_t id) {
    out_->append(key);
    AppendQuotedHex(id, out_);
    return *this;
  }
  // A list of what `write` writes of each.
  template <typename List, typename Write>
  LineWriter& Each(std::string_view key, const List& list, Write write) {
    out_->append(key);
    char before = '[';
    for (const auto& item : list) {
      out_->push_back(before);
      write(item);
      before = ',';
    }
    out_->append(list.empty() ? "[]" : "]");
    return *this;
  }

  void Begin(std::string_view kind, const Stamp& stamp) {
    Text("{\"k\":", kind).Text(",\"h\":", stamp.host);
    Int(",\"b\":", stamp.boot).Int(",\"g\":", stamp.g);
    Int(",\"n\":", stamp.n);
  }

  void Fields(const StrRecord& r) {
    Id(",\"id\":", r.id).Text(",\"v\":", r.path);
  }
  void Fields(const LocRecord& r) {
    Id(",\"id\":", r.id).Text(",\"v\":", r.place);
  }
  void Fields(const ResRecord& r) {
    Id(",\"r\":", r.resource).Text(",\"kind\":", r.kind);
    Text(",\"v\":", r.name);
  }
  void Fields(const ItRecord& r) {
    Int(",\"t\":", r.t).Int(",\"to\":", r.timeout);
    Each(",\"io\":", r.io, [this](const IoEvent& io) {
      Id("[", io.resource).Unsigned(",", io.mask).Raw("]");
    });
    Each(",\"x\":", r.arrivals, [this](const Arrival& x) {
      Text("[", x.source).Int(",", x.count).Raw("]");
    });
    if (r.has_handles) {
      Each(",\"tm\":", r.timers, [this](Identity id) { Id("", id); });
      Each(",\"run\":", r.run, [this, &r](const RunEntry& e) { Run(r, e); });
    }
    Int(",\"q\":", r.ready).Int(",\"s\":", r.scheduled);
    Each(",\"dg\":", r.digest, [this](std::uint64_t d) { Id("", d); });
  }
  void Fields(const EvRecord& r) {
    Int(",\"t\":", r.t).Text(",\"e\":", r.event);
    if (r.resource != 0) Id(",\"r\":", r.resource);
    if (r.length != -1) Int(",\"len\":", r.length);
    if (r.cause != 0) Id(",\"cause\":", r.cause);
    if (!r.text.empty()) Text(",\"v\":", r.text);
  }
  void Fields(const InRecord& r) {
    Text(",\"op\":", r.op);
    if (r.resource != 0) Id(",\"r\":", r.resource);
    Int(",\"ret\":", r.result);
    if (const auto* data = std::get_if<PayloadBytes>(&r.payload)) {
      Raw(",\"d\":{\"b64\":\"");
      AppendBase64(data->bytes, out_);
      Raw("\"}");
    } else if (const auto* digest = std::get_if<PayloadDigest>(&r.payload)) {
      Id(",\"d\":{\"h\":", digest->hash).Int(",\"len\":", digest->length);
      Raw("}");
    }
  }
  void Fields(const PickRecord& r) {
    Text(",\"p\":", PickPointName(r.point)).Id(",\"pick\":", r.pick);
    Id(",\"over\":", r.over);
    if (!r.of.empty()) {
      Each(",\"of\":", r.of, [this](Identity id) { Id("", id); });
    }
    if (!r.pick_name.empty()) Text(",\"v\":", r.pick_name);
    if (!r.over_name.empty()) Text(",\"w\":", r.over_name);
  }
  void Fields(const DrawRecord& r) {
    Raw(",\"p\":\"draw\"").Id(",\"s\":", r.stream).Unsigned(",\"j\":", r.k);
    Unsigned(",\"v\":", r.value).Unsigned(",\"of\":", r.n);
  }
  void Fields(const OutRecord& r) { Text(",\"v\":", r.text); }
  void Fields(const MarkRecord& r) {
    Text(",\"name\":", r.name).Raw(",\"v\":");
    Raw(ValueOf(r.value).dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  void Fields(const EndRecord& r) {
    Text(",\"why\":", r.why).Text(",\"id\":", r.id);
    Text(",\"msg\":", r.message).Id(",\"chain\":", r.chain);
    Each(",\"hosts\":", r.hosts, [this](const HostChain& h) {
      Text("[", h.host).Id(",", h.chain).Raw("]");
    });
    Int(",\"its\":", r.iterations);
  }
  void Fields(const TraceHeader& h) {
    Int("{\"k\":\"hdr\",\"v\":[", h.major).Int(",", h.minor).Raw("]");
    Text(",\"mode\":", TraceModeName(h.mode)).Int(",\"sem\":", h.sem);
    Text(",\"scenario\":", h.scenario).Id(",\"seed\":", h.seed);
    Text(",\"order\":", TraceOrderName(h.order)).Int(",\"level\":", h.level);
    Text(",\"build\":{\"id\":", h.build.id).Text(",\"cc\":", h.build.cc);
    Text(",\"stdlib\":", h.build.stdlib).Text(",\"arch\":", h.build.arch);
    Id("},\"env\":", h.env);
    if (h.parent.has_value()) {
      Id(",\"parent\":{\"chain\":", h.parent->chain);
      Int(",\"g\":", h.parent->g);
      Int(",\"deviations\":", h.parent->deviations).Raw("}");
    }
    Raw("}");
  }

 private:
  void Run(const ItRecord& r, const RunEntry& e) {
    Id("[", e.handle);
    OptionalId(e.task);
    Text(",", r.label(e));
    OptionalId(e.cause);
    Raw("]");
  }
  void OptionalId(Identity id) {
    if (id == 0) {
      Raw(",\"\"");
    } else {
      Id(",", id);
    }
  }

  std::string* out_;
};

Json OptionalHex(Identity id) { return id == 0 ? "" : Hex(id); }

Json HexList(const auto& ids) {
  Json list = Json::array();
  for (const std::uint64_t id : ids) list.push_back(Hex(id));
  return list;
}

Json StampJson(std::string_view kind, const Stamp& stamp) {
  Json json = Json::object();
  json["k"] = kind;
  json["h"] = stamp.host;
  json["b"] = stamp.boot;
  json["g"] = stamp.g;
  json["n"] = stamp.n;
  return json;
}

void AddFields(const StrRecord& r, Json* json) {
  (*json)["id"] = Hex(r.id);
  (*json)["v"] = r.path;
}

void AddFields(const LocRecord& r, Json* json) {
  (*json)["id"] = Hex(r.id);
  (*json)["v"] = r.place;
}

void AddFields(const ResRecord& r, Json* json) {
  (*json)["r"] = Hex(r.resource);
  (*json)["kind"] = r.kind;
  (*json)["v"] = r.name;
}

void AddFields(const ItRecord& r, Json* json) {
  (*json)["t"] = r.t;
  (*json)["to"] = r.timeout;
  Json& io = (*json)["io"] = Json::array();
  for (const IoEvent& event : r.io) {
    io.push_back(Json::array({Hex(event.resource), event.mask}));
  }
  Json& arrivals = (*json)["x"] = Json::array();
  for (const Arrival& x : r.arrivals) {
    arrivals.push_back(Json::array({x.source, x.count}));
  }
  if (r.has_handles) {
    (*json)["tm"] = HexList(r.timers);
    Json& run = (*json)["run"] = Json::array();
    for (const RunEntry& e : r.run) {
      run.push_back(
          Json::array({Hex(e.handle), OptionalHex(e.task),
                       std::string(r.label(e)), OptionalHex(e.cause)}));
    }
  }
  (*json)["q"] = r.ready;
  (*json)["s"] = r.scheduled;
  (*json)["dg"] = HexList(r.digest);
}

void AddFields(const EvRecord& r, Json* json) {
  (*json)["t"] = r.t;
  (*json)["e"] = r.event;
  if (r.resource != 0) (*json)["r"] = Hex(r.resource);
  if (r.length != -1) (*json)["len"] = r.length;
  if (r.cause != 0) (*json)["cause"] = Hex(r.cause);
  if (!r.text.empty()) (*json)["v"] = r.text;
}

void AddFields(const InRecord& r, Json* json) {
  (*json)["op"] = r.op;
  if (r.resource != 0) (*json)["r"] = Hex(r.resource);
  (*json)["ret"] = r.result;
  if (const auto* data = std::get_if<PayloadBytes>(&r.payload)) {
    std::string text;
    AppendBase64(data->bytes, &text);
    (*json)["d"]["b64"] = text;
  } else if (const auto* digest = std::get_if<PayloadDigest>(&r.payload)) {
    Json& d = (*json)["d"] = Json::object();
    d["h"] = Hex(digest->hash);
    d["len"] = digest->length;
  }
}

void AddFields(const PickRecord& r, Json* json) {
  (*json)["p"] = PickPointName(r.point);
  (*json)["pick"] = Hex(r.pick);
  (*json)["over"] = Hex(r.over);
  if (!r.of.empty()) (*json)["of"] = HexList(r.of);
  if (!r.pick_name.empty()) (*json)["v"] = r.pick_name;
  if (!r.over_name.empty()) (*json)["w"] = r.over_name;
}

void AddFields(const DrawRecord& r, Json* json) {
  (*json)["p"] = "draw";
  (*json)["s"] = Hex(r.stream);
  (*json)["j"] = r.k;
  (*json)["v"] = r.value;
  (*json)["of"] = r.n;
}

void AddFields(const OutRecord& r, Json* json) { (*json)["v"] = r.text; }

void AddFields(const MarkRecord& r, Json* json) {
  (*json)["name"] = r.name;
  (*json)["v"] = ValueOf(r.value);
}

void AddFields(const EndRecord& r, Json* json) {
  (*json)["why"] = r.why;
  (*json)["id"] = r.id;
  (*json)["msg"] = r.message;
  (*json)["chain"] = Hex(r.chain);
  Json& hosts = (*json)["hosts"] = Json::array();
  for (const HostChain& h : r.hosts) {
    hosts.push_back(Json::array({h.host, Hex(h.chain)}));
  }
  (*json)["its"] = r.iterations;
}

}  // namespace

void AppendJson(const TraceHeader& header, std::string* out) {
  LineWriter(out).Fields(header);
}

void AppendJson(const Record& record, std::string* out) {
  if (const auto* other = std::get_if<OtherRecord>(&record)) {
    out->append(other->json);
    return;
  }
  LineWriter line(out);
  std::visit(
      [&](const auto& r) {
        if constexpr (requires { line.Fields(r); }) {
          line.Begin(KindOf(record), r.stamp);
          line.Fields(r);
        }
      },
      record);
  out->push_back('}');
}

Json ToJson(const TraceHeader& header) {
  Json json = Json::object();
  json["k"] = "hdr";
  json["v"] = Json::array({header.major, header.minor});
  json["mode"] = TraceModeName(header.mode);
  json["sem"] = header.sem;
  json["scenario"] = header.scenario;
  json["seed"] = Hex(header.seed);
  json["order"] = TraceOrderName(header.order);
  json["level"] = header.level;
  Json& build = json["build"] = Json::object();
  build["id"] = header.build.id;
  build["cc"] = header.build.cc;
  build["stdlib"] = header.build.stdlib;
  build["arch"] = header.build.arch;
  json["env"] = Hex(header.env);
  if (header.parent.has_value()) {
    Json& parent = json["parent"] = Json::object();
    parent["chain"] = Hex(header.parent->chain);
    parent["g"] = header.parent->g;
    parent["deviations"] = header.parent->deviations;
  }
  return json;
}

Json ToJson(const Record& record) {
  if (const auto* other = std::get_if<OtherRecord>(&record)) {
    return ValueOf(other->json);
  }
  Json json = StampJson(KindOf(record), StampOf(record));
  std::visit(
      [&](const auto& r) {
        if constexpr (requires { AddFields(r, &json); }) AddFields(r, &json);
      },
      record);
  return json;
}

Json ValueOf(const std::string& text) {
  bool deep = false;
  const Json value = Json::parse(
      text,
      [&](int depth, Json::parse_event_t, Json&) {
        deep = deep || depth > kDeepest;
        return !deep;
      },
      /*allow_exceptions=*/false);
  return deep || value.is_discarded() ? Json(text) : value;
}

}  // namespace rondo
