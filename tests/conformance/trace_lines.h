// Writes one line of JSON for every iteration of a loop.
//
//   {"iter":6,"time":0.125,"timeout":null,"timers_fired":0,
//    "ran":["wakeup:T1"],"ready_after":3,"scheduled_after":0}
//
// in one line and without spaces: the form of traces/asyncio, which CPython's
// own loop writes. An iteration that does not get past Select has no line.
#ifndef RONDO_TESTS_CONFORMANCE_TRACE_LINES_H_
#define RONDO_TESTS_CONFORMANCE_TRACE_LINES_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/runtime/loop_observer.h"

namespace rondo::conformance {

class TraceLines final : public LoopObserver {
 public:
  bool wants_paths() const override { return false; }
  void OnIdentity(Identity, std::string_view) override {}
  void OnSelected(Nanoseconds now, std::optional<Nanoseconds> timeout,
                  std::span<const ReadyEvent> events) override;
  void OnTimerFired(const HandleInfo& timer) override;
  void OnRun(const HandleInfo& handle) override;
  void OnIterationEnd(std::size_t ready, std::size_t scheduled) override;

  const std::vector<std::string>& lines() const { return lines_; }

  // The last line of a trace.
  std::string Summary(std::string_view scenario, std::string_view outcome,
                      const std::vector<std::string>& output) const;

 private:
  Nanoseconds time_{0};
  std::optional<Nanoseconds> timeout_;
  int timers_fired_ = 0;
  std::vector<std::string> ran_;
  std::vector<std::string> lines_;
};

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_TRACE_LINES_H_
