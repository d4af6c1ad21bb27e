// CPython 3.13's test_queues.py: _QueueJoinTestMixin, for each of the queues.
#include <vector>

#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/queue.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/briefly.h"

namespace rondo::conformance {
namespace {

template <class Q>
void TaskDoneUnderflow() {
  Q queue;
  EXPECT_THROW(queue.TaskDone(), ValueError);
}

// Two workers deal with all items; join returns when they have.
template <class Q>
Coro<> TaskDone() {
  Q queue;
  for (int i = 0; i < 100; ++i) queue.PutNowait(i);
  int sum = 0;
  bool running = true;
  const auto worker = [&]() -> Coro<> {
    while (running) {
      const int item = co_await queue.Get();
      sum += item;
      queue.TaskDone();
    }
  };
  const std::vector<Task<>> workers = MakeTasks(2, worker);
  co_await queue.Join();
  EXPECT_EQ(sum, 4950);
  running = false;
  for (int i = 0; i < 2; ++i) queue.PutNowait(0);
  co_await Gather(workers);
}

template <class Q>
Coro<> JoinEmptyQueue() {
  Q queue;
  co_await queue.Join();
  co_await queue.Join();
}

template <class Q>
void Format() {
  Q queue;
  EXPECT_EQ(queue.statistics().maxsize, 0u);
  EXPECT_EQ(queue.statistics().unfinished_tasks, 0u);
  queue.PutNowait(1);
  queue.PutNowait(2);
  EXPECT_EQ(queue.statistics().unfinished_tasks, 2u);
}

using Fifo = Queue<int>;
using Lifo = LifoQueue<int>;
using Priority = PriorityQueue<int>;

TEST(QueueJoinTests, test_task_done_underflow) { TaskDoneUnderflow<Fifo>(); }
TEST(QueueJoinTests, test_task_done) { RunTest(TaskDone<Fifo>); }
TEST(QueueJoinTests, test_join_empty_queue) { RunTest(JoinEmptyQueue<Fifo>); }
TEST(QueueJoinTests, test_format) { Format<Fifo>(); }

TEST(LifoQueueJoinTests, test_task_done_underflow) {
  TaskDoneUnderflow<Lifo>();
}
TEST(LifoQueueJoinTests, test_task_done) { RunTest(TaskDone<Lifo>); }
TEST(LifoQueueJoinTests, test_join_empty_queue) {
  RunTest(JoinEmptyQueue<Lifo>);
}
TEST(LifoQueueJoinTests, test_format) { Format<Lifo>(); }

TEST(PriorityQueueJoinTests, test_task_done_underflow) {
  TaskDoneUnderflow<Priority>();
}
TEST(PriorityQueueJoinTests, test_task_done) { RunTest(TaskDone<Priority>); }
TEST(PriorityQueueJoinTests, test_join_empty_queue) {
  RunTest(JoinEmptyQueue<Priority>);
}
TEST(PriorityQueueJoinTests, test_format) { Format<Priority>(); }

}  // namespace
}  // namespace rondo::conformance
