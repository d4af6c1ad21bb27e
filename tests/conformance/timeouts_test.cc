// Ports of CPython's test_timeouts.py: when a timeout expires, and how it may
// be used. (What leaves the block: timeouts_errors_test.cc.)
#include "rondo/runtime/timeouts.h"

#include <chrono>
#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

auto Sleeping(Nanoseconds delay) {
  return [delay](TimeoutScope&) { return Pause(delay); };
}

Coro<> Pass(TimeoutScope&) { co_return; }

// True if TimeoutError leaves the block in which the task sleeps for `delay`.
Coro<bool> TimesOut(TimeoutScope& cm, Nanoseconds delay) {
  const auto error =
      co_await Raised<TimeoutError>(WithTimeout(cm, Sleeping(delay)));
  co_return error.has_value();
}

TEST(TimeoutTests, test_timeout_basic) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    TimeoutScope cm = TimeoutScope::After(10ms);
    EXPECT_TRUE(co_await TimesOut(cm, 10s));
    EXPECT_TRUE(cm.expired());
  });
  EXPECT_EQ(world.now(), 10ms);
}

TEST(TimeoutTests, test_timeout_at_basic) {
  RunTest([]() -> Coro<> {
    const Nanoseconds deadline = RunningLoop().time() + 10ms;
    TimeoutScope cm = TimeoutScope::At(deadline);
    EXPECT_TRUE(co_await TimesOut(cm, 10s));
    EXPECT_TRUE(cm.expired());
    EXPECT_EQ(cm.when(), deadline);
  });
}

TEST(TimeoutTests, test_nested_timeouts) {
  RunTest([]() -> Coro<> {
    bool cancelled = false;
    const Nanoseconds deadline = RunningLoop().time() + 10ms;
    TimeoutScope cm1 = TimeoutScope::At(deadline);
    TimeoutScope cm2 = TimeoutScope::At(deadline);
    // Only the outermost scope throws TimeoutError.
    const auto body = [&](TimeoutScope&) -> Coro<> {
      try {
        co_await WithTimeout(cm2, Sleeping(10s));
      } catch (const CancelledError&) {
        cancelled = true;
        throw;
      }
    };
    const auto error = co_await Raised<TimeoutError>(WithTimeout(cm1, body));
    EXPECT_TRUE(error.has_value());
    EXPECT_TRUE(cancelled);
    EXPECT_TRUE(cm1.expired());
    EXPECT_TRUE(cm2.expired());
  });
}

TEST(TimeoutTests, test_waiter_cancelled) {
  RunTest([]() -> Coro<> {
    bool cancelled = false;
    const auto body = [&](TimeoutScope&) -> Coro<> {
      try {
        co_await Sleep(10s);
      } catch (const CancelledError&) {
        cancelled = true;
        throw;
      }
    };
    const auto error = co_await Raised<TimeoutError>(WithTimeout(10ms, body));
    EXPECT_TRUE(error.has_value());
    EXPECT_TRUE(cancelled);
  });
}

TEST(TimeoutTests, test_timeout_not_called) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    TimeoutScope cm = TimeoutScope::After(10s);
    EXPECT_FALSE(co_await TimesOut(cm, 10ms));
    EXPECT_FALSE(cm.expired());
    EXPECT_GT(cm.when(), RunningLoop().time());
  });
  EXPECT_EQ(world.loop().scheduled_count(), 0u);
}

TEST(TimeoutTests, test_timeout_disabled) {
  RunTest([]() -> Coro<> {
    TimeoutScope cm = TimeoutScope::After(std::nullopt);
    EXPECT_FALSE(co_await TimesOut(cm, 10ms));
    EXPECT_FALSE(cm.expired());
    EXPECT_EQ(cm.when(), std::nullopt);
  });
}

TEST(TimeoutTests, test_timeout_at_disabled) {
  RunTest([]() -> Coro<> {
    TimeoutScope cm = TimeoutScope::At(std::nullopt);
    EXPECT_FALSE(co_await TimesOut(cm, 10ms));
    EXPECT_FALSE(cm.expired());
    EXPECT_EQ(cm.when(), std::nullopt);
  });
}

TEST(TimeoutTests, test_timeout_zero) {
  RunTest([]() -> Coro<> {
    const Nanoseconds start = RunningLoop().time();
    TimeoutScope cm = TimeoutScope::After(0s);
    EXPECT_TRUE(co_await TimesOut(cm, 10s));
    EXPECT_TRUE(cm.expired());
    EXPECT_EQ(cm.when(), start);
    EXPECT_EQ(RunningLoop().time(), start);
  });
}

TEST(TimeoutTests, test_timeout_zero_sleep_zero) {
  RunTest([]() -> Coro<> {
    const Nanoseconds start = RunningLoop().time();
    TimeoutScope cm = TimeoutScope::After(0s);
    EXPECT_TRUE(co_await TimesOut(cm, 0s));
    EXPECT_TRUE(cm.expired());
    EXPECT_EQ(cm.when(), start);
  });
}

TEST(TimeoutTests, test_timeout_in_the_past_sleep_zero) {
  RunTest([]() -> Coro<> {
    const Nanoseconds start = RunningLoop().time();
    TimeoutScope cm = TimeoutScope::After(-11s);
    EXPECT_TRUE(co_await TimesOut(cm, 0s));
    EXPECT_TRUE(cm.expired());
    EXPECT_EQ(cm.when(), start - 11s);
  });
}

TEST(TimeoutTests, test_outer_task_is_not_cancelled) {
  RunTest([]() -> Coro<> {
    const auto outer = []() -> Coro<> {
      TimeoutScope cm = TimeoutScope::After(1ms);
      EXPECT_TRUE(co_await TimesOut(cm, 10s));
    };
    const Task<> task = CreateTask(outer());
    co_await task;
    EXPECT_FALSE(task.cancelled());
    EXPECT_TRUE(task.done());
  });
}

// Runs a block that computes for `busy` and then sleeps, under an inner and an
// outer timeout; the outer one expires.
Coro<> NestedAndBusy(VirtualLoop& world, Nanoseconds outer, Nanoseconds inner,
                     Nanoseconds busy) {
  const auto inner_body = [&](TimeoutScope&) -> Coro<> {
    world.Advance(busy);
    co_await Sleep(1s);
  };
  const auto outer_body = [&](TimeoutScope&) -> Coro<> {
    const auto error =
        co_await Raised<TimeoutError>(WithTimeout(inner, inner_body));
    EXPECT_TRUE(error.has_value());
    co_await Sleep(10s);  // Ended by the outer timeout.
  };
  const auto error =
      co_await Raised<TimeoutError>(WithTimeout(outer, outer_body));
  EXPECT_TRUE(error.has_value());
}

// The outer timeout expires while the inner one still has time.
TEST(TimeoutTests, test_nested_timeouts_concurrent) {
  VirtualLoop world;
  world.Run([&] { return NestedAndBusy(world, 2ms, 100ms, 10ms); });
  EXPECT_EQ(world.now(), 10ms);
}

TEST(TimeoutTests, test_nested_timeouts_loop_busy) {
  VirtualLoop world;
  world.Run([&] { return NestedAndBusy(world, 100ms, 10ms, 50ms); });
  EXPECT_EQ(world.now(), 100ms);
}

TEST(TimeoutTests, test_reschedule) {
  RunTest([]() -> Coro<> {
    Future<TimeoutScope*> entered = CreateFuture<TimeoutScope*>();
    const Nanoseconds deadline1 = RunningLoop().time() + 10s;
    const Nanoseconds deadline2 = deadline1 + 20s;
    TimeoutScope cm = TimeoutScope::At(deadline1);
    const auto body = [&](TimeoutScope& scope) -> Coro<> {
      entered.SetResult(&scope);
      co_await Sleep(50s);
    };
    Task<> task = CreateTask(WithTimeout(cm, body));
    EXPECT_EQ(co_await entered, &cm);

    EXPECT_EQ(cm.when(), deadline1);
    cm.Reschedule(deadline2);
    EXPECT_EQ(cm.when(), deadline2);
    cm.Reschedule(std::nullopt);
    EXPECT_EQ(cm.when(), std::nullopt);

    task.Cancel();
    const auto error = co_await Raised<CancelledError>(AsCoro(task));
    EXPECT_TRUE(error.has_value());
    EXPECT_FALSE(cm.expired());
  });
}

// Entering `cm` is refused.
Coro<> ExpectEntered(TimeoutScope& cm) {
  const auto error = co_await Raised<RuntimeError>(WithTimeout(cm, Pass));
  EXPECT_TRUE(error.has_value());
  EXPECT_THAT(error->what(), HasSubstr("has already been entered"));
}

TEST(TimeoutTests, test_timeout_already_entered) {
  RunTest([]() -> Coro<> { co_await WithTimeout(10ms, ExpectEntered); });
}

TEST(TimeoutTests, test_timeout_double_enter) {
  RunTest([]() -> Coro<> {
    TimeoutScope cm = TimeoutScope::After(10ms);
    co_await WithTimeout(cm, Pass);
    co_await ExpectEntered(cm);
  });
}

// The deadline of `cm` cannot be moved.
void ExpectFixed(TimeoutScope& cm, const char* why) {
  try {
    cm.Reschedule(20ms);
    ADD_FAILURE() << "rescheduled";
  } catch (const RuntimeError& error) {
    EXPECT_THAT(error.what(), HasSubstr(why));
  }
}

TEST(TimeoutTests, test_timeout_finished) {
  RunTest([]() -> Coro<> {
    TimeoutScope cm = TimeoutScope::After(10ms);
    co_await WithTimeout(cm, Pass);
    ExpectFixed(cm, "finished");
  });
}

TEST(TimeoutTests, test_timeout_expired) {
  RunTest([]() -> Coro<> {
    TimeoutScope cm = TimeoutScope::After(10ms);
    EXPECT_TRUE(co_await TimesOut(cm, 1s));
    ExpectFixed(cm, "expired");
  });
}

TEST(TimeoutTests, test_timeout_expiring) {
  RunTest([]() -> Coro<> {
    const auto body = [](TimeoutScope& cm) -> Coro<> {
      const auto error = co_await Raised<CancelledError>(Pause(1s));
      EXPECT_TRUE(error.has_value());
      ExpectFixed(cm, "expiring");
    };
    co_await WithTimeout(10ms, body);
  });
}

TEST(TimeoutTests, test_timeout_not_entered) {
  RunTest([]() -> Coro<> {
    TimeoutScope cm = TimeoutScope::After(10ms);
    ExpectFixed(cm, "has not been entered");
    co_return;
  });
}

TEST(TimeoutTests, test_timeout_without_task) {
  VirtualLoop world;
  world.loop().CallSoon([] {
    TimeoutScope cm = TimeoutScope::After(10ms);
    try {
      cm.Enter();
      ADD_FAILURE() << "entered outside a task";
    } catch (const RuntimeError& error) {
      EXPECT_THAT(error.what(), HasSubstr("task"));
    }
    ExpectFixed(cm, "has not been entered");
  });
  world.loop().RunOnce();
}

}  // namespace
}  // namespace rondo::conformance
