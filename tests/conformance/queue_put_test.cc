// CPython 3.13's test_queues.py: QueuePutTests.
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
#include "rondo/tests/conformance/briefly.h"

namespace rondo::conformance {
namespace {

using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

TEST(QueuePutTests, test_blocking_put) {
  RunTest([]() -> Coro<> {
    Queue<int> queue;
    co_await queue.Put(1);
    EXPECT_EQ(co_await queue.Get(), 1);
  });
}

TEST(QueuePutTests, test_blocking_put_wait) {
  RunTest([]() -> Coro<> {
    Queue<int> queue(1);
    Event started;
    bool finished = false;
    const auto queue_put = [&]() -> Coro<> {
      started.Set();
      co_await queue.Put(1);
      co_await queue.Put(2);
      finished = true;
    };
    RunningLoop().CallLater(10ms, [&queue] { queue.GetNowait(); });
    const Task<> task = CreateTask(queue_put());
    co_await started.Wait();
    EXPECT_FALSE(finished);
    co_await task;
    EXPECT_TRUE(finished);
  });
}

TEST(QueuePutTests, test_nonblocking_put) {
  Queue<int> queue;
  queue.PutNowait(1);
  EXPECT_EQ(queue.GetNowait(), 1);
}

// If the second try gets 2, then 1 was lost.
TEST(QueuePutTests, test_get_cancel_drop_one_pending_reader) {
  RunTest([]() -> Coro<> {
    Queue<int> queue;
    Task<int> reader = CreateTask(AsCoro(queue.Get()));
    co_await Yield();
    queue.PutNowait(1);
    queue.PutNowait(2);
    reader.Cancel();
    EXPECT_THROW(co_await reader, CancelledError);
    EXPECT_EQ(co_await queue.Get(), 1);
  });
}

TEST(QueuePutTests, test_get_cancel_drop_many_pending_readers) {
  RunTest([]() -> Coro<> {
    Queue<int> queue;
    Task<int> reader1 = CreateTask(AsCoro(queue.Get()));
    const Task<int> reader2 = CreateTask(AsCoro(queue.Get()));
    const Task<int> reader3 = CreateTask(AsCoro(queue.Get()));
    co_await Yield();
    queue.PutNowait(1);
    queue.PutNowait(2);
    reader1.Cancel();
    EXPECT_THROW(co_await reader1, CancelledError);
    co_await reader3;
    const std::vector<int> results = {reader2.result(), reader3.result()};
    EXPECT_THAT(results, UnorderedElementsAre(1, 2));
  });
}

TEST(QueuePutTests, test_put_cancel_drop) {
  RunTest([]() -> Coro<> {
    Queue<int> queue(1);
    queue.PutNowait(1);
    Task<> writer = CreateTask(AsCoro(queue.Put(2)));
    co_await Yield();
    EXPECT_EQ(queue.GetNowait(), 1);
    writer.Cancel();
    EXPECT_THROW(co_await writer, CancelledError);
    co_await queue.Put(2);
    EXPECT_EQ(queue.GetNowait(), 2);
    EXPECT_EQ(queue.qsize(), 0u);
  });
}

TEST(QueuePutTests, test_nonblocking_put_exception) {
  Queue<int> queue(1);
  queue.PutNowait(1);
  EXPECT_THROW(queue.PutNowait(2), QueueFull);
}

TEST(QueuePutTests, test_put_cancelled) {
  RunTest([]() -> Coro<> {
    Queue<int> queue;
    const auto queue_put = [&]() -> Coro<bool> {
      co_await queue.Put(1);
      co_return true;
    };
    const Task<bool> task = CreateTask(queue_put());
    EXPECT_EQ(co_await queue.Get(), 1);
    EXPECT_TRUE(task.done());
    EXPECT_TRUE(task.result());
  });
}

TEST(QueuePutTests, test_put_cancelled_race) {
  RunTest([]() -> Coro<> {
    Queue<std::string> queue(1);
    const Task<> put_a = CreateTask(AsCoro(queue.Put("a")));
    const Task<> put_b = CreateTask(AsCoro(queue.Put("b")));
    Task<> put_c = CreateTask(AsCoro(queue.Put("X")));
    co_await Yield();
    EXPECT_TRUE(put_a.done());
    EXPECT_FALSE(put_b.done());

    put_c.Cancel();
    co_await Yield();
    EXPECT_TRUE(put_c.done());
    EXPECT_EQ(queue.GetNowait(), "a");
    co_await Yield();
    EXPECT_EQ(queue.GetNowait(), "b");
    co_await put_b;
  });
}

TEST(QueuePutTests, test_put_with_waiting_getters) {
  RunTest([]() -> Coro<> {
    Queue<std::string> queue;
    const Task<std::string> task = CreateTask(AsCoro(queue.Get()));
    co_await Yield();
    co_await queue.Put("a");
    EXPECT_EQ(co_await task, "a");
  });
}

TEST(QueuePutTests, test_why_are_putters_waiting) {
  RunTest([]() -> Coro<> {
    Queue<int> queue(2);
    const auto getter = [&]() -> Coro<> {
      co_await Yield();
      for (std::size_t n = queue.qsize(); n > 0; --n) queue.GetNowait();
    };
    std::vector<Task<>> tasks = {CreateTask(getter())};
    for (int i = 0; i < 4; ++i) {
      tasks.push_back(CreateTask(AsCoro(queue.Put(i))));
    }
    co_await Gather(tasks);
    EXPECT_EQ(queue.qsize(), 2u);
  });
}

TEST(QueuePutTests, test_cancelled_puts_not_being_held_in_self_putters) {
  RunTest([]() -> Coro<> {
    Queue<int> queue(1);
    queue.PutNowait(1);
    Task<> put = CreateTask(AsCoro(queue.Put(1)));
    co_await Yield();
    EXPECT_EQ(queue.statistics().putters, 1u);
    put.Cancel();
    EXPECT_THROW(co_await put, CancelledError);
    EXPECT_EQ(queue.statistics().putters, 0u);
  });
}

// Cancelled when it was woken already.
TEST(QueuePutTests, test_cancelled_put_silence_value_error_exception) {
  RunTest([]() -> Coro<> {
    Queue<int> queue(1);
    queue.PutNowait(1);
    Task<> put = CreateTask(AsCoro(queue.Put(1)));
    co_await Yield();
    queue.GetNowait();
    put.Cancel();
    EXPECT_THROW(co_await put, CancelledError);
  });
}

}  // namespace
}  // namespace rondo::conformance
