// Lock: mutual exclusion among the tasks of one loop, first come first served.
//
//   rondo::Lock lock;
//   ...
//   rondo::LockGuard guard = co_await lock.Scoped();   // Until `guard` dies.
//
// Taking a free lock does not suspend. A free lock with live waiters is not
// taken by a newcomer. A lock must outlive its waiters.
//
// Thread-safety: the loop's thread only.
// Source: asyncio.Lock.
#ifndef RONDO_RUNTIME_LOCK_H_
#define RONDO_RUNTIME_LOCK_H_

#include <deque>
#include <source_location>
#include <utility>

#include "rondo/runtime/future.h"

namespace rondo {

class Lock;

// Releases a lock when it dies.
class [[nodiscard]] LockGuard {
 public:
  LockGuard() = default;
  explicit LockGuard(Lock* lock) : lock_(lock) {}
  LockGuard(LockGuard&& other) noexcept
      : lock_(std::exchange(other.lock_, nullptr)) {}
  LockGuard& operator=(LockGuard&& other) noexcept {
    std::swap(lock_, other.lock_);
    return *this;
  }
  ~LockGuard();

 private:
  Lock* lock_ = nullptr;
};

namespace internal {

class LockAwaiter : public FutureAwaiterBase {
 public:
  LockAwaiter(Lock* lock, std::source_location where)
      : FutureAwaiterBase(FutureRef<FutureCore>(), where), lock_(lock) {}
  ~LockAwaiter();

  bool await_ready();
  void await_resume();

 protected:
  Lock* lock_;
};

class LockGuardAwaiter : public LockAwaiter {
 public:
  using LockAwaiter::LockAwaiter;
  LockGuard await_resume() {
    LockAwaiter::await_resume();
    return LockGuard(lock_);
  }
};

template <class A>
class [[nodiscard]] LockAwaitable {
 public:
  explicit LockAwaitable(Lock* lock) : lock_(lock) {}
  A Await(std::source_location where) const { return A(lock_, where); }

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

  // Waits until the lock is free and takes it.
  // Cancellation: the lock is not taken; a wake-up that was on its way goes to
  // the next waiter. Throws: CancelledError.
  internal::LockAwaitable<internal::LockAwaiter> Acquire() {
    return internal::LockAwaitable<internal::LockAwaiter>(this);
  }
  // The same; the guard releases it.
  internal::LockAwaitable<internal::LockGuardAwaiter> Scoped() {
    return internal::LockAwaitable<internal::LockGuardAwaiter>(this);
  }

  // Wakes the first waiter. Throws: RuntimeError if it is not locked.
  void Release();

 private:
  friend class internal::LockAwaiter;

  bool TryAcquire();
  void Forget(internal::FutureCore* waiter);
  void WakeFirst();

  bool locked_ = false;
  std::deque<Future<>> waiters_;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_LOCK_H_
