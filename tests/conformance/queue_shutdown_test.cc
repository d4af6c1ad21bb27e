// CPython 3.13's test_queues.py: _QueueShutdownTestMixin, for each of the
// queues.
#include <string>

#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/queue.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/briefly.h"

namespace rondo::conformance {
namespace {

template <class Q>
void Format() {
  Q queue;
  EXPECT_FALSE(queue.statistics().is_shutdown);
  queue.Shutdown();
  EXPECT_EQ(queue.statistics().maxsize, 0u);
  EXPECT_TRUE(queue.statistics().is_shutdown);
}

// Every way to put and to get.
template <class Q>
Coro<> ExpectShutDown(Q& queue) {
  EXPECT_THROW(co_await queue.Put("data"), QueueShutDown);
  EXPECT_THROW(queue.PutNowait("data"), QueueShutDown);
  EXPECT_THROW(co_await queue.Get(), QueueShutDown);
  EXPECT_THROW(queue.GetNowait(), QueueShutDown);
}

template <class Q>
Coro<> ShutdownEmpty() {
  Q queue;
  const Task<std::string> get = CreateTask(AsCoro(queue.Get()));
  co_await Yield();
  queue.Shutdown();  // Unfinished tasks: 0 -> 0.
  EXPECT_EQ(queue.qsize(), 0u);
  co_await queue.Join();
  co_await Yield();
  EXPECT_TRUE(get.done());
  EXPECT_THROW(co_await get, QueueShutDown);
  co_await ExpectShutDown(queue);
}

template <class Q>
Coro<> ShutdownNonempty() {
  Q queue(1);
  queue.PutNowait("data");
  const Task<> join = CreateTask(AsCoro(queue.Join()));
  const Task<> put = CreateTask(AsCoro(queue.Put("data2")));
  co_await Yield();
  EXPECT_FALSE(put.done());

  queue.Shutdown();  // Unfinished tasks: 1 -> 1.
  EXPECT_EQ(queue.qsize(), 1u);
  co_await Yield();
  EXPECT_TRUE(put.done());
  EXPECT_THROW(co_await put, QueueShutDown);
  EXPECT_EQ(co_await queue.Get(), "data");
  co_await Yield();
  EXPECT_FALSE(join.done());
  co_await ExpectShutDown(queue);

  queue.TaskDone();
  co_await Yield();
  EXPECT_TRUE(join.done());
  co_await join;
  EXPECT_THROW(queue.TaskDone(), ValueError);
}

template <class Q>
Coro<> ShutdownImmediate() {
  Q queue;
  queue.PutNowait("data");
  const Task<> join = CreateTask(AsCoro(queue.Join()));
  queue.Shutdown(/*immediate=*/true);  // Unfinished tasks: 1 -> 0.
  EXPECT_EQ(queue.qsize(), 0u);
  co_await Yield();
  EXPECT_TRUE(join.done());
  co_await join;
  co_await ExpectShutDown(queue);
  EXPECT_THROW(queue.TaskDone(), ValueError);
}

template <class Q>
Coro<> ShutdownImmediateWithUnfinished() {
  Q queue;
  queue.PutNowait("data");
  queue.PutNowait("data");
  const Task<> join = CreateTask(AsCoro(queue.Join()));
  EXPECT_EQ(co_await queue.Get(), "data");
  queue.Shutdown(/*immediate=*/true);  // Unfinished tasks: 2 -> 1.
  EXPECT_EQ(queue.qsize(), 0u);
  co_await Yield();
  EXPECT_FALSE(join.done());
  co_await ExpectShutDown(queue);

  queue.TaskDone();
  EXPECT_THROW(queue.TaskDone(), ValueError);
  co_await Yield();
  EXPECT_TRUE(join.done());
  co_await join;
}

using Fifo = Queue<std::string>;
using Lifo = LifoQueue<std::string>;
using Priority = PriorityQueue<std::string>;

TEST(QueueShutdownTests, test_format) { Format<Fifo>(); }
TEST(QueueShutdownTests, test_shutdown_empty) { RunTest(ShutdownEmpty<Fifo>); }
TEST(QueueShutdownTests, test_shutdown_nonempty) {
  RunTest(ShutdownNonempty<Fifo>);
}
TEST(QueueShutdownTests, test_shutdown_immediate) {
  RunTest(ShutdownImmediate<Fifo>);
}
TEST(QueueShutdownTests, test_shutdown_immediate_with_unfinished) {
  RunTest(ShutdownImmediateWithUnfinished<Fifo>);
}

TEST(LifoQueueShutdownTests, test_format) { Format<Lifo>(); }
TEST(LifoQueueShutdownTests, test_shutdown_empty) {
  RunTest(ShutdownEmpty<Lifo>);
}
TEST(LifoQueueShutdownTests, test_shutdown_nonempty) {
  RunTest(ShutdownNonempty<Lifo>);
}
TEST(LifoQueueShutdownTests, test_shutdown_immediate) {
  RunTest(ShutdownImmediate<Lifo>);
}
TEST(LifoQueueShutdownTests, test_shutdown_immediate_with_unfinished) {
  RunTest(ShutdownImmediateWithUnfinished<Lifo>);
}

TEST(PriorityQueueShutdownTests, test_format) { Format<Priority>(); }
TEST(PriorityQueueShutdownTests, test_shutdown_empty) {
  RunTest(ShutdownEmpty<Priority>);
}
TEST(PriorityQueueShutdownTests, test_shutdown_nonempty) {
  RunTest(ShutdownNonempty<Priority>);
}
TEST(PriorityQueueShutdownTests, test_shutdown_immediate) {
  RunTest(ShutdownImmediate<Priority>);
}
TEST(PriorityQueueShutdownTests, test_shutdown_immediate_with_unfinished) {
  RunTest(ShutdownImmediateWithUnfinished<Priority>);
}

}  // namespace
}  // namespace rondo::conformance
