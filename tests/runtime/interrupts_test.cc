#include "rondo/runtime/interrupts.h"

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/simnet/simulate.h"
#include "rondo/tests/runtime/sigint.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

using Log = std::vector<std::string>;

Coro<> Pause(Nanoseconds delay) { co_await Sleep(delay); }

// Sleeps for ever; cleans up when it is cancelled.
Coro<> CleansUp(Log* log) {
  const Outcome<> slept = co_await AsOutcome(Pause(24h));
  log->push_back(slept.cancelled() ? "cancelled" : "ended");
  co_await Sleep(1ms);
  log->push_back("clean");
  slept.Rethrow();
}

TEST(InterruptsTest, TheFirstCancelsTheMainTaskWhichMayCleanUp) {
  const SigintAs sigint;
  Log log;
  Runner runner;
  runner.GetLoop().CallSoon(InterruptSelf);
  EXPECT_THROW(runner.Run(CleansUp(&log)), KeyboardInterrupt);
  EXPECT_THAT(log, ElementsAre("cancelled", "clean"));
  EXPECT_EQ(SigintHandler(), SIG_DFL);
}

TEST(InterruptsTest, TheSecondLeavesAtOnceAndCloseCancelsWhatIsLeft) {
  const SigintAs sigint;
  Log log;
  Runner runner;
  const auto stubborn = [&log]() -> Coro<> {
    for (int i = 0; i < 2; ++i) {
      const Outcome<> slept = co_await AsOutcome(Pause(24h));
      log.push_back(slept.cancelled() ? "cancelled" : "ended");
      InterruptSelf();
    }
  };
  runner.GetLoop().CallSoon(InterruptSelf);
  EXPECT_THROW(runner.Run(stubborn()), KeyboardInterrupt);
  EXPECT_THAT(log, ElementsAre("cancelled"));
  EXPECT_EQ(SigintHandler(), SIG_DFL);
  const SigintAs ignored(SIG_IGN);  // It interrupts once more.
  runner.Close();
  EXPECT_THAT(log, ElementsAre("cancelled", "cancelled"));
}

TEST(InterruptsTest, TwoInOneIterationAreTwo) {
  const SigintAs sigint;
  Log log;
  Runner runner;
  runner.GetLoop().CallSoon([] {
    InterruptSelf();
    InterruptSelf();
    EXPECT_EQ(SigintHandler(), SIG_DFL) << "a third one must end the process";
  });
  EXPECT_THROW(runner.Run(CleansUp(&log)), KeyboardInterrupt);
  EXPECT_THAT(log, ElementsAre()) << "the second did not wait";
}

TEST(InterruptsTest, AMainTaskThatGoesOnHasItsResult) {
  const SigintAs sigint;
  Runner runner;
  const auto goes_on = []() -> Coro<int> {
    const Outcome<> slept = co_await AsOutcome(Pause(24h));
    co_return slept.cancelled() ? 5 : 0;
  };
  for (int i = 0; i < 2; ++i) {  // Each run counts from nothing.
    runner.GetLoop().CallSoon(InterruptSelf);
    EXPECT_EQ(runner.Run(goes_on()), 5);
  }
}

TEST(InterruptsTest, AnotherErrorOfTheMainTaskIsThrownAsItIs) {
  const SigintAs sigint;
  Runner runner;
  const auto fails = []() -> Coro<> {
    const Outcome<> slept = co_await AsOutcome(Pause(24h));
    throw ValueError("clean-up failed");
  };
  runner.GetLoop().CallSoon(InterruptSelf);
  EXPECT_THROW(runner.Run(fails()), ValueError);
}

TEST(InterruptsTest, InTheLastStretchItIsNotLost) {
  const SigintAs sigint;
  const auto interrupted_at_its_end = []() -> Coro<> {
    InterruptSelf();
    co_return;
  };
  EXPECT_THROW(rondo::Run(interrupted_at_its_end()), KeyboardInterrupt);
  // In the last iteration, when the result is there.
  const auto interrupted_behind = []() -> Coro<int> {
    Future<> later = CreateFuture();
    later.AddDoneCallback([] { RunningLoop().CallSoon(InterruptSelf); });
    later.SetResult();
    co_await Yield();
    co_return 1;
  };
  EXPECT_THROW(rondo::Run(interrupted_behind()), KeyboardInterrupt);
}

TEST(InterruptsTest, WakesALoopThatWaits) {
  const SigintAs sigint;
  Log log;
  std::thread user([] {
    while (SigintHandler() == SIG_DFL) std::this_thread::yield();
    kill(getpid(), SIGINT);
  });
  EXPECT_THROW(rondo::Run(CleansUp(&log)), KeyboardInterrupt);
  user.join();
  EXPECT_THAT(log, ElementsAre("cancelled", "clean"));
}

TEST(InterruptsTest, MayArriveOnAnyThread) {
  const SigintAs sigint;
  Log log;
  std::thread other([] {
    while (SigintHandler() == SIG_DFL) std::this_thread::yield();
    pthread_kill(pthread_self(), SIGINT);
  });
  EXPECT_THROW(rondo::Run(CleansUp(&log)), KeyboardInterrupt);
  other.join();
}

void Ignore(int) {}

TEST(InterruptsTest, AnotherHandlerStays) {
  for (const SignalHandler handler : {SignalHandler(SIG_IGN), &Ignore}) {
    const SigintAs sigint(handler);
    bool reached = false;
    rondo::Run([&]() -> Coro<> {
      EXPECT_EQ(SigintHandler(), handler);
      InterruptSelf();
      co_await Yield();
      reached = true;
    });
    EXPECT_TRUE(reached);
    EXPECT_EQ(SigintHandler(), handler);
  }
}

TEST(InterruptsTest, AHandlerThatTakesItsPlaceStaysToo) {
  const SigintAs sigint;
  rondo::Run([]() -> Coro<> {
    EXPECT_NE(SigintHandler(), SIG_DFL);
    std::signal(SIGINT, Ignore);
    co_return;
  });
  EXPECT_EQ(SigintHandler(), &Ignore);
}

TEST(InterruptsTest, NoHandlerOffTheMainThread) {
  const SigintAs sigint;
  std::thread other([] {
    rondo::Run([]() -> Coro<> {
      EXPECT_EQ(SigintHandler(), SIG_DFL);
      co_return;
    });
  });
  other.join();
}

TEST(InterruptsTest, NoHandlerInVirtualTime) {
  const SigintAs sigint;
  const auto expect_none = []() -> Coro<> {
    EXPECT_EQ(SigintHandler(), SIG_DFL);
    co_return;
  };
  VirtualLoop world;
  Runner(world.loop()).Run(expect_none());
  Simulate(expect_none());
}

TEST(InterruptsDeathTest, UncaughtItEndsTheProcessAsTheSignalDoes) {
  const auto run = [] {
    const SigintAs sigint;
    try {
      rondo::Run([]() -> Coro<> {
        InterruptSelf();
        co_await Sleep(24h);
      });
    } catch (...) {  // tidy: allow(catch-all) as if nobody had caught it
      std::terminate();
    }
  };
  EXPECT_EXIT(run(), testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace rondo
