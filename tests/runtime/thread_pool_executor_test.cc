#include "rondo/runtime/thread_pool_executor.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/submit.h"

namespace rondo {
namespace {

using testing::ElementsAre;

TEST(ThreadPoolExecutorTest, JobsRunOnItsThreadsWithTheirArguments) {
  ThreadPoolExecutor pool({.max_workers = 2});
  EXPECT_EQ(
      Submit(pool, [](int a, int b) { return a + b; }, 40, 2).result(), 42);
  EXPECT_NE(Submit(pool, [] { return std::this_thread::get_id(); }).result(),
            std::this_thread::get_id());
  ConcurrentFuture<> failing =
      Submit(pool, [] { throw std::logic_error("as it is"); });
  EXPECT_THROW(failing.result(), std::logic_error);
  auto owned = std::make_unique<int>(3);
  EXPECT_EQ(
      Submit(
          pool, [](std::unique_ptr<int> p) { return *p; }, std::move(owned))
          .result(),
      3);
}

TEST(ThreadPoolExecutorTest, ThreadsAreStartedAsJobsNeedThemUpToTheMost) {
  ThreadPoolExecutor pool({.max_workers = 3});
  EXPECT_EQ(pool.max_workers(), 3);
  EXPECT_EQ(pool.thread_count(), 0u);
  std::latch gate(1);
  std::vector<ConcurrentFuture<>> jobs;
  for (std::size_t i = 1; i <= 6; ++i) {
    jobs.push_back(Submit(pool, [&gate] { gate.wait(); }));
    EXPECT_EQ(pool.thread_count(), std::min<std::size_t>(i, 3));
  }
  gate.count_down();
  for (const ConcurrentFuture<>& job : jobs) job.result();
}

TEST(ThreadPoolExecutorTest, AnIdleThreadTakesTheNextJob) {
  ThreadPoolExecutor pool({.max_workers = 8});
  for (int i = 0; i < 20; ++i) {
    Submit(pool, [] {}).result();
    while (pool.idle_count() == 0) std::this_thread::yield();
  }
  EXPECT_EQ(pool.thread_count(), 1u);
}

TEST(ThreadPoolExecutorTest, OneWorkerTakesJobsInOrder) {
  std::vector<int> ran;
  {
    ThreadPoolExecutor pool({.max_workers = 1});
    for (int i = 0; i < 5; ++i) Submit(pool, [&ran, i] { ran.push_back(i); });
  }
  EXPECT_THAT(ran, ElementsAre(0, 1, 2, 3, 4));
}

TEST(ThreadPoolExecutorTest, AJobThatIsCancelledInTimeIsNotRun) {
  ThreadPoolExecutor pool({.max_workers = 1});
  std::latch gate(1);
  bool ran = false;
  ConcurrentFuture<> first = Submit(pool, [&gate] { gate.wait(); });
  ConcurrentFuture<> second = Submit(pool, [&ran] { ran = true; });
  EXPECT_TRUE(second.Cancel());
  while (!first.running()) std::this_thread::yield();
  EXPECT_FALSE(first.Cancel());
  gate.count_down();
  first.result();
  Submit(pool, [] {}).result();
  EXPECT_FALSE(ran);
}

TEST(ThreadPoolExecutorTest, AfterShutdownItRefusesAndFinishesWhatItHas) {
  ThreadPoolExecutor pool({.max_workers = 1});
  std::latch gate(1);
  ConcurrentFuture<> first = Submit(pool, [&gate] { gate.wait(); });
  ConcurrentFuture<int> second = Submit(pool, [] { return 2; });
  pool.Shutdown({.wait = false});
  EXPECT_THROW(Submit(pool, [] {}), RuntimeError);
  gate.count_down();
  pool.Shutdown({.wait = true});
  EXPECT_TRUE(first.done());
  EXPECT_EQ(second.result(), 2);
  pool.Shutdown({.wait = true});
}

TEST(ThreadPoolExecutorTest, ShutdownMayCancelWhatHasNotBegun) {
  ThreadPoolExecutor pool({.max_workers = 1});
  std::latch gate(1);
  ConcurrentFuture<> first = Submit(pool, [&gate] { gate.wait(); });
  while (!first.running()) std::this_thread::yield();
  ConcurrentFuture<> second = Submit(pool, [] {});
  pool.Shutdown({.wait = false, .cancel_futures = true});
  EXPECT_TRUE(second.cancelled());
  EXPECT_FALSE(first.done());
  gate.count_down();
  pool.Shutdown({.wait = true});
  EXPECT_TRUE(first.done());
  EXPECT_FALSE(first.cancelled());
}

TEST(ThreadPoolExecutorTest, ShutdownTellsWhenTheLastJobHasEnded) {
  ThreadPoolExecutor idle;
  bool told = false;
  idle.Shutdown([&] { told = true; });
  EXPECT_TRUE(told);

  ThreadPoolExecutor pool({.max_workers = 2});
  std::latch gate(1);
  auto ended = ConcurrentFuture<>::Pending();
  ConcurrentFuture<> job = Submit(pool, [&gate] { gate.wait(); });
  pool.Shutdown([ended]() mutable { ended.SetResult(); });
  EXPECT_FALSE(ended.done());
  gate.count_down();
  ended.result();
  EXPECT_TRUE(job.done());
}

TEST(ThreadPoolExecutorTest, WhatAFunctionHoldsDiesBeforeAnybodyIsTold) {
  ThreadPoolExecutor pool({.max_workers = 1});
  for (int round = 0; round < 100; ++round) {
    auto held = std::make_shared<int>(round);
    const ConcurrentFuture<int> job = Submit(pool, [held] { return *held; });
    EXPECT_EQ(job.result(), round);
    EXPECT_EQ(held.use_count(), 1);
  }
}

TEST(ThreadPoolExecutorTest, ThreadsHaveNames) {
  ThreadPoolExecutor pool(
      {.max_workers = 1, .thread_name_prefix = "a-long-prefix-indeed"});
  const std::string name =
      Submit(pool, [] {
        std::array<char, 16> buffer{};
        pthread_getname_np(pthread_self(), buffer.data(), buffer.size());
        return std::string(buffer.data());
      }).result();
  EXPECT_EQ(name, "a-long-prefix_0");
}

TEST(ThreadPoolExecutorTest, TheNumberOfWorkersIsPythonsUnlessItIsGiven) {
  const int processors = static_cast<int>(std::thread::hardware_concurrency());
  EXPECT_EQ(ThreadPoolExecutor().max_workers(), std::min(32, processors + 4));
  EXPECT_THROW(ThreadPoolExecutor({.max_workers = -1}), ValueError);
}

TEST(ThreadPoolExecutorTest, AJobMaySubmitAndMayHoldThePool) {
  auto pool =
      std::make_shared<ThreadPoolExecutor>(ThreadPoolOptions{.max_workers = 2});
  auto inner = ConcurrentFuture<int>::Pending();
  std::latch gate(1);
  Submit(*pool, [pool, inner, &gate]() mutable {
    gate.wait();  // Until this is all that holds the pool.
    const int result = Submit(*pool, [] { return 1; }).result();
    inner.SetResult(result);
  });
  pool.reset();
  gate.count_down();
  EXPECT_EQ(inner.result(), 1);
}

TEST(ThreadPoolExecutorTest, ManyThreadsSubmitAndEveryJobRunsOnce) {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  std::array<std::atomic<int>, kThreads * kEach> ran{};
  {
    ThreadPoolExecutor pool({.max_workers = 3});
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEach; ++i) {
          Submit(pool, [&ran, n = t * kEach + i] { ++ran[n]; });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_TRUE(std::ranges::all_of(ran, [](int n) { return n == 1; }));
}

}  // namespace
}  // namespace rondo
