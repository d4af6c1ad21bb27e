#include "rondo/runtime/debug_mode.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <source_location>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/source_place.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/support/hand_clock.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using namespace std::chrono_literals;

class DebugModeTest : public testing::Test {
 protected:
  DebugModeTest() {
    loop_.SetExceptionHandler([this](EventLoop&, const ExceptionReport& told) {
      reports_.emplace_back(told.message);
      sources_.emplace_back(told.source);
      places_.push_back(PlaceText(told.created));
    });
    loop_.set_debug(true);
  }

  HandClock clock_;
  JumpSelector selector_{&clock_};
  std::vector<std::string> reports_;
  std::vector<std::string> sources_;
  std::vector<std::string> places_;
  EventLoop loop_{{.clock = &clock_, .selector = &selector_}};
};

// ---- Slow callbacks.

TEST_F(DebugModeTest, ACallbackThatTakesTooLongIsReported) {
  const auto taking = [this](Nanoseconds time) {
    return [this, time] { clock_.Advance(time); };
  };
  loop_.CallSoon(taking(99'999'999ns), "fast");
  loop_.CallSoon(taking(100ms), "slow");
  loop_.CallLater(1s, taking(2s), "late");
  loop_.RunOnce();
  EXPECT_THAT(reports_,
              ElementsAre("Executing callback:slow took 0.100 seconds"));
  loop_.RunOnce();
  EXPECT_THAT(reports_,
              ElementsAre("Executing callback:slow took 0.100 seconds",
                          "Executing timer:late took 2.000 seconds"));
}

TEST_F(DebugModeTest, SoIsAStepThatTakesTooLongTheLastOneToo) {
  loop_.set_slow_callback_duration(1ms);
  EXPECT_EQ(loop_.slow_callback_duration(), 1ms);
  loop_.RunUntilComplete(loop_.CreateTask(
      [this]() -> Coro<> {
        clock_.Advance(1ms);
        co_await Sleep(1s);
        clock_.Advance(2ms);
      },
      "T"));
  EXPECT_THAT(reports_, ElementsAre("Executing step:T took 0.001 seconds",
                                    "Executing wakeup:T took 0.002 seconds"));
}

TEST_F(DebugModeTest, ACallbackWithoutANameIsKnownByItsType) {
  loop_.CallSoon([this] { clock_.Advance(1s); });
  loop_.RunOnce();
  ASSERT_THAT(reports_, SizeIs(1));
  EXPECT_THAT(reports_[0], HasSubstr("ACallbackWithoutANameIsKnownByItsType"));
}

TEST_F(DebugModeTest, OutOfDebugModeNothingIsReported) {
  loop_.set_debug(false);
  loop_.CallSoon([this] { clock_.Advance(1s); });
  loop_.RunOnce();
  EXPECT_THAT(reports_, IsEmpty());
}

TEST_F(DebugModeTest, ItMayBeSwitchedByACallback) {
  loop_.set_debug(false);
  const auto slow = [this] { clock_.Advance(1s); };
  loop_.CallSoon(slow, "unseen");
  loop_.CallSoon([this] { loop_.set_debug(true); });
  loop_.CallSoon([this, slow] {
    slow();
    loop_.CallSoon(slow, "seen");
    loop_.CallSoon([this] { loop_.set_debug(false); });
    loop_.CallSoon(slow, "unseen");
  });
  loop_.RunOnce();  // The switch counts from the next iteration on.
  loop_.RunOnce();
  EXPECT_THAT(reports_,
              ElementsAre("Executing callback:seen took 1.000 seconds"));
}

// ---- Coroutines, futures and tasks that come to nothing.

Coro<int> Work(int n) { co_return n; }

TEST_F(DebugModeTest, ACoroutineThatIsDroppedIsReportedWithItsPlace) {
  loop_.CallSoon([] { static_cast<void>(Work(1)); });
  loop_.RunOnce();
  EXPECT_THAT(reports_, ElementsAre("coroutine was never awaited"));
  EXPECT_THAT(sources_[0], HasSubstr("Work(int)"));
  EXPECT_THAT(places_[0], HasSubstr("tests/runtime/debug_mode_test.cc:"));
}

TEST_F(DebugModeTest, CoroutinesThatAreAwaitedOrMadeTasksAreNot) {
  loop_.RunUntilComplete([]() -> Coro<> {
    co_await Work(1);
    Coro<int> moved = Work(2);
    Coro<int> other = std::move(moved);
    co_await std::move(other);
    Task<int> cancelled = CreateTask(Work(3));
    cancelled.Cancel();  // Before its first step.
    co_await Sleep(0s);
  }());
  EXPECT_THAT(reports_, IsEmpty());
}

TEST_F(DebugModeTest, OutOfDebugModeACoroutineMayBeDropped) {
  loop_.set_debug(false);
  loop_.CallSoon([] { static_cast<void>(Work(1)); });
  loop_.RunOnce();
  EXPECT_THAT(reports_, IsEmpty());
}

// "FILE:LINE in", for a line of this file.
std::string At(unsigned line) {
  return "tests/runtime/debug_mode_test.cc:" + std::to_string(line) + " in";
}

TEST_F(DebugModeTest,
       AnExceptionNobodyAskedForIsReportedWithThePlaceOfItsTask) {
  unsigned future_line = 0;
  unsigned task_line = 0;
  loop_.RunUntilComplete([&]() -> Coro<> {
    future_line = __LINE__ + 1;
    Future<> future = CreateFuture();
    future.SetException(std::logic_error("a"));
    future = Future<>();
    const auto fail = []() -> Coro<> {
      throw std::logic_error("b");
      co_return;
    };
    task_line = __LINE__ + 1;
    CreateTask(fail(), "T");
    co_await Sleep(0s);
  }());
  EXPECT_THAT(reports_, ElementsAre("Future exception was never retrieved",
                                    "Task exception was never retrieved"));
  EXPECT_THAT(sources_, ElementsAre("a future", "task T"));
  EXPECT_THAT(places_, ElementsAre(HasSubstr(At(future_line)),
                                   HasSubstr(At(task_line))));
}

TEST_F(DebugModeTest, ATaskDestroyedWhilePendingIsReportedWithItsPlace) {
  unsigned line = 0;
  loop_.CallSoon([&] {
    const auto wait = []() -> Coro<> { co_await Sleep(1h); };
    line = __LINE__ + 1;
    CreateTask(wait, "waiter");
  });
  loop_.RunOnce();
  loop_.RunOnce();
  loop_.Close();
  EXPECT_THAT(reports_, ElementsAre("Task was destroyed but it is pending!"));
  EXPECT_THAT(sources_, ElementsAre("task waiter"));
  EXPECT_THAT(places_[0], HasSubstr(At(line)));
}

TEST_F(DebugModeTest, OutOfDebugModePlacesAreUnknown) {
  loop_.set_debug(false);
  loop_.RunUntilComplete([]() -> Coro<> {
    Future<> future = CreateFuture();
    future.SetException(std::logic_error("a"));
    co_return;
  }());
  EXPECT_THAT(places_, ElementsAre(""));
}

// ---- Threads.

// What `call` throws on a thread that is not the loop's, while that runs.
template <class F>
std::string OnAnotherThread(F call) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  loop->set_debug(true);
  std::string what;
  loop->CallSoon([&] {
    std::thread([&] {
      try {
        call(*loop);
      } catch (const RuntimeError& error) {
        what = error.what();
      }
    }).join();
    loop->Stop();
  });
  loop->RunForever();
  return what;
}

TEST(DebugModeThreadsTest, WhatBelongsToTheLoopIsRefusedOnAnotherThread) {
  const auto refused = StartsWith("Non-thread-safe operation");
  EXPECT_THAT(OnAnotherThread([](EventLoop& l) { l.CallSoon([] {}); }),
              refused);
  EXPECT_THAT(OnAnotherThread([](EventLoop& l) { l.CallLater(1s, [] {}); }),
              refused);
  EXPECT_THAT(OnAnotherThread([](EventLoop& l) { l.CallAt(1s, [] {}); }),
              refused);
  EXPECT_THAT(OnAnotherThread([](EventLoop& l) { l.CreateTask(Work(1)); }),
              refused);
  EXPECT_EQ(OnAnotherThread([](EventLoop& l) { l.CallSoonThreadsafe([] {}); }),
            "");
}

TEST(DebugModeThreadsTest, CompletingAFutureThatATaskAwaitsIsRefused) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  loop->set_debug(true);
  std::string what;
  loop->RunUntilComplete([&]() -> Coro<> {
    Future<> future = CreateFuture();
    RunningLoop().CallSoon([&] {
      std::thread([&] {
        try {
          future.SetResult();
        } catch (const RuntimeError& error) {
          what = error.what();
        }
      }).join();
    });
    co_await future;
  }());
  EXPECT_THAT(what, StartsWith("Non-thread-safe operation"));
}

// ---- The environment.

TEST(DebugRequestedTest, AnyTextInTheEnvironmentTurnsItOn) {
  ASSERT_EQ(setenv("RONDO_DEBUG", "1", 1), 0);
  EXPECT_TRUE(DebugRequested());
  EXPECT_TRUE(MakeSystemLoop()->debug());
  HandClock clock;
  JumpSelector selector(&clock);
  EventLoop other({.clock = &clock, .selector = &selector});
  EXPECT_FALSE(other.debug());
  ASSERT_EQ(setenv("RONDO_DEBUG", "", 1), 0);
  EXPECT_FALSE(MakeSystemLoop()->debug());
  ASSERT_EQ(unsetenv("RONDO_DEBUG"), 0);
  EXPECT_FALSE(MakeSystemLoop()->debug());
}

TEST(DebugRequestedTest, ThenACoroutineThatNoLoopKnowsIsReportedToo) {
  ASSERT_EQ(setenv("RONDO_DEBUG", "1", 1), 0);
  testing::internal::CaptureStderr();
  static_cast<void>(Work(1));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              StartsWith("rondo: coroutine was never awaited: "));
  ASSERT_EQ(unsetenv("RONDO_DEBUG"), 0);
}

}  // namespace
}  // namespace rondo
