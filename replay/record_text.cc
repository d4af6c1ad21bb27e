#include "rondo/replay/record_text.h"

#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rondo/replay/decisions.h"
#include "rondo/replay/json_text.h"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_names.h"

namespace rondo {
namespace {

std::string Joined(const std::vector<std::string>& words) {
  return words.empty() ? "none" : absl::StrJoin(words, ", ");
}

// Names one record; `names` outlives it.
struct Describe {
  const TraceNames& names;

  std::string operator()(const StrRecord& r) const {
    return absl::StrCat("name ", Hex(r.id), " ", r.path);
  }
  std::string operator()(const LocRecord& r) const {
    return absl::StrCat("place of ", names.Of(r.id), " ", r.place);
  }
  std::string operator()(const ResRecord& r) const {
    return absl::StrCat("resource ", r.kind, " ", r.name);
  }
  std::string operator()(const ItRecord& r) const {
    std::vector<std::string> labels;
    for (const RunEntry& e : r.run) labels.emplace_back(r.label(e));
    std::string text = absl::StrCat("timeout ", TimeoutText(r.timeout));
    if (!r.io.empty()) absl::StrAppend(&text, "; io ", IoText(r.io, names));
    if (!r.arrivals.empty()) {
      absl::StrAppend(&text, "; arrived ", ArrivalsText(r.arrivals));
    }
    if (r.has_handles) absl::StrAppend(&text, "; ran ", Joined(labels));
    absl::StrAppend(&text, "; left ", r.ready, " ready, ", r.scheduled,
                    " timers");
    return text;
  }
  std::string operator()(const EvRecord& r) const {
    std::string text = r.event;
    if (r.resource != 0) absl::StrAppend(&text, " ", names.Of(r.resource));
    if (r.length >= 0) absl::StrAppend(&text, " ", r.length, " bytes");
    if (!r.text.empty()) absl::StrAppend(&text, " ", Quoted(r.text));
    if (r.cause != 0) absl::StrAppend(&text, " by ", names.Of(r.cause));
    return text;
  }
  std::string operator()(const InRecord& r) const {
    std::string text = r.op;
    if (r.resource != 0) absl::StrAppend(&text, " of ", names.Of(r.resource));
    absl::StrAppend(&text, ": ", r.result);
    const std::string payload = PayloadText(r.payload);
    if (!payload.empty()) absl::StrAppend(&text, ", ", payload);
    return text;
  }
  std::string operator()(const PickRecord& r) const {
    std::string text =
        r.pick == r.over
            ? absl::StrCat("picked ", names.Of(r.pick), ", the first")
            : absl::StrCat("picked ", names.Of(r.pick), " over ",
                           names.Of(r.over));
    absl::StrAppend(&text, " (", std::string(PickPointName(r.point)));
    std::vector<std::string> of;
    for (const Identity id : r.of) of.push_back(names.Of(id));
    if (!of.empty()) absl::StrAppend(&text, " of ", Joined(of));
    return text + ")";
  }
  std::string operator()(const DrawRecord& r) const {
    return absl::StrCat("drew ", r.value, " of ", r.n, " (", names.Of(r.stream),
                        " ", r.k, ")");
  }
  std::string operator()(const OutRecord& r) const { return Quoted(r.text); }
  std::string operator()(const MarkRecord& r) const {
    return absl::StrCat(r.name, " = ", r.value);
  }
  std::string operator()(const EndRecord& r) const {
    std::string text = r.why;
    if (!r.id.empty()) absl::StrAppend(&text, " ", r.id);
    if (!r.message.empty()) absl::StrAppend(&text, ": ", r.message);
    absl::StrAppend(&text, "; ", r.iterations, " iterations, chain ",
                    Hex(r.chain));
    return text;
  }
  std::string operator()(const OtherRecord& r) const { return r.json; }
};

}  // namespace

std::string RecordText(const Record& record, const TraceNames& names) {
  return std::visit(Describe{names}, record);
}

std::string IoText(const std::vector<IoEvent>& io, const TraceNames& names) {
  std::vector<std::string> words;
  for (const IoEvent& event : io) {
    words.push_back(
        absl::StrCat(names.Of(event.resource), " ", MaskText(event.mask)));
  }
  return Joined(words);
}

std::string ArrivalsText(const std::vector<Arrival>& arrivals) {
  std::vector<std::string> words;
  for (const Arrival& x : arrivals) {
    words.push_back(absl::StrCat(x.source, " ", x.count));
  }
  return Joined(words);
}

std::string PayloadText(const Payload& payload) {
  if (const auto* data = std::get_if<PayloadBytes>(&payload)) {
    return absl::StrCat(data->bytes.size(), " bytes ", Quoted(data->bytes, 40));
  }
  if (const auto* digest = std::get_if<PayloadDigest>(&payload)) {
    return absl::StrCat(digest->length, " bytes, digest ", Hex(digest->hash));
  }
  return "";
}

}  // namespace rondo
