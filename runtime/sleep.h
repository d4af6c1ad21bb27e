// Sleep: lets time pass, or at least the other tasks have their turn.
#ifndef RONDO_RUNTIME_SLEEP_H_
#define RONDO_RUNTIME_SLEEP_H_

#include <coroutine>
#include <source_location>

#include "rondo/runtime/task_core.h"

namespace rondo {
namespace internal {

class YieldAwaiter : public WaitPoint {
 public:
  explicit YieldAwaiter(std::source_location where)
      : WaitPoint(nullptr, where) {}
  YieldAwaiter(const YieldAwaiter&) = delete;
  YieldAwaiter& operator=(const YieldAwaiter&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    running_core->current_task->Yield(self, this);
  }
  void await_resume() { running_core->current_task->ThrowIfCancelled(); }
};

class SleepAwaiter : public WaitPoint {
 public:
  SleepAwaiter(Nanoseconds delay, std::source_location where)
      : WaitPoint(nullptr, where), delay_(delay) {}
  SleepAwaiter(const SleepAwaiter&) = delete;
  SleepAwaiter& operator=(const SleepAwaiter&) = delete;
  ~SleepAwaiter() {
    if (future != nullptr) EndTimer();
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    TaskCore* const task = running_core->current_task;
    if (delay_ <= Nanoseconds(0)) {
      task->Yield(self, this);
      return;
    }
    StartTimer();
    task->Park(self, this);
  }
  void await_resume() {
    running_core->current_task->ThrowIfCancelled();
    if (future != nullptr) future->RequireResult();  // Not if cancelled.
  }

 private:
  void StartTimer();
  void EndTimer();

  Nanoseconds delay_;
};

// What Sleep returns: to be awaited at once.
class [[nodiscard]] SleepAwaitable {
 public:
  explicit SleepAwaitable(Nanoseconds delay) : delay_(delay) {}
  SleepAwaiter Await(std::source_location where) const {
    return SleepAwaiter(delay_, where);
  }

 private:
  Nanoseconds delay_;
};

// What Yield returns: to be awaited at once.
class [[nodiscard]] YieldAwaitable {
 public:
  YieldAwaiter Await(std::source_location where) const {
    return YieldAwaiter(where);
  }
};

}  // namespace internal

// Suspends the task for at least `delay` of the loop's clock.
//
//   co_await rondo::Sleep(100ms);
//
// Units: nanoseconds, saturating. `delay <= 0` yields: one iteration, no timer.
// Cancellation: at once; the timer is gone before the exception is thrown.
// Throws: CancelledError.
// Source: asyncio.sleep; differs: no result argument.
inline internal::SleepAwaitable Sleep(Nanoseconds delay) {
  return internal::SleepAwaitable(delay);
}

// Lets every other ready task run first: Sleep(0).
inline internal::YieldAwaitable Yield() { return {}; }

}  // namespace rondo

#endif  // RONDO_RUNTIME_SLEEP_H_
