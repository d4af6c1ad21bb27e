#include "rondo/runtime/eager_tasks.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/context.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/shield.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

using Log = std::vector<std::string>;

constexpr TaskSpec kEager = {.eager_start = true};

Coro<> Note(Log* log, std::string text) {
  log->push_back(text);
  co_return;
}

Coro<> NoteTwice(Log* log, std::string text) {
  log->push_back(text + "1");
  co_await Yield();
  log->push_back(text + "2");
}

TEST(EagerTasksTest, ATaskThatNeedNotWaitNeverTouchesTheReadyQueue) {
  VirtualLoop world;
  Log log;
  world.Run([&]() -> Coro<> {
    const std::size_t before = RunningLoop().ready_count();
    const Task<> task = CreateTask(Note(&log, "a"), kEager);
    EXPECT_TRUE(task.done());
    EXPECT_EQ(RunningLoop().ready_count(), before);
    co_await task;  // At once.
    EXPECT_THAT(log, ElementsAre("a"));
    co_return;
  });
}

// What the first step queues comes before what its creator queues next.
TEST(EagerTasksTest, TheFirstStepTakesItsPlaceInTheOrderOfCallbacks) {
  VirtualLoop world;
  Log log;
  world.Run([&]() -> Coro<> {
    EventLoop& loop = RunningLoop();
    loop.CallSoon([&] { log.push_back("before"); });
    const Task<> task = CreateTask(NoteTwice(&log, "a"), kEager);
    Future<> done = task;
    done.AddDoneCallback([&] { log.push_back("done"); });
    loop.CallSoon([&] { log.push_back("behind"); });
    log.push_back("creator");
    co_await task;
  });
  EXPECT_THAT(log,
              ElementsAre("a1", "creator", "before", "a2", "behind", "done"));
}

TEST(EagerTasksTest, DoneCallbacksOfATaskThatIsDoneAreQueued) {
  VirtualLoop world;
  Log log;
  world.Run([&]() -> Coro<> {
    Task<> task = CreateTask(Note(&log, "a"), kEager);
    task.AddDoneCallback([&] { log.push_back("done"); });
    log.push_back("creator");
    co_await Yield();
  });
  EXPECT_THAT(log, ElementsAre("a", "creator", "done"));
}

TEST(EagerTasksTest, OfACallbackToo) {
  VirtualLoop world;
  Log log;
  Task<> task;
  world.loop().CallSoon([&] {
    task = CreateTask(
        [&]() -> Coro<> {
          log.push_back(CurrentTask().name());
          co_await Sleep(1s);
          log.push_back(CurrentTask().name());
        },
        {.name = "child", .eager_start = true});
    EXPECT_EQ(internal::CurrentTaskCore(), nullptr);
  });
  world.loop().RunOnce();
  EXPECT_THAT(log, ElementsAre("child"));
  world.loop().RunUntilComplete(task);
  EXPECT_THAT(log, ElementsAre("child", "child"));
}

TEST(EagerTasksTest, OnALoopThatDoesNotRunTheyStartAsUsual) {
  VirtualLoop world;
  world.loop().SetTaskFactory(EagerTaskFactory);
  Log log;
  const Task<> task = world.loop().CreateTask(Note(&log, "a"));
  EXPECT_THAT(log, ElementsAre());
  EXPECT_FALSE(task.done());
  world.loop().RunOnce();
  EXPECT_THAT(log, ElementsAre("a"));
}

TEST(EagerTasksTest, EachHasItsNameItsNestingAndItsContext) {
  VirtualLoop world;
  ContextVar<int> depth("depth", 0);
  Log log;
  const auto note = [&](const char* text) {
    log.push_back(CurrentTask().name() + " " + text + " " +
                  std::to_string(depth.Get()));
  };
  world.Run([&]() -> Coro<> {
    CurrentTask().set_name("main");
    depth.Set(1);
    const Task<> child = CreateTask(
        [&]() -> Coro<> {
          depth.Set(depth.Get() + 1);
          note("begins");
          const Task<> inner = CreateTask(
              [&]() -> Coro<> {
                depth.Set(depth.Get() + 1);
                note("runs");
                co_return;
              },
              {.name = "inner", .eager_start = true});
          note("goes on");
          co_await Yield();
          note("ends");
        },
        {.name = "child", .eager_start = true});
    note("goes on");
    co_await child;
    note("ends");
  });
  EXPECT_THAT(log,
              ElementsAre("child begins 2", "inner runs 3", "child goes on 2",
                          "main goes on 1", "child ends 2", "main ends 1"));
}

TEST(EagerTasksTest, AnExceptionStaysInTheTask) {
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    const auto fail = []() -> Coro<int> {
      throw std::runtime_error("at once");
      co_return 1;
    };
    Task<int> task = CreateTask(fail(), kEager);
    EXPECT_TRUE(task.done());
    EXPECT_THROW(task.result(), std::runtime_error);
    co_return;
  });
  EXPECT_THAT(world.reports, ElementsAre());
}

TEST(EagerTasksTest, ALoopExitLeavesThroughCreateTask) {
  VirtualLoop world;
  bool passed = false;
  world.Run([&]() -> Coro<> {
    const auto leave = []() -> Coro<> {
      throw LoopExit();
      co_return;
    };
    EXPECT_THROW(CreateTask(leave(), kEager), LoopExit);
    passed = true;
    co_return;
  });
  EXPECT_TRUE(passed);
}

TEST(EagerTasksTest, ItsOwnCancellationComesAtItsFirstAwait) {
  VirtualLoop world;
  Log log;
  world.Run([&]() -> Coro<> {
    const auto cancels_itself = [&]() -> Coro<> {
      CurrentTask().Cancel("self");
      log.push_back("goes on");
      co_await Sleep(1h);
    };
    Task<> task = CreateTask(cancels_itself(), kEager);
    EXPECT_FALSE(task.done());
    const auto wait = [](Task<> t) -> Coro<> { co_await t; };
    EXPECT_TRUE((co_await AsOutcome(wait(task))).cancelled());
    const auto cancels_itself_and_ends = []() -> Coro<> {
      CurrentTask().Cancel();
      co_return;
    };
    EXPECT_TRUE(CreateTask(cancels_itself_and_ends(), kEager).cancelled());
  });
  EXPECT_THAT(log, ElementsAre("goes on"));
  EXPECT_EQ(world.now(), 0ns);
}

// The destructor of an argument of a failing task makes a task, when the
// failure is on its way.
TEST(EagerTasksTest, AreMadeInDestructorsOfFailedTasksToo) {
  VirtualLoop world;
  Log log;
  struct MakesATask {
    explicit MakesATask(Log* l) : log(l) {}
    MakesATask(MakesATask&& other) noexcept
        : log(std::exchange(other.log, nullptr)) {}
    ~MakesATask() {
      if (log != nullptr) CreateTask(Note(log, "destructor"), kEager);
    }
    Log* log;
  };
  const auto fail = [](MakesATask) -> Coro<> {
    throw std::runtime_error("first");
    co_return;
  };
  world.Run([&]() -> Coro<> {
    const Outcome<> inlined = co_await AsOutcome(fail(MakesATask(&log)));
    EXPECT_EQ(DescribeException(inlined.exception()),
              "std::runtime_error: first");
    const Task<> task = CreateTask(fail(MakesATask(&log)), kEager);
    EXPECT_EQ(DescribeException(task.exception()), "std::runtime_error: first");
  });
  EXPECT_THAT(log, ElementsAre("destructor", "destructor"));
}

TEST(EagerTasksTest, TheFactoryYieldsToWhatCreateTaskIsTold) {
  VirtualLoop world;
  Log names;
  world.loop().SetTaskFactory(CreateEagerTaskFactory(
      [&](EventLoop&, TaskSpec& spec) { names.emplace_back(spec.name); }));
  Log log;
  world.Run([&]() -> Coro<> {
    const Task<> eager = CreateTask(Note(&log, "eager"), "eager");
    const Task<> lazy =
        CreateTask(Note(&log, "lazy"), {.name = "lazy", .eager_start = false});
    EXPECT_TRUE(eager.done());
    EXPECT_FALSE(lazy.done());
    co_await lazy;
  });
  EXPECT_THAT(log, ElementsAre("eager", "lazy"));
  EXPECT_THAT(names, ElementsAre("", "eager", "lazy"));
}

// What the library makes of coroutines is eager too.
TEST(EagerTasksTest, AGatherOfWhatNeedNotWaitIsDoneAtOnce) {
  VirtualLoop world;
  world.loop().SetTaskFactory(EagerTaskFactory);
  Log log;
  world.Run([&]() -> Coro<> {
    const auto gather = Gather(Note(&log, "a"), Note(&log, "b"));
    EXPECT_TRUE(gather.done());
    EXPECT_TRUE(Shield(Note(&log, "c")).done());
    co_return;
  });
  EXPECT_THAT(log, ElementsAre("a", "b", "c"));
}

TEST(EagerTasksTest, WhatIsLeftDiesWithTheLoop) {
  auto held = std::make_shared<int>(1);
  {
    VirtualLoop world;
    const auto sleeper = [](std::shared_ptr<int>) -> Coro<> {
      co_await Sleep(1h);
    };
    world.Run([&]() -> Coro<> {
      CreateTask(sleeper(held), kEager);
      co_return;
    });
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace rondo
