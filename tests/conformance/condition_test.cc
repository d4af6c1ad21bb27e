// CPython 3.13's test_locks.py: ConditionTests.
#include "rondo/runtime/condition.h"

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

// Keeps the lock.
Coro<bool> WaitAndKeep(Condition& condition, std::vector<int>& result,
                       int number) {
  co_await condition.Acquire();
  co_await condition.Wait();
  result.push_back(number);
  co_return true;
}

Coro<bool> WaitAndRelease(Condition& condition, std::vector<int>& result,
                          int number) {
  co_await WaitAndKeep(condition, result, number);
  condition.Release();
  co_return true;
}

void ExpectAllTrue(const std::vector<Task<bool>>& tasks) {
  for (const Task<bool>& task : tasks) {
    EXPECT_TRUE(task.done());
    EXPECT_TRUE(task.result());
  }
}

TEST(ConditionTests, test_wait) {
  RunTest([]() -> Coro<> {
    Condition condition;
    std::vector<int> result;
    std::vector<Task<bool>> tasks;
    for (const int number : {1, 2, 3}) {
      tasks.push_back(CreateTask(WaitAndKeep(condition, result, number)));
    }
    co_await Yield();
    EXPECT_THAT(result, IsEmpty());
    EXPECT_FALSE(condition.locked());

    co_await condition.Acquire();
    condition.Notify();
    co_await Yield();
    EXPECT_THAT(result, IsEmpty());
    EXPECT_TRUE(condition.locked());

    condition.Release();
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1));
    EXPECT_TRUE(condition.locked());

    condition.Notify(2);
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1));
    EXPECT_TRUE(condition.locked());

    condition.Release();
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1, 2));
    EXPECT_TRUE(condition.locked());

    condition.Release();
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1, 2, 3));
    EXPECT_TRUE(condition.locked());
    ExpectAllTrue(tasks);
  });
}

TEST(ConditionTests, test_wait_cancel) {
  RunTest([]() -> Coro<> {
    Condition condition;
    co_await condition.Acquire();
    Task<> wait = CreateTask(condition.Wait());
    RunningLoop().CallSoon([&wait] { wait.Cancel(); });
    EXPECT_THROW(co_await wait, CancelledError);
    EXPECT_EQ(condition.statistics().tasks_waiting, 0u);
    EXPECT_TRUE(condition.locked());
  });
}

TEST(ConditionTests, test_wait_cancel_contested) {
  RunTest([]() -> Coro<> {
    Condition condition;
    co_await condition.Acquire();
    EXPECT_TRUE(condition.locked());
    Task<> wait = CreateTask(condition.Wait());
    co_await Yield();
    EXPECT_FALSE(condition.locked());

    // Notified, but the lock is contested before it is cancelled.
    co_await condition.Acquire();
    EXPECT_TRUE(condition.locked());
    condition.Notify();
    RunningLoop().CallSoon([&wait] { wait.Cancel(); });
    RunningLoop().CallSoon([&condition] { condition.Release(); });
    EXPECT_THROW(co_await wait, CancelledError);
    EXPECT_TRUE(condition.locked());
  });
}

// See bpo-32841.
TEST(ConditionTests, test_wait_cancel_after_notify) {
  RunTest([]() -> Coro<> {
    Condition condition;
    bool waited = false;
    const auto wait_on_condition = [&]() -> Coro<> {
      const LockGuard guard = co_await condition.Scoped();
      waited = true;
      co_await condition.Wait();
    };
    Task<> waiter = CreateTask(wait_on_condition());
    co_await Yield();  // It begins to wait.
    co_await condition.Acquire();
    condition.Notify();
    co_await Yield();  // It begins to acquire.
    waiter.Cancel();
    co_await Yield();  // It is cancelled, and begins again.
    condition.Release();
    co_await Yield();  // It has the lock, and throws.
    EXPECT_TRUE(waiter.cancelled());
    EXPECT_TRUE(waited);
  });
}

TEST(ConditionTests, test_wait_unacquired) {
  RunTest([]() -> Coro<> {
    Condition condition;
    EXPECT_THROW(co_await condition.Wait(), RuntimeError);
  });
}

TEST(ConditionTests, test_wait_for) {
  RunTest([]() -> Coro<> {
    Condition condition;
    bool value = false;
    std::vector<int> result;
    const auto c1 = [&]() -> Coro<bool> {
      co_await condition.Acquire();
      const auto predicate = [&value] { return value; };
      if (co_await condition.WaitFor(predicate)) {
        result.push_back(1);
        condition.Release();
      }
      co_return true;
    };
    const Task<bool> task = CreateTask(c1());
    co_await Yield();
    EXPECT_THAT(result, IsEmpty());

    co_await condition.Acquire();
    condition.Notify();
    condition.Release();
    co_await Yield();
    EXPECT_THAT(result, IsEmpty());

    value = true;
    co_await condition.Acquire();
    condition.Notify();
    condition.Release();
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1));
    ExpectAllTrue({task});
  });
}

TEST(ConditionTests, test_wait_for_unacquired) {
  RunTest([]() -> Coro<> {
    Condition condition;
    // A predicate that is true at once needs no lock.
    const auto three = [] { return std::optional<int>(3); };
    const std::optional<int> result = co_await condition.WaitFor(three);
    EXPECT_EQ(result, 3);
    const auto never = [] { return false; };
    EXPECT_THROW(co_await condition.WaitFor(never), RuntimeError);
  });
}

TEST(ConditionTests, test_notify) {
  RunTest([]() -> Coro<> {
    Condition condition;
    std::vector<int> result;
    std::vector<Task<bool>> tasks;
    for (const int number : {1, 2, 3}) {
      tasks.push_back(CreateTask(WaitAndRelease(condition, result, number)));
    }
    co_await Yield();
    EXPECT_THAT(result, IsEmpty());

    co_await condition.Acquire();
    condition.Notify(1);
    condition.Release();
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1));

    co_await condition.Acquire();
    condition.Notify(1);
    condition.Notify(2048);
    condition.Release();
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1, 2, 3));
    ExpectAllTrue(tasks);
  });
}

TEST(ConditionTests, test_notify_all) {
  RunTest([]() -> Coro<> {
    Condition condition;
    std::vector<int> result;
    std::vector<Task<bool>> tasks;
    for (const int number : {1, 2}) {
      tasks.push_back(CreateTask(WaitAndRelease(condition, result, number)));
    }
    co_await Yield();
    EXPECT_THAT(result, IsEmpty());

    co_await condition.Acquire();
    condition.NotifyAll();
    condition.Release();
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1, 2));
    ExpectAllTrue(tasks);
  });
}

TEST(ConditionTests, test_notify_unacquired) {
  Condition condition;
  EXPECT_THROW(condition.Notify(), RuntimeError);
}

TEST(ConditionTests, test_notify_all_unacquired) {
  Condition condition;
  EXPECT_THROW(condition.NotifyAll(), RuntimeError);
}

TEST(ConditionTests, test_context_manager) {
  RunTest([]() -> Coro<> {
    Condition condition;
    EXPECT_FALSE(condition.locked());
    {
      const LockGuard guard = co_await condition.Scoped();
      EXPECT_TRUE(condition.locked());
    }
    EXPECT_FALSE(condition.locked());
  });
}

TEST(ConditionTests, test_explicit_lock) {
  RunTest([]() -> Coro<> {
    Lock lock;
    Condition condition(&lock);
    EXPECT_FALSE(lock.locked());
    EXPECT_FALSE(condition.locked());
    {
      const LockGuard guard = co_await condition.Scoped();
      EXPECT_TRUE(lock.locked());
      EXPECT_TRUE(condition.locked());
    }
    EXPECT_FALSE(lock.locked());
    EXPECT_FALSE(condition.locked());
    {
      const LockGuard guard = co_await lock.Scoped();
      EXPECT_TRUE(lock.locked());
      EXPECT_TRUE(condition.locked());
    }
    EXPECT_FALSE(lock.locked());
    EXPECT_FALSE(condition.locked());
  });
}

// Begins to wait in another loop, and is cancelled there.
void WaitElsewhere(Coro<> waits) {
  VirtualLoop other;
  Task<> waiter = other.loop().CreateTask(std::move(waits));
  RunBriefly(other.loop());
  waiter.Cancel();
  RunBriefly(other.loop());
  EXPECT_TRUE(waiter.cancelled());
}

TEST(ConditionTests, test_ambiguous_loops) {
  Lock lock;
  Condition condition(&lock);
  RunTest([&]() -> Coro<> { co_await lock.Acquire(); });
  WaitElsewhere(AsCoro(lock.Acquire()));
  RunTest([&]() -> Coro<> {
    EXPECT_THROW(co_await condition.Acquire(), RuntimeError);
  });
  WaitElsewhere(condition.Wait());
  RunTest([&]() -> Coro<> {
    EXPECT_TRUE(lock.locked());
    EXPECT_THROW(co_await condition.Wait(), RuntimeError);
    EXPECT_TRUE(lock.locked());
  });
}

TEST(ConditionTests, test_timeout_in_block) {
  RunTest([]() -> Coro<> {
    Condition condition;
    const LockGuard guard = co_await condition.Scoped();
    EXPECT_THROW(co_await WaitFor(condition.Wait(), 500ms), TimeoutError);
  });
}

}  // namespace
}  // namespace rondo::conformance
