#include "rondo/runtime/run.h"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/context.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/system_clock.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/runtime/task.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

TEST(RunTest, ReturnsTheResultOrThrowsTheError) {
  EXPECT_EQ(rondo::Run([]() -> Coro<int> { co_return 5; }), 5);
  const std::unique_ptr<int> owned =
      rondo::Run([]() -> Coro<std::unique_ptr<int>> {
        co_return std::make_unique<int>(6);
      });
  EXPECT_EQ(*owned, 6);
  EXPECT_THROW(rondo::Run([]() -> Coro<> {
                 co_await Yield();
                 throw std::runtime_error("out");
               }),
               std::runtime_error);
}

TEST(RunTest, RealTimersAreNeverEarly) {
  SystemClock clock;
  rondo::Run([&]() -> Coro<> {
    for (const Nanoseconds delay : {1ns, 1000ns, 999'999ns, 3'000'001ns}) {
      for (int i = 0; i < 5; ++i) {
        const Nanoseconds before = clock.Now();
        co_await Sleep(delay);
        EXPECT_GE(clock.Now() - before, delay);
      }
    }
  });
}

TEST(RunTest, WhatIsLeftIsCancelledInOrderAndWaitedFor) {
  std::vector<std::string> log;
  const auto leave = [&log](std::string name) -> Coro<> {
    const Outcome<> outcome =
        co_await AsOutcome([]() -> Coro<> { co_await Sleep(1h); }());
    log.push_back(name + (outcome.cancelled() ? " cancelled" : " ended"));
    co_await Sleep(1ms);
    log.push_back(name + " clean");
  };
  rondo::Run([&]() -> Coro<> {
    CreateTask(leave("a"));
    CreateTask(leave("b"));
    co_await Yield();
  });
  EXPECT_THAT(log,
              ElementsAre("a cancelled", "b cancelled", "a clean", "b clean"));
}

TEST(RunTest, InsideALoopItIsRefused) {
  rondo::Run([]() -> Coro<> {
    EXPECT_THROW(rondo::Run([]() -> Coro<> { co_return; }), RuntimeError);
    Runner runner;
    EXPECT_THROW(runner.Run([]() -> Coro<> { co_return; }()), RuntimeError);
    co_return;
  });
}

TEST(RunnerTest, KeepsItsLoopItsTasksAndItsContext) {
  static ContextVar<int> var("var", 0);
  Runner runner;
  Task<int> task;
  runner.Run([&]() -> Coro<> {
    var.Set(3);
    task = CreateTask([]() -> Coro<int> {
      co_await Sleep(2ms);
      co_return 9;
    });
    co_return;
  }());
  EXPECT_FALSE(task.done());
  EXPECT_EQ(var.Get(), 0);
  EXPECT_EQ(runner.Run([&]() -> Coro<int> {
    EXPECT_EQ(var.Get(), 3);
    co_return co_await task;
  }()),
            9);
  runner.Close();
  runner.Close();
  EXPECT_THROW(runner.GetLoop(), RuntimeError);
}

TEST(RunnerTest, ALoopOfTheCallersIsClosedWithIt) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  {
    Runner runner(*loop);
    EXPECT_EQ(&runner.GetLoop(), loop.get());
  }
  EXPECT_TRUE(loop->is_closed());
}

TEST(RunnerTest, ErrorsDuringTheShutdownAreReported) {
  std::vector<std::string> reports;
  {
    Runner runner;
    runner.GetLoop().SetExceptionHandler(
        [&](EventLoop&, const ExceptionReport& report) {
          reports.push_back(std::string(report.message) + ": " +
                            DescribeException(report.exception));
        });
    runner.Run([]() -> Coro<> {
      CreateTask([]() -> Coro<> {
        (void)co_await AsOutcome([]() -> Coro<> { co_await Sleep(1h); }());
        throw std::runtime_error("clean-up failed");
      });
      co_await Yield();
    }());
  }
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_THAT(reports[0],
              testing::AllOf(testing::HasSubstr("during shutdown"),
                             testing::HasSubstr("clean-up failed")));
}

}  // namespace
}  // namespace rondo
