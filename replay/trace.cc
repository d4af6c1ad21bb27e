#include "rondo/replay/trace.h"

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <variant>

#include "rondo/runtime/handle_info.h"

namespace rondo {

std::string_view TraceModeName(TraceMode mode) {
  switch (mode) {
    case TraceMode::kSim:
      return "sim";
    case TraceMode::kLive:
      return "live";
    case TraceMode::kReplay:
      return "replay";
  }
  __builtin_unreachable();
}

std::string_view TraceOrderName(TraceOrder order) {
  switch (order) {
    case TraceOrder::kFifo:
      return "fifo";
    case TraceOrder::kContract:
      return "contract";
    case TraceOrder::kAdversarial:
      return "adversarial";
  }
  __builtin_unreachable();
}

void ItRecord::AddRun(Identity handle, Identity task, HandleKind kind,
                      std::string_view name, Identity cause) {
  const auto begin = static_cast<std::uint32_t>(labels.size());
  labels.append(HandleKindName(kind)).append(1, ':').append(name);
  run.push_back(
      {.handle = handle,
       .task = task,
       .cause = cause,
       .label_begin = begin,
       .label_size = static_cast<std::uint32_t>(labels.size()) - begin});
}

void ItRecord::AddRun(Identity handle, Identity task, std::string_view label,
                      Identity cause) {
  run.push_back({.handle = handle,
                 .task = task,
                 .cause = cause,
                 .label_begin = static_cast<std::uint32_t>(labels.size()),
                 .label_size = static_cast<std::uint32_t>(label.size())});
  labels.append(label);
}

std::string_view ItRecord::label(const RunEntry& entry) const {
  return std::string_view(labels).substr(entry.label_begin, entry.label_size);
}

void ItRecord::Clear() {
  t = 0;
  timeout = 0;
  io.clear();
  arrivals.clear();
  timers.clear();
  run.clear();
  labels.clear();
  ready = 0;
  scheduled = 0;
  digest = {};
}

const Stamp& StampOf(const Record& record) {
  return std::visit([](const auto& r) -> const Stamp& { return r.stamp; },
                    record);
}

Stamp& StampOf(Record& record) {
  return std::visit([](auto& r) -> Stamp& { return r.stamp; }, record);
}

std::string_view KindOf(const Record& record) {
  if (const auto* other = std::get_if<OtherRecord>(&record)) {
    return other->kind;
  }
  // In the order of the alternatives.
  constexpr std::string_view kKinds[] = {
      "str", "loc", "res", "it", "ev", "in", "ch", "ch", "out", "mark", "end"};
  static_assert(std::size(kKinds) + 1 == std::variant_size_v<Record>);
  return kKinds[record.index()];
}

const EndRecord* Trace::end() const {
  return records.empty() ? nullptr : std::get_if<EndRecord>(&records.back());
}

}  // namespace rondo
