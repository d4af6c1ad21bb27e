#include "rondo/runtime/run_in_executor.h"

#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/context.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/runtime/thread_pool_executor.h"
#include "rondo/tests/runtime/virtual_loop.h"
#include "rondo/tests/support/manual_executor.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

// ---- On threads.

TEST(RunInExecutorTest, TheLoopGoesOnWhileAnotherThreadWorks) {
  rondo::Run([]() -> Coro<> {
    std::latch gate(1);
    Future<std::thread::id> job = RunInExecutor([&gate] {
      gate.wait();  // For the loop.
      return std::this_thread::get_id();
    });
    RunningLoop().CallSoon([&gate] { gate.count_down(); });
    EXPECT_NE(co_await job, std::this_thread::get_id());
  });
}

TEST(RunInExecutorTest, ArgumentsAndResultsMayBeMoveOnly) {
  rondo::Run([]() -> Coro<> {
    const auto bump = [](std::unique_ptr<int> p, int by) {
      *p += by;
      return p;
    };
    Future<std::unique_ptr<int>> job =
        RunInExecutor(bump, std::make_unique<int>(40), 2);
    std::unique_ptr<int> result = co_await std::move(job);
    EXPECT_EQ(*result, 42);
    int target = 0;
    Future<int&> reference =
        RunInExecutor([&target]() -> int& { return target; });
    EXPECT_EQ(&co_await reference, &target);
  });
}

TEST(RunInExecutorTest, WhatTheFunctionThrowsIsThrownWhereItIsAwaited) {
  rondo::Run([]() -> Coro<> {
    Future<> job = RunInExecutor([] { throw std::logic_error("as it is"); });
    std::string what;
    try {
      co_await job;
    } catch (const std::logic_error& error) {
      what = error.what();
    }
    EXPECT_EQ(what, "as it is");
  });
}

TEST(RunInExecutorTest, ALoopThatIsClosedMeanwhileHearsNothing) {
  std::latch gate(1);
  auto result = std::make_shared<int>(1);
  ThreadPoolExecutor pool({.max_workers = 1});
  {
    const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
    RunInExecutor(*loop, pool, [&gate, result] {
      gate.wait();
      return result;
    });
    loop->Close();
  }
  gate.count_down();
  pool.Shutdown({.wait = true});
  EXPECT_EQ(result.use_count(), 1);
}

TEST(RunInExecutorTest, ARunnerWaitsForTheJobsOfItsExecutor) {
  bool ended = false;
  rondo::Run([&ended]() -> Coro<> {
    RunInExecutor([&ended] { ended = true; });
    co_return;
  });
  EXPECT_TRUE(ended);
}

TEST(RunInExecutorTest, ManyJobsOfManyTasksAllReturn) {
  rondo::Run([]() -> Coro<> {
    constexpr int kTasks = 8;
    constexpr int kEach = 100;
    std::vector<Task<int>> tasks;
    for (int t = 0; t < kTasks; ++t) {
      tasks.push_back(CreateTask([]() -> Coro<int> {
        int sum = 0;
        for (int i = 0; i < kEach; ++i) {
          sum += co_await ToThread([](int n) { return n; }, i);
        }
        co_return sum;
      }));
    }
    const std::vector<int> sums = co_await Gather(tasks);
    for (const int sum : sums) EXPECT_EQ(sum, kEach * (kEach - 1) / 2);
  });
}

TEST(RunInExecutorTest, CancellingWhileJobsBeginAndEndLosesNothing) {
  rondo::Run([]() -> Coro<> {
    for (int round = 0; round < 300; ++round) {
      Future<int> job = RunInExecutor([round] { return round; });
      for (int i = 0; i < round % 7; ++i) co_await Yield();
      const bool was_done = job.done();
      const bool cancelled = job.Cancel();
      EXPECT_NE(was_done, cancelled);
      if (was_done) {
        EXPECT_EQ(job.result(), round);
      }
    }
  });
}

// ---- Cancelling, in steps.

class StepsTest : public testing::Test {
 protected:
  EventLoop& loop() { return world_.loop(); }

  VirtualLoop world_;
  ManualExecutor executor_;
};

TEST_F(StepsTest, AnOutcomeTakesTwoIterationsToItsTask) {
  bool seen = false;
  const Task<> task = loop().CreateTask([&]() -> Coro<> {
    co_await RunInExecutor(executor_, [] {});
    seen = true;
  });
  loop().RunOnce();
  ASSERT_EQ(executor_.size(), 1u);
  EXPECT_TRUE(executor_.Run());
  executor_.Complete();
  EXPECT_EQ(loop().ready_count(), 0u) << "the loop has not looked yet";
  loop().RunOnce();  // The future is done.
  EXPECT_FALSE(seen);
  loop().RunOnce();
  EXPECT_TRUE(seen);
  EXPECT_TRUE(task.done());
}

TEST_F(StepsTest, CancellingTheTaskCancelsAJobThatHasNotBegun) {
  bool ran = false;
  Task<> task = loop().CreateTask([&]() -> Coro<> {
    co_await RunInExecutor(executor_, [&ran] { ran = true; });
  });
  loop().RunOnce();
  task.Cancel();
  loop().RunOnce();
  EXPECT_TRUE(task.cancelled());
  EXPECT_FALSE(executor_.Run());
  EXPECT_FALSE(ran);
  loop().RunOnce();
  EXPECT_EQ(loop().ready_count(), 0u);
}

TEST_F(StepsTest, AJobThatHasBegunGoesOnAndItsOutcomeIsDropped) {
  auto result = std::make_shared<int>(1);
  Task<> task = loop().CreateTask([&]() -> Coro<> {
    auto job = [result] { return result; };
    co_await RunInExecutor(executor_, std::move(job));
  });
  loop().RunOnce();
  EXPECT_TRUE(executor_.Run());
  task.Cancel();
  loop().RunOnce();
  EXPECT_TRUE(task.cancelled());
  executor_.Complete();
  loop().RunOnce();
  EXPECT_EQ(result.use_count(), 1);
  EXPECT_THAT(world_.reports, IsEmpty());
}

TEST_F(StepsTest, AnExceptionOfADroppedJobIsReported) {
  RunInExecutor(loop(), executor_, [] { throw std::logic_error("lost"); });
  executor_.Run();
  executor_.Complete();
  loop().RunOnce();
  loop().RunOnce();  // The last who could have asked has looked.
  EXPECT_THAT(world_.reports,
              ElementsAre("Future exception was never retrieved: "
                          "std::logic_error: lost"));
}

TEST_F(StepsTest, AnExecutorThatCancelsAJobCancelsItsFuture) {
  Future<> job = RunInExecutor(loop(), executor_, [] {});
  job.AddDoneCallback([&] { loop().Stop(); });
  class Canceller final : public Executor {
   public:
    void Submit(std::shared_ptr<Job> job) override { job->Cancel(); }
    void Shutdown(absl::AnyInvocable<void()>) override {}
  } canceller;
  const Future<> refused = RunInExecutor(loop(), canceller, [] {});
  loop().RunOnce();
  EXPECT_TRUE(refused.cancelled());
  EXPECT_FALSE(job.done());
}

// ---- The default executor.

TEST_F(StepsTest, TheDefaultExecutorIsTheOneThatWasSet) {
  EXPECT_THROW(RunInExecutor(loop(), [] {}), RuntimeError);
  EXPECT_THROW(SetDefaultExecutor(loop(), nullptr), ValueError);
  auto executor = std::make_shared<ManualExecutor>();
  SetDefaultExecutor(loop(), executor);
  RunInExecutor(loop(), [] {});
  EXPECT_EQ(executor->size(), 1u);
  loop().Close();
  EXPECT_TRUE(executor->shut_down());
  EXPECT_THROW(RunInExecutor(loop(), [] {}), RuntimeError);
  EXPECT_THROW(RunInExecutor(loop(), *executor, [] {}), RuntimeError);
}

TEST_F(StepsTest, AfterItsShutdownTheDefaultExecutorIsRefused) {
  auto executor = std::make_shared<ManualExecutor>();
  SetDefaultExecutor(loop(), executor);
  loop().CallLater(2s, [&] { executor->End(); });
  world_.Run([]() -> Coro<> { co_await ShutdownDefaultExecutor(); });
  EXPECT_EQ(world_.now(), 2s);
  EXPECT_THROW(RunInExecutor(loop(), [] {}), RuntimeError);
  RunInExecutor(loop(), executor_, [] {});  // Another one may be used.
}

TEST_F(StepsTest, AShutdownThatTakesTooLongIsReported) {
  auto executor = std::make_shared<ManualExecutor>();
  SetDefaultExecutor(loop(), executor);
  world_.Run([]() -> Coro<> { co_await ShutdownDefaultExecutor(1500ms); });
  EXPECT_EQ(world_.now(), 1500ms);
  EXPECT_THAT(world_.reports,
              ElementsAre("The executor did not finish joining its threads "
                          "within 1.500 seconds."));
  executor->End();  // Nobody waits any more.
}

TEST_F(StepsTest, WithoutAnExecutorThereIsNothingToShutDown) {
  world_.Run([]() -> Coro<> { co_await ShutdownDefaultExecutor(1s); });
  EXPECT_EQ(world_.now(), 0s);
}

// ---- ToThread.

TEST(ToThreadTest, TheFunctionSeesACopyOfTheContext) {
  static ContextVar<std::string> var("var", "none");
  rondo::Run([]() -> Coro<> {
    var.Set("outside");
    const std::string seen = co_await ToThread([] {
      const std::string before = var.Get();
      var.Set("inside");
      return before + ", " + var.Get();
    });
    EXPECT_EQ(seen, "outside, inside");
    EXPECT_EQ(var.Get(), "outside");
    // Another job on the same thread starts afresh.
    Future<std::string> later = RunInExecutor([] { return var.Get(); });
    EXPECT_EQ(co_await later, "none");
  });
}

TEST(ToThreadTest, NothingIsDoneUntilItIsAwaited) {
  rondo::Run([]() -> Coro<> {
    bool called = false;
    const auto call = [&called] { called = true; };
    Coro<> coro = ToThread(call);
    co_await Sleep(0s);
    EXPECT_FALSE(called);
    co_await std::move(coro);
    EXPECT_TRUE(called);
  });
}

// ---- WrapFuture.

TEST(WrapFutureTest, AStdFutureIsAwaited) {
  rondo::Run([]() -> Coro<> {
    std::promise<int> promise;
    Future<int> wrapped = WrapFuture(promise.get_future());
    std::thread thread([&promise] { promise.set_value(6); });
    EXPECT_EQ(co_await wrapped, 6);
    thread.join();

    std::promise<int> broken;
    Future<int> failing = WrapFuture(broken.get_future());
    broken.set_exception(std::make_exception_ptr(std::logic_error("no")));
    EXPECT_THROW(co_await failing, std::logic_error);
  });
}

TEST(WrapFutureTest, AConcurrentFutureKeepsItsResult) {
  VirtualLoop world;
  auto future = ConcurrentFuture<std::string>::Pending();
  const Future<std::string> one = WrapFuture(world.loop(), future);
  const Future<std::string> two = WrapFuture(world.loop(), future);
  std::thread([future]() mutable { future.SetResult("both"); }).join();
  world.loop().RunOnce();
  EXPECT_EQ(one.result(), "both");
  EXPECT_EQ(two.result(), "both");
  EXPECT_EQ(future.result(), "both");
}

TEST(WrapFutureTest, CancellingGoesBothWays) {
  VirtualLoop world;
  auto first = ConcurrentFuture<int>::Pending();
  Future<int> wrapped = WrapFuture(world.loop(), first);
  EXPECT_TRUE(wrapped.Cancel());
  world.loop().RunOnce();
  EXPECT_TRUE(first.cancelled());

  auto second = ConcurrentFuture<int>::Pending();
  wrapped = WrapFuture(world.loop(), second);
  EXPECT_TRUE(second.Cancel());
  world.loop().RunOnce();
  EXPECT_TRUE(wrapped.cancelled());
}

}  // namespace
}  // namespace rondo
