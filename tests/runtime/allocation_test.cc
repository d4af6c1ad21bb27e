// What need not wait costs no memory: neither the program's nor a pool's.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "rondo/runtime/condition.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/queue.h"
#include "rondo/runtime/semaphore.h"
#include "rondo/tests/runtime/virtual_loop.h"
#include "rondo/tests/support/counting_heap.h"

namespace rondo {
namespace {

constexpr int kTimes = 1000;

// What the loop's pool and the program have allocated together.
std::uint64_t Allocated() {
  return RunningLoop().core()->pool->allocated() + heap_allocations;
}

// Awaits what `operation` returns many times: it must neither allocate nor
// suspend.
template <class F>
void ExpectFree(F operation) {
  VirtualLoop world;
  bool suspended = false;
  world.Run([&]() -> Coro<> {
    co_await operation();  // A queue makes room for its items.
    RunningLoop().CallSoon([&suspended] { suspended = true; });
    const std::uint64_t before = Allocated();
    for (int i = 0; i < kTimes; ++i) co_await operation();
    EXPECT_EQ(Allocated(), before);
    EXPECT_FALSE(suspended);
  });
}

TEST(AllocationTest, TheCountersCount) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const std::uint64_t before = Allocated();
    const auto nothing = []() -> Coro<> { co_return; };
    co_await nothing();
    EXPECT_EQ(Allocated(), before + 1);  // A frame.
    const std::string text(1000, 'x');
    EXPECT_EQ(Allocated(), before + 2);
  });
}

TEST(AllocationTest, AFreeLock) {
  Lock lock;
  ExpectFree([&] {
    if (lock.locked()) lock.Release();
    return lock.Acquire();
  });
}

TEST(AllocationTest, AFreeLockWithAGuard) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Lock lock;
    const std::uint64_t before = Allocated();
    for (int i = 0; i < kTimes; ++i) {
      const LockGuard guard = co_await lock.Scoped();
    }
    EXPECT_EQ(Allocated(), before);
  });
}

TEST(AllocationTest, ASemaphoreWithPermits) {
  Semaphore semaphore(kTimes + 1);
  ExpectFree([&] { return semaphore.Acquire(); });
  EXPECT_TRUE(semaphore.locked());
}

TEST(AllocationTest, ASemaphoreWithAGuard) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    BoundedSemaphore semaphore(1);
    const std::uint64_t before = Allocated();
    for (int i = 0; i < kTimes; ++i) {
      const SemaphoreGuard guard = co_await semaphore.Scoped();
    }
    EXPECT_EQ(Allocated(), before);
  });
}

TEST(AllocationTest, AnEventThatIsSet) {
  Event event;
  event.Set();
  ExpectFree([&] { return event.Wait(); });
}

TEST(AllocationTest, AConditionWhoseLockIsFree) {
  Condition condition;
  ExpectFree([&] {
    if (condition.locked()) {
      condition.NotifyAll();
      condition.Release();
    }
    return condition.Acquire();
  });
}

TEST(AllocationTest, AConditionThatIsTrueAlready) {
  Condition condition;
  ExpectFree([&] { return condition.WaitFor([] { return true; }); });
}

TEST(AllocationTest, AQueueWithItems) {
  Queue<int> queue;
  ExpectFree([&] {
    queue.PutNowait(1);
    queue.PutNowait(2);
    queue.GetNowait();
    return queue.Get();
  });
}

TEST(AllocationTest, AQueueWithRoom) {
  Queue<int> queue(3);
  ExpectFree([&] {
    if (queue.full()) queue.GetNowait();
    return queue.Put(1);
  });
}

TEST(AllocationTest, TheOtherQueues) {
  LifoQueue<int> stack(1);
  ExpectFree([&] {
    if (stack.full()) stack.GetNowait();
    return stack.Put(1);
  });
  PriorityQueue<int> heap;
  ExpectFree([&] {
    heap.PutNowait(1);
    return heap.Get();
  });
}

TEST(AllocationTest, AQueueWhoseTasksAreDone) {
  Queue<int> queue;
  ExpectFree([&] { return queue.Join(); });
}

}  // namespace
}  // namespace rondo
