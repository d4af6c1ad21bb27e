// Ports of CPython's test_timeouts.py: which exception leaves the block.
//
// C++ keeps no chain of exceptions: what the originals check of __cause__ and
// __context__ is left out; what is thrown, and when, is checked.
#include <chrono>
#include <optional>
#include <stdexcept>

#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/exception_group.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/task_group.h"
#include "rondo/runtime/timeouts.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

class KeyError : public std::exception {};

TEST(TimeoutTests, test_foreign_exception_passed) {
  RunTest([]() -> Coro<> {
    TimeoutScope cm = TimeoutScope::After(10ms);
    const auto body = [](TimeoutScope&) -> Coro<> {
      throw KeyError();
      co_return;
    };
    const auto error = co_await Raised<KeyError>(WithTimeout(cm, body));
    EXPECT_TRUE(error.has_value());
    EXPECT_FALSE(cm.expired());
  });
}

TEST(TimeoutTests, test_timeout_exception_context) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const auto body = [](TimeoutScope&) -> Coro<> {
      const Outcome<> outcome = co_await AsOutcome([]() -> Coro<> {
        throw ZeroDivisionError();
        co_return;
      }());
      co_await Sleep(1s);  // The clean-up; its end is the timeout.
      outcome.Rethrow();
    };
    const auto error = co_await Raised<TimeoutError>(WithTimeout(10ms, body));
    EXPECT_TRUE(error.has_value());
  });
  EXPECT_EQ(world.now(), 10ms);
}

TEST(TimeoutTests, test_foreign_exception_on_timeout) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const auto body = [](TimeoutScope&) {
      return SleepFinallyRaise<ZeroDivisionError>(1s);
    };
    const auto error =
        co_await Raised<ZeroDivisionError>(WithTimeout(10ms, body));
    EXPECT_TRUE(error.has_value());
    EXPECT_EQ(CurrentTask().cancelling(), 0u);
  });
  EXPECT_EQ(world.now(), 10ms);
}

TEST(TimeoutTests, test_foreign_exception_on_timeout_2) {
  RunTest([]() -> Coro<> {
    TimeoutScope cm = TimeoutScope::After(10ms);
    const auto body = [](TimeoutScope&) -> Coro<> {
      try {
        co_await SleepFinallyRaise<KeyError>(1s);
      } catch (const KeyError&) {
        throw ZeroDivisionError();
      }
    };
    const auto error =
        co_await Raised<ZeroDivisionError>(WithTimeout(cm, body));
    EXPECT_TRUE(error.has_value());
    EXPECT_TRUE(cm.expired());
  });
}

TEST(TimeoutTests, test_foreign_cancel_doesnt_timeout_if_not_expired) {
  RunTest([]() -> Coro<> {
    TimeoutScope cm = TimeoutScope::After(10s);
    const auto body = [](TimeoutScope&) -> Coro<> {
      CurrentTask().Cancel();
      co_await Sleep(10s);
    };
    const auto error = co_await Raised<CancelledError>(WithTimeout(cm, body));
    EXPECT_TRUE(error.has_value());
    EXPECT_FALSE(cm.expired());
  });
}

TEST(TimeoutTests, test_nested_timeout_in_finally) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const auto sleeps = [](TimeoutScope&) { return Pause(10s); };
    const auto body = [&](TimeoutScope&) -> Coro<> {
      const Outcome<> slept = co_await AsOutcome(Pause(1s));
      const auto inner =
          co_await Raised<TimeoutError>(WithTimeout(10ms, sleeps));
      EXPECT_TRUE(inner.has_value());
      slept.Rethrow();
    };
    const auto error = co_await Raised<TimeoutError>(WithTimeout(10ms, body));
    EXPECT_TRUE(error.has_value());
  });
  EXPECT_EQ(world.now(), 20ms);
}

// The task has swallowed a cancellation, which stays requested.
Coro<> SwallowCancellation() {
  CurrentTask().Cancel();
  const auto error = co_await Raised<CancelledError>(Pause(1s));
  EXPECT_TRUE(error.has_value());
  EXPECT_EQ(CurrentTask().cancelling(), 1u);
}

TEST(TimeoutTests, test_timeout_after_cancellation) {
  RunTest([]() -> Coro<> {
    co_await SwallowCancellation();
    const auto clean_up = [](TimeoutScope&) { return Pause(1s); };
    const auto error = co_await Raised<TimeoutError>(WithTimeout(0s, clean_up));
    EXPECT_TRUE(error.has_value());
  });
}

TEST(TimeoutTests, test_cancel_in_timeout_after_cancellation) {
  RunTest([]() -> Coro<> {
    co_await SwallowCancellation();
    const auto clean_up = [](TimeoutScope&) -> Coro<> {
      CurrentTask().Cancel();
      co_await Sleep(2s);
    };
    const auto error =
        co_await Raised<CancelledError>(WithTimeout(1s, clean_up));
    EXPECT_TRUE(error.has_value());
  });
}

TEST(TimeoutTests, test_timeout_taskgroup) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const auto group_body = [](TaskGroup& tg) -> Coro<> {
      tg.CreateTask(SleepFinallyRaise<ZeroDivisionError>(2s));
      co_await Sleep(1s);
    };
    const auto body = [&](TimeoutScope&) { return WithTaskGroup(group_body); };
    const auto error = co_await Raised<ExceptionGroup>(WithTimeout(10ms, body));
    EXPECT_TRUE(HasErrorTypes<ZeroDivisionError>(error));
    EXPECT_EQ(error->exceptions().size(), 1u);
    EXPECT_EQ(CurrentTask().cancelling(), 0u);
  });
  EXPECT_EQ(world.now(), 10ms);
}

}  // namespace
}  // namespace rondo::conformance
