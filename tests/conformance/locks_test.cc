// CPython 3.13's test_locks.py: LockTests. The rest of it is in event_test.cc,
// condition_test.cc, semaphore_test.cc and barrier_test.cc.
#include <chrono>
#include <optional>
#include <type_traits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/condition.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/semaphore.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/briefly.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

TEST(LockTests, test_lock) {
  static_assert(!CanAwait<Lock>);
  const Lock lock;
  EXPECT_FALSE(lock.locked());
}

TEST(LockTests, test_lock_doesnt_accept_loop_parameter) {
  static_assert(!std::is_constructible_v<Lock, EventLoop&>);
  static_assert(!std::is_constructible_v<Condition, EventLoop&>);
  static_assert(!std::is_constructible_v<Event, EventLoop&>);
  static_assert(!std::is_constructible_v<Semaphore, EventLoop&>);
  static_assert(!std::is_constructible_v<BoundedSemaphore, EventLoop&>);
}

TEST(LockTests, test_lock_by_with_statement) {
  static_assert(!CanAwait<Lock>);
  static_assert(!CanAwait<Condition>);
  static_assert(!CanAwait<Semaphore>);
  static_assert(!CanAwait<BoundedSemaphore>);
  RunTest([]() -> Coro<> {
    const Lock lock;
    const Condition condition;
    const Semaphore semaphore;
    const BoundedSemaphore bounded;
    co_await Sleep(10ms);
    EXPECT_FALSE(lock.locked());
    EXPECT_FALSE(condition.locked());
    EXPECT_FALSE(semaphore.locked());
    EXPECT_FALSE(bounded.locked());
  });
}

Coro<bool> AcquireAndNote(Lock& lock, std::vector<int>& result, int number) {
  co_await lock.Acquire();
  result.push_back(number);
  co_return true;
}

TEST(LockTests, test_acquire) {
  RunTest([]() -> Coro<> {
    Lock lock;
    std::vector<int> result;
    co_await lock.Acquire();
    const Task<bool> t1 = CreateTask(AcquireAndNote(lock, result, 1));
    const Task<bool> t2 = CreateTask(AcquireAndNote(lock, result, 2));
    co_await Yield();
    EXPECT_THAT(result, IsEmpty());

    lock.Release();
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1));
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1));

    const Task<bool> t3 = CreateTask(AcquireAndNote(lock, result, 3));
    lock.Release();
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1, 2));
    lock.Release();
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1, 2, 3));

    for (const Task<bool>& task : {t1, t2, t3}) {
      EXPECT_TRUE(task.done());
      EXPECT_TRUE(task.result());
    }
  });
}

TEST(LockTests, test_acquire_cancel) {
  RunTest([]() -> Coro<> {
    Lock lock;
    co_await lock.Acquire();
    Task<> task = CreateTask(AsCoro(lock.Acquire()));
    RunningLoop().CallSoon([&task] { task.Cancel(); });
    EXPECT_THROW(co_await task, CancelledError);
    EXPECT_EQ(lock.statistics().tasks_waiting, 0u);
  });
}

Coro<> LockIt(Lock& lock, std::optional<Future<>> blocker) {
  const LockGuard guard = co_await lock.Scoped();
  if (blocker.has_value()) co_await *blocker;
}

// A has the lock; B and C wait. B is cancelled and A releases: C's turn.
TEST(LockTests, test_cancel_race) {
  RunTest([]() -> Coro<> {
    Lock lock;
    Future<> fa = CreateFuture();
    const Task<> ta = CreateTask(LockIt(lock, fa));
    co_await Yield();
    EXPECT_TRUE(lock.locked());
    Task<> tb = CreateTask(LockIt(lock, std::nullopt));
    co_await Yield();
    EXPECT_EQ(lock.statistics().tasks_waiting, 1u);
    const Task<> tc = CreateTask(LockIt(lock, std::nullopt));
    co_await Yield();
    EXPECT_EQ(lock.statistics().tasks_waiting, 2u);

    fa.SetResult();
    tb.Cancel();
    co_await Yield();
    EXPECT_FALSE(lock.locked());
    EXPECT_TRUE(ta.done());
    EXPECT_TRUE(tb.cancelled());
    co_await tc;
  });
}

// Issue 32734: of the waiters, the first is cancelled and the lock released in
// one step; the lock is taken once.
TEST(LockTests, test_cancel_release_race) {
  RunTest([]() -> Coro<> {
    Lock lock;
    int lock_count = 0;
    int call_count = 0;
    const auto lockit = [&]() -> Coro<> {
      ++call_count;
      co_await lock.Acquire();
      ++lock_count;
    };
    co_await lock.Acquire();
    Task<> t1 = CreateTask(lockit());
    const Task<> t2 = CreateTask(lockit());
    Task<> t3 = CreateTask(lockit());
    co_await Yield();

    RunningLoop().CallSoon([&] {
      t1.Cancel();
      lock.Release();
    });
    EXPECT_THROW(co_await t1, CancelledError);
    EXPECT_EQ(lock_count, 1);
    EXPECT_EQ(call_count, 3);
    EXPECT_TRUE(t1.cancelled());
    EXPECT_TRUE(t2.done());

    t3.Cancel();
    co_await Yield();
    EXPECT_TRUE(t3.cancelled());
  });
}

TEST(LockTests, test_finished_waiter_cancelled) {
  RunTest([]() -> Coro<> {
    Lock lock;
    co_await lock.Acquire();
    EXPECT_TRUE(lock.locked());
    Task<> tb = CreateTask(AsCoro(lock.Acquire()));
    co_await Yield();
    EXPECT_EQ(lock.statistics().tasks_waiting, 1u);

    // A second waiter; the first is woken and cancelled.
    const Task<> tc = CreateTask(AsCoro(lock.Acquire()));
    tb.Cancel();
    lock.Release();
    co_await Yield();
    EXPECT_TRUE(lock.locked());
    EXPECT_TRUE(tb.cancelled());
    co_await tc;
  });
}

TEST(LockTests, test_release_not_acquired) {
  Lock lock;
  EXPECT_THROW(lock.Release(), RuntimeError);
}

TEST(LockTests, test_release_no_waiters) {
  RunTest([]() -> Coro<> {
    Lock lock;
    co_await lock.Acquire();
    EXPECT_TRUE(lock.locked());
    lock.Release();
    EXPECT_FALSE(lock.locked());
  });
}

TEST(LockTests, test_context_manager) {
  RunTest([]() -> Coro<> {
    Lock lock;
    EXPECT_FALSE(lock.locked());
    {
      const LockGuard guard = co_await lock.Scoped();
      EXPECT_TRUE(lock.locked());
    }
    EXPECT_FALSE(lock.locked());
  });
}

}  // namespace
}  // namespace rondo::conformance
