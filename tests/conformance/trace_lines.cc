#include "rondo/tests/conformance/trace_lines.h"

#include <nlohmann/json.hpp>

namespace rondo::conformance {
namespace {

using Json = nlohmann::ordered_json;

double Seconds(Nanoseconds time) {
  return static_cast<double>(time.count()) / 1e9;
}

}  // namespace

void TraceLines::OnSelected(Nanoseconds now, std::optional<Nanoseconds> timeout,
                            std::span<const ReadyEvent>) {
  time_ = now;
  timeout_ = timeout;
  timers_fired_ = 0;
  ran_.clear();
}

void TraceLines::OnTimerFired(const HandleInfo&) { ++timers_fired_; }

void TraceLines::OnRun(const HandleInfo& handle) {
  ran_.push_back(handle.label());
}

void TraceLines::OnIterationEnd(std::size_t ready, std::size_t scheduled) {
  Json line;
  line["iter"] = lines_.size();
  line["time"] = Seconds(time_);
  line["timeout"] = nullptr;
  if (timeout_.has_value()) line["timeout"] = Seconds(*timeout_);
  line["timers_fired"] = timers_fired_;
  line["ran"] = ran_;
  line["ready_after"] = ready;
  line["scheduled_after"] = scheduled;
  lines_.push_back(line.dump());
}

std::string TraceLines::Summary(std::string_view scenario,
                                std::string_view outcome,
                                const std::vector<std::string>& output) const {
  Json line;
  line["scenario"] = scenario;
  line["iterations"] = lines_.size();
  line["outcome"] = outcome;
  line["output"] = output;
  return line.dump();
}

}  // namespace rondo::conformance
