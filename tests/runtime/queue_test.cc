#include "rondo/runtime/queue.h"

#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;

struct ByValue {
  bool operator()(const std::unique_ptr<int>& a,
                  const std::unique_ptr<int>& b) const {
    return *a < *b;
  }
};

// With and without waiting.
template <class Q>
Coro<> PassUniquePointers() {
  Q queue(1);
  co_await queue.Put(std::make_unique<int>(1));
  const Task<> putter = CreateTask(AsCoro(queue.Put(std::make_unique<int>(2))));
  co_await Yield();
  const std::unique_ptr<int> first = co_await queue.Get();
  EXPECT_EQ(*first, 1);
  co_await putter;
  EXPECT_EQ(*queue.GetNowait(), 2);
  Task<std::unique_ptr<int>> getter = CreateTask(AsCoro(queue.Get()));
  co_await Yield();
  queue.PutNowait(std::make_unique<int>(3));
  const std::unique_ptr<int> third = co_await std::move(getter);
  EXPECT_EQ(*third, 3);
}

TEST(QueueTest, ItemsNeedOnlyBeMovable) {
  using Item = std::unique_ptr<int>;
  VirtualLoop world;
  world.Run(PassUniquePointers<Queue<Item>>);
  world.Run(PassUniquePointers<LifoQueue<Item>>);
  world.Run(PassUniquePointers<PriorityQueue<Item, ByValue>>);
}

TEST(QueueTest, APriorityQueueTakesAnOrder) {
  PriorityQueue<int, std::greater<>> queue;
  for (const int item : {2, 3, 1}) queue.PutNowait(item);
  EXPECT_EQ(queue.GetNowait(), 3);
  EXPECT_EQ(queue.GetNowait(), 2);
  EXPECT_EQ(queue.GetNowait(), 1);

  // An order with a state: counted from 10.
  const auto nearer = [origin = 10](int a, int b) {
    return std::abs(a - origin) < std::abs(b - origin);
  };
  PriorityQueue<int, decltype(nearer)> near(0, nearer);
  for (const int item : {1, 9, 12}) near.PutNowait(item);
  EXPECT_EQ(near.GetNowait(), 9);
}

Coro<> GetAndNote(Queue<int>* queue, std::vector<std::string>* order,
                  std::string name) {
  const int item = co_await queue->Get();
  order->push_back(name + " " + std::to_string(item));
}

TEST(QueueTest, AWokenGetterThatFindsNothingWaitsBehindTheOthers) {
  VirtualLoop world;
  std::vector<std::string> order;
  world.Run([&]() -> Coro<> {
    Queue<int> queue;
    const Task<> a = CreateTask(GetAndNote(&queue, &order, "a"));
    const Task<> b = CreateTask(GetAndNote(&queue, &order, "b"));
    co_await Yield();
    queue.PutNowait(1);
    EXPECT_EQ(queue.statistics().getters, 1u);
    EXPECT_EQ(queue.GetNowait(), 1);
    co_await Yield();
    EXPECT_EQ(queue.statistics().getters, 2u);
    queue.PutNowait(2);
    queue.PutNowait(3);
    co_await Gather(a, b);
  });
  EXPECT_THAT(order, ElementsAre("b 2", "a 3"));
}

// bpo-38874: as asyncio, not as one would like.
TEST(QueueTest, PutNowaitOvertakesAWokenPutter) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Queue<int> queue(2);
    queue.PutNowait(1);
    queue.PutNowait(2);
    const Task<> putter = CreateTask(AsCoro(queue.Put(3)));
    co_await Yield();
    std::vector<int> order = {queue.GetNowait(), queue.GetNowait()};
    queue.PutNowait(4);
    co_await putter;
    order.push_back(queue.GetNowait());
    order.push_back(queue.GetNowait());
    EXPECT_THAT(order, ElementsAre(1, 2, 4, 3));
  });
}

TEST(QueueTest, ACancelledPutDropsItsItem) {
  VirtualLoop world;
  const auto item = std::make_shared<int>(1);
  world.Run([&]() -> Coro<> {
    Queue<std::shared_ptr<int>> queue(1);
    queue.PutNowait(nullptr);
    Task<> putter = CreateTask(AsCoro(queue.Put(item)));
    co_await Yield();
    EXPECT_EQ(item.use_count(), 2);
    putter.Cancel();
    EXPECT_THROW(co_await putter, CancelledError);
    EXPECT_EQ(item.use_count(), 1);
  });
}

TEST(QueueTest, ANegativeSizeIsNoLimit) {
  Queue<int> queue(-1);
  for (int i = 0; i < 100; ++i) queue.PutNowait(i);
  EXPECT_FALSE(queue.full());
  EXPECT_EQ(queue.maxsize(), 0u);
}

// An item has come for the first getter, so the queue is full; in this moment
// another one waits to get, and a third task to put.
TEST(QueueTest, ShutdownWakesTheGettersThenThePutters) {
  VirtualLoop world;
  std::vector<std::string> order;
  world.Run([&]() -> Coro<> {
    Queue<int> queue(1);
    const auto note = [&](std::string name, Coro<> waits) -> Coro<> {
      try {
        co_await std::move(waits);
        order.push_back(name);
      } catch (const QueueShutDown&) {
        order.push_back(name + " shut down");
      }
    };
    const auto get = [&queue]() -> Coro<> { co_await queue.Get(); };
    CreateTask(note("get 1", get()));
    CreateTask(note("get 2", get()));
    co_await Yield();
    CreateTask(note("put", AsCoro(queue.Put(2))));
    RunningLoop().CallSoon([&] {
      EXPECT_EQ(queue.statistics().getters, 1u);
      EXPECT_EQ(queue.statistics().putters, 1u);
      queue.Shutdown();
    });
    queue.PutNowait(1);
    co_await Yield();
    EXPECT_THAT(order, ElementsAre("get 1"));
    co_await Yield();
  });
  EXPECT_THAT(order, ElementsAre("get 1", "get 2 shut down", "put shut down"));
}

TEST(QueueTest, AnImmediateShutdownDropsTheItemsAtOnce) {
  VirtualLoop world;
  const auto item = std::make_shared<int>(1);
  Queue<std::shared_ptr<int>> fifo;
  LifoQueue<std::shared_ptr<int>> lifo;
  PriorityQueue<std::shared_ptr<int>> heap;
  for (int i = 0; i < 3; ++i) {
    fifo.PutNowait(item);
    lifo.PutNowait(item);
    heap.PutNowait(item);
  }
  fifo.Shutdown(true);
  lifo.Shutdown(true);
  heap.Shutdown(true);
  EXPECT_EQ(item.use_count(), 1);
  EXPECT_EQ(fifo.statistics().unfinished_tasks, 0u);
  EXPECT_TRUE(fifo.empty());
}

// TaskDone counts puts, whoever has taken the items.
TEST(QueueTest, TasksMayBeDoneBeforeTheirItemsAreTaken) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Queue<int> queue;
    queue.PutNowait(1);
    queue.PutNowait(2);
    queue.TaskDone();
    queue.TaskDone();
    co_await queue.Join();
    queue.Shutdown(true);
    EXPECT_EQ(queue.statistics().unfinished_tasks, 0u);
    EXPECT_THROW(queue.TaskDone(), ValueError);
  });
}

TEST(QueueTest, StatisticsTellItsState) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Queue<int> queue(1);
    queue.PutNowait(1);
    const Task<> putter = CreateTask(AsCoro(queue.Put(2)));
    co_await Yield();
    const QueueStatistics statistics = queue.statistics();
    EXPECT_EQ(statistics.size, 1u);
    EXPECT_EQ(statistics.maxsize, 1u);
    EXPECT_EQ(statistics.getters, 0u);
    EXPECT_EQ(statistics.putters, 1u);
    EXPECT_EQ(statistics.unfinished_tasks, 1u);
    EXPECT_FALSE(statistics.is_shutdown);
    queue.Shutdown();
    EXPECT_TRUE(queue.statistics().is_shutdown);
    EXPECT_EQ(queue.statistics().putters, 0u);
    EXPECT_THROW(co_await putter, QueueShutDown);
  });
}

}  // namespace
}  // namespace rondo
