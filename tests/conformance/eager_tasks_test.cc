// Ports of CPython's test_eager_task_factory.py.
//
// Where the originals count the tasks that were not made eagerly, these count
// the ones of which the ready queue has seen a first step.
#include "rondo/runtime/eager_tasks.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "rondo/runtime/context.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/loop_observer.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/task_group.h"
#include "rondo/tests/runtime/virtual_loop.h"
#include "rondo/tests/support/hand_clock.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

bool Contains(const std::vector<AnyTask>& tasks, const AnyTask& task) {
  return std::ranges::find(tasks, task) != tasks.end();
}

// A loop on which every task is eager.
class EagerLoop : public VirtualLoop {
 public:
  EagerLoop() { loop().SetTaskFactory(EagerTaskFactory); }
};

TEST(EagerTaskFactoryLoopTests, test_eager_task_factory_set) {
  EagerLoop world;
  using Function = void (*)(EventLoop&, TaskSpec&);
  const TaskFactory factory = world.loop().GetTaskFactory();
  const Function* const function = factory.target<Function>();
  ASSERT_NE(function, nullptr);
  EXPECT_EQ(*function, &EagerTaskFactory);
  world.Run([]() -> Coro<> {
    const auto noop = []() -> Coro<> { co_return; };
    const Task<> t = RunningLoop().CreateTask(noop());
    co_await t;
  });
}

TEST(EagerTaskFactoryLoopTests, test_await_future_during_eager_step) {
  EagerLoop world;
  const auto set_result = [](Future<std::string> future,
                             std::string value) -> Coro<> {
    future.SetResult(value);
    co_return;
  };
  const auto run = [&]() -> Coro<std::string> {
    Future<std::string> future = CreateFuture<std::string>();
    const Task<> t = CreateTask(set_result(future, "my message"));
    EXPECT_TRUE(t.done());
    co_return co_await future;
  };
  EXPECT_EQ(world.Run(run), "my message");
}

TEST(EagerTaskFactoryLoopTests, test_eager_completion) {
  EagerLoop world;
  const auto coro = []() -> Coro<std::string> { co_return "hello"; };
  const auto run = [&]() -> Coro<std::string> {
    Task<std::string> t = CreateTask(coro());
    EXPECT_TRUE(t.done());
    co_return co_await t;
  };
  EXPECT_EQ(world.Run(run), "hello");
}

Coro<std::string> Blocks() {
  co_await Sleep(100ms);
  co_return "finished after blocking";
}

TEST(EagerTaskFactoryLoopTests, test_block_after_eager_step) {
  EagerLoop world;
  const auto run = []() -> Coro<std::string> {
    Task<std::string> t = CreateTask(Blocks());
    EXPECT_FALSE(t.done());
    const std::string result = co_await t;
    EXPECT_TRUE(t.done());
    co_return result;
  };
  EXPECT_EQ(world.Run(run), "finished after blocking");
}

TEST(EagerTaskFactoryLoopTests, test_cancellation_after_eager_completion) {
  EagerLoop world;
  const auto coro = []() -> Coro<std::string> {
    co_return "finished without blocking";
  };
  const auto run = [&]() -> Coro<std::string> {
    Task<std::string> t = CreateTask(coro());
    t.Cancel();
    const std::string result = co_await t;
    EXPECT_FALSE(t.cancelled());  // A finished task cannot be cancelled.
    co_return result;
  };
  EXPECT_EQ(world.Run(run), "finished without blocking");
}

TEST(EagerTaskFactoryLoopTests, test_cancellation_after_eager_step_blocks) {
  EagerLoop world;
  const auto run = []() -> Coro<std::string> {
    Task<std::string> t = CreateTask(Blocks());
    t.Cancel("cancellation message");
    EXPECT_GT(t.cancelling(), 0u);
    co_return co_await t;
  };
  try {
    world.Run(run);
    FAIL();
  } catch (const CancelledError& error) {
    EXPECT_EQ(error.message(), "cancellation message");
  }
}

TEST(EagerTaskFactoryLoopTests, test_current_task) {
  EagerLoop world;
  world.Run([]() -> Coro<> {
    AnyTask captured;
    const auto coro = [&captured]() -> Coro<> {
      captured = CurrentTask();
      co_await Sleep(100ms);
      EXPECT_EQ(CurrentTask(), captured);
    };
    const AnyTask self = CurrentTask();
    const Task<> t = CreateTask(coro());
    EXPECT_EQ(captured, t);
    EXPECT_EQ(CurrentTask(), self);
    co_await t;
  });
}

TEST(EagerTaskFactoryLoopTests, test_all_tasks_with_eager_completion) {
  EagerLoop world;
  world.Run([]() -> Coro<> {
    std::vector<AnyTask> captured;
    const auto coro = [&captured]() -> Coro<> {
      captured = AllTasks();
      co_return;
    };
    const Task<> t = CreateTask(coro());
    EXPECT_TRUE(Contains(captured, t));
    EXPECT_FALSE(Contains(AllTasks(), t));
    co_return;
  });
}

TEST(EagerTaskFactoryLoopTests, test_all_tasks_with_blocking) {
  EagerLoop world;
  world.Run([]() -> Coro<> {
    std::vector<AnyTask> captured;
    const auto coro = [&captured](Future<> one, Future<> two) -> Coro<> {
      captured = AllTasks();
      co_await one;
      two.SetResult();
    };
    Future<> one = CreateFuture();
    const Future<> two = CreateFuture();
    const Task<> t = CreateTask(coro(one, two));
    EXPECT_TRUE(Contains(captured, t));
    EXPECT_TRUE(Contains(AllTasks(), t));
    one.SetResult();
    co_await two;
    EXPECT_FALSE(Contains(AllTasks(), t));
  });
}

TEST(EagerTaskFactoryLoopTests, test_context_vars) {
  EagerLoop world;
  world.Run([]() -> Coro<> {
    ContextVar<int> cv("cv", 0);
    int steps = 0;
    const auto coro = [&]() -> Coro<> {
      EXPECT_EQ(cv.Get(), 1);
      cv.Set(2);
      EXPECT_EQ(cv.Get(), 2);
      steps = 1;
      co_await Sleep(100ms);
      EXPECT_EQ(cv.Get(), 2);
      cv.Set(3);
      EXPECT_EQ(cv.Get(), 3);
      steps = 2;
    };
    cv.Set(1);
    const Task<> t = CreateTask(coro());
    EXPECT_EQ(steps, 1);
    EXPECT_EQ(cv.Get(), 1);
    co_await t;
    EXPECT_EQ(steps, 2);
    EXPECT_EQ(cv.Get(), 1);
  });
}

// The coroutine of a finished task is gone.
TEST(CEagerTaskFactoryLoopTests, test_issue122332) {
  EagerLoop world;
  world.Run([]() -> Coro<> {
    auto held = std::make_shared<int>(1);
    const auto coro = [](std::shared_ptr<int>) -> Coro<> { co_return; };
    const Task<> task = CreateTask(coro(held));
    co_await task;
    EXPECT_EQ(held.use_count(), 1);
  });
}

// Counts the first steps that the ready queue has seen.
class TaskCounter final : public LoopObserver {
 public:
  bool wants_paths() const override { return false; }
  void OnIdentity(Identity, std::string_view) override {}
  void OnSelected(Nanoseconds, std::optional<Nanoseconds>,
                  std::span<const ReadyEvent>) override {}
  void OnTimerFired(const HandleInfo&) override {}
  void OnRun(const HandleInfo& handle) override {
    if (handle.kind == HandleKind::kStep) ++count;
  }
  void OnIterationEnd(std::size_t, std::size_t) override {}

  int count = 0;
};

// How many tasks `program` makes that do not run eagerly.
template <class F>
int CountTasks(bool eager, F program) {
  TaskCounter counter;
  HandClock clock;
  JumpSelector selector(&clock);
  LoopSeams seams;
  seams.clock = &clock;
  seams.selector = &selector;
  seams.observer = &counter;
  EventLoop loop(seams);
  if (eager) loop.SetTaskFactory(EagerTaskFactory);
  loop.RunUntilComplete(program());
  return counter.count;
}

Coro<int> AwaitableChain(int depth) {
  if (depth == 0) co_return 0;
  co_return 1 + co_await AwaitableChain(depth - 1);
}

Coro<> RecursiveTaskGroups(int width, int depth) {
  if (depth == 0) co_return;
  const auto body = [=](TaskGroup& tg) -> Coro<> {
    for (int i = 0; i < width; ++i) {
      tg.CreateTask(RecursiveTaskGroups(width, depth - 1));
    }
    co_return;
  };
  co_await WithTaskGroup(body);
}

Coro<> RecursiveGather(int width, int depth) {
  if (depth == 0) co_return;
  std::vector<Coro<>> children;
  for (int i = 0; i < width; ++i) {
    children.push_back(RecursiveGather(width, depth - 1));
  }
  co_await Gather(std::move(children));
}

// RunUntilComplete makes its task before the loop runs: that one is queued.
constexpr int kEager = 1;
constexpr int kNotEager = 781;  // 1 + 5 + 5^2 + 5^3 + 5^4.

TEST(BaseTaskCountingTests, test_awaitables_chain) {
  const auto chain = [] { return AwaitableChain(100); };
  EXPECT_EQ(CountTasks(/*eager=*/true, chain), 1);
  EXPECT_EQ(CountTasks(/*eager=*/false, chain), 1);
}

TEST(BaseTaskCountingTests, test_recursive_taskgroups) {
  const auto groups = [] { return RecursiveTaskGroups(5, 4); };
  EXPECT_EQ(CountTasks(/*eager=*/true, groups), kEager);
  EXPECT_EQ(CountTasks(/*eager=*/false, groups), kNotEager);
}

TEST(BaseTaskCountingTests, test_recursive_gather) {
  const auto gather = [] { return RecursiveGather(5, 4); };
  EXPECT_EQ(CountTasks(/*eager=*/true, gather), kEager);
  EXPECT_EQ(CountTasks(/*eager=*/false, gather), kNotEager);
}

}  // namespace
}  // namespace rondo::conformance
