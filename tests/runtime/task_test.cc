#include "rondo/runtime/task.h"

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/sleep.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

// Notes its end.
struct Noted {
  Noted(std::vector<std::string>* l, std::string t)
      : log(l), text(std::move(t)) {}
  Noted(const Noted&) = delete;
  ~Noted() { log->push_back(text); }
  std::vector<std::string>* log;
  std::string text;
};

Coro<> Note(std::vector<std::string>* log, std::string text) {
  log->push_back(text);
  co_return;
}

TEST(CoroTest, NothingRunsUntilItIsAwaited) {
  VirtualLoop world;
  std::vector<std::string> log;
  world.Run([&]() -> Coro<> {
    Coro<> coro = Note(&log, "ran");
    EXPECT_TRUE(coro);
    EXPECT_THAT(log, IsEmpty());
    co_await std::move(coro);
    EXPECT_FALSE(coro);
    EXPECT_THAT(log, ElementsAre("ran"));
  });
}

Coro<> Keep(std::shared_ptr<int> value) {
  co_await Sleep(1h);
  (void)value;
}

TEST(CoroTest, ADroppedCoroutineDropsItsArguments) {
  auto value = std::make_shared<int>(1);
  {
    const Coro<> coro = Keep(value);
    EXPECT_EQ(value.use_count(), 2);
  }
  EXPECT_EQ(value.use_count(), 1);
}

TEST(CoroTest, AwaitingRunsInlineWithoutATurnOfTheLoop) {
  VirtualLoop world;
  bool other_ran = false;
  world.Run([&]() -> Coro<> {
    RunningLoop().CallSoon([&] { other_ran = true; });
    std::vector<std::string> log;
    for (int i = 0; i < 10; ++i) co_await Note(&log, "x");
    EXPECT_FALSE(other_ran);
    co_await Yield();
    EXPECT_TRUE(other_ran);
  });
}

Coro<std::unique_ptr<int>> MoveOnly() { co_return std::make_unique<int>(3); }
int global = 4;
Coro<int&> Reference() { co_return global; }
Coro<std::array<char, 4000>> Large() {
  std::array<char, 4000> result = {};
  result[3999] = 'z';
  co_await Yield();
  co_return result;
}

TEST(CoroTest, ResultsAreMovedReferredToOrLarge) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const std::unique_ptr<int> owned = co_await MoveOnly();
    EXPECT_EQ(*owned, 3);
    int& reference = co_await Reference();
    EXPECT_EQ(&reference, &global);
    const std::array<char, 4000> large = co_await Large();
    EXPECT_EQ(large[3999], 'z');
    const std::array<char, 4000> of_task = co_await CreateTask(Large());
    EXPECT_EQ(of_task[3999], 'z');
    const Task<int&> task = CreateTask(Reference());
    int& of_named = co_await task;
    EXPECT_EQ(&of_named, &global);
  });
}

Coro<> Throw() {
  co_await Yield();
  throw std::runtime_error("inner");
}

TEST(CoroTest, ExceptionsTravelThroughAwaits) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    std::string what;
    try {
      co_await Throw();
    } catch (const std::runtime_error& error) {
      what = error.what();
    }
    EXPECT_EQ(what, "inner");
    co_await Yield();  // And the coroutine goes on.
  });
}

TEST(TaskTest, FramesDieBeforeDoneCallbacksRun) {
  VirtualLoop world;
  std::vector<std::string> log;
  const Task<> task = world.loop().CreateTask([&]() -> Coro<> {
    const Noted outer(&log, "outer dies");
    co_await [](std::vector<std::string>* l) -> Coro<> {
      const Noted inner(l, "inner dies");
      co_await Yield();
    }(&log);
  });
  const Task<> waiter = world.loop().CreateTask([&]() -> Coro<> {
    co_await task;
    log.push_back("waiter runs");
  });
  Task<>(task).AddDoneCallback([&] { log.push_back("callback runs"); });
  world.loop().RunUntilComplete(waiter);
  EXPECT_THAT(log, ElementsAre("inner dies", "outer dies", "callback runs",
                               "waiter runs"));
}

TEST(TaskTest, ACallableLivesAsLongAsItsTask) {
  VirtualLoop world;
  auto held = std::make_shared<int>(11);
  int seen = 0;
  Task<> task;
  {
    task = world.loop().CreateTask([held, &seen]() -> Coro<> {
      co_await Sleep(1s);
      seen = *held;
    });
  }
  EXPECT_GT(held.use_count(), 1);
  world.loop().RunUntilComplete(task);
  EXPECT_EQ(seen, 11);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(TaskTest, TheLoopKeepsATaskWhoseHandleIsGone) {
  VirtualLoop world;
  bool done = false;
  world.loop().CreateTask([&]() -> Coro<> {
    co_await Sleep(1s);
    done = true;
  });
  world.Run([]() -> Coro<> { co_await Sleep(2s); });
  EXPECT_TRUE(done);
}

TEST(TaskTest, AnErrorThatNobodySawIsReportedWithTheLastHandle) {
  VirtualLoop world;
  Task<> task = world.loop().CreateTask(Throw());
  world.Run([]() -> Coro<> { co_await Sleep(1s); });
  EXPECT_THAT(world.reports, IsEmpty());
  task = {};
  ASSERT_EQ(world.reports.size(), 1u);
  EXPECT_THAT(world.reports[0], HasSubstr("Task exception was never"));
}

TEST(TaskTest, AwaitingItselfThrows) {
  VirtualLoop world;
  Task<> self;
  int threw = 0;
  self = world.loop().CreateTask([&]() -> Coro<> {
    try {
      co_await self;
    } catch (const RuntimeError&) {
      ++threw;
    }
  });
  world.loop().RunUntilComplete(self);
  EXPECT_EQ(threw, 1);
}

TEST(TaskTest, NamesAndTheListOfTasks) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Task<> a = CreateTask([]() -> Coro<> { co_await Sleep(1s); }, "a");
    const Task<> b = CreateTask([]() -> Coro<> { co_await Sleep(1s); });
    EXPECT_EQ(a.name(), "a");
    EXPECT_THAT(b.name(), HasSubstr("Task-"));
    a.set_name("renamed");
    const std::vector<AnyTask> all = AllTasks();
    EXPECT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0], CurrentTask());
    EXPECT_EQ(all[1].name(), "renamed");
    EXPECT_EQ(all[2], b);
    co_await a;
    co_await b;
    EXPECT_EQ(AllTasks().size(), 1u);
  });
}

TEST(TaskTest, OutsideOfTasksThereIsNoCurrentOne) {
  VirtualLoop world;
  EXPECT_THROW(CurrentTask(), RuntimeError);
  bool checked = false;
  world.loop().CallSoon([&] {
    EXPECT_THROW(CurrentTask(), RuntimeError);
    checked = true;
  });
  world.loop().RunOnce();
  EXPECT_TRUE(checked);
}

TEST(TaskTest, AnEmptyCoroutineMakesNoTask) {
  VirtualLoop world;
  Coro<> coro = Throw();
  const Coro<> moved = std::move(coro);
  EXPECT_THROW(world.loop().CreateTask(std::move(coro)), ValueError);
}

}  // namespace
}  // namespace rondo
