#include "rondo/replay/trace_names.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rondo/replay/json_text.h"
#include "rondo/replay/trace.h"
#include "rondo/runtime/selector.h"

namespace rondo {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// "1.204000000 s", without a sign.
std::string Seconds(std::uint64_t ns) {
  const std::uint64_t second = kSecond;
  return absl::StrFormat("%d.%09d s", ns / second, ns % second);
}

}  // namespace

TraceNames::TraceNames(const Trace& trace) {
  for (const Record& record : trace.records) Add(record);
}

void TraceNames::Add(const Record& record) {
  if (const auto* str = std::get_if<StrRecord>(&record)) {
    names_[str->id] = str->path;
  } else if (const auto* res = std::get_if<ResRecord>(&record)) {
    names_[res->resource] = absl::StrCat(res->kind, " ", res->name);
  } else if (const auto* loc = std::get_if<LocRecord>(&record)) {
    places_[loc->id] = loc->place;
  } else if (const auto* pick = std::get_if<PickRecord>(&record)) {
    if (!pick->pick_name.empty()) names_.emplace(pick->pick, pick->pick_name);
    if (!pick->over_name.empty()) names_.emplace(pick->over, pick->over_name);
  } else if (const auto* it = std::get_if<ItRecord>(&record)) {
    for (const RunEntry& entry : it->run) {
      names_[entry.handle] = std::string(it->label(entry));
    }
  }
}

std::string TraceNames::Of(Identity id) const {
  if (id == 0) return "none";
  const auto found = names_.find(id);
  return found == names_.end() ? Hex(id) : found->second;
}

std::string TraceNames::WithPlace(Identity id) const {
  const auto found = places_.find(id);
  if (found == places_.end()) return Of(id);
  return absl::StrCat(Of(id), " @", found->second);
}

std::string TimeText(std::int64_t ns) {
  const auto bits = static_cast<std::uint64_t>(ns);
  return ns < 0 ? absl::StrCat("-", Seconds(0 - bits))
                : absl::StrCat("+", Seconds(bits));
}

std::string TimeoutText(std::int64_t ns) {
  if (ns < 0) return "none";
  return Seconds(static_cast<std::uint64_t>(ns));
}

std::string MaskText(unsigned mask) {
  switch (mask) {
    case kReadable:
      return "read";
    case kWritable:
      return "write";
    case kReadable | kWritable:
      return "read+write";
    default:
      return absl::StrCat(mask);
  }
}

std::string Quoted(const std::string& text, std::size_t longest) {
  std::string quoted;
  AppendJsonString(text.substr(0, longest), &quoted);
  if (text.size() > longest) {
    quoted += absl::StrCat("… (", text.size(), " bytes)");
  }
  return quoted;
}

}  // namespace rondo
