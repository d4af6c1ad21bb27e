// Semaphore: a number of permits, handed out first come first served.
//
//   rondo::Semaphore connections(10);
//   ...
//   rondo::SemaphoreGuard permit = co_await connections.Scoped();
//
// Taking a free permit does not suspend. A newcomer waits behind live waiters
// even if permits are left. A semaphore must outlive its waiters and guards.
//
// Thread-safety: the loop's thread only.
// Source: asyncio.Semaphore, asyncio.BoundedSemaphore.
#ifndef RONDO_RUNTIME_SEMAPHORE_H_
#define RONDO_RUNTIME_SEMAPHORE_H_

#include <cstddef>
#include <limits>
#include <source_location>

#include "rondo/runtime/guard.h"
#include "rondo/runtime/waiters.h"

namespace rondo {

class Semaphore;

// Gives a permit back when it dies.
using SemaphoreGuard = Guard<Semaphore>;

struct SemaphoreStatistics {
  std::ptrdiff_t value = 0;  // Permits left, without those handed to waiters.
  // Those included that were handed a permit and have not run since.
  std::size_t tasks_waiting = 0;
};

namespace internal {

class SemaphoreAwaiter : public WaiterAwaiter {
 public:
  SemaphoreAwaiter(Semaphore* semaphore, std::source_location where)
      : WaiterAwaiter(where), semaphore_(semaphore) {}

  bool await_ready();
  void await_resume();

 private:
  Semaphore* semaphore_;
};

}  // namespace internal

class Semaphore {
 public:
  // Throws: ValueError if `value` is negative.
  explicit Semaphore(std::ptrdiff_t value = 1)
      : Semaphore(value, std::numeric_limits<std::ptrdiff_t>::max()) {}
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  // True if Acquire would wait: no permit is left, or a task waits.
  bool locked() const { return value_ == 0 || waiters_.HasLive(); }
  SemaphoreStatistics statistics() const { return {value_, waiters_.size()}; }

  // Waits for a permit and takes it.
  // Cancellation: no permit is taken; one that was on its way goes to the next
  // waiter. Throws: CancelledError; RuntimeError if it must wait and tasks of
  // another loop have waited for this semaphore.
  internal::PrimitiveAwaitable<internal::SemaphoreAwaiter, Semaphore>
  Acquire() {
    using Awaiter = internal::SemaphoreAwaiter;
    return internal::PrimitiveAwaitable<Awaiter, Semaphore>(this);
  }
  // The same; the guard gives it back.
  auto Scoped() {
    using Awaiter =
        internal::GuardAwaiter<internal::SemaphoreAwaiter, Semaphore>;
    return internal::PrimitiveAwaitable<Awaiter, Semaphore>(this);
  }

  // One permit more: it is handed to the first waiter, if there is one.
  // Throws: ValueError if a bounded semaphore has all its permits.
  void Release();

 protected:
  Semaphore(std::ptrdiff_t value, std::ptrdiff_t bound);

 private:
  friend class internal::SemaphoreAwaiter;

  // Hands a permit to the first who has none; false if there is nobody.
  bool WakeNext();

  std::ptrdiff_t value_;
  const std::ptrdiff_t bound_;
  internal::WaiterList waiters_{"a semaphore"};
};

// A semaphore that never has more permits than it was made with: releasing
// more often than acquiring is an error.
class BoundedSemaphore : public Semaphore {
 public:
  explicit BoundedSemaphore(std::ptrdiff_t value = 1)
      : Semaphore(value, value) {}
};

inline bool internal::SemaphoreAwaiter::await_ready() {
  if (!semaphore_->locked()) {
    --semaphore_->value_;
    return true;
  }
  Enter(semaphore_->waiters_);
  return false;
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_SEMAPHORE_H_
