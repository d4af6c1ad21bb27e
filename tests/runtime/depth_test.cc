// A million of everything: no chain and no queue uses the stack.
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "gtest/gtest.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

constexpr int kMillion = 1'000'000;

// Counts the frames that live.
struct Counted {
  explicit Counted(int* c) : count(c) { ++*count; }
  Counted(const Counted&) = delete;
  ~Counted() { --*count; }
  int* count;
};

enum class Bottom { kReturn, kThrow, kSuspend };

Coro<int> Chain(int depth, Bottom bottom, int* alive) {
  const Counted counted(alive);
  if (depth > 1) co_return 1 + co_await Chain(depth - 1, bottom, alive);
  if (bottom == Bottom::kThrow) throw std::runtime_error("bottom");
  if (bottom == Bottom::kSuspend) co_await Sleep(1h);
  co_return 1;
}

TEST(DepthTest, AMillionNestedAwaitsReturn) {
  VirtualLoop world;
  int alive = 0;
  EXPECT_EQ(world.Run([&] { return Chain(kMillion, Bottom::kReturn, &alive); }),
            kMillion);
  EXPECT_EQ(alive, 0);
}

TEST(DepthTest, AMillionNestedAwaitsSuspendAndReturn) {
  VirtualLoop world;
  int alive = 0;
  EXPECT_EQ(
      world.Run([&] { return Chain(kMillion, Bottom::kSuspend, &alive); }),
      kMillion);
  EXPECT_EQ(world.now(), 1h);
}

// An exception is thrown again in every frame: a tenth of it, for time's sake.
TEST(DepthTest, AnExceptionPassesThroughAHundredThousandAwaits) {
  VirtualLoop world;
  int alive = 0;
  EXPECT_THROW(
      world.Run([&] { return Chain(kMillion / 10, Bottom::kThrow, &alive); }),
      std::runtime_error);
  EXPECT_EQ(alive, 0);
}

TEST(DepthTest, ASuspendedChainOfAMillionIsCancelledOrDestroyed) {
  int alive = 0;
  {
    VirtualLoop world;
    const Task<int> task =
        world.loop().CreateTask(Chain(kMillion, Bottom::kSuspend, &alive));
    world.loop().RunOnce();
    EXPECT_EQ(alive, kMillion);
  }
  EXPECT_EQ(alive, 0);
}

Coro<> Follow(Task<> task, int* cancelled) {
  try {
    co_await task;
  } catch (const CancelledError&) {
    ++*cancelled;
    throw;
  }
}

// Each task waits for the one before it.
TEST(DepthTest, AChainOfAHundredThousandTasksIsCancelledFromItsEnd) {
  VirtualLoop world;
  int cancelled = 0;
  Task<> last = world.loop().CreateTask([]() -> Coro<> { co_await Sleep(1h); });
  for (int i = 0; i < kMillion / 10; ++i) {
    last = world.loop().CreateTask(Follow(last, &cancelled));
  }
  world.loop().RunOnce();
  EXPECT_TRUE(last.Cancel());
  while (!last.done()) world.loop().RunOnce();
  EXPECT_TRUE(last.cancelled());
  EXPECT_EQ(cancelled, kMillion / 10);
}

Coro<> Count(Future<> future, int* count) {
  co_await future;
  ++*count;
}

TEST(DepthTest, AFutureCompletesAMillionWaiters) {
  VirtualLoop world;
  int count = 0;
  Future<> future = world.loop().CreateFuture();
  for (int i = 0; i < kMillion; ++i) {
    world.loop().CreateTask(Count(future, &count));
  }
  world.loop().RunOnce();
  future.SetResult();
  world.loop().RunOnce();
  EXPECT_EQ(count, kMillion);
}

TEST(DepthTest, ATaskCompletesAMillionWaiters) {
  VirtualLoop world;
  int count = 0;
  const Task<> task =
      world.loop().CreateTask([]() -> Coro<> { co_await Sleep(1s); });
  for (int i = 0; i < kMillion; ++i) {
    world.loop().CreateTask(Count(task, &count));
  }
  world.Run([]() -> Coro<> { co_await Sleep(2s); });
  EXPECT_EQ(count, kMillion);
}

Coro<int> WaitsFor(Task<int> previous) { co_return 1 + co_await previous; }

TEST(DepthTest, AChainOfTasksThatWaitForOneAnotherEnds) {
  VirtualLoop world;
  constexpr int kTasks = 100'000;
  Future<int> first = world.loop().CreateFuture<int>();
  Task<int> last = world.loop().CreateTask(
      [first]() -> Coro<int> { co_return co_await first; });
  for (int i = 0; i < kTasks; ++i) {
    last = world.loop().CreateTask(WaitsFor(last));
  }
  world.loop().CallLater(1s, [first]() mutable { first.SetResult(0); });
  EXPECT_EQ(world.loop().RunUntilComplete(static_cast<Future<int>&>(last)),
            kTasks);
}

// Cancelling the last of a chain reaches the first. Source: asyncio does it by
// recursion, and so do we; the chain is as long as a program's might be.
TEST(DepthTest, CancellationPassesDownAChainOfTasks) {
  VirtualLoop world;
  Future<int> first = world.loop().CreateFuture<int>();
  Task<int> last = world.loop().CreateTask(
      [first]() -> Coro<int> { co_return co_await first; });
  for (int i = 0; i < 1000; ++i) {
    last = world.loop().CreateTask(WaitsFor(last));
  }
  world.Run([]() -> Coro<> { co_await Yield(); });
  last.Cancel();
  EXPECT_TRUE(first.cancelled());
  EXPECT_THROW(world.loop().RunUntilComplete(static_cast<Future<int>&>(last)),
               CancelledError);
}

}  // namespace
}  // namespace rondo
