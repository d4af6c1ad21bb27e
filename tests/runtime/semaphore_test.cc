#include "rondo/runtime/semaphore.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;

Coro<> AcquireAndNote(Semaphore* semaphore, std::vector<int>* order,
                      int number) {
  co_await semaphore->Acquire();
  order->push_back(number);
}

// A permit that is on its way belongs to whom it was handed: bpo-45997.
TEST(SemaphoreTest, ANewcomerDoesNotTakeWhatWasHandedToAWaiter) {
  VirtualLoop world;
  std::vector<int> order;
  world.Run([&]() -> Coro<> {
    Semaphore semaphore(0);
    const Task<> first = CreateTask(AcquireAndNote(&semaphore, &order, 1));
    const Task<> second = CreateTask(AcquireAndNote(&semaphore, &order, 2));
    co_await Yield();
    semaphore.Release();
    EXPECT_EQ(semaphore.statistics().value, 0);
    EXPECT_EQ(semaphore.statistics().tasks_waiting, 2u);
    const Task<> newcomer = CreateTask(AcquireAndNote(&semaphore, &order, 3));
    co_await Yield();
    semaphore.Release();
    semaphore.Release();
    co_await Gather(first, second, newcomer);
  });
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

// With nobody behind it the permit is free again: gh-90155.
TEST(SemaphoreTest, ACancelledWakeUpGivesThePermitBack) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Semaphore semaphore(0);
    Task<> waiter = CreateTask(AsCoro(semaphore.Acquire()));
    co_await Yield();
    semaphore.Release();
    waiter.Cancel();
    EXPECT_TRUE(semaphore.locked());
    co_await Yield();
    EXPECT_TRUE(waiter.cancelled());
    EXPECT_EQ(semaphore.statistics().value, 1);
    EXPECT_FALSE(semaphore.locked());
    co_await semaphore.Acquire();
  });
}

TEST(SemaphoreTest, CancelledWaitersDoNotKeepOthersOut) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Semaphore semaphore(0);
    Task<> waiter = CreateTask(AsCoro(semaphore.Acquire()));
    co_await Yield();
    waiter.Cancel();
    semaphore.Release();
    EXPECT_FALSE(semaphore.locked());
    co_await semaphore.Acquire();  // At once.
    EXPECT_FALSE(waiter.done());
    co_await Yield();
  });
}

TEST(SemaphoreTest, ABoundedOneKeepsItsBoundWhilePermitsAreHandedOver) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    BoundedSemaphore semaphore(1);
    co_await semaphore.Acquire();
    const Task<> waiter = CreateTask(AsCoro(semaphore.Acquire()));
    co_await Yield();
    semaphore.Release();
    co_await waiter;
    semaphore.Release();
    EXPECT_EQ(semaphore.statistics().value, 1);
    EXPECT_THROW(semaphore.Release(), ValueError);
    EXPECT_EQ(semaphore.statistics().value, 1);
  });
}

// Each wake-up looks at its waiter only: a minute's work if it looked at all.
TEST(SemaphoreTest, HandsOutManyPermitsInOneStep) {
  constexpr int kTasks = 100'000;
  VirtualLoop world;
  std::vector<int> order;
  world.Run([&]() -> Coro<> {
    Semaphore semaphore(0);
    std::vector<Task<>> tasks;
    for (int i = 0; i < kTasks; ++i) {
      tasks.push_back(CreateTask(AcquireAndNote(&semaphore, &order, i)));
    }
    co_await Yield();
    for (int i = 0; i < kTasks; ++i) semaphore.Release();
    co_await Gather(tasks);
    EXPECT_EQ(semaphore.statistics().value, 0);
  });
  ASSERT_EQ(order.size(), kTasks + 0u);
  for (int i = 0; i < kTasks; ++i) ASSERT_EQ(order[i], i);
}

}  // namespace
}  // namespace rondo
