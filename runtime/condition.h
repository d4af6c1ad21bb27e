// Condition: waits, without a lock held, for others to change what it guards.
//
//   rondo::Condition changed;
//   ...
//   rondo::LockGuard guard = co_await changed.Scoped();
//   co_await changed.WaitFor([&] { return !items.empty(); });
//
// A wait may end without a notification that was meant for it: look at the
// state again, or use WaitFor. A condition must outlive its waiters.
//
// Thread-safety: the loop's thread only.
// Source: asyncio.Condition.
#ifndef RONDO_RUNTIME_CONDITION_H_
#define RONDO_RUNTIME_CONDITION_H_

#include <cstddef>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/waiters.h"

namespace rondo {

class Condition;

struct ConditionStatistics {
  // Those who wait for a notification; not those who have it and wait for the
  // lock.
  std::size_t tasks_waiting = 0;
  LockStatistics lock_statistics;
};

namespace internal {

template <class P>
using PredicateResult = std::decay_t<std::invoke_result_t<P&>>;

// Makes a coroutine only if the predicate is not true at once.
template <class P>
class PredicateAwaiter : public CoroAwaiter<PredicateResult<P>> {
 public:
  using Result = PredicateResult<P>;

  PredicateAwaiter(Condition* condition, P predicate,
                   std::source_location where)
      : CoroAwaiter<Result>(nullptr, where),
        condition_(condition),
        predicate_(std::move(predicate)) {}

  bool await_ready();
  Result await_resume() {
    if (result_.has_value()) return *std::move(result_);
    return CoroAwaiter<Result>::await_resume();
  }

 private:
  Condition* condition_;
  P predicate_;
  std::optional<Result> result_;
};

template <class P>
class [[nodiscard]] PredicateAwaitable {
 public:
  PredicateAwaitable(Condition* condition, P predicate)
      : condition_(condition), predicate_(std::move(predicate)) {}
  PredicateAwaiter<P> Await(std::source_location where) && {
    return PredicateAwaiter<P>(condition_, std::move(predicate_), where);
  }

 private:
  Condition* condition_;
  P predicate_;
};

}  // namespace internal

class Condition {
 public:
  // With a lock of its own.
  Condition() : Condition("a condition") {}
  // With a lock that outlives it. Throws: ValueError if it is null.
  explicit Condition(Lock* lock);
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  // ---- The lock's.
  bool locked() const { return lock_->locked(); }
  auto Acquire() { return lock_->Acquire(); }
  auto Scoped() { return lock_->Scoped(); }
  void Release() { lock_->Release(); }

  ConditionStatistics statistics() const {
    return {waiters_.size(), lock_->statistics()};
  }

  // Releases the lock, waits to be notified, and takes the lock again.
  // Cancellation: takes the lock again before it throws, however often it is
  // cancelled meanwhile; another waiter is notified in its place. Throws: the
  // last CancelledError; RuntimeError if nobody holds the lock, or tasks of
  // another loop have waited for this condition.
  Coro<> Wait();

  // Waits until `predicate()` is true, looking now and whenever notified;
  // returns its value, which converts to bool. Does not suspend, and needs no
  // lock, if it is true at once. Otherwise as Wait.
  template <class P>
  internal::PredicateAwaitable<P> WaitFor(P predicate) {
    return internal::PredicateAwaitable<P>(this, std::move(predicate));
  }

  // Wakes the first `n` that wait, or all. They contend for the lock in that
  // order. Throws: RuntimeError if nobody holds the lock.
  void Notify(std::size_t n = 1);
  void NotifyAll();

 protected:
  // For what is made of a condition: its name in reports.
  explicit Condition(const char* what) : lock_(&own_), waiters_(what) {}

 private:
  Lock own_;
  Lock* lock_;
  internal::WaiterList waiters_;
};

namespace internal {

template <class P>
Coro<PredicateResult<P>> WaitUntil(Condition* condition, P predicate) {
  for (;;) {
    co_await condition->Wait();
    PredicateResult<P> result = predicate();
    if (result) co_return result;
  }
}

template <class P>
bool PredicateAwaiter<P>::await_ready() {
  result_.emplace(predicate_());
  if (*result_) return true;
  result_.reset();
  this->child = WaitUntil(condition_, std::move(predicate_)).Release();
  return false;
}

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_CONDITION_H_
