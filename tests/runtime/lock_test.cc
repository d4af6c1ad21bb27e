#include "rondo/runtime/lock.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

Coro<> Hold(Lock* lock, std::vector<int>* order, int number) {
  const LockGuard guard = co_await lock->Scoped();
  EXPECT_TRUE(lock->locked());
  order->push_back(number);
  co_await Sleep(1s);
}

TEST(LockTest, ServesFirstComeFirst) {
  VirtualLoop world;
  std::vector<int> order;
  world.Run([&]() -> Coro<> {
    Lock lock;
    std::vector<Task<>> tasks;
    for (int i = 0; i < 4; ++i) {
      tasks.push_back(CreateTask(Hold(&lock, &order, i)));
    }
    co_await Gather(tasks);
    EXPECT_FALSE(lock.locked());
  });
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(world.now(), 4s);
}

TEST(LockTest, AFreeLockIsTakenWithoutATurn) {
  VirtualLoop world;
  bool other = false;
  world.Run([&]() -> Coro<> {
    Lock lock;
    RunningLoop().CallSoon([&] { other = true; });
    co_await lock.Acquire();
    lock.Release();
    co_await lock.Acquire();
    EXPECT_FALSE(other);
    lock.Release();
    EXPECT_THROW(lock.Release(), RuntimeError);
  });
}

TEST(LockTest, ANewcomerDoesNotOvertakeAWaiter) {
  VirtualLoop world;
  std::vector<int> order;
  world.Run([&]() -> Coro<> {
    Lock lock;
    co_await lock.Acquire();
    const Task<> waiter = CreateTask(Hold(&lock, &order, 1));
    co_await Yield();
    lock.Release();
    co_await Hold(&lock, &order, 2);  // The lock is free, but spoken for.
    co_await waiter;
  });
  EXPECT_THAT(order, ElementsAre(1, 2));
}

// The wake-up was on its way to a task that is cancelled: the next one gets it.
TEST(LockTest, ACancelledWakeUpGoesToTheNextWaiter) {
  VirtualLoop world;
  std::vector<int> order;
  world.Run([&]() -> Coro<> {
    Lock lock;
    co_await lock.Acquire();
    Task<> first = CreateTask(Hold(&lock, &order, 1));
    const Task<> second = CreateTask(Hold(&lock, &order, 2));
    co_await Yield();
    lock.Release();
    first.Cancel();
    co_await second;
    EXPECT_TRUE(first.cancelled());
    EXPECT_FALSE(lock.locked());
  });
  EXPECT_THAT(order, ElementsAre(2));
}

TEST(LockTest, CancelledWaitersDoNotKeepOthersOut) {
  VirtualLoop world;
  std::vector<int> order;
  world.Run([&]() -> Coro<> {
    Lock lock;
    co_await lock.Acquire();
    std::vector<Task<>> waiters;
    for (int i = 0; i < 3; ++i) {
      waiters.push_back(CreateTask(Hold(&lock, &order, i)));
    }
    co_await Yield();
    for (Task<>& waiter : waiters) waiter.Cancel();
    lock.Release();
    co_await lock.Acquire();  // At once: nobody live waits.
    lock.Release();
    co_await Sleep(1ms);
    EXPECT_FALSE(lock.locked());
  });
  EXPECT_TRUE(order.empty());
}

TEST(LockTest, AnExceptionReleasesIt) {
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    Lock lock;
    const Outcome<> outcome = co_await AsOutcome([](Lock* l) -> Coro<> {
      const LockGuard guard = co_await l->Scoped();
      throw ValueError("inside");
    }(&lock));
    EXPECT_FALSE(outcome.ok());
    EXPECT_FALSE(lock.locked());
  });
}

TEST(LockTest, AGuardMayReleaseEarly) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Lock lock;
    {
      LockGuard guard = co_await lock.Scoped();
      EXPECT_TRUE(guard);
      guard.Release();
      EXPECT_FALSE(guard);
      EXPECT_FALSE(lock.locked());
      guard.Release();  // It holds nothing.
      co_await lock.Acquire();
    }
    EXPECT_TRUE(lock.locked());  // The second time was without a guard.
  });
}

TEST(LockTest, AGuardCanBeHandedOn) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Lock lock;
    LockGuard outer;
    {
      LockGuard inner = co_await lock.Scoped();
      outer = std::move(inner);
    }
    EXPECT_TRUE(lock.locked());
    outer = LockGuard();
    EXPECT_FALSE(lock.locked());
  });
}

TEST(LockTest, StatisticsCountThoseOnTheWay) {
  VirtualLoop world;
  std::vector<int> order;
  world.Run([&]() -> Coro<> {
    Lock lock;
    co_await lock.Acquire();
    const Task<> first = CreateTask(Hold(&lock, &order, 1));
    const Task<> second = CreateTask(Hold(&lock, &order, 2));
    co_await Yield();
    EXPECT_TRUE(lock.statistics().locked);
    EXPECT_EQ(lock.statistics().tasks_waiting, 2u);
    lock.Release();
    EXPECT_FALSE(lock.statistics().locked);
    EXPECT_EQ(lock.statistics().tasks_waiting, 2u);
    co_await Yield();
    EXPECT_TRUE(lock.statistics().locked);
    EXPECT_EQ(lock.statistics().tasks_waiting, 1u);
    co_await second;
  });
}

}  // namespace
}  // namespace rondo
