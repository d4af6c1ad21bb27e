// Lock: mutual exclusion among the tasks of one loop, first come first served.
//
//   rondo::Lock lock;
//   ...
//   rondo::LockGuard guard = co_await lock.Scoped();   // Until `guard` dies.
//
// Taking a free lock does not suspend. A free lock with live waiters is not
// taken by a newcomer. A lock must outlive its waiters and its guard.
//
// Thread-safety: the loop's thread only.
// Source: asyncio.Lock.
#ifndef RONDO_RUNTIME_LOCK_H_
#define RONDO_RUNTIME_LOCK_H_

#include <cstddef>
#include <source_location>

#include "rondo/runtime/guard.h"
#include "rondo/runtime/waiters.h"

namespace rondo {

class Lock;

// Releases a lock when it dies.
using LockGuard = Guard<Lock>;

struct LockStatistics {
  bool locked = false;
  // Those on the way to a lock that was released for them included.
  std::size_t tasks_waiting = 0;
};

namespace internal {

// Nothing if it is free: a Condition releases the lock while it waits, and its
// task may die then.
template <>
void GiveBack(Lock& lock);

class LockAwaiter : public WaiterAwaiter {
 public:
  LockAwaiter(Lock* lock, std::source_location where)
      : WaiterAwaiter(where), lock_(lock) {}

  bool await_ready();
  void await_resume();

 private:
  Lock* lock_;
};

}  // namespace internal

class Lock {
 public:
  Lock() = default;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  bool locked() const { return locked_; }
  LockStatistics statistics() const { return {locked_, waiters_.size()}; }

  // Waits until the lock is free and takes it.
  // Cancellation: the lock is not taken; a wake-up that was on its way goes to
  // the next waiter. Throws: CancelledError; RuntimeError if it must wait and
  // tasks of another loop have waited for this lock.
  internal::PrimitiveAwaitable<internal::LockAwaiter, Lock> Acquire() {
    return internal::PrimitiveAwaitable<internal::LockAwaiter, Lock>(this);
  }
  // The same; the guard releases it.
  auto Scoped() {
    using Awaiter = internal::GuardAwaiter<internal::LockAwaiter, Lock>;
    return internal::PrimitiveAwaitable<Awaiter, Lock>(this);
  }

  // Wakes the first waiter. Throws: RuntimeError if it is not locked.
  void Release();

 private:
  friend class internal::LockAwaiter;

  // Only the first: if it is done, somebody is on the way to the lock already.
  void WakeFirst() {
    if (!waiters_.FirstIsDone()) waiters_.WakeNext();
  }

  bool locked_ = false;
  internal::WaiterList waiters_{"a lock"};
};

namespace internal {

inline bool LockAwaiter::await_ready() {
  if (!lock_->locked_ && !lock_->waiters_.HasLive()) {
    lock_->locked_ = true;
    return true;
  }
  Enter(lock_->waiters_);
  return false;
}

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_LOCK_H_
