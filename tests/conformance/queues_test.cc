// CPython 3.13's test_queues.py: QueueBasicTests, QueueGetTests, and the tests
// of the other orders. The rest of it is in queue_put_test.cc,
// queue_join_test.cc and queue_shutdown_test.cc.
#include <chrono>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/queue.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

// What str(q) says of the queue.
TEST(QueueBasicTests, test_str) {
  RunTest([]() -> Coro<> {
    Queue<int> getting;
    const Task<int> getter = CreateTask(AsCoro(getting.Get()));
    co_await Yield();
    EXPECT_EQ(getting.statistics().getters, 1u);
    getting.PutNowait(0);
    EXPECT_EQ(co_await getter, 0);

    Queue<int> putting(1);
    putting.PutNowait(1);
    const Task<> putter = CreateTask(AsCoro(putting.Put(2)));
    co_await Yield();
    EXPECT_EQ(putting.statistics().putters, 1u);
    putting.GetNowait();
    co_await putter;

    Queue<int> queue;
    queue.PutNowait(1);
    EXPECT_EQ(queue.statistics().size, 1u);
  });
}

TEST(QueueBasicTests, test_empty) {
  RunTest([]() -> Coro<> {
    Queue<int> queue;
    EXPECT_TRUE(queue.empty());
    co_await queue.Put(1);
    EXPECT_FALSE(queue.empty());
    EXPECT_EQ(co_await queue.Get(), 1);
    EXPECT_TRUE(queue.empty());
  });
}

TEST(QueueBasicTests, test_full) {
  RunTest([]() -> Coro<> {
    const Queue<int> unlimited;
    EXPECT_FALSE(unlimited.full());
    Queue<int> queue(1);
    co_await queue.Put(1);
    EXPECT_TRUE(queue.full());
  });
}

template <class Q>
Coro<std::vector<int>> PutAndGet(std::vector<int> items) {
  Q queue;
  for (const int item : items) co_await queue.Put(item);
  for (int& item : items) item = co_await queue.Get();
  co_return items;
}

template <class Q>
void ExpectOrder(const std::vector<int>& in, const std::vector<int>& out) {
  VirtualLoop world;
  EXPECT_EQ(world.loop().RunUntilComplete(PutAndGet<Q>(in)), out);
}

TEST(QueueBasicTests, test_order) {
  ExpectOrder<Queue<int>>({1, 3, 2}, {1, 3, 2});
}

TEST(LifoQueueTests, test_order) {
  ExpectOrder<LifoQueue<int>>({1, 3, 2}, {2, 3, 1});
}

TEST(PriorityQueueTests, test_order) {
  ExpectOrder<PriorityQueue<int>>({1, 3, 2}, {1, 2, 3});
}

TEST(QueueBasicTests, test_maxsize) {
  RunTest([]() -> Coro<> {
    Queue<int> queue(2);
    EXPECT_EQ(queue.maxsize(), 2u);
    std::vector<int> have_been_put;
    const auto putter = [&]() -> Coro<bool> {
      for (int i = 0; i < 3; ++i) {
        co_await queue.Put(i);
        have_been_put.push_back(i);
      }
      co_return true;
    };
    const Task<bool> task = CreateTask(putter());
    for (int i = 0; i < 2; ++i) co_await Yield();
    EXPECT_THAT(have_been_put, ElementsAre(0, 1));
    EXPECT_EQ(co_await queue.Get(), 0);

    co_await Yield();
    EXPECT_THAT(have_been_put, ElementsAre(0, 1, 2));
    EXPECT_EQ(co_await queue.Get(), 1);
    EXPECT_EQ(co_await queue.Get(), 2);
    EXPECT_TRUE(task.done());
    EXPECT_TRUE(task.result());
  });
}

TEST(QueueGetTests, test_blocking_get) {
  RunTest([]() -> Coro<> {
    Queue<int> queue;
    queue.PutNowait(1);
    EXPECT_EQ(co_await queue.Get(), 1);
  });
}

TEST(QueueGetTests, test_get_with_putters) {
  RunTest([]() -> Coro<> {
    Queue<int> queue(1);
    co_await queue.Put(1);
    const Task<> putter = CreateTask(AsCoro(queue.Put(2)));
    co_await Yield();
    EXPECT_EQ(queue.statistics().putters, 1u);
    EXPECT_EQ(co_await queue.Get(), 1);
    EXPECT_EQ(queue.statistics().putters, 0u);  // It was woken.
    co_await Yield();
    EXPECT_TRUE(putter.done());
    EXPECT_EQ(queue.GetNowait(), 2);
  });
}

TEST(QueueGetTests, test_blocking_get_wait) {
  RunTest([]() -> Coro<> {
    Queue<int> queue;
    Event started;
    bool finished = false;
    const auto queue_get = [&]() -> Coro<int> {
      started.Set();
      const int result = co_await queue.Get();
      finished = true;
      co_return result;
    };
    const Task<int> task = CreateTask(queue_get());
    co_await started.Wait();
    EXPECT_FALSE(finished);
    RunningLoop().CallLater(10ms, [&queue] { queue.PutNowait(1); });
    EXPECT_EQ(co_await task, 1);
    EXPECT_TRUE(finished);
  });
}

TEST(QueueGetTests, test_nonblocking_get) {
  Queue<int> queue;
  queue.PutNowait(1);
  EXPECT_EQ(queue.GetNowait(), 1);
}

TEST(QueueGetTests, test_nonblocking_get_exception) {
  Queue<int> queue;
  EXPECT_THROW(queue.GetNowait(), QueueEmpty);
}

TEST(QueueGetTests, test_get_cancelled_race) {
  RunTest([]() -> Coro<> {
    Queue<std::string> queue;
    Task<std::string> t1 = CreateTask(AsCoro(queue.Get()));
    const Task<std::string> t2 = CreateTask(AsCoro(queue.Get()));
    co_await Yield();
    t1.Cancel();
    co_await Yield();
    EXPECT_TRUE(t1.done());
    co_await queue.Put("a");
    co_await Yield();
    EXPECT_EQ(co_await t2, "a");
  });
}

TEST(QueueGetTests, test_get_with_waiting_putters) {
  RunTest([]() -> Coro<> {
    Queue<std::string> queue(1);
    CreateTask(AsCoro(queue.Put("a")));
    CreateTask(AsCoro(queue.Put("b")));
    EXPECT_EQ(co_await queue.Get(), "a");
    EXPECT_EQ(co_await queue.Get(), "b");
  });
}

TEST(QueueGetTests, test_why_are_getters_waiting) {
  RunTest([]() -> Coro<> {
    Queue<int> queue(1);
    const auto producer = [&]() -> Coro<> {
      for (int i = 0; i < 5; ++i) co_await queue.Put(i);
    };
    const auto consumer = [&]() -> Coro<> {
      for (int i = 0; i < 5; ++i) co_await queue.Get();
    };
    const Task<> produces = CreateTask(producer());
    const Task<> consumes = CreateTask(consumer());
    co_await Gather(produces, consumes);
    EXPECT_TRUE(queue.empty());
  });
}

TEST(QueueGetTests, test_cancelled_getters_not_being_held_in_self_getters) {
  RunTest([]() -> Coro<> {
    Queue<int> queue(5);
    EXPECT_THROW(co_await WaitFor(AsCoro(queue.Get()), 100ms), TimeoutError);
    EXPECT_EQ(queue.statistics().getters, 0u);
  });
}

}  // namespace
}  // namespace rondo::conformance
