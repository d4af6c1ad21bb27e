// A passive witness of everything a loop does, iteration by iteration.
//
// A loop without an observer pays one predictable branch for each hook, and
// computes no identities. Observers must not change the loop.
//
// Thread-safety: called on the loop's thread.
#ifndef RONDO_RUNTIME_LOOP_OBSERVER_H_
#define RONDO_RUNTIME_LOOP_OBSERVER_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/handle_info.h"
#include "rondo/runtime/selector.h"

namespace rondo {

// Something that came from outside the loop and is no I/O.
struct ArrivalInfo {
  // "threadsafe" (CallSoonThreadsafe), "executor" (a job has ended), "port".
  std::string_view source;
  // Of a value for a port (ingress.h): which, what it is called, and the value
  // as the port's codec writes it.
  Identity port = 0;
  std::string_view port_name = {};
  std::string_view payload = {};
};

class LoopObserver {
 public:
  virtual ~LoopObserver() = default;

  // Whether OnIdentity is to be called; asked once. Paths cost time.
  virtual bool wants_paths() const { return true; }

  // A name was given to an identity: "main/worker#2". Before its first use.
  virtual void OnIdentity(Identity id, std::string_view path) = 0;

  // Something has come, for the iteration that OnSelected begins.
  virtual void OnArrival(const ArrivalInfo&) {}

  // Select has returned: `now` is the iteration's time.
  virtual void OnSelected(Nanoseconds now, std::optional<Nanoseconds> timeout,
                          std::span<const ReadyEvent> events) = 0;

  // A live timer was moved to the ready queue.
  virtual void OnTimerFired(const HandleInfo& timer) = 0;

  // A handle is about to run; cancelled ones are skipped and not shown.
  virtual void OnRun(const HandleInfo& handle) = 0;

  // The iteration is over.
  virtual void OnIterationEnd(std::size_t ready, std::size_t scheduled) = 0;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_LOOP_OBSERVER_H_
