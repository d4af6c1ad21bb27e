#include "rondo/runtime/future.h"

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

TEST(FutureTest, ANamedFutureGivesItsResultToEveryoneByReference) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Future<std::string> future = CreateFuture<std::string>();
    future.SetResult("text");
    std::string& first = co_await future;
    first += "!";
    EXPECT_EQ(co_await future, "text!");
    EXPECT_EQ(future.result(), "text!");
  });
}

TEST(FutureTest, ATemporaryGivesItsResultAwayOnce) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Future<std::unique_ptr<int>> future = CreateFuture<std::unique_ptr<int>>();
    const Future<std::unique_ptr<int>> other = future;
    future.SetResult(std::make_unique<int>(5));
    const std::unique_ptr<int> taken = co_await std::move(future);
    EXPECT_EQ(*taken, 5);
    EXPECT_TRUE(other.done());
    EXPECT_THROW(other.result(), InvalidStateError);
    EXPECT_EQ(other.exception(), nullptr);
  });
}

TEST(FutureTest, AResultMayBeAReference) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    int value = 1;
    Future<int&> future = CreateFuture<int&>();
    future.SetResult(value);
    int& seen = co_await future;
    EXPECT_EQ(&seen, &value);
    int& again = co_await Future<int&>(future);  // Nothing is moved out.
    EXPECT_EQ(&again, &value);
    EXPECT_EQ(&future.result(), &value);
  });
}

TEST(FutureTest, AResultMayBeNothing) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Future<> future = CreateFuture();
    EXPECT_FALSE(future.done());
    EXPECT_THROW(future.result(), InvalidStateError);
    EXPECT_THROW(future.exception(), InvalidStateError);
    future.SetResult();
    co_await future;
    co_await Future<>(future);
    future.result();
  });
}

TEST(FutureTest, WhatIsDoneStaysAsItIs) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Future<int> future = CreateFuture<int>();
    future.SetResult(1);
    EXPECT_THROW(future.SetResult(2), InvalidStateError);
    EXPECT_THROW(future.SetException(std::runtime_error("late")),
                 InvalidStateError);
    EXPECT_FALSE(future.Cancel());
    EXPECT_EQ(co_await future, 1);

    Future<int> null = CreateFuture<int>();
    EXPECT_THROW(null.SetException(std::exception_ptr()), ValueError);
    EXPECT_FALSE(null.done());
  });
}

TEST(FutureTest, ATaskIsCompletedByItsCoroutineOnly) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Task<int> task = CreateTask([]() -> Coro<int> { co_return 1; });
    EXPECT_THROW(task.SetResult(2), RuntimeError);
    EXPECT_THROW(task.SetException(ValueError("no")), RuntimeError);
    EXPECT_EQ(co_await task, 1);
  });
}

TEST(FutureTest, CallbacksAreQueuedInOrderAndSeeTheFuture) {
  VirtualLoop world;
  std::vector<std::string> called;
  Future<int> future = world.loop().CreateFuture<int>();
  future.AddDoneCallback([&] { called.push_back("a"); });
  future.AddDoneCallback(
      [&](Future<int> f) { called.push_back(std::to_string(f.result())); });
  future.SetResult(7);
  EXPECT_THAT(called, IsEmpty()) << "a callback ran at once";
  world.loop().RunOnce();
  EXPECT_THAT(called, ElementsAre("a", "7"));
  future.AddDoneCallback([&] { called.push_back("late"); });
  EXPECT_EQ(called.size(), 2u);
  world.loop().RunOnce();
  EXPECT_THAT(called, ElementsAre("a", "7", "late"));
}

TEST(FutureTest, ACallbackCanBeRemovedFromAnyPlace) {
  for (const std::size_t removed : {0u, 1u, 2u}) {
    VirtualLoop world;
    std::vector<std::size_t> called;
    Future<> future = world.loop().CreateFuture();
    std::vector<Handle> handles;
    for (std::size_t i = 0; i < 3; ++i) {
      handles.push_back(
          future.AddDoneCallback([&called, i] { called.push_back(i); }));
    }
    EXPECT_EQ(future.RemoveDoneCallback(handles[removed]), 1u);
    EXPECT_EQ(future.RemoveDoneCallback(handles[removed]), 0u);
    future.AddDoneCallback([&called] { called.push_back(3); });
    future.SetResult();
    EXPECT_EQ(future.RemoveDoneCallback(handles[(removed + 1) % 3]), 0u)
        << "it was queued already";
    world.loop().RunOnce();
    std::vector<std::size_t> expected = {0, 1, 2, 3};
    expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(removed));
    EXPECT_EQ(called, expected);
  }
}

TEST(FutureTest, ACallbackHoldsTheFutureUntilItHasRun) {
  VirtualLoop world;
  int seen = 0;
  {
    Future<int> future = world.loop().CreateFuture<int>();
    future.AddDoneCallback([&](Future<int> f) { seen = f.result(); });
    future.SetResult(9);
  }
  world.loop().RunOnce();
  EXPECT_EQ(seen, 9);
}

TEST(FutureTest, AnExceptionThatNobodySawIsReported) {
  VirtualLoop world;
  {
    Future<> future = world.loop().CreateFuture();
    future.SetException(std::runtime_error("lost"));
    EXPECT_THAT(world.reports, IsEmpty());
  }
  ASSERT_EQ(world.reports.size(), 1u);
  EXPECT_THAT(world.reports[0], HasSubstr("Future exception was never"));
  EXPECT_THAT(world.reports[0], HasSubstr("lost"));
}

TEST(FutureTest, AnExceptionThatSomebodySawIsNot) {
  VirtualLoop world;
  {
    Future<> looked = world.loop().CreateFuture();
    looked.SetException(std::runtime_error("seen"));
    EXPECT_NE(looked.exception(), nullptr);
    Future<> thrown = world.loop().CreateFuture();
    thrown.SetException(std::runtime_error("seen"));
    EXPECT_THROW(thrown.result(), std::runtime_error);
    Future<> awaited = world.loop().CreateFuture();
    awaited.SetException(std::runtime_error("seen"));
    world.Run([awaited]() -> Coro<> {
      EXPECT_THROW(co_await awaited, std::runtime_error);
    });
  }
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(FutureTest, ACancelledFutureThrowsWithItsMessage) {
  VirtualLoop world;
  Future<int> future = world.loop().CreateFuture<int>();
  EXPECT_TRUE(future.Cancel("enough"));
  EXPECT_TRUE(future.cancelled());
  EXPECT_TRUE(future.done());
  std::string message;
  try {
    future.result();
  } catch (const CancelledError& error) {
    message = error.message();
  }
  EXPECT_EQ(message, "enough");
  EXPECT_THROW(future.exception(), CancelledError);
}

// The result dies with the last reference, once.
TEST(FutureTest, TheResultDiesWithTheFuture) {
  VirtualLoop world;
  auto counted = std::make_shared<int>(0);
  {
    Future<std::shared_ptr<int>> future =
        world.loop().CreateFuture<std::shared_ptr<int>>();
    future.SetResult(counted);
    const Future<std::shared_ptr<int>> copy = future;
    future = {};
    EXPECT_EQ(counted.use_count(), 2);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(FutureTest, AClosedLoopTakesNoCallbackOfOneThatIsDone) {
  VirtualLoop world;
  Future<> done = world.loop().CreateFuture();
  Future<> pending = world.loop().CreateFuture();
  done.SetResult();
  world.loop().Close();
  const auto held = std::make_shared<int>();
  EXPECT_THROW(done.AddDoneCallback([held] {}), RuntimeError);
  EXPECT_TRUE(pending.AddDoneCallback([held] {}));
  pending.SetResult();
  EXPECT_EQ(held.use_count(), 1);
}

TEST(FutureTest, AwaitingAnotherLoopsFutureThrows) {
  VirtualLoop world;
  VirtualLoop other;
  const Future<> foreign = other.loop().CreateFuture();
  const Future<> empty;
  world.Run([&]() -> Coro<> {
    EXPECT_THROW(co_await foreign, RuntimeError);
    EXPECT_THROW(co_await empty, ValueError);
  });
  EXPECT_FALSE(foreign.done());
}

TEST(FutureTest, WithoutALoopThereIsNone) {
  EXPECT_THROW(CreateFuture(), RuntimeError);
}

}  // namespace
}  // namespace rondo
