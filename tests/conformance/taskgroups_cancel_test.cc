// Ports of CPython's test_taskgroups.py: groups whose owner is cancelled.
#include <chrono>
#include <optional>

#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/exception_group.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/task_group.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

class MyExc : public std::exception {};

// Sleeps; its cancellation counts `by`.
Coro<> CountCancellation(Nanoseconds delay, int& num, int by) {
  try {
    co_await Sleep(delay);
  } catch (const CancelledError&) {
    num += by;
    throw;
  }
}

// Runs `runner` as a task, cancels it after 0.1 s, and returns the E that it
// ends with.
template <class E>
Coro<std::optional<E>> CancelSoon(Coro<> runner) {
  Task<> r = CreateTask(std::move(runner));
  co_await Sleep(100ms);
  EXPECT_FALSE(r.done());
  r.Cancel();
  co_return co_await Raised<E>(AsCoro(r));
}

TEST(TestTaskGroup, test_cancellation) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    int num = 0;
    const auto body = [&](TaskGroup& g) -> Coro<> {
      for (int i = 0; i < 5; ++i) {
        g.CreateTask(CountCancellation(5s, num, 1));
      }
      co_return;
    };
    const auto error = co_await CancelSoon<CancelledError>(WithTaskGroup(body));
    EXPECT_TRUE(error.has_value());
    EXPECT_EQ(num, 5);
  });
  EXPECT_EQ(world.now(), 100ms);
}

TEST(TestTaskGroup, test_taskgroup_07) {
  RunTest([]() -> Coro<> {
    int num = 0;
    const auto body = [&](TaskGroup& g) -> Coro<> {
      for (int i = 0; i < 5; ++i) {
        g.CreateTask(CountCancellation(5s, num, 1));
      }
      co_await CountCancellation(10s, num, 10);
    };
    const auto error = co_await CancelSoon<CancelledError>(WithTaskGroup(body));
    EXPECT_TRUE(error.has_value());
    EXPECT_EQ(num, 15);
  });
}

// Five tasks that fail when they are cancelled, and a body that sleeps.
Coro<> FiveFailWhenCancelled(TaskGroup& g) {
  for (int i = 0; i < 5; ++i) {
    g.CreateTask(SleepFinallyRaise<ZeroDivisionError>(10s));
  }
  co_await Sleep(10s);
}

TEST(TestTaskGroup, test_taskgroup_08) {
  RunTest([]() -> Coro<> {
    const auto error = co_await CancelSoon<ExceptionGroup>(
        WithTaskGroup(FiveFailWhenCancelled));
    EXPECT_TRUE(HasErrorTypes<ZeroDivisionError>(error));
    EXPECT_EQ(error->exceptions().size(), 5u);
  });
}

TEST(TestTaskGroup, test_taskgroup_11) {
  RunTest([]() -> Coro<> {
    const auto body = [](TaskGroup&) {
      return WithTaskGroup(FiveFailWhenCancelled);
    };
    const auto error = co_await CancelSoon<ExceptionGroup>(WithTaskGroup(body));
    EXPECT_TRUE(HasErrorTypes<ExceptionGroup>(error));
    EXPECT_TRUE(
        HasErrorTypes<ZeroDivisionError>(AsGroup(error->exceptions().at(0))));
  });
}

TEST(TestTaskGroup, test_taskgroup_12) {
  RunTest([]() -> Coro<> {
    Task<> sleeper;
    const auto body = [&](TaskGroup& g1) {
      sleeper = g1.CreateTask(Pause(10s));
      return WithTaskGroup(FiveFailWhenCancelled);
    };
    const auto error = co_await CancelSoon<ExceptionGroup>(WithTaskGroup(body));
    EXPECT_TRUE(HasErrorTypes<ExceptionGroup>(error));
    EXPECT_TRUE(
        HasErrorTypes<ZeroDivisionError>(AsGroup(error->exceptions().at(0))));
    EXPECT_TRUE(sleeper.cancelled());
  });
}

// A task that fails at 0.3 s, in the midst of the body's clean-up.
Coro<> CrashSoon(TaskGroup& g) {
  g.CreateTask(RaiseAfter<ZeroDivisionError>(300ms));
  const Outcome<> slept = co_await AsOutcome(Pause(10s));
  co_await Sleep(500ms);
  slept.Rethrow();
}

TEST(TestTaskGroup, test_taskgroup_15) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const auto error =
        co_await CancelSoon<ExceptionGroup>(WithTaskGroup(CrashSoon));
    EXPECT_TRUE(HasErrorTypes<ZeroDivisionError>(error));
  });
  EXPECT_EQ(world.now(), 300ms);
}

TEST(TestTaskGroup, test_taskgroup_16) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const auto runner = []() -> Coro<> {
      const Task<> t = CreateTask(WithTaskGroup(CrashSoon));
      co_await t;
    };
    const auto error = co_await CancelSoon<ExceptionGroup>(runner());
    EXPECT_TRUE(HasErrorTypes<ZeroDivisionError>(error));
  });
  EXPECT_EQ(world.now(), 300ms);
}

TEST(TestTaskGroup, test_taskgroup_17) {
  RunTest([]() -> Coro<> {
    int num = 0;
    const auto body = [&](TaskGroup&) {
      return CountCancellation(10s, num, 10);
    };
    const auto error = co_await CancelSoon<CancelledError>(WithTaskGroup(body));
    EXPECT_TRUE(error.has_value());
    EXPECT_EQ(num, 10);
  });
}

TEST(TestTaskGroup, test_taskgroup_18) {
  RunTest([]() -> Coro<> {
    const auto body = [](TaskGroup&) { return SleepFinallyRaise<MyExc>(10s); };
    const auto error = co_await CancelSoon<ExceptionGroup>(WithTaskGroup(body));
    EXPECT_TRUE(HasErrorTypes<MyExc>(error));
  });
}

TEST(TestTaskGroup, test_taskgroup_22) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const auto body = [](TaskGroup& g) -> Coro<> {
      g.CreateTask(Pause(1s));
      g.CreateTask(Pause(2s));
      co_return;
    };
    const auto error = co_await CancelSoon<CancelledError>(WithTaskGroup(body));
    EXPECT_TRUE(error.has_value());
  });
  EXPECT_EQ(world.now(), 100ms);
}

}  // namespace
}  // namespace rondo::conformance
