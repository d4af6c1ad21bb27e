// Ports of CPython's test_waitfor.py.
#include <chrono>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/shield.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kEpsilon = 100us;

// True if `coro` ends with TimeoutError.
template <class T>
Coro<bool> TimesOut(Coro<T> coro) {
  const auto error = co_await Raised<TimeoutError>(std::move(coro));
  co_return error.has_value();
}

// Runs for its time, whatever cancellations come.
constexpr Nanoseconds kTaskTimeout = 200ms;
Coro<> SlowTask(bool* exited) {
  const Nanoseconds exit_at = RunningLoop().time() + kTaskTimeout;
  while (RunningLoop().time() < exit_at) {
    const Outcome<> slept =
        co_await AsOutcome(Pause(exit_at - RunningLoop().time()));
    (void)slept;
  }
  *exited = true;
}

TEST(AsyncioWaitForTest, test_asyncio_wait_for_cancelled) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    bool exited = false;
    Task<> task = CreateTask(WaitFor(SlowTask(&exited), kTaskTimeout * 2));
    co_await Yield();
    task.Cancel();
    co_await WaitForAll(task);
    EXPECT_TRUE(exited);
  });
  EXPECT_EQ(world.now(), kTaskTimeout);
}

TEST(AsyncioWaitForTest, test_asyncio_wait_for_timeout) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    bool exited = false;
    co_await TimesOut(WaitFor(SlowTask(&exited), kTaskTimeout / 2));
    EXPECT_TRUE(exited);
  });
  EXPECT_EQ(world.now(), kTaskTimeout);
}

TEST(AsyncioWaitForTest, test_wait_for_timeout_less_then_0_or_0_future_done) {
  RunTest([]() -> Coro<> {
    Future<std::string> future = CreateFuture<std::string>();
    future.SetResult("done");
    EXPECT_EQ(co_await WaitFor(future, 0s), "done");
    EXPECT_TRUE(future.done());
  });
}

TEST(AsyncioWaitForTest,
     test_wait_for_timeout_less_then_0_or_0_coroutine_do_not_started) {
  RunTest([]() -> Coro<> {
    bool started = false;
    const auto foo = [&started]() -> Coro<> {
      started = true;
      co_return;
    };
    EXPECT_TRUE(co_await TimesOut(WaitFor(foo(), 0s)));
    EXPECT_FALSE(started);
  });
}

// Says that it runs, and no more when it has ended.
Coro<std::string> Foo(Future<> started, bool* running) {
  *running = true;
  started.SetResult();
  const Outcome<> slept = co_await AsOutcome(Pause(10s));
  *running = false;
  slept.Rethrow();
  co_return "done";
}

TEST(AsyncioWaitForTest, test_wait_for_timeout_less_then_0_or_0) {
  RunTest([]() -> Coro<> {
    for (const Nanoseconds timeout : {0s, -1s}) {
      bool running = false;
      const Future<> started = CreateFuture();
      const Task<std::string> task = CreateTask(Foo(started, &running));
      co_await started;
      EXPECT_TRUE(co_await TimesOut(WaitFor(task, timeout)));
      EXPECT_TRUE(task.done());
      EXPECT_TRUE(task.cancelled());
      EXPECT_FALSE(running);
    }
  });
}

TEST(AsyncioWaitForTest, test_wait_for) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    bool running = false;
    const Task<std::string> task = CreateTask(Foo(CreateFuture(), &running));
    EXPECT_TRUE(co_await TimesOut(WaitFor(task, 100ms)));
    EXPECT_TRUE(task.done());
    EXPECT_TRUE(task.cancelled());
    EXPECT_FALSE(running);
  });
  EXPECT_EQ(world.now(), 100ms);
}

TEST(AsyncioWaitForTest, test_wait_for_blocking) {
  RunTest([]() -> Coro<> {
    const auto coro = []() -> Coro<std::string> { co_return "done"; };
    EXPECT_EQ(co_await WaitFor(coro(), std::nullopt), "done");
  });
}

TEST(AsyncioWaitForTest, test_wait_for_race_condition) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Future<std::string> future = CreateFuture<std::string>();
    Coro<std::string> waiting = WaitFor(future, 200ms);
    RunningLoop().CallSoon([future]() mutable { future.SetResult("ok"); });
    EXPECT_EQ(co_await std::move(waiting), "ok");
  });
  EXPECT_EQ(world.now(), 0s);
}

TEST(AsyncioWaitForTest, test_wait_for_cancellation_race_condition) {
  RunTest([]() -> Coro<> {
    const auto inner = []() -> Coro<int> {
      const auto error = co_await Raised<CancelledError>(Pause(1s));
      EXPECT_TRUE(error.has_value());
      co_return 1;
    };
    EXPECT_EQ(co_await WaitFor(inner(), 10ms), 1);
  });
}

// Takes its time to be cancelled.
Coro<> SlowToCancel(bool* done) {
  const Outcome<> slept = co_await AsOutcome(Pause(10s));
  if (slept.cancelled()) co_await Sleep(kEpsilon);
  *done = true;
  slept.Rethrow();
}

TEST(AsyncioWaitForTest, test_wait_for_waits_for_task_cancellation) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    bool task_done = false;
    const Task<> inner = CreateTask(SlowToCancel(&task_done));
    EXPECT_TRUE(co_await TimesOut(WaitFor(inner, kEpsilon)));
    EXPECT_TRUE(task_done);
  });
  EXPECT_EQ(world.now(), 2 * kEpsilon);
}

TEST(AsyncioWaitForTest,
     test_wait_for_waits_for_task_cancellation_w_timeout_0) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    bool task_done = false;
    const auto foo = [&task_done]() -> Coro<> {
      const Task<> inner = CreateTask(SlowToCancel(&task_done));
      co_await Sleep(kEpsilon);
      co_await WaitFor(inner, 0s);
    };
    EXPECT_TRUE(co_await TimesOut(foo()));
    EXPECT_TRUE(task_done);
  });
  EXPECT_EQ(world.now(), 2 * kEpsilon);
}

TEST(AsyncioWaitForTest, test_wait_for_reraises_exception_during_cancellation) {
  class FooException : public std::exception {};
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const Task<> inner = CreateTask(SleepFinallyRaise<FooException>(200ms));
    const auto error = co_await Raised<FooException>(WaitFor(inner, kEpsilon));
    EXPECT_TRUE(error.has_value());
  });
  EXPECT_EQ(world.now(), kEpsilon);
}

// Cancelling the wait also cancels what it waits for.
void CancelWaitFor(std::optional<Nanoseconds> timeout) {
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    const auto blocking = []() -> Coro<> { co_await CreateFuture(); };
    const Task<> task = CreateTask(blocking());
    const Task<> wait = CreateTask(WaitFor(task, timeout));
    RunningLoop().CallSoon([w = AnyTask(wait)]() mutable { w.Cancel(); });
    const auto error = co_await Raised<CancelledError>(AsCoro(wait));
    EXPECT_TRUE(error.has_value());
    EXPECT_TRUE(task.cancelled());
  });
  EXPECT_EQ(world.now(), 0s);
}

TEST(AsyncioWaitForTest, test_cancel_blocking_wait_for) {
  CancelWaitFor(std::nullopt);
}

TEST(AsyncioWaitForTest, test_cancel_wait_for) { CancelWaitFor(60s); }

TEST(AsyncioWaitForTest, test_wait_for_cancel_suppressed) {
  RunTest([]() -> Coro<> {
    const auto return_42 = []() -> Coro<int> {
      const auto error = co_await Raised<CancelledError>(Pause(10s));
      co_return error.has_value() ? 42 : 0;
    };
    EXPECT_EQ(co_await WaitFor(return_42(), 100ms), 42);
  });
}

TEST(AsyncioWaitForTest, test_wait_for_issue86296) {
  RunTest([]() -> Coro<> {
    const auto inner = []() -> Coro<std::string> { co_return "done"; };
    const Task<std::string> inner_task = CreateTask(inner());
    bool reached_end = false;
    const auto wait_for_coro = [&]() -> Coro<> {
      const std::string result = co_await WaitFor(inner_task, 100s);
      co_await Sleep(1s);
      reached_end = true;
    };
    Task<> task = CreateTask(wait_for_coro());
    EXPECT_FALSE(task.done());
    co_await Yield();
    task.Cancel();
    const auto error = co_await Raised<CancelledError>(AsCoro(task));
    EXPECT_TRUE(error.has_value());
    EXPECT_TRUE(inner_task.done());
    EXPECT_EQ(co_await inner_task, "done");
    EXPECT_FALSE(reached_end);
  });
}

Coro<std::string> DoneAfter(Nanoseconds delay) {
  co_await Sleep(delay);
  co_return "done";
}

TEST(WaitForShieldTests, test_zero_timeout) {
  RunTest([]() -> Coro<> {
    const Task<std::string> task = CreateTask(DoneAfter(10ms));
    const Future<std::string> shielded = Shield(task);
    EXPECT_TRUE(co_await TimesOut(WaitFor(shielded, 0s)));
    EXPECT_FALSE(task.done());
    EXPECT_FALSE(task.cancelled());
    EXPECT_TRUE(shielded.cancelled());
    co_await Sleep(100ms);
    EXPECT_TRUE(task.done());
  });
}

TEST(WaitForShieldTests, test_none_timeout) {
  RunTest([]() -> Coro<> {
    const Task<std::string> task = CreateTask(DoneAfter(100ms));
    co_await WaitFor(Shield(task), std::nullopt);
    EXPECT_TRUE(task.done());
    EXPECT_EQ(co_await task, "done");
  });
}

TEST(WaitForShieldTests, test_shielded_timeout) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const Task<std::string> task = CreateTask(DoneAfter(100ms));
    EXPECT_TRUE(co_await TimesOut(WaitFor(Shield(task), 10ms)));
    EXPECT_FALSE(task.done());
    EXPECT_FALSE(task.cancelled());
    EXPECT_EQ(co_await task, "done");
  });
  EXPECT_EQ(world.now(), 100ms);
}

}  // namespace
}  // namespace rondo::conformance
