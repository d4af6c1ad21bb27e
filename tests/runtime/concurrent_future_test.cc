#include "rondo/runtime/concurrent_future.h"

#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

std::exception_ptr Error(const char* message) {
  return std::make_exception_ptr(std::logic_error(message));
}

TEST(ConcurrentFutureTest, AnotherThreadsResultIsWaitedFor) {
  auto future = ConcurrentFuture<std::string>::Pending();
  EXPECT_FALSE(future.done());
  std::thread thread([future]() mutable {
    EXPECT_TRUE(future.Begin());
    EXPECT_TRUE(future.running());
    future.SetResult("there");
  });
  EXPECT_EQ(future.result(), "there");
  EXPECT_EQ(future.exception(), nullptr);
  EXPECT_TRUE(future.done());
  thread.join();
}

TEST(ConcurrentFutureTest, AnExceptionTravels) {
  auto future = ConcurrentFuture<>::Pending();
  std::thread thread([future]() mutable { future.SetException(Error("no")); });
  EXPECT_THROW(future.result(), std::logic_error);
  EXPECT_NE(future.exception(), nullptr);
  thread.join();
}

TEST(ConcurrentFutureTest, CancellingWorksUntilTheCallBegins) {
  auto early = ConcurrentFuture<int>::Pending();
  EXPECT_TRUE(early.Cancel());
  EXPECT_TRUE(early.Cancel());
  EXPECT_FALSE(early.Begin());
  EXPECT_TRUE(early.done());
  EXPECT_THROW(early.result(), CancelledError);
  EXPECT_THROW(early.exception(), CancelledError);
  EXPECT_THROW(early.SetResult(1), InvalidStateError);

  auto late = ConcurrentFuture<int>::Pending();
  EXPECT_TRUE(late.Begin());
  EXPECT_FALSE(late.Cancel());
  EXPECT_THROW(late.Begin(), InvalidStateError);
  late.SetResult(7);
  EXPECT_FALSE(late.Cancel());
  EXPECT_FALSE(late.cancelled());
  EXPECT_EQ(late.result(), 7);
  EXPECT_THROW(late.SetResult(8), InvalidStateError);
  EXPECT_THROW(late.SetException(Error("late")), InvalidStateError);
  EXPECT_EQ(late.result(), 7);
}

TEST(ConcurrentFutureTest, WaitingEndsWithTheTimeout) {
  auto future = ConcurrentFuture<int>::Pending();
  EXPECT_THROW(future.result(0s), TimeoutError);
  EXPECT_THROW(future.result(-1s), TimeoutError);
  EXPECT_THROW(future.result(1ms), TimeoutError);
  EXPECT_THROW(future.exception(1ms), TimeoutError);
  std::thread thread([future]() mutable { future.SetResult(3); });
  EXPECT_EQ(future.result(Nanoseconds::max()), 3);
  EXPECT_EQ(future.result(0s), 3);
  thread.join();
}

TEST(ConcurrentFutureTest, CallbacksAreCalledInOrderOrAtOnce) {
  auto future = ConcurrentFuture<>::Pending();
  std::vector<int> called;
  future.AddDoneCallback([&] { called.push_back(1); });
  future.AddDoneCallback([&] {
    called.push_back(2);
    throw std::logic_error("written to standard error");
  });
  future.AddDoneCallback([&] { called.push_back(3); });
  std::thread([future]() mutable { future.SetResult(); }).join();
  EXPECT_THAT(called, ElementsAre(1, 2, 3));
  future.AddDoneCallback([&] { called.push_back(4); });
  EXPECT_THAT(called, ElementsAre(1, 2, 3, 4));
}

TEST(ConcurrentFutureTest, TheThreadOfALoopMayNotWait) {
  VirtualLoop world;
  auto pending = ConcurrentFuture<int>::Pending();
  auto done = ConcurrentFuture<int>::Pending();
  done.SetResult(1);
  world.Run([&]() -> Coro<> {
    EXPECT_THROW(pending.result(), RuntimeError);
    EXPECT_THROW(pending.result(1h), RuntimeError);
    EXPECT_THROW(pending.exception(), RuntimeError);
    EXPECT_THROW(pending.result(0s), TimeoutError);  // This does not wait.
    EXPECT_EQ(done.result(), 1);
    co_return;
  });
  const internal::NoBlocking scope("not here");
  EXPECT_THROW(pending.result(), RuntimeError);
  EXPECT_EQ(done.result(), 1);
}

TEST(ConcurrentFutureTest, ResultsMayBeAnything) {
  auto owned = ConcurrentFuture<std::unique_ptr<int>>::Pending();
  owned.SetResult(std::make_unique<int>(5));
  EXPECT_EQ(*owned.result(), 5);
  auto reference = ConcurrentFuture<int&>::Pending();
  int target = 1;
  reference.SetResult(target);
  EXPECT_EQ(&reference.result(), &target);
  EXPECT_FALSE(ConcurrentFuture<>());
  EXPECT_THROW(owned.SetException(nullptr), ValueError);
}

TEST(ConcurrentFutureTest, OfManyThreadsOneEndsIt) {
  for (int round = 0; round < 200; ++round) {
    auto future = ConcurrentFuture<int>::Pending();
    std::latch start(4);
    std::atomic<int> winners = 0;
    std::atomic<int> told = 0;
    future.AddDoneCallback([&] { ++told; });
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&, t, mine = future]() mutable {
        start.arrive_and_wait();
        try {
          mine.SetResult(t);
          ++winners;
        } catch (const InvalidStateError&) {
        }
      });
    }
    start.arrive_and_wait();
    if (future.Cancel()) ++winners;
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(told, 1);
  }
}

}  // namespace
}  // namespace rondo
