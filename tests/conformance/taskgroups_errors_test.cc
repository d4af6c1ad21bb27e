// Ports of CPython's test_taskgroups.py: groups in which something fails.
#include <chrono>
#include <optional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/exception_group.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/task_group.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class MyExc : public std::exception {};
class MyBaseExc : public BaseException {};
class TypeError : public std::exception {};

// Sleeps; notes its cancellation, or that it was not cancelled.
Coro<> Foo(Nanoseconds delay, bool& cancelled, int& num) {
  try {
    co_await Sleep(delay);
  } catch (const CancelledError&) {
    cancelled = true;
    throw;
  }
  ++num;
}

TEST(TestTaskGroup, test_taskgroup_04) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    int num = 0;
    bool t2_cancel = false;
    Task<> t2;
    const auto body = [&](TaskGroup& g) -> Coro<> {
      g.CreateTask(RaiseAfter<ZeroDivisionError>(100ms));
      t2 = g.CreateTask(Foo(1s, t2_cancel, num));
      co_return;
    };
    const auto runner = [&]() -> Coro<> {
      co_await WithTaskGroup(body);
      num += 10;
    };
    const Task<> task = CreateTask(runner());
    const auto error = co_await Raised<ExceptionGroup>(AsCoro(task));
    EXPECT_TRUE(HasErrorTypes<ZeroDivisionError>(error));
    EXPECT_EQ(num, 0);
    EXPECT_TRUE(t2_cancel);
    EXPECT_TRUE(t2.cancelled());
  });
  EXPECT_EQ(world.now(), 100ms);
}

TEST(TestTaskGroup, test_cancel_children_on_child_error) {
  RunTest([]() -> Coro<> {
    int num = 0;
    bool t2_cancel = false;
    bool runner_cancel = false;
    const auto body = [&](TaskGroup& g) -> Coro<> {
      for (int i = 0; i < 3; ++i) {
        g.CreateTask(RaiseAfter<ZeroDivisionError>(100ms));
      }
      g.CreateTask(Foo(5s, t2_cancel, num));
      co_await Foo(10s, runner_cancel, num);
    };
    const auto runner = [&]() -> Coro<> {
      co_await WithTaskGroup(body);
      num += 10;
    };
    const Task<> task = CreateTask(runner());
    const auto error = co_await Raised<ExceptionGroup>(AsCoro(task));
    EXPECT_TRUE(HasErrorTypes<ZeroDivisionError>(error));
    EXPECT_EQ(error->exceptions().size(), 3u);  // All due in one iteration.
    EXPECT_EQ(num, 0);
    EXPECT_TRUE(t2_cancel);
    EXPECT_TRUE(runner_cancel);
  });
}

// Two sleepers and a body that fails after `delay`.
Coro<> FailingBody(Nanoseconds delay) {
  Task<> t1;
  Task<> t2;
  const auto body = [&](TaskGroup& g) -> Coro<> {
    t1 = g.CreateTask(Pause(1s));
    t2 = g.CreateTask(Pause(2s));
    if (delay > 0s) co_await Sleep(delay);
    throw ZeroDivisionError();
  };
  const auto error = co_await Raised<ExceptionGroup>(WithTaskGroup(body));
  EXPECT_TRUE(HasErrorTypes<ZeroDivisionError>(error));
  EXPECT_TRUE(t1.cancelled());
  EXPECT_TRUE(t2.cancelled());
}

TEST(TestTaskGroup, test_taskgroup_09) {
  VirtualLoop world;
  world.Run([] { return FailingBody(100ms); });
  EXPECT_EQ(world.now(), 100ms);
}

TEST(TestTaskGroup, test_taskgroup_10) {
  VirtualLoop world;
  world.Run([] { return FailingBody(0s); });
  EXPECT_EQ(world.now(), 0s);
}

// A group with a group in it; each has a task that fails in its time.
Coro<> TwoCrash(Nanoseconds outer, Nanoseconds inner) {
  const auto inner_body = [&](TaskGroup& g2) -> Coro<> {
    g2.CreateTask(RaiseAfter<ZeroDivisionError>(inner));
    co_return;
  };
  const auto outer_body = [&](TaskGroup& g1) -> Coro<> {
    g1.CreateTask(RaiseAfter<ZeroDivisionError>(outer));
    co_await WithTaskGroup(inner_body);
  };
  co_await WithTaskGroup(outer_body);
}

TEST(TestTaskGroup, test_taskgroup_13) {
  RunTest([]() -> Coro<> {
    const Task<> r = CreateTask(TwoCrash(100ms, 10s));
    const auto error = co_await Raised<ExceptionGroup>(AsCoro(r));
    EXPECT_TRUE(HasErrorTypes<ZeroDivisionError>(error));
  });
}

TEST(TestTaskGroup, test_taskgroup_14) {
  RunTest([]() -> Coro<> {
    const Task<> r = CreateTask(TwoCrash(10s, 100ms));
    const auto error = co_await Raised<ExceptionGroup>(AsCoro(r));
    EXPECT_TRUE(HasErrorTypes<ExceptionGroup>(error));
    EXPECT_TRUE(
        HasErrorTypes<ZeroDivisionError>(AsGroup(error->exceptions().at(0))));
  });
}

// A task fails with `E`; the body, cancelled by that, fails with `F`.
template <class E, class F>
Coro<> BothFail() {
  const auto body = [](TaskGroup& g) -> Coro<> {
    g.CreateTask(RaiseAfter<E>(100ms));
    co_await SleepFinallyRaise<F>(10s);
  };
  co_await WithTaskGroup(body);
}

TEST(TestTaskGroup, test_taskgroup_19) {
  RunTest([]() -> Coro<> {
    const Task<> r = CreateTask(BothFail<ZeroDivisionError, MyExc>());
    const auto error = co_await Raised<ExceptionGroup>(AsCoro(r));
    const bool both = HasErrorTypes<MyExc, ZeroDivisionError>(error);
    EXPECT_TRUE(both);
  });
}

TEST(TestTaskGroup, test_taskgroup_20) {
  RunTest([]() -> Coro<> {
    const auto error = co_await Raised<KeyboardInterrupt>(
        BothFail<ZeroDivisionError, KeyboardInterrupt>());
    EXPECT_TRUE(error.has_value());
  });
}

TEST(TestTaskGroup, test_taskgroup_20a) {
  RunTest([]() -> Coro<> {
    const auto error = co_await Raised<BaseExceptionGroup>(
        BothFail<ZeroDivisionError, MyBaseExc>());
    const bool both = HasErrorTypes<MyBaseExc, ZeroDivisionError>(error);
    EXPECT_TRUE(both);
  });
}

TEST(TestTaskGroup, test_taskgroup_21a) {
  RunTest([]() -> Coro<> {
    const auto error =
        co_await Raised<BaseExceptionGroup>(BothFail<MyBaseExc, TypeError>());
    const bool both = HasErrorTypes<MyBaseExc, TypeError>(error);
    EXPECT_TRUE(both);
  });
}

TEST(TestTaskGroup, test_taskgroup_no_create_task_after_failure) {
  RunTest([]() -> Coro<> {
    std::string refusal;
    const auto coro2 = [&](TaskGroup& g) -> Coro<> {
      try {
        co_await Sleep(1s);
      } catch (const CancelledError&) {
        try {
          g.CreateTask(RaiseAfter<ZeroDivisionError>(1ms));
        } catch (const RuntimeError& error) {
          refusal = error.what();
        }
      }
    };
    const auto body = [&](TaskGroup& g) -> Coro<> {
      g.CreateTask(RaiseAfter<ZeroDivisionError>(1ms));
      g.CreateTask(coro2(g));
      co_return;
    };
    const auto error = co_await Raised<ExceptionGroup>(WithTaskGroup(body));
    EXPECT_TRUE(HasErrorTypes<ZeroDivisionError>(error));
    EXPECT_THAT(refusal, HasSubstr("is shutting down"));
  });
}

TEST(TestTaskGroup, test_taskgroup_context_manager_exit_raises) {
  RunTest([]() -> Coro<> {
    const auto main = []() -> Coro<> {
      const auto body = [](TaskGroup& tg) -> Coro<> {
        tg.CreateTask(RaiseAfter<MyExc>(0s));
        co_await SleepFinallyRaise<MyExc>(1s);  // The database's exit.
      };
      const auto error = co_await Raised<ExceptionGroup>(WithTaskGroup(body));
      EXPECT_TRUE(HasErrorTypes<MyExc>(error));
      EXPECT_EQ(error->exceptions().size(), 2u);
      EXPECT_EQ(CurrentTask().cancelling(), 0u);
    };
    co_await CreateTask(main());
  });
}

TEST(TestTaskGroup, test_cancelling_level_preserved) {
  RunTest([]() -> Coro<> {
    const auto body = [](TaskGroup& tg) -> Coro<> {
      tg.CreateTask(RaiseAfter<ZeroDivisionError>(0s));
      co_return;
    };
    const auto error = co_await Raised<ExceptionGroup>(WithTaskGroup(body));
    EXPECT_TRUE(error.has_value());
    EXPECT_EQ(CurrentTask().cancelling(), 0u);
  });
}

TEST(TestTaskGroup, test_nested_groups_both_cancelled) {
  RunTest([]() -> Coro<> {
    const auto outer_body = [](TaskGroup& outer) -> Coro<> {
      const auto inner_body = [&outer](TaskGroup& inner) -> Coro<> {
        inner.CreateTask(RaiseAfter<ZeroDivisionError>(0s));
        outer.CreateTask(RaiseAfter<MyExc>(0s));
        co_return;
      };
      const auto error =
          co_await Raised<ExceptionGroup>(WithTaskGroup(inner_body));
      EXPECT_TRUE(HasErrorTypes<ZeroDivisionError>(error));
      EXPECT_EQ(CurrentTask().cancelling(), 1u);
    };
    const auto error =
        co_await Raised<ExceptionGroup>(WithTaskGroup(outer_body));
    EXPECT_TRUE(HasErrorTypes<MyExc>(error));
    EXPECT_EQ(CurrentTask().cancelling(), 0u);
  });
}

// A group whose task says that it has started, yields, and fails.
Coro<> ErrorAndCancel(Future<> started) {
  const auto raise_error = [&]() -> Coro<> {
    started.SetResult();
    co_await Yield();
    throw ZeroDivisionError();
  };
  const auto body = [&](TaskGroup& tg) -> Coro<> {
    tg.CreateTask(raise_error());
    co_await Sleep(1s);
    ADD_FAILURE() << "Sleep in group should have been cancelled";
  };
  const auto error = co_await Raised<ExceptionGroup>(WithTaskGroup(body));
  EXPECT_TRUE(HasErrorTypes<ZeroDivisionError>(error));
  EXPECT_EQ(CurrentTask().cancelling(), 1u);
  co_await Sleep(1s);
  ADD_FAILURE() << "Sleep after group should have been cancelled";
}

TEST(TestTaskGroup, test_error_and_cancel) {
  RunTest([]() -> Coro<> {
    const Future<> started = CreateFuture();
    Task<> t = CreateTask(ErrorAndCancel(started));
    co_await started;
    EXPECT_EQ(t.cancelling(), 0u);
    t.Cancel();
    EXPECT_EQ(t.cancelling(), 1u);
    const auto error = co_await Raised<CancelledError>(AsCoro(t));
    EXPECT_TRUE(error.has_value());
    EXPECT_TRUE(t.cancelled());
  });
}

}  // namespace
}  // namespace rondo::conformance
