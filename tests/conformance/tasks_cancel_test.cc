// CPython's test_tasks.py: BaseTaskTests, the cancellation of tasks. (What
// takes it back: tasks_uncancel_test.cc.)
#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/insides.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

Coro<> Nothing() { co_return; }

// `await future; return 12`.
Coro<int> TwelveAfter(Future<> future) {
  co_await future;
  co_return 12;
}

TEST(BaseTaskTests, test_task_cancel_message_getter) {
  VirtualLoop world;
  Task<> t = world.loop().CreateTask(Nothing());
  t.Cancel("my message");
  EXPECT_EQ(CancelledWith([&] { world.loop().RunUntilComplete(t); }),
            "my message");
}

TEST(BaseTaskTests, test_cancel) {
  VirtualLoop world;
  Task<> t = world.loop().CreateTask(Pause(10s));
  world.loop().CallSoon([&] { t.Cancel(); });
  EXPECT_THROW(world.loop().RunUntilComplete(t), CancelledError);
  EXPECT_TRUE(t.done());
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(t.Cancel());
  EXPECT_THAT(world.waits(), IsEmpty());
}

// The message of a cancelled task, as `look` at it shows it to a task that
// waited for its end.
template <class Look>
std::optional<std::string> MessageSeen(std::string_view message, bool started,
                                       Look look) {
  VirtualLoop world;
  const auto coro = [&]() -> Coro<> {
    Task<> task = CreateTask(Pause(10s));
    if (started) co_await Yield();
    task.Cancel(message);
    co_await WaitForAll(task);
    look(task);
  };
  return CancelledWith([&] { world.Run(coro); });
}

TEST(BaseTaskTests, test_cancel_with_message_then_future_result) {
  const auto result = [](const Task<>& task) { task.result(); };
  EXPECT_EQ(MessageSeen("", true, result), "");
  EXPECT_EQ(MessageSeen("my message", true, result), "my message");
}

TEST(BaseTaskTests, test_cancel_with_message_then_future_exception) {
  const auto exception = [](const Task<>& task) { task.exception(); };
  EXPECT_EQ(MessageSeen("", true, exception), "");
  EXPECT_EQ(MessageSeen("my message", true, exception), "my message");
}

TEST(BaseTaskTests, test_cancel_with_message_before_starting_task) {
  EXPECT_EQ(MessageSeen("my message", false,
                        [](const Task<>& task) { task.exception(); }),
            "my message");
}

// Adapted: `raise ... from` is std::throw_with_nested.
TEST(BaseTaskTests, test_cancellation_exception_context) {
  VirtualLoop world;
  Future<> fut = world.loop().CreateFuture();
  const auto sleeper = [&]() -> Coro<> {
    fut.SetResult();
    co_await Sleep(10s);
  };
  const auto coro = [&]() -> Coro<> {
    Task<> inner_task = CreateTask(sleeper());
    co_await fut;
    world.loop().CallSoon([inner_task]() mutable { inner_task.Cancel("msg"); });
    try {
      co_await inner_task;
    } catch (const CancelledError&) {
      std::throw_with_nested(ValueError("cancelled"));
    }
  };
  try {
    world.Run(coro);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ValueError& error) {
    EXPECT_STREQ(error.what(), "cancelled");
    EXPECT_EQ(CancelledWith([&] { std::rethrow_if_nested(error); }), "msg");
  }
}

TEST(BaseTaskTests, test_cancel_yield) {
  VirtualLoop world;
  Task<int> t = world.loop().CreateTask([]() -> Coro<int> {
    co_await Yield();
    co_await Yield();
    co_return 12;
  });
  RunBriefly(world.loop());
  t.Cancel();
  EXPECT_THROW(world.loop().RunUntilComplete(t), CancelledError);
  EXPECT_TRUE(t.done());
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(t.Cancel());
}

TEST(BaseTaskTests, test_cancel_inner_future) {
  VirtualLoop world;
  Future<> f = world.loop().CreateFuture();
  const Task<int> t = world.loop().CreateTask(TwelveAfter(f));
  RunBriefly(world.loop());
  f.Cancel();
  EXPECT_THROW(world.loop().RunUntilComplete(t), CancelledError);
  EXPECT_TRUE(f.cancelled());
  EXPECT_TRUE(t.cancelled());
}

TEST(BaseTaskTests, test_cancel_both_task_and_inner_future) {
  VirtualLoop world;
  Future<> f = world.loop().CreateFuture();
  Task<int> t = world.loop().CreateTask(TwelveAfter(f));
  RunBriefly(world.loop());
  f.Cancel();
  t.Cancel();
  EXPECT_THROW(world.loop().RunUntilComplete(t), CancelledError);
  EXPECT_TRUE(t.done());
  EXPECT_TRUE(f.cancelled());
  EXPECT_TRUE(t.cancelled());
}

TEST(BaseTaskTests, test_cancel_task_catching) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  Future<> fut1 = loop.CreateFuture();
  Future<> fut2 = loop.CreateFuture();
  Task<int> t = loop.CreateTask([&]() -> Coro<int> {
    co_await fut1;
    try {
      co_await fut2;
    } catch (const CancelledError&) {
      co_return 42;
    }
    co_return 0;
  });
  RunBriefly(loop);
  EXPECT_EQ(FutureWaiter(t), fut1);
  fut1.SetResult();
  RunBriefly(loop);
  EXPECT_EQ(FutureWaiter(t), fut2);
  t.Cancel();
  EXPECT_TRUE(fut2.cancelled());
  EXPECT_EQ(loop.RunUntilComplete(t), 42);
  EXPECT_FALSE(t.cancelled());
}

TEST(BaseTaskTests, test_cancel_task_ignoring) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  Future<> fut1 = loop.CreateFuture();
  Future<> fut2 = loop.CreateFuture();
  Future<int> fut3 = loop.CreateFuture<int>();
  Task<int> t = loop.CreateTask([&]() -> Coro<int> {
    co_await fut1;
    try {
      co_await fut2;
    } catch (const CancelledError&) {  // Swallowed.
    }
    co_return co_await fut3;
  });
  RunBriefly(loop);
  EXPECT_EQ(FutureWaiter(t), fut1);
  fut1.SetResult();
  RunBriefly(loop);
  EXPECT_EQ(FutureWaiter(t), fut2);
  t.Cancel();
  EXPECT_TRUE(fut2.cancelled());
  RunBriefly(loop);
  EXPECT_EQ(FutureWaiter(t), fut3);
  fut3.SetResult(42);
  EXPECT_EQ(loop.RunUntilComplete(t), 42);
  EXPECT_FALSE(fut3.cancelled());
  EXPECT_FALSE(t.cancelled());
}

// A task that cancels itself, and then sleeps or not.
void CheckCancelsItself(Nanoseconds then_sleeps) {
  VirtualLoop world;
  Task<int> t;
  t = world.loop().CreateTask([&]() -> Coro<int> {
    t.Cancel();
    EXPECT_TRUE(MustCancel(t));
    if (then_sleeps > 0s) co_await Sleep(then_sleeps);
    co_return 12;
  });
  EXPECT_FALSE(t.cancelled());
  EXPECT_THROW(world.loop().RunUntilComplete(t), CancelledError);
  EXPECT_TRUE(t.done());
  EXPECT_TRUE(t.cancelled());
  EXPECT_FALSE(MustCancel(t));
  EXPECT_FALSE(t.Cancel());
  EXPECT_THAT(world.waits(), IsEmpty());
}

TEST(BaseTaskTests, test_cancel_current_task) { CheckCancelsItself(100s); }

TEST(BaseTaskTests, test_cancel_at_end) { CheckCancelsItself(0s); }

TEST(BaseTaskTests, test_cancel_awaited_task) {
  VirtualLoop world;
  const Future<> fut = world.loop().CreateFuture();
  Task<> task;
  Task<int> nested_task;
  task = world.loop().CreateTask([&]() -> Coro<> {
    nested_task = CreateTask(TwelveAfter(fut));
    co_await Yield();
    task.Cancel();
    co_await nested_task;  // Cancelled at once.
  });
  EXPECT_THROW(world.loop().RunUntilComplete(task), CancelledError);
  EXPECT_TRUE(task.cancelled());
  EXPECT_TRUE(nested_task.cancelled());
  EXPECT_TRUE(fut.cancelled());
}

TEST(BaseTaskTests, test_task_cancel_sleeping_task) {
  VirtualLoop world;
  const auto doit = []() -> Coro<std::string> {
    Task<> sleeper = CreateTask(Pause(5000s));
    RunningLoop().CallLater(100ms, [&] { sleeper.Cancel(); });
    try {
      co_await sleeper;
    } catch (const CancelledError&) {
      co_return "cancelled";
    }
    co_return "slept in";
  };
  EXPECT_EQ(world.Run(doit), "cancelled");
  EXPECT_THAT(world.waits(), ElementsAre(100ms));
}

TEST(BaseTaskTests, test_task_cancel_waiter_future) {
  VirtualLoop world;
  const Future<> fut = world.loop().CreateFuture();
  Task<int> task = world.loop().CreateTask(TwelveAfter(fut));
  RunBriefly(world.loop());
  EXPECT_EQ(FutureWaiter(task), fut);

  task.Cancel();
  RunBriefly(world.loop());
  EXPECT_THROW(world.loop().RunUntilComplete(task), CancelledError);
  EXPECT_FALSE(FutureWaiter(task));
  EXPECT_TRUE(fut.cancelled());
}

TEST(BaseTaskTests, test_baseexception_during_cancel) {
  VirtualLoop world;
  Task<> task = world.loop().CreateTask([]() -> Coro<> {
    try {
      co_await Sleep(10s);
    } catch (const CancelledError&) {
      throw LoopExit();
    }
  });
  RunBriefly(world.loop());

  task.Cancel();
  EXPECT_FALSE(task.done());
  EXPECT_THROW(RunBriefly(world.loop()), LoopExit);
  EXPECT_TRUE(task.done());
  EXPECT_FALSE(task.cancelled());
  EXPECT_THROW(std::rethrow_exception(task.exception()), LoopExit);
  EXPECT_THAT(world.waits(), IsEmpty());
}

TEST(BaseTaskTests, test_yield_future_passes_cancel) {
  VirtualLoop world;
  int proof = 0;
  const Future<> waiter = world.loop().CreateFuture();
  const auto inner = [&]() -> Coro<> {
    try {
      co_await waiter;
    } catch (const CancelledError&) {
      proof += 1;
      throw;
    }
    ADD_FAILURE() << "got past the await in inner()";
  };
  Task<> f = world.loop().CreateTask([&]() -> Coro<> {
    try {
      co_await inner();
    } catch (const CancelledError&) {
      proof += 100;
    }
  });
  RunBriefly(world.loop());
  f.Cancel();
  world.loop().RunUntilComplete(f);
  EXPECT_EQ(proof, 101);
  EXPECT_TRUE(waiter.cancelled());
}

TEST(BaseTaskTests, test_yield_wait_does_not_shield_cancel) {
  VirtualLoop world;
  int proof = 0;
  Future<> waiter = world.loop().CreateFuture();
  const auto inner = [&]() -> Coro<> {
    co_await waiter;
    proof += 1;
  };
  Task<> f = world.loop().CreateTask([&]() -> Coro<> {
    co_await WaitForAll(CreateTask(inner()));
    proof += 100;
  });
  RunBriefly(world.loop());
  f.Cancel();
  EXPECT_THROW(world.loop().RunUntilComplete(f), CancelledError);
  waiter.SetResult();
  RunBriefly(world.loop());
  EXPECT_EQ(proof, 1);
}

}  // namespace
}  // namespace rondo::conformance
