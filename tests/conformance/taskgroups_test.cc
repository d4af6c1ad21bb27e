// Ports of CPython's test_taskgroups.py: tasks that end, and how a group may
// be used. (What fails: taskgroups_errors_test.cc.)
#include <chrono>
#include <optional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/context.h"
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

Coro<int> Foo(Nanoseconds delay, int result) {
  co_await Sleep(delay);
  co_return result;
}

Coro<> Pass(TaskGroup&) { co_return; }

TEST(TestTaskGroup, test_taskgroup_01) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Task<int> t1;
    Task<int> t2;
    const auto body = [&](TaskGroup& g) -> Coro<> {
      t1 = g.CreateTask(Foo(100ms, 42));
      t2 = g.CreateTask(Foo(200ms, 11));
      co_return;
    };
    co_await WithTaskGroup(body);
    EXPECT_EQ(t1.result(), 42);
    EXPECT_EQ(t2.result(), 11);
  });
  EXPECT_EQ(world.now(), 200ms);
}

TEST(TestTaskGroup, test_taskgroup_02) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Task<int> t1;
    Task<int> t2;
    const auto body = [&](TaskGroup& g) -> Coro<> {
      t1 = g.CreateTask(Foo(100ms, 42));
      co_await Sleep(150ms);
      t2 = g.CreateTask(Foo(200ms, 11));
    };
    co_await WithTaskGroup(body);
    EXPECT_EQ(t1.result(), 42);
    EXPECT_EQ(t2.result(), 11);
  });
  EXPECT_EQ(world.now(), 350ms);
}

TEST(TestTaskGroup, test_taskgroup_03) {
  RunTest([]() -> Coro<> {
    Task<int> t1;
    Task<int> t2;
    const auto body = [&](TaskGroup& g) -> Coro<> {
      t1 = g.CreateTask(Foo(1s, 42));
      co_await Sleep(150ms);
      t1.Cancel();
      t2 = g.CreateTask(Foo(200ms, 11));
    };
    co_await WithTaskGroup(body);
    EXPECT_TRUE(t1.cancelled());
    EXPECT_EQ(t2.result(), 11);
  });
}

TEST(TestTaskGroup, test_taskgroup_23) {
  RunTest([]() -> Coro<> {
    const auto body = [](TaskGroup& g) -> Coro<> {
      for (int count = 0; count < 10; ++count) {
        co_await Sleep(100ms);
        g.CreateTask(Foo(300ms, 0));
        if (count == 5) {
          EXPECT_LT(g.size(), 5u);
        }
      }
      co_await Sleep(1350ms);
      EXPECT_EQ(g.size(), 0u);
    };
    co_await WithTaskGroup(body);
  });
}

TEST(TestTaskGroup, test_taskgroup_24) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const auto root = [](TaskGroup& g) -> Coro<> {
      co_await Sleep(100ms);
      g.CreateTask(Foo(100ms, 0));
      g.CreateTask(Foo(200ms, 0));
    };
    const auto body = [&](TaskGroup& g) -> Coro<> {
      g.CreateTask(root(g));
      co_return;
    };
    co_await WithTaskGroup(body);
  });
  EXPECT_EQ(world.now(), 300ms);
}

Coro<> Hydra(TaskGroup& g, int& nhydras) {
  ++nhydras;
  co_await Sleep(10ms);
  for (int head = 0; head < 2; ++head) g.CreateTask(Hydra(g, nhydras));
}

Coro<> Hercules(int& nhydras) {
  while (nhydras < 10) co_await Sleep(15ms);
  throw ZeroDivisionError();
}

TEST(TestTaskGroup, test_taskgroup_25) {
  RunTest([]() -> Coro<> {
    int nhydras = 0;
    const auto body = [&](TaskGroup& g) -> Coro<> {
      g.CreateTask(Hydra(g, nhydras));
      g.CreateTask(Hercules(nhydras));
      co_return;
    };
    const auto error = co_await Raised<ExceptionGroup>(WithTaskGroup(body));
    EXPECT_TRUE(HasErrorTypes<ZeroDivisionError>(error));
    EXPECT_GE(nhydras, 10);
  });
}

TEST(TestTaskGroup, test_taskgroup_task_name) {
  RunTest([]() -> Coro<> {
    const auto body = [](TaskGroup& g) -> Coro<> {
      const Task<> t = g.CreateTask(Pause(0s), "yolo");
      EXPECT_EQ(t.name(), "yolo");
      co_return;
    };
    co_await WithTaskGroup(body);
  });
}

TEST(TestTaskGroup, test_taskgroup_task_context) {
  RunTest([]() -> Coro<> {
    ContextVar<int> cvar("cvar", 0);
    const auto coro = [&cvar](int value) -> Coro<> {
      co_await Yield();
      cvar.Set(value);
    };
    const auto body = [&](TaskGroup& g) -> Coro<> {
      const Context ctx = Context::Copy();
      EXPECT_EQ(cvar.Get(ctx), 0);
      const Task<> t1 = g.CreateTask(coro(1), "", ctx);
      co_await t1;
      EXPECT_EQ(cvar.Get(ctx), 1);
      const Task<> t2 = g.CreateTask(coro(2), "", ctx);
      co_await t2;
      EXPECT_EQ(cvar.Get(ctx), 2);
    };
    co_await WithTaskGroup(body);
    EXPECT_EQ(cvar.Get(), 0);
  });
}

TEST(TestTaskGroup, test_taskgroup_already_entered) {
  RunTest([]() -> Coro<> {
    TaskGroup tg;
    const auto body = [](TaskGroup& same) -> Coro<> {
      const auto error =
          co_await Raised<RuntimeError>(WithTaskGroup(same, Pass));
      EXPECT_TRUE(error.has_value());
      EXPECT_THAT(error->what(), HasSubstr("has already been entered"));
    };
    co_await WithTaskGroup(tg, body);
  });
}

TEST(TestTaskGroup, test_taskgroup_double_enter) {
  RunTest([]() -> Coro<> {
    TaskGroup tg;
    co_await WithTaskGroup(tg, Pass);
    const auto error = co_await Raised<RuntimeError>(WithTaskGroup(tg, Pass));
    EXPECT_TRUE(error.has_value());
    EXPECT_THAT(error->what(), HasSubstr("has already been entered"));
  });
}

// Says when it dies: in place of the warning of a coroutine never awaited.
struct Witness {
  explicit Witness(bool* gone) : gone_(gone) {}
  Witness(Witness&& other) noexcept : gone_(std::exchange(other.gone_, {})) {}
  ~Witness() {
    if (gone_ != nullptr) *gone_ = true;
  }

 private:
  bool* gone_;
};

Coro<> Holds(Witness) { co_return; }

// The coroutine dies with the call that refuses it.
void ExpectRefused(TaskGroup& tg, const char* why) {
  bool gone = false;
  try {
    tg.CreateTask(Holds(Witness(&gone)));
    ADD_FAILURE() << "not refused";
  } catch (const RuntimeError& error) {
    EXPECT_THAT(error.what(), HasSubstr(why));
  }
  EXPECT_TRUE(gone);
}

TEST(TestTaskGroup, test_taskgroup_finished) {
  RunTest([]() -> Coro<> {
    TaskGroup tg;
    co_await WithTaskGroup(tg, Pass);
    ExpectRefused(tg, "is finished");
  });
}

TEST(TestTaskGroup, test_taskgroup_not_entered) {
  TaskGroup tg;
  ExpectRefused(tg, "has not been entered");
}

TEST(TestTaskGroup, test_taskgroup_without_parent_task) {
  VirtualLoop world;
  TaskGroup tg;
  world.loop().CallSoon([&] {
    try {
      tg.Enter();
      ADD_FAILURE() << "entered outside a task";
    } catch (const RuntimeError& error) {
      EXPECT_THAT(error.what(), HasSubstr("parent task"));
    }
    ExpectRefused(tg, "has not been entered");
  });
  world.loop().RunOnce();
}

TEST(TestTaskGroup, test_coro_closed_when_tg_closed) {
  VirtualLoop world;
  TaskGroup tg;
  world.Run([&]() { return WithTaskGroup(tg, Pass); });
  ExpectRefused(tg, "is finished");
}

}  // namespace
}  // namespace rondo::conformance
