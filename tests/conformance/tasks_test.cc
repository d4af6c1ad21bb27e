// CPython's test_tasks.py: BaseTaskTests, tasks as such. (Their cancellation:
// tasks_cancel_test.cc. ensure_future: ensure_future_test.cc.)
#include <chrono>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/insides.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;
using namespace std::chrono_literals;

Coro<std::string> NotMuch() { co_return "ok"; }

Coro<> AwaitFuture(Future<> future) { co_await future; }

TEST(BaseTaskTests, test_other_loop_future) {
  VirtualLoop world;
  VirtualLoop other;
  const Future<> fut = other.loop().CreateFuture();
  EXPECT_THAT([&] { world.loop().RunUntilComplete(AwaitFuture(fut)); },
              ThrowsMessage<RuntimeError>(
                  "await of a future that belongs to another event loop"));
}

TEST(BaseTaskTests, test_task_awaits_on_itself) {
  VirtualLoop world;
  Task<> task;
  task = world.loop().CreateTask([&]() -> Coro<> { co_await task; });
  EXPECT_THAT(
      [&] { world.loop().RunUntilComplete(task); },
      ThrowsMessage<RuntimeError>("a task cannot await itself: task Task-1"));
}

TEST(BaseTaskTests, test_task_class) {
  for (int i = 0; i < 2; ++i) {
    VirtualLoop world;
    const Task<std::string> t = world.loop().CreateTask(NotMuch());
    EXPECT_EQ(&t.loop(), &world.loop());
    world.loop().RunUntilComplete(t);
    EXPECT_TRUE(t.done());
    EXPECT_EQ(t.result(), "ok");
    EXPECT_EQ(&t.loop(), &world.loop());
  }
}

Coro<> LookAtStack(const Task<>* task) {
  const std::vector<AwaitFrame> frames = task->Stack();
  EXPECT_EQ(frames.size(), 1);
  EXPECT_THAT(frames[0].function, HasSubstr("CallLookAtStack"));
  std::ostringstream text;
  task->PrintStack(text);
  EXPECT_THAT(text.str(), HasSubstr("CallLookAtStack"));
  co_return;
}
Coro<> CallLookAtStack(const Task<>* task) { co_await LookAtStack(task); }

// Adapted: what runs now has no line; who awaits it has.
TEST(BaseTaskTests, test_get_stack) {
  VirtualLoop world;
  Task<> task;
  task = world.loop().CreateTask(CallLookAtStack(&task));
  world.loop().RunUntilComplete(task);
}

Coro<int> Inner(int result) { co_return result; }

Coro<int> Outer() {
  const int a = co_await Inner(42);
  const int b = co_await Inner(1000);
  co_return a + b;
}

TEST(BaseTaskTests, test_task_basics) {
  VirtualLoop world;
  EXPECT_EQ(world.loop().RunUntilComplete(Outer()), 1042);
}

TEST(BaseTaskTests, test_stop_while_run_in_complete) {
  VirtualLoop world;
  int x = 0;
  Task<> t = world.loop().CreateTask([&]() -> Coro<> {
    while (x < 10) {
      co_await Sleep(100ms);
      ++x;
      if (x == 2) world.loop().Stop();
    }
  });
  EXPECT_THAT([&] { world.loop().RunUntilComplete(t); },
              ThrowsMessage<RuntimeError>(
                  "Event loop stopped before Future completed."));
  EXPECT_FALSE(t.done());
  EXPECT_EQ(x, 2);
  // asyncio's test loop lets time pass when a timer is armed: it says 0.3 s.
  EXPECT_THAT(world.waits(), ElementsAre(100ms, 100ms));
  EXPECT_EQ(world.loop().scheduled_count(), 1);

  t.Cancel();
  EXPECT_THROW(world.loop().RunUntilComplete(t), CancelledError);
}

// Adapted: a sleep has no result.
TEST(BaseTaskTests, test_sleep) {
  VirtualLoop world;
  const Task<std::string> t =
      world.loop().CreateTask([]() -> Coro<std::string> {
        co_await Sleep(50ms);
        co_await Sleep(50ms);
        co_return "yeah";
      });
  world.loop().RunUntilComplete(t);
  EXPECT_TRUE(t.done());
  EXPECT_EQ(t.result(), "yeah");
  EXPECT_THAT(world.waits(), ElementsAre(50ms, 50ms));
}

TEST(BaseTaskTests, test_sleep_cancel) {
  VirtualLoop world;
  Task<> t = world.loop().CreateTask(Pause(10s));
  RunBriefly(world.loop());
  EXPECT_EQ(world.loop().scheduled_count(), 1);
  t.Cancel();
  RunBriefly(world.loop());
  EXPECT_EQ(world.loop().scheduled_count(), 0);
  EXPECT_THAT(world.waits(), IsEmpty());
}

// Adapted: `result` is no argument of Sleep.
TEST(SleepTests, test_sleep_zero) {
  VirtualLoop world;
  int result = 0;
  world.Run([&]() -> Coro<> {
    world.loop().CallSoon([&] { result += 1; });
    EXPECT_EQ(result, 0);
    co_await Sleep(0s);
    EXPECT_EQ(result, 1);
    result += 10;
  });
  EXPECT_EQ(result, 11);
  EXPECT_EQ(world.selects(), 3);
}

TEST(BaseTaskTests, test_task_set_methods) {
  VirtualLoop world;
  Task<std::string> task = world.loop().CreateTask(NotMuch());
  EXPECT_THROW(task.SetResult("ko"), RuntimeError);
  EXPECT_THROW(task.SetException(ValueError("v")), RuntimeError);
  EXPECT_EQ(world.loop().RunUntilComplete(task), "ok");
}

TEST(BaseTaskTests, test_step_result_future) {
  VirtualLoop world;
  Future<int> fut = world.loop().CreateFuture<int>();
  int result = 0;
  const Task<> t =
      world.loop().CreateTask([&]() -> Coro<> { result = co_await fut; });
  RunBriefly(world.loop());
  EXPECT_TRUE(HasCallbacks(fut));

  fut.SetResult(7);
  RunBriefly(world.loop());
  EXPECT_EQ(result, 7);
  EXPECT_TRUE(t.done());
}

TEST(BaseTaskTests, test_coroutine_non_gen_function) {
  VirtualLoop world;
  static_assert(std::is_same_v<decltype(NotMuch()), Coro<std::string>>);
  EXPECT_EQ(world.loop().RunUntilComplete(NotMuch()), "ok");
}

TEST(BaseTaskTests, test_coroutine_non_gen_function_return_future) {
  VirtualLoop world;
  Future<std::string> fut = world.loop().CreateFuture<std::string>();
  const Task<Future<std::string>> t1 = world.loop().CreateTask(
      [&]() -> Coro<Future<std::string>> { co_return fut; });
  const Task<> t2 = world.loop().CreateTask([&]() -> Coro<> {
    fut.SetResult("test");
    co_return;
  });
  EXPECT_EQ(world.loop().RunUntilComplete(t1), fut);
  t2.result();
}

// Adapted: where no task runs CurrentTask throws.
TEST(BaseTaskTests, test_current_task) {
  VirtualLoop world;
  EXPECT_THROW(CurrentTask(), RuntimeError);
  Task<> task;
  task = world.loop().CreateTask([&]() -> Coro<> {
    EXPECT_EQ(CurrentTask(), task);
    co_await Yield();
    EXPECT_EQ(CurrentTask(), task);
  });
  world.loop().RunUntilComplete(task);
  EXPECT_THROW(CurrentTask(), RuntimeError);
}

// Adapted: as the one before.
TEST(BaseTaskTests, test_current_task_with_interleaving_tasks) {
  VirtualLoop world;
  Future<bool> fut1 = world.loop().CreateFuture<bool>();
  Future<bool> fut2 = world.loop().CreateFuture<bool>();
  Task<> task1;
  Task<> task2;
  task1 = world.loop().CreateTask([&]() -> Coro<> {
    EXPECT_EQ(CurrentTask(), task1);
    co_await fut1;
    EXPECT_EQ(CurrentTask(), task1);
    fut2.SetResult(true);
  });
  task2 = world.loop().CreateTask([&]() -> Coro<> {
    EXPECT_EQ(CurrentTask(), task2);
    fut1.SetResult(true);
    co_await fut2;
    EXPECT_EQ(CurrentTask(), task2);
  });
  world.loop().RunUntilComplete(WaitForAll(task1, task2));
  task1.result();
  task2.result();
  EXPECT_THROW(CurrentTask(), RuntimeError);
}

// In a callback too, where asyncio returns None.
TEST(BaseCurrentLoopTests, test_current_task_no_running_loop_implicit) {
  EXPECT_THAT([] { CurrentTask(); },
              ThrowsMessage<RuntimeError>("no running event loop"));
  VirtualLoop world;
  world.loop().CallSoon([] {
    EXPECT_THAT([] { CurrentTask(); },
                ThrowsMessage<RuntimeError>("no task is running"));
  });
  RunBriefly(world.loop());
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(BaseCurrentLoopTests, test_current_task_with_implicit_loop) {
  VirtualLoop world;
  Task<> task;
  task = world.loop().CreateTask([&]() -> Coro<> {
    EXPECT_EQ(CurrentTask(), task);
    co_return;
  });
  world.loop().RunUntilComplete(task);
  EXPECT_EQ(world.loop().core()->current_task, nullptr);
}

template <class T>
concept CanCreateTask = requires(T value) { CreateTask(std::move(value)); };

TEST(BaseTaskTests, test_create_task_with_noncoroutine) {
  static_assert(!CanCreateTask<int>);
  static_assert(!CanCreateTask<int (*)()>);
  static_assert(CanCreateTask<Coro<>>);
}

TEST(BaseTaskTests, test_create_task_with_async_function) {
  VirtualLoop world;
  for (int i = 0; i < 2; ++i) {
    const Task<std::string> task = world.loop().CreateTask(NotMuch);
    EXPECT_EQ(world.loop().RunUntilComplete(task), "ok");
  }
}

TEST(BaseTaskTests, test_bare_create_task) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const Task<int> task = CreateTask(Inner(1));
    EXPECT_EQ(co_await task, 1);
  });
}

TEST(BaseTaskTests, test_bare_create_named_task) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const Task<int> task = CreateTask(Inner(0), "No-op");
    EXPECT_EQ(task.name(), "No-op");
    co_await task;
  });
}

// Adapted: a name is text.
TEST(BaseTaskTests, test_task_set_name_pylong) {
  VirtualLoop world;
  Task<std::string> t = world.loop().CreateTask(NotMuch(), "987654321");
  EXPECT_EQ(t.name(), "987654321");
  t.set_name("123456789");
  EXPECT_EQ(t.name(), "123456789");
  world.loop().RunUntilComplete(t);
}

// Adapted: of the texts only the names.
TEST(BaseTaskTests, test_task_repr_autogenerated) {
  VirtualLoop world;
  const Task<std::string> t1 = world.loop().CreateTask(NotMuch());
  const Task<std::string> t2 = world.loop().CreateTask(NotMuch());
  EXPECT_EQ(t1.name(), "Task-1");
  EXPECT_EQ(t2.name(), "Task-2");
  world.loop().RunUntilComplete(t1);
  world.loop().RunUntilComplete(t2);
}

// Makes and drops a future when it dies, as a collection of garbage would.
struct Evil {
  Evil() = default;
  Evil(Evil&& other) noexcept : live(std::exchange(other.live, false)) {}
  ~Evil() {
    if (live) CreateFuture<int>().SetResult(1);
  }

  bool live = true;
};

// Adapted: the results' ends make and drop other futures.
TEST(BaseTaskTests, test_task_del_collect) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const auto run = []() -> Coro<Evil> { co_return Evil(); };
    std::vector<Task<Evil>> tasks;
    for (int i = 0; i < 100; ++i) tasks.push_back(CreateTask(run()));
    EXPECT_EQ((co_await Gather(std::move(tasks))).size(), 100);
  });
}

}  // namespace
}  // namespace rondo::conformance
