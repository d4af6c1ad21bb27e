#include "rondo/runtime/event_loop.h"

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/ready_order.h"
#include "rondo/runtime/sleep.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(EventLoopTest, RunsWhatWasReadyInOrderAndLeavesWhatCameMeanwhile) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  std::vector<std::string> ran;
  loop.CallSoon([&] {
    ran.push_back("a");
    loop.CallSoon([&] { ran.push_back("a's"); });
  });
  loop.CallSoon([&] { ran.push_back("b"); });
  loop.RunOnce();
  EXPECT_THAT(ran, ElementsAre("a", "b"));
  EXPECT_EQ(loop.ready_count(), 1u);
  loop.RunOnce();
  EXPECT_THAT(ran, ElementsAre("a", "b", "a's"));
}

TEST(EventLoopTest, DueTimersRunBehindWhatIsReadyInOrderOfTheirDeadlines) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  std::vector<std::string> ran;
  loop.CallLater(2ms, [&] { ran.push_back("2ms"); });
  loop.CallLater(1ms, [&] { ran.push_back("1ms"); });
  loop.CallLater(1ms, [&] { ran.push_back("1ms, later"); });
  loop.CallLater(-5s, [&] { ran.push_back("overdue"); });
  world.Advance(3ms);
  loop.CallSoon([&] { ran.push_back("ready"); });
  loop.RunOnce();
  EXPECT_THAT(ran, ElementsAre("ready", "overdue", "1ms", "1ms, later", "2ms"));
}

TEST(EventLoopTest, ATimerNeverFiresEarly) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  std::vector<Nanoseconds> fired;
  for (const Nanoseconds delay : {1ns, 999ns, 1000000ns, 86400000000001ns}) {
    loop.CallLater(delay, [&fired, &world, delay] {
      EXPECT_GE(world.now(), delay);
      fired.push_back(world.now());
    });
  }
  while (fired.size() < 4) loop.RunOnce();
  EXPECT_EQ(fired.back(), 86400000000001ns);
}

TEST(EventLoopTest, ACancelledCallbackLetsGoOfWhatItHoldsAtOnce) {
  VirtualLoop world;
  auto held = std::make_shared<int>(1);
  Handle soon = world.loop().CallSoon([held] { FAIL() << *held; });
  TimerHandle later = world.loop().CallLater(1s, [held] { FAIL() << *held; });
  EXPECT_EQ(held.use_count(), 3);
  EXPECT_EQ(later.when(), 1s);
  soon.Cancel();
  later.Cancel();
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(world.loop().scheduled_count(), 0u);
  soon.Cancel();
  EXPECT_TRUE(soon.cancelled());
  world.loop().RunOnce();
}

TEST(EventLoopTest, ACallbackMayCancelItself) {
  VirtualLoop world;
  Handle self;
  std::string seen;
  self = world.loop().CallSoon([&, text = std::string(100, 'x')] {
    self.Cancel();
    seen = text;  // What it holds is there to its end.
  });
  world.loop().RunOnce();
  EXPECT_EQ(seen, std::string(100, 'x'));
}

TEST(EventLoopTest, CallablesOfAnySizeCanBeCancelled) {
  VirtualLoop world;
  const std::array<char, 5000> big = {};
  int ran = 0;
  TimerHandle timer =
      world.loop().CallLater(1s, [big, &ran] { ran += 1 + big[17]; });
  timer.Cancel();
  EXPECT_EQ(world.loop().scheduled_count(), 0u);
  world.loop().CallSoon([big, &ran] { ran += 10 + big[17]; });
  world.loop().RunOnce();
  EXPECT_EQ(ran, 10);
}

TEST(EventLoopTest, AnExceptionGoesToTheHandlerAndTheRestRuns) {
  VirtualLoop world;
  bool ran = false;
  world.loop().CallSoon([] { throw std::runtime_error("oops"); });
  world.loop().CallSoon([&] { ran = true; });
  world.loop().RunOnce();
  EXPECT_TRUE(ran);
  ASSERT_EQ(world.reports.size(), 1u);
  EXPECT_THAT(world.reports[0], HasSubstr("Exception in callback"));
  EXPECT_THAT(world.reports[0], HasSubstr("oops"));
}

TEST(EventLoopTest, AHandlerThatThrowsIsReportedToTheDefaultHandler) {
  VirtualLoop world;
  std::vector<std::string> told;
  world.loop().SetDefaultExceptionHandler(
      [&](EventLoop&, const ExceptionReport& report) {
        told.push_back(std::string(report.message) + " / " +
                       DescribeException(report.exception));
      });
  world.loop().SetExceptionHandler([](EventLoop&, const ExceptionReport&) {
    throw std::logic_error("second");
  });
  world.loop().CallSoon([] { throw std::runtime_error("first"); });
  world.loop().RunOnce();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr("Unhandled error in exception handler"));
  EXPECT_THAT(told[0], HasSubstr("second"));

  // An empty handler restores the default one.
  world.loop().SetExceptionHandler({});
  world.loop().CallSoon([] { throw std::runtime_error("third"); });
  world.loop().RunOnce();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_THAT(told[1], HasSubstr("third"));
}

TEST(EventLoopTest, ADefaultHandlerThatThrowsEndsNothing) {
  VirtualLoop world;
  world.loop().SetDefaultExceptionHandler(
      [](EventLoop&, const ExceptionReport&) { throw 17; });
  world.loop().SetExceptionHandler({});
  bool ran = false;
  world.loop().CallSoon([] { throw 18; });
  world.loop().CallSoon([&] { ran = true; });
  world.loop().RunOnce();
  EXPECT_TRUE(ran);
}

TEST(EventLoopTest, LoopExitLeavesAtOnceAndTheRestStaysReady) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  std::vector<int> ran;
  loop.CallSoon([&] { ran.push_back(1); });
  loop.CallSoon([&] {
    ran.push_back(2);
    throw LoopExit();
  });
  loop.CallSoon([&] { ran.push_back(3); });
  EXPECT_THROW(loop.RunForever(), LoopExit);
  EXPECT_THAT(ran, ElementsAre(1, 2));
  EXPECT_EQ(loop.ready_count(), 1u);
  EXPECT_FALSE(loop.is_running());
  loop.Stop();
  loop.RunForever();
  EXPECT_THAT(ran, ElementsAre(1, 2, 3));
  EXPECT_TRUE(world.reports.empty());
}

TEST(EventLoopTest, LoopExitOfATaskLeavesToo) {
  VirtualLoop world;
  const Task<> task = world.loop().CreateTask([]() -> Coro<> {
    co_await Yield();
    throw LoopExit();
  });
  EXPECT_THROW(world.loop().RunForever(), LoopExit);
  EXPECT_TRUE(task.done());
}

// Runs the youngest first.
class Backwards final : public ReadyOrder {
 public:
  std::size_t PickReady(std::span<const HandleInfo> candidates) override {
    EXPECT_GT(candidates.size(), 1u);
    return candidates.size() - 1;
  }
};

TEST(EventLoopTest, AReadyOrderChoosesWithinAnIteration) {
  Backwards order;
  VirtualLoop world(&order);
  std::vector<int> ran;
  for (int i = 0; i < 3; ++i) {
    world.loop().CallSoon([&, i] {
      ran.push_back(i);
      world.loop().CallSoon([&, i] { ran.push_back(10 + i); });
    });
  }
  world.loop().RunOnce();
  EXPECT_THAT(ran, ElementsAre(2, 1, 0));
  world.loop().RunOnce();
  EXPECT_THAT(ran, ElementsAre(2, 1, 0, 10, 11, 12));
}

TEST(EventLoopTest, UnderAReadyOrderLoopExitLeavesTheRestInItsOldOrder) {
  Backwards order;
  VirtualLoop world(&order);
  std::vector<int> ran;
  for (int i = 0; i < 3; ++i) {
    world.loop().CallSoon([&, i] { ran.push_back(i); });
  }
  world.loop().CallSoon([] { throw LoopExit(); });
  EXPECT_THROW(world.loop().RunOnce(), LoopExit);
  EXPECT_THAT(ran, ElementsAre());
  world.loop().RunOnce();
  EXPECT_THAT(ran, ElementsAre(2, 1, 0));
}

TEST(EventLoopTest, StopBeforeRunForeverGivesOneIteration) {
  VirtualLoop world;
  int ran = 0;
  world.loop().CallSoon([&] {
    ++ran;
    world.loop().CallSoon([&] { ++ran; });
  });
  world.loop().Stop();
  world.loop().RunForever();
  EXPECT_EQ(ran, 1);
}

TEST(EventLoopTest, RunForeverRefusesMisuse) {
  VirtualLoop world;
  VirtualLoop other;
  int refused = 0;
  world.loop().CallSoon([&] {
    EXPECT_THROW(world.loop().RunForever(), RuntimeError);
    EXPECT_THROW(other.loop().RunForever(), RuntimeError);
    EXPECT_THROW(world.loop().Close(), RuntimeError);
    ++refused;
    world.loop().Stop();
  });
  world.loop().RunForever();
  EXPECT_EQ(refused, 1);
  EXPECT_TRUE(world.reports.empty());

  const Future<> foreign = other.loop().CreateFuture();
  EXPECT_THROW(world.loop().RunUntilComplete(foreign), ValueError);

  world.loop().Close();
  EXPECT_TRUE(world.loop().is_closed());
  EXPECT_THROW(world.loop().RunForever(), RuntimeError);
  EXPECT_THROW(world.loop().CallSoon([] {}), RuntimeError);
  EXPECT_THROW(world.loop().CallLater(1s, [] {}), RuntimeError);
  EXPECT_THROW(world.loop().remote().CallSoonThreadsafe([] {}), RuntimeError);
}

TEST(EventLoopTest, RunUntilCompleteOfAStoppedLoopSaysSo) {
  VirtualLoop world;
  const Future<> never = world.loop().CreateFuture();
  world.loop().CallSoon([&] { world.loop().Stop(); });
  EXPECT_THROW(world.loop().RunUntilComplete(never), RuntimeError);
  // Nothing of it is left behind: its end later stops nobody.
  Future<>(never).SetResult();
  int ran = 0;
  world.loop().CallSoon([&] {
    ++ran;
    world.loop().CallSoon([&] {
      ++ran;
      world.loop().Stop();
    });
  });
  world.loop().RunForever();
  EXPECT_EQ(ran, 2);
}

TEST(EventLoopTest, ATaskFactoryNamesTasks) {
  VirtualLoop world;
  std::string name = "made by the factory";
  world.loop().SetTaskFactory([&](EventLoop&, TaskSpec& spec) {
    if (spec.name.empty()) spec.name = name;
  });
  const Task<> unnamed = world.loop().CreateTask([]() -> Coro<> { co_return; });
  const Task<> named =
      world.loop().CreateTask([]() -> Coro<> { co_return; }, "mine");
  EXPECT_EQ(unnamed.name(), name);
  EXPECT_EQ(named.name(), "mine");
  world.loop().RunOnce();
}

// Notes its end.
struct Noted {
  Noted(std::vector<int>* l, int n) : log(l), number(n) {}
  Noted(const Noted&) = delete;
  ~Noted() { log->push_back(number); }
  std::vector<int>* log;
  int number;
};

Coro<> HoldForever(std::vector<int>* log, int number) {
  const Noted noted(log, number);
  co_await Sleep(1h);
}

TEST(EventLoopTest, CloseReportsInOrderOfCreationAndDestroysTheYoungestFirst) {
  std::vector<int> died;
  VirtualLoop world;
  std::vector<std::string> reported;
  world.loop().SetExceptionHandler(
      [&](EventLoop&, const ExceptionReport& report) {
        EXPECT_TRUE(died.empty());
        reported.push_back(std::string(report.source));
        EXPECT_EQ(report.message, "Task was destroyed but it is pending!");
      });
  std::vector<Task<>> tasks;
  for (int i = 0; i < 3; ++i) {
    tasks.push_back(world.loop().CreateTask(HoldForever(&died, i),
                                            "t" + std::to_string(i)));
  }
  world.loop().RunOnce();
  world.loop().Close();
  EXPECT_THAT(reported, ElementsAre("task t0", "task t1", "task t2"));
  EXPECT_THAT(died, ElementsAre(2, 1, 0));
  for (const Task<>& task : tasks) EXPECT_TRUE(task.cancelled());
  world.loop().Close();  // Idempotent.
}

TEST(EventLoopTest, ClosingDropsCallbacksThatHoldTheirOwnHandles) {
  struct Handles {
    Handle soon;
    TimerHandle later;
  };
  VirtualLoop world;
  const auto handles = std::make_shared<Handles>();
  handles->soon = world.loop().CallSoon([handles] {});
  handles->later = world.loop().CallLater(1s, [handles] {});
  world.loop().Close();
  EXPECT_EQ(handles.use_count(), 1);
  handles->later.Cancel();
}

TEST(EventLoopTest, KillSaysNothing) {
  std::vector<int> died;
  VirtualLoop world;
  const Task<> task = world.loop().CreateTask(HoldForever(&died, 7));
  world.loop().RunOnce();
  world.loop().CallSoon([] { FAIL(); });
  world.loop().Kill();
  EXPECT_THAT(died, ElementsAre(7));
  EXPECT_TRUE(task.cancelled());
  EXPECT_TRUE(world.reports.empty());
  world.loop().CallSoon([] { FAIL(); });  // Dropped.
  EXPECT_EQ(world.loop().ready_count(), 0u);
}

TEST(EventLoopTest, WhatOutlivesTheLoopStaysUsable) {
  Future<std::array<char, 3000>> big;
  Future<int> small;
  Task<> task;
  {
    VirtualLoop world;
    big = world.loop().CreateFuture<std::array<char, 3000>>();
    small = world.loop().CreateFuture<int>();
    task = world.loop().CreateTask([]() -> Coro<> { co_await Sleep(1h); });
    big.AddDoneCallback([] { FAIL(); });
    small.AddDoneCallback([] { FAIL(); });
  }
  EXPECT_TRUE(task.cancelled());
  small.SetResult(3);
  EXPECT_EQ(small.result(), 3);
  big.SetException(std::runtime_error("nobody is told"));
}

}  // namespace
}  // namespace rondo
