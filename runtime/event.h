// Event: a flag that tasks can wait for.
//
//   rondo::Event ready;
//   ...
//   co_await ready.Wait();
//
// Waiting for a flag that is set does not suspend. An event must outlive its
// waiters.
//
// Thread-safety: the loop's thread only.
// Source: asyncio.Event.
#ifndef RONDO_RUNTIME_EVENT_H_
#define RONDO_RUNTIME_EVENT_H_

#include <cstddef>
#include <source_location>

#include "rondo/runtime/waiters.h"

namespace rondo {

class Event;

struct EventStatistics {
  bool is_set = false;
  // Those included that were woken and have not run since.
  std::size_t tasks_waiting = 0;
};

namespace internal {

class EventAwaiter : public WaiterAwaiter {
 public:
  EventAwaiter(Event* event, std::source_location where)
      : WaiterAwaiter(where), event_(event) {}

  bool await_ready();
  void await_resume() {
    if (!waited()) return;
    Leave();
    Settle();
  }

 private:
  Event* event_;
};

}  // namespace internal

class Event {
 public:
  Event() : Event("an event") {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  bool is_set() const { return set_; }
  EventStatistics statistics() const { return {set_, waiters_.size()}; }

  // Sets the flag and wakes all who wait, in the order in which they came.
  // They go on even if the flag is cleared before they run.
  void Set();
  void Clear() { set_ = false; }

  // Waits until the flag is set.
  // Cancellation: at once. Throws: CancelledError; RuntimeError if it must
  // wait and tasks of another loop have waited for this event.
  internal::PrimitiveAwaitable<internal::EventAwaiter, Event> Wait() {
    return internal::PrimitiveAwaitable<internal::EventAwaiter, Event>(this);
  }

 protected:
  // For what is made of an event: its name in reports.
  explicit Event(const char* what) : waiters_(what) {}

 private:
  friend class internal::EventAwaiter;

  bool set_ = false;
  internal::WaiterList waiters_;
};

inline bool internal::EventAwaiter::await_ready() {
  if (event_->set_) return true;
  Enter(event_->waiters_);
  return false;
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_EVENT_H_
