#include "rondo/runtime/condition.h"

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;

Coro<> LockAndWait(Condition* condition) {
  const LockGuard guard = co_await condition->Scoped();
  co_await condition->Wait();
}

TEST(ConditionTest, OfANullLockIsAnError) {
  EXPECT_THROW(Condition(static_cast<Lock*>(nullptr)), ValueError);
}

// It takes the lock first, however often it is cancelled.
TEST(ConditionTest, ThrowsTheLastOfSeveralCancellations) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Condition condition;
    Task<> waiter = CreateTask(LockAndWait(&condition));
    co_await Yield();
    co_await condition.Acquire();
    for (const char* message : {"first", "second", "third"}) {
      waiter.Cancel(message);
      co_await Yield();
      EXPECT_FALSE(waiter.done());
    }
    condition.Release();
    try {
      co_await waiter;
      ADD_FAILURE() << "it was cancelled";
    } catch (const CancelledError& error) {
      EXPECT_EQ(error.message(), "third");
    }
    EXPECT_FALSE(condition.locked());
  });
}

// Each contends for the same lock when it is notified.
TEST(ConditionTest, TwoMayShareALock) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Lock lock;
    Condition odd(&lock);
    Condition even(&lock);
    std::vector<int> order;
    const auto wait = [&](int number) -> Coro<> {
      const LockGuard guard = co_await lock.Scoped();
      Condition& mine = number % 2 == 0 ? even : odd;
      co_await mine.Wait();
      order.push_back(number);
    };
    std::vector<Task<>> tasks;
    for (int i = 0; i < 4; ++i) tasks.push_back(CreateTask(wait(i)));
    co_await Yield();
    {
      const LockGuard guard = co_await lock.Scoped();
      odd.NotifyAll();
    }
    for (int turn = 0; turn < 3; ++turn) co_await Yield();
    EXPECT_THAT(order, ElementsAre(1, 3));
    EXPECT_EQ(even.statistics().tasks_waiting, 2u);
    {
      const LockGuard guard = co_await lock.Scoped();
      even.NotifyAll();
    }
    for (int turn = 0; turn < 3; ++turn) co_await Yield();
    EXPECT_THAT(order, ElementsAre(1, 3, 0, 2));
  });
}

TEST(ConditionTest, WaitForReturnsWhatThePredicateDoes) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Condition condition;
    std::optional<std::string> box;
    const auto get = [&]() -> Coro<std::string> {
      const LockGuard guard = co_await condition.Scoped();
      const auto look = [&box] { return box; };
      const std::optional<std::string> found = co_await condition.WaitFor(look);
      co_return *found;
    };
    const Task<std::string> getter = CreateTask(get());
    co_await Yield();
    {
      const LockGuard guard = co_await condition.Scoped();
      box = "text";
      condition.Notify();
    }
    EXPECT_EQ(co_await getter, "text");
  });
}

TEST(ConditionTest, APredicateMayThrow) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Condition condition;
    bool fails = false;
    const auto wait = [&]() -> Coro<> {
      const LockGuard guard = co_await condition.Scoped();
      const auto look = [&fails] {
        if (fails) throw ValueError("looked");
        return false;
      };
      co_await condition.WaitFor(look);
    };
    const Task<> waiter = CreateTask(wait());
    co_await Yield();
    {
      const LockGuard guard = co_await condition.Scoped();
      fails = true;
      condition.Notify();
    }
    EXPECT_THROW(co_await waiter, ValueError);
    EXPECT_FALSE(condition.locked());
  });
}

TEST(ConditionTest, StatisticsTellTheNotifiedFromTheOthers) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Condition condition;
    const Task<> first = CreateTask(LockAndWait(&condition));
    const Task<> second = CreateTask(LockAndWait(&condition));
    co_await Yield();
    EXPECT_EQ(condition.statistics().tasks_waiting, 2u);
    EXPECT_FALSE(condition.statistics().lock_statistics.locked);
    {
      const LockGuard guard = co_await condition.Scoped();
      condition.Notify();
      co_await Yield();
      EXPECT_EQ(condition.statistics().tasks_waiting, 1u);
      EXPECT_TRUE(condition.statistics().lock_statistics.locked);
      EXPECT_EQ(condition.statistics().lock_statistics.tasks_waiting, 1u);
      condition.Notify();
    }
    co_await first;
    co_await second;
  });
}

}  // namespace
}  // namespace rondo
