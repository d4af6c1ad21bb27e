// CPython's test_tasks.py: BaseTaskTests, the context of tasks, and what is
// reported of tasks that are left alone.
#include <chrono>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/context.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

TEST(BaseTaskTests, test_context_1) {
  VirtualLoop world;
  ContextVar<std::string> cvar("cvar", "nope");
  const auto sub = [&]() -> Coro<> {
    co_await Sleep(10ms);
    EXPECT_EQ(cvar.Get(), "nope");
    cvar.Set("something else");
  };
  const Task<> main = world.loop().CreateTask([&]() -> Coro<> {
    EXPECT_EQ(cvar.Get(), "nope");
    const Task<> subtask = CreateTask(sub());
    cvar.Set("yes");
    EXPECT_EQ(cvar.Get(), "yes");
    co_await subtask;
    EXPECT_EQ(cvar.Get(), "yes");
  });
  world.loop().RunUntilComplete(main);
}

TEST(BaseTaskTests, test_context_2) {
  VirtualLoop world;
  ContextVar<std::string> cvar("cvar", "nope");
  int changed = 0;
  const Task<> main = world.loop().CreateTask([&]() -> Coro<> {
    EXPECT_EQ(cvar.Get(), "nope");
    for (int j = 0; j < 2; ++j) {
      Future<> fut = CreateFuture();
      fut.AddDoneCallback([&] {
        cvar.Set("something else");
        ++changed;
      });
      const std::string yes = "yes" + std::to_string(j);
      cvar.Set(yes);
      world.loop().CallSoon([fut]() mutable { fut.SetResult(); });
      co_await fut;
      EXPECT_EQ(cvar.Get(), yes);
      for (int i = 0; i < 3; ++i) {
        const std::string yes_i = yes + "-" + std::to_string(i);
        cvar.Set(yes_i);
        co_await Sleep(1ms);
        EXPECT_EQ(cvar.Get(), yes_i);
      }
    }
  });
  world.loop().RunUntilComplete(main);
  EXPECT_EQ(changed, 2);
  EXPECT_EQ(cvar.Get(), "nope");
}

TEST(BaseTaskTests, test_context_3) {
  constexpr unsigned kSeed = 20231;
  SCOPED_TRACE(kSeed);
  VirtualLoop world;
  ContextVar<int> cvar("cvar", -1);
  std::minstd_rand random(kSeed);
  const auto sub = [&](int num) -> Coro<> {
    for (int i = 0; i < 10; ++i) {
      cvar.Set(num + i);
      co_await Sleep(1ms + random() % 49 * 1ms);
      EXPECT_EQ(cvar.Get(), num + i);
    }
  };
  world.Run([&]() -> Coro<> {
    std::vector<Task<>> tasks;
    for (int i = 0; i < 100; ++i) {
      tasks.push_back(CreateTask(sub(static_cast<int>(random() % 11))));
    }
    co_await Gather(std::move(tasks));
  });
  EXPECT_EQ(cvar.Get(), -1);
}

// Two tasks, one after the other, in a context that is looked into.
using Create = std::function<Task<>(EventLoop&, Coro<>, const Context&)>;
std::vector<int> ShareContext(const Create& create) {
  VirtualLoop world;
  ContextVar<int> cvar("cvar", 0);
  const auto coro = [&](int val) -> Coro<> {
    co_await Yield();
    cvar.Set(val);
  };
  return world.Run([&]() -> Coro<std::vector<int>> {
    const Context ctx = Context::Copy();
    std::vector<int> ret = {cvar.Get(ctx)};
    const Task<> t1 = create(world.loop(), coro(1), ctx);
    co_await t1;
    ret.push_back(cvar.Get(ctx));
    const Task<> t2 = create(world.loop(), coro(2), ctx);
    co_await t2;
    ret.push_back(cvar.Get(ctx));
    EXPECT_EQ(cvar.Get(), 0);
    co_return ret;
  });
}

// Through NewTask, which is the class's constructor.
TEST(BaseTaskTests, test_context_4) {
  EXPECT_THAT(
      ShareContext([](EventLoop& loop, Coro<> coro, const Context& context) {
        return internal::NewTask(loop.core(), std::move(coro), {"", &context});
      }),
      ElementsAre(0, 1, 2));
}

TEST(BaseTaskTests, test_context_5) {
  EXPECT_THAT(ShareContext([](EventLoop&, Coro<> coro, const Context& context) {
                return CreateTask(std::move(coro), "", context);
              }),
              ElementsAre(0, 1, 2));
}

TEST(BaseTaskTests, test_context_6) {
  EXPECT_THAT(
      ShareContext([](EventLoop& loop, Coro<> coro, const Context& context) {
        return loop.CreateTask(std::move(coro), "", context);
      }),
      ElementsAre(0, 1, 2));
}

TEST(BaseTaskTests, test_get_context) {
  VirtualLoop world;
  const Context context = Context::Copy();
  const auto coro = []() -> Coro<> { co_return; };
  const Task<> task = world.loop().CreateTask(coro(), "", context);
  world.loop().RunUntilComplete(task);
  EXPECT_EQ(task.context(), context);
}

// Adapted: the loop keeps its tasks until it is closed.
TEST(BaseTaskTests, test_log_destroyed_pending_task) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  loop.set_debug(true);
  const auto kill_me = []() -> Coro<> {
    const Future<> future = CreateFuture();
    co_await future;  // Nobody else has it.
    throw RuntimeError("never reached");
  };
  Task<> task = loop.CreateTask(kill_me());
  loop.CallSoon([&] { EXPECT_THAT(AllTasks(), ElementsAre(task)); });
  loop.RunOnce();
  EXPECT_EQ(loop.ready_count(), 0);
  EXPECT_EQ(loop.scheduled_count(), 0);

  task = Task<>();
  EXPECT_THAT(world.reports, IsEmpty());
  loop.Close();
  EXPECT_THAT(world.reports,
              ElementsAre("Task was destroyed but it is pending!"));
}

TEST(BaseTaskTests, test_tb_logger_not_called_after_cancel) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Task<> task = CreateTask([]() -> Coro<> {
      throw std::invalid_argument("type");
      co_return;
    });
    co_await Sleep(50ms);
    task.Cancel();
    task = Task<>();
  });
  EXPECT_THAT(world.reports, IsEmpty());
}

}  // namespace
}  // namespace rondo::conformance
