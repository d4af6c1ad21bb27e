#include "rondo/runtime/condition.h"

#include <exception>

#include "rondo/runtime/errors.h"

namespace rondo {
namespace {

// Releases the lock and waits to be notified.
class NotificationAwaiter : public internal::WaiterAwaiter {
 public:
  NotificationAwaiter(internal::WaiterList* waiters, Lock* lock,
                      std::source_location where)
      : WaiterAwaiter(where), waiters_(waiters), lock_(lock) {}

  bool await_ready() {
    Enter(*waiters_);  // Throws before the lock is released.
    lock_->Release();
    return false;
  }
  void await_resume() {
    if (!Leave()) ThrowGone();
    Settle();
  }

 private:
  internal::WaiterList* waiters_;
  Lock* lock_;
};

class [[nodiscard]] Notification {
 public:
  Notification(internal::WaiterList* waiters, Lock* lock)
      : waiters_(waiters), lock_(lock) {}
  NotificationAwaiter Await(std::source_location where) const {
    return NotificationAwaiter(waiters_, lock_, where);
  }

 private:
  internal::WaiterList* waiters_;
  Lock* lock_;
};

// Returns the last cancellation, or null.
Coro<std::exception_ptr> AcquireAtAnyRate(Lock* lock) {
  std::exception_ptr cancellation;
  for (;;) {
    try {
      co_await lock->Acquire();
      co_return cancellation;
    } catch (const CancelledError&) {
      cancellation = std::current_exception();
    }
  }
}

}  // namespace

Condition::Condition(Lock* lock) : lock_(lock), waiters_("a condition") {
  if (lock == nullptr) throw ValueError("a Condition of a null lock");
}

Coro<> Condition::Wait() {
  if (!locked()) throw RuntimeError("cannot wait on un-acquired lock");
  std::exception_ptr cancellation;
  try {
    co_await Notification(&waiters_, lock_);
  } catch (const CancelledError&) {
    cancellation = std::current_exception();
  }
  const std::exception_ptr later = co_await AcquireAtAnyRate(lock_);
  if (later != nullptr) cancellation = later;
  if (cancellation == nullptr) co_return;
  // It may have been notified, and another has to do what it will not.
  waiters_.WakeNext();
  std::rethrow_exception(cancellation);
}

void Condition::Notify(std::size_t n) {
  if (!locked()) throw RuntimeError("cannot notify on un-acquired lock");
  while (n > 0 && waiters_.WakeNext()) --n;
}

void Condition::NotifyAll() { Notify(waiters_.size()); }

}  // namespace rondo
