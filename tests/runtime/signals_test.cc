#include "rondo/runtime/signals.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/call_graph_dump.h"
#include "rondo/runtime/context.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/tests/runtime/sigint.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
using namespace std::chrono_literals;
using Log = std::vector<std::string>;

SignalHandler DispositionOf(int signal) {
  struct sigaction action = {};
  sigaction(signal, nullptr, &action);
  return action.sa_handler;
}

void Nothing() {}

TEST(SignalsTest, TheCallbackRunsOnTheLoopWhichItWakes) {
  int calls = 0;
  rondo::Run([&]() -> Coro<> {
    Event seen;
    AddSignalHandler(SIGUSR1, [&] {
      ++calls;
      seen.Set();
    });
    std::thread other([] { kill(getpid(), SIGUSR1); });
    co_await seen.Wait();
    other.join();
  });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(DispositionOf(SIGUSR1), SIG_DFL);
}

// One iteration to see the signal, one to run what that queues: as asyncio's.
TEST(SignalsTest, TheCallbackRunsBehindWhatIsReady) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    AddSignalHandler(SIGUSR1, [&] { log.push_back("signal"); });
    std::raise(SIGUSR1);
    RunningLoop().CallSoon([&] {
      log.push_back("ready");
      RunningLoop().CallSoon([&] { log.push_back("next"); });
    });
    for (int i = 0; i < 3; ++i) co_await Yield();
  });
  EXPECT_THAT(log, ElementsAre("ready", "signal", "next"));
}

TEST(SignalsTest, EachCallOfTheHandlerIsACallback) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    AddSignalHandler(SIGUSR1, [&] { log.push_back("one"); });
    AddSignalHandler(SIGUSR2, [&] { log.push_back("two"); });
    std::raise(SIGUSR2);
    std::raise(SIGUSR1);
    std::raise(SIGUSR1);
    for (int i = 0; i < 3; ++i) co_await Yield();
  });
  EXPECT_THAT(log, testing::UnorderedElementsAre("one", "one", "two"));
}

TEST(SignalsTest, TheCallbackHasTheContextInWhichItWasAdded) {
  ContextVar<int> number("number", 0);
  int seen = -1;
  rondo::Run([&]() -> Coro<> {
    number.Set(7);
    AddSignalHandler(SIGUSR1, [&] { seen = number.Get(); });
    number.Set(8);
    std::raise(SIGUSR1);
    for (int i = 0; i < 3; ++i) co_await Yield();
  });
  EXPECT_EQ(seen, 7);
}

TEST(SignalsTest, ASignalHasOneHandler) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    AddSignalHandler(SIGUSR1, [&] { log.push_back("first"); });
    AddSignalHandler(SIGUSR1, [&] { log.push_back("second"); });
    std::raise(SIGUSR1);
    for (int i = 0; i < 3; ++i) co_await Yield();
    EXPECT_TRUE(RemoveSignalHandler(SIGUSR1));
    EXPECT_FALSE(RemoveSignalHandler(SIGUSR1));
    EXPECT_EQ(DispositionOf(SIGUSR1), SIG_DFL);
  });
  EXPECT_THAT(log, ElementsAre("second"));
}

TEST(SignalsTest, WhatACallbackThrowsIsReported) {
  Log reports;
  rondo::Run([&]() -> Coro<> {
    RunningLoop().SetExceptionHandler(
        [&](EventLoop&, const ExceptionReport& report) {
          reports.push_back(DescribeException(report.exception));
        });
    AddSignalHandler(SIGUSR1, [] { throw ValueError("no signals, please"); });
    std::raise(SIGUSR1);
    for (int i = 0; i < 3; ++i) co_await Yield();
  });
  EXPECT_THAT(reports, ElementsAre(HasSubstr("no signals, please")));
}

TEST(SignalsTest, ClosingTheLoopRemovesAll) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  AddSignalHandler(*loop, SIGUSR1, Nothing);
  AddSignalHandler(*loop, SIGUSR2, Nothing);
  EXPECT_NE(DispositionOf(SIGUSR1), SIG_DFL);
  std::raise(SIGUSR2);  // Which nobody will see.
  loop->Close();
  EXPECT_EQ(DispositionOf(SIGUSR1), SIG_DFL);
  EXPECT_EQ(DispositionOf(SIGUSR2), SIG_DFL);
  EXPECT_THROW(AddSignalHandler(*loop, SIGUSR1, Nothing), RuntimeError);
  EXPECT_THROW(RemoveSignalHandler(*loop, SIGUSR1), RuntimeError);
}

TEST(SignalsTest, OfTwoLoopsTheLastOneHasIt) {
  const std::unique_ptr<EventLoop> first = MakeSystemLoop();
  const std::unique_ptr<EventLoop> second = MakeSystemLoop();
  int firsts = 0;
  int seconds = 0;
  AddSignalHandler(*first, SIGUSR1, [&] { ++firsts; });
  AddSignalHandler(*second, SIGUSR1, [&] { ++seconds; });
  first->Close();  // Takes nothing away that is not its own.
  std::raise(SIGUSR1);
  second->RunOnce();
  second->RunOnce();
  EXPECT_EQ(firsts, 0);
  EXPECT_EQ(seconds, 1);
  EXPECT_TRUE(RemoveSignalHandler(*second, SIGUSR1));
}

TEST(SignalsTest, ItTakesTheSignalFromACallGraphDump) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  DumpCallGraphOnSignal(*loop, SIGUSR1);
  int calls = 0;
  AddSignalHandler(*loop, SIGUSR1, [&] { ++calls; });
  std::raise(SIGUSR1);
  loop->RunOnce();
  loop->RunOnce();
  EXPECT_EQ(calls, 1);
  loop->Close();
  EXPECT_EQ(DispositionOf(SIGUSR1), SIG_DFL);
}

TEST(SignalsTest, OneOfSigintTakesThePlaceOfTheRunnersAndGivesItBack) {
  const SigintAs sigint;
  Log log;
  const auto main = [&]() -> Coro<> {
    const SignalHandler runners = SigintHandler();
    AddSignalHandler(SIGINT, [&] { log.push_back("mine"); });
    InterruptSelf();
    for (int i = 0; i < 3; ++i) co_await Yield();
    EXPECT_THAT(log, ElementsAre("mine"));
    RemoveSignalHandler(SIGINT);
    EXPECT_EQ(SigintHandler(), runners);
    InterruptSelf();
    co_await Sleep(24h);
  };
  EXPECT_THROW(rondo::Run(main()), KeyboardInterrupt);
  EXPECT_EQ(SigintHandler(), SIG_DFL);
}

TEST(SignalsTest, OneOfSigintThatWasThereBeforeStays) {
  const SigintAs sigint;
  int calls = 0;
  Runner runner;
  AddSignalHandler(runner.GetLoop(), SIGINT, [&] { ++calls; });
  const auto main = []() -> Coro<> {
    InterruptSelf();
    for (int i = 0; i < 3; ++i) co_await Yield();
  };
  runner.Run(main());
  EXPECT_EQ(calls, 1);
  EXPECT_NE(SigintHandler(), SIG_DFL) << "it is the loop's, not the run's";
  runner.Close();
  EXPECT_EQ(SigintHandler(), SIG_DFL);
}

TEST(SignalsTest, WhatCannotBeCaughtIsRefused) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  for (const int signal : {SIGKILL, SIGSTOP, SIGSEGV, 32}) {
    EXPECT_THAT([&] { AddSignalHandler(*loop, signal, Nothing); },
                ThrowsMessage<RuntimeError>(HasSubstr(
                    "signal " + std::to_string(signal) + " cannot be caught")));
    EXPECT_FALSE(RemoveSignalHandler(*loop, signal));
  }
  for (const int number : {-1, 0, 65}) {
    EXPECT_THROW(AddSignalHandler(*loop, number, Nothing), ValueError);
    EXPECT_THROW(RemoveSignalHandler(*loop, number), ValueError);
  }
}

TEST(SignalsTest, OnlyOnTheMainThread) {
  std::thread other([] {
    const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
    EXPECT_THAT([&] { AddSignalHandler(*loop, SIGUSR1, Nothing); },
                ThrowsMessage<RuntimeError>(HasSubstr("main thread")));
    loop->Close();
  });
  other.join();
  EXPECT_EQ(DispositionOf(SIGUSR1), SIG_DFL);
}

TEST(SignalsTest, NotInVirtualTime) {
  VirtualLoop world;
  EXPECT_THAT([&] { AddSignalHandler(world.loop(), SIGUSR1, Nothing); },
              ThrowsMessage<RuntimeError>(HasSubstr("takes no signals")));
  EXPECT_THROW(AddSignalHandler(SIGUSR1, Nothing), RuntimeError)
      << "no loop runs";
}

}  // namespace
}  // namespace rondo
