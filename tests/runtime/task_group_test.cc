#include "rondo/runtime/task_group.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/eager_tasks.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/exception_group.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/timeouts.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

using Log = std::vector<std::string>;

Coro<> Pause(Nanoseconds delay) { co_await Sleep(delay); }

Coro<> Fail(Nanoseconds delay, std::string what) {
  if (delay > 0ns) co_await Sleep(delay);
  throw std::runtime_error(what);
}

// What leaves `coro`: "nothing", or the messages of a group's members.
Coro<Log> Errors(Coro<> coro) {
  const Outcome<> outcome = co_await AsOutcome(std::move(coro));
  Log errors;
  if (outcome.ok()) co_return errors;
  const auto group = AsGroup(outcome.exception());
  if (!group) {
    errors.push_back(DescribeException(outcome.exception()));
    co_return errors;
  }
  for (const std::exception_ptr& one : group->exceptions()) {
    errors.push_back(DescribeException(one));
  }
  co_return errors;
}

TEST(TaskGroupTest, ReturnsTheBodysResultWhenItsTasksAreDone) {
  VirtualLoop world;
  const int result = world.Run([] {
    return WithTaskGroup([](TaskGroup& group) -> Coro<int> {
      group.CreateTask(Pause(3s));
      co_await Sleep(1s);
      co_return 7;
    });
  });
  EXPECT_EQ(result, 7);
  EXPECT_EQ(world.now(), 3s);
}

TEST(TaskGroupTest, WithoutTasksItDoesNotSuspend) {
  VirtualLoop world;
  bool other = false;
  world.Run([&]() -> Coro<> {
    RunningLoop().CallSoon([&] { other = true; });
    const auto body = [](TaskGroup&) -> Coro<> { co_return; };
    co_await WithTaskGroup(body);
    EXPECT_FALSE(other);
  });
}

// A body that is no coroutine itself, and fails before there is one.
TEST(TaskGroupTest, ABodyThatCannotBeCalledIsABodyThatFailed) {
  VirtualLoop world;
  Task<> task;
  world.Run([&]() -> Coro<> {
    const auto body = [&](TaskGroup& group) -> Coro<> {
      task = group.CreateTask(Pause(1h));
      throw std::runtime_error("no coroutine");
    };
    const Log errors = co_await Errors(WithTaskGroup(body));
    EXPECT_THAT(errors, ElementsAre("std::runtime_error: no coroutine"));
  });
  EXPECT_TRUE(task.cancelled());
}

TEST(TaskGroupTest, CancelsItsTasksInTheOrderOfCreation) {
  VirtualLoop world;
  Log log;
  const auto note = [&](std::string name) -> Coro<> {
    const Outcome<> slept = co_await AsOutcome(Pause(1h));
    log.push_back(name);
    slept.Rethrow();
  };
  world.Run([&]() -> Coro<> {
    const auto body = [&](TaskGroup& group) -> Coro<> {
      group.CreateTask(note("a"));
      const Task<> early = group.CreateTask(Pause(1ms));
      group.CreateTask(note("b"));
      group.CreateTask(note("c"));
      co_await early;
      throw std::runtime_error("body");
    };
    const Log errors = co_await Errors(WithTaskGroup(body));
    EXPECT_THAT(errors, ElementsAre("std::runtime_error: body"));
  });
  EXPECT_THAT(log, ElementsAre("a", "b", "c"));
  EXPECT_EQ(world.now(), 1ms);
}

TEST(TaskGroupTest, SaysWhatItIsDoing) {
  VirtualLoop world;
  TaskGroup group;
  EXPECT_EQ(group.Describe(), "<TaskGroup>");
  world.Run([&]() -> Coro<> {
    const auto body = [](TaskGroup& g) -> Coro<> {
      EXPECT_EQ(g.Describe(), "<TaskGroup entered>");
      const Task<> task = g.CreateTask(Fail(0s, "x"));
      g.CreateTask(Pause(1h));
      EXPECT_EQ(g.Describe(), "<TaskGroup tasks=2 entered>");
      const Outcome<> cancelled = co_await AsOutcome(Pause(1h));
      EXPECT_EQ(g.Describe(), "<TaskGroup tasks=1 errors=1 cancelling>");
    };
    co_await Errors(WithTaskGroup(group, body));
  });
}

TEST(TaskGroupTest, ALoopExitOfATaskLeavesTheLoopAndThenTheGroup) {
  VirtualLoop world;
  Task<> owner;
  Task<> sibling;
  const auto body = [&](TaskGroup& group) -> Coro<> {
    sibling = group.CreateTask(Pause(1h));
    group.CreateTask([]() -> Coro<> {
      co_await Yield();
      throw KeyboardInterrupt();
    });
    co_return;
  };
  owner = world.loop().CreateTask(WithTaskGroup(body));
  EXPECT_THROW(world.loop().RunForever(), KeyboardInterrupt);
  EXPECT_FALSE(owner.done());
  EXPECT_THROW(world.loop().RunUntilComplete(owner), KeyboardInterrupt);
  EXPECT_TRUE(sibling.cancelled());
}

// A child that fails when it is made does not cancel a body that goes on to
// its end without a wait; one iteration later it would have.
TEST(TaskGroupTest, AnEagerFailureIsNoticedInTheNextIteration) {
  VirtualLoop world;
  world.loop().SetTaskFactory(EagerTaskFactory);
  world.Run([]() -> Coro<> {
    const auto body = [](TaskGroup& group) -> Coro<> {
      const Task<> failed = group.CreateTask(Fail(0s, "child"));
      EXPECT_TRUE(failed.done());
      EXPECT_EQ(CurrentTask().cancelling(), 0u);
      EXPECT_EQ(group.size(), 1u);
      group.CreateTask(Pause(1h));  // Not refused yet.
      co_return;
    };
    const Log errors = co_await Errors(WithTaskGroup(body));
    EXPECT_THAT(errors, ElementsAre("std::runtime_error: child"));
    EXPECT_EQ(CurrentTask().cancelling(), 0u);
    co_await Yield();  // No stray cancellation.
  });
  EXPECT_EQ(world.now(), 0ns);
}

// Child of the outer and child of the inner group fail in one iteration: the
// inner group's error does not hide that the outer one cancels its body.
TEST(TaskGroupTest, AnInnerGroupDoesNotSwallowTheOuterOnesCancellation) {
  VirtualLoop world;
  Log log;
  world.Run([&]() -> Coro<> {
    const auto outer_body = [&](TaskGroup& outer) -> Coro<> {
      outer.CreateTask(Fail(1s, "outer"));
      const auto inner_body = [](TaskGroup& inner) -> Coro<> {
        inner.CreateTask(Fail(1s, "inner"));
        co_return;
      };
      const Log inner = co_await Errors(WithTaskGroup(inner_body));
      EXPECT_THAT(inner, ElementsAre("std::runtime_error: inner"));
      co_await Sleep(1h);
      log.push_back("went on");
    };
    const Log errors = co_await Errors(WithTaskGroup(outer_body));
    EXPECT_THAT(errors, ElementsAre("std::runtime_error: outer"));
    EXPECT_EQ(CurrentTask().cancelling(), 0u);
  });
  EXPECT_THAT(log, ElementsAre());
  EXPECT_EQ(world.now(), 1s);
}

TEST(TaskGroupTest, ATimeoutAroundItIsATimeoutIfNothingElseFails) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const auto body = [](TaskGroup& group) -> Coro<> {
      group.CreateTask(Pause(1h));
      co_return;
    };
    const auto grouped = [&](TimeoutScope&) { return WithTaskGroup(body); };
    const Log errors = co_await Errors(WithTimeout(1s, grouped));
    EXPECT_THAT(errors, ElementsAre(HasSubstr("TimeoutError")));
    EXPECT_EQ(CurrentTask().cancelling(), 0u);
  });
  EXPECT_EQ(world.now(), 1s);
}

TEST(TaskGroupTest, AFailureBehindAnOwnerThatHasEndedIsReported) {
  VirtualLoop world;
  TaskGroup group;
  world.Run([&]() -> Coro<> {
    group.Enter();
    group.CreateTask(Fail(1s, "late"));
    co_return;
  });
  world.Run([] { return Pause(2s); });
  EXPECT_THAT(world.reports,
              ElementsAre("Task has errored out but its parent task is already "
                          "completed: std::runtime_error: late"));
}

TEST(TaskGroupTest, AnExceptionHandlerMayLeaveTheLoopOverThat) {
  VirtualLoop world;
  world.loop().SetExceptionHandler(
      [](EventLoop&, const ExceptionReport&) { throw LoopExit(); });
  TaskGroup group;
  world.Run([&]() -> Coro<> {
    group.Enter();
    group.CreateTask(Fail(1s, "late"));
    co_return;
  });
  EXPECT_THROW(world.Run([] { return Pause(2s); }), LoopExit);
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroupTest, TasksMayOutliveAGroupThatWasNotLeft) {
  VirtualLoop world;
  Task<> task;
  world.Run([&]() -> Coro<> {
    TaskGroup group;
    group.Enter();
    task = group.CreateTask(Pause(1s));
    co_return;
  });
  world.loop().RunUntilComplete(task);
  EXPECT_TRUE(task.done());
}

TEST(TaskGroupTest, DiesWithItsLoop) {
  auto held = std::make_shared<int>(1);
  for (const bool killed : {true, false}) {
    VirtualLoop world;
    const auto child = [](std::shared_ptr<int>) -> Coro<> {
      co_await Sleep(1h);
    };
    const auto body = [&](TaskGroup& group) -> Coro<> {
      group.CreateTask(child(held));
      const Task<> done = group.CreateTask([]() -> Coro<> { co_return; });
      group.CreateTask(child(held));
      co_await done;
    };
    const Task<> owner = world.loop().CreateTask(WithTaskGroup(body));
    world.loop().RunOnce();
    world.loop().RunOnce();  // The callback of the second task is queued.
    if (killed) {
      world.loop().Kill();
    } else {
      world.loop().Close();
    }
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_TRUE(owner.cancelled());
  }
}

}  // namespace
}  // namespace rondo
