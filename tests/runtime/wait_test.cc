// Wait, WaitFor, AsCompleted, Shield and timeouts: what asyncio's traces
// (tests/conformance) do not show.
#include "rondo/runtime/wait.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_completed.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/shield.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/timeouts.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

Coro<int> After(Nanoseconds delay, int value) {
  co_await Sleep(delay);
  co_return value;
}
Coro<std::unique_ptr<int>> Owned(Nanoseconds delay, int value) {
  co_await Sleep(delay);
  co_return std::make_unique<int>(value);
}
int global = 1;
Coro<int&> Reference(Nanoseconds delay) {
  co_await Sleep(delay);
  co_return global;
}

TEST(WaitTest, ADuplicateCountsOnceAndManyAreFast) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    constexpr std::size_t kMany = 100'000;
    std::vector<AnyFuture> futures;
    for (std::size_t i = 0; i < kMany; ++i) {
      Future<> future = CreateFuture();
      if (i % 2 == 0) future.SetResult();
      futures.push_back(future);
      futures.push_back(future);
    }
    const WaitResult result = co_await Wait(futures, {.timeout = 1s});
    EXPECT_EQ(result.done.size(), kMany / 2);
    EXPECT_EQ(result.pending.size(), kMany / 2);
    EXPECT_EQ(result.done[1], futures[4]);
  });
}

TEST(WaitTest, CancellingTheWaitLeavesTheFuturesAlone) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const Task<int> inner = CreateTask(After(2s, 3));
    Task<> waiter = CreateTask([&]() -> Coro<> {
      const std::vector<AnyFuture> futures(1, inner);
      co_await Wait(futures);
    });
    co_await Sleep(1s);
    waiter.Cancel();
    co_await Yield();
    co_await Yield();
    EXPECT_TRUE(waiter.cancelled());
    EXPECT_EQ(co_await inner, 3);
  });
}

TEST(WaitForTest, MovesOwnsAndRefers) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const std::unique_ptr<int> of_coro = co_await WaitFor(Owned(1s, 2), 2s);
    EXPECT_EQ(*of_coro, 2);
    const std::unique_ptr<int> of_task =
        co_await WaitFor(CreateTask(Owned(1s, 3)), 2s);
    EXPECT_EQ(*of_task, 3);
    int& reference = co_await WaitFor(Reference(1s), 2s);
    EXPECT_EQ(&reference, &global);
    const Task<std::string> seen =
        CreateTask([]() -> Coro<std::string> { co_return "kept"; });
    EXPECT_EQ(co_await WaitFor(seen, 2s), "kept");
    EXPECT_EQ(seen.result(), "kept") << "somebody else can see it";
  });
}

TEST(WaitForTest, TheTimeoutComesWhenTheAwaitableHasCleanedUp) {
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    const Outcome<int> outcome = co_await AsOutcome(WaitFor(
        []() -> Coro<int> {
          const Outcome<int> inner = co_await AsOutcome(After(1h, 0));
          co_await Sleep(5s);
          inner.Rethrow();
          co_return 0;
        }(),
        1s));
    EXPECT_THROW(outcome.Rethrow(), TimeoutError);
    EXPECT_EQ(world.now(), 6s);
  });
}

TEST(WaitForTest, ACancellationFromOutsideIsNoTimeout) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const Task<int> inner = CreateTask(After(1h, 0));
    Task<int> outer = CreateTask(WaitFor(inner, 10s));
    co_await Sleep(1s);
    outer.Cancel();
    co_await Sleep(1s);
    EXPECT_TRUE(outer.cancelled());
    EXPECT_TRUE(inner.cancelled());
    EXPECT_EQ(RunningLoop().scheduled_count(), 0u) << "a timer is left";
  });
}

TEST(AsCompletedTest, GivesWhatIsDoneFirstFirst) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    std::vector<Coro<std::unique_ptr<int>>> coros;
    for (const int i : {3, 1, 2}) coros.push_back(Owned(1s * i, i));
    AsCompletedIterator<std::unique_ptr<int>> it =
        AsCompleted(std::move(coros));
    std::vector<int> order;
    while (it.HasNext()) {
      const std::unique_ptr<int> next = co_await it.Next();
      order.push_back(*next);
    }
    EXPECT_THAT(order, ElementsAre(1, 2, 3));
  });
}

TEST(AsCompletedTest, ManyFuturesAreFastAndATimeoutEndsTheWait) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    constexpr int kMany = 100'000;
    std::vector<Future<int>> futures;
    for (int i = 0; i < kMany; ++i) futures.push_back(CreateFuture<int>());
    AsCompletedIterator<int> it = AsCompleted(futures, 1s);
    for (int i = kMany; i-- > 1;) {
      futures[static_cast<std::size_t>(i)].SetResult(i);
    }
    for (int i = kMany; i-- > 1;) EXPECT_EQ(co_await it.Next(), i);
    EXPECT_TRUE(it.HasNext());
    EXPECT_THROW(co_await it.Next(), TimeoutError);
    EXPECT_FALSE(futures[0].done());
  });
}

TEST(AsCompletedTest, GoesOnWhenTheIteratorHasBeenDropped) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    AsCompleted(std::vector<Future<>>{CreateFuture()}, 1s);
    co_await Sleep(2s);
  });
  EXPECT_THAT(world.waits(), ElementsAre(1s, 1s));
}

TEST(AsCompletedTest, ATimeoutAfterTheFutureHasDiedIsNone) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    std::vector<Future<>> futures = {CreateFuture(), CreateFuture()};
    AsCompletedIterator<void> it = AsCompleted(futures, 1s);
    futures.pop_back();
    co_await Sleep(2s);
    EXPECT_THROW(co_await it.Next(), TimeoutError);
    EXPECT_FALSE(futures[0].done());
  });
}

TEST(ShieldTest, KeepsACancellationFromTheInnerTask) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const Task<std::unique_ptr<int>> inner = CreateTask(Owned(2s, 4));
    Task<> outer = CreateTask([inner]() -> Coro<> { co_await Shield(inner); });
    co_await Sleep(1s);
    outer.Cancel();
    co_await Yield();
    co_await Yield();
    EXPECT_TRUE(outer.cancelled());
    const std::unique_ptr<int> result =
        co_await Shield(Task<std::unique_ptr<int>>(inner));
    EXPECT_EQ(*result, 4);
  });
}

TEST(TimeoutTest, NestedDeadlinesEachEndTheirOwnBlock) {
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    bool inner_expired = false;
    co_await WithTimeout(10s, [&](TimeoutScope&) -> Coro<> {
      const Outcome<> inner = co_await AsOutcome(
          WithTimeout(1s, [](TimeoutScope&) -> Coro<> { co_await Sleep(1h); }));
      EXPECT_THROW(inner.Rethrow(), TimeoutError);
      inner_expired = true;
      co_await Sleep(2s);
    });
    EXPECT_TRUE(inner_expired);
    EXPECT_EQ(world.now(), 3s);
  });
}

TEST(TimeoutTest, AMovedDeadlineCounts) {
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    TimeoutScope scope = TimeoutScope::After(1s);
    EXPECT_THROW(scope.Reschedule(2s), RuntimeError);
    co_await WithTimeout(scope, [&](TimeoutScope& inside) -> Coro<> {
      inside.Reschedule(world.now() + 1h);
      co_await Sleep(1min);
    });
    EXPECT_FALSE(scope.expired());
    EXPECT_EQ(RunningLoop().scheduled_count(), 0u);
  });
}

TEST(TimeoutTest, GivesMoveOnlyResultsAndTheBodysErrors) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const std::unique_ptr<int> result =
        co_await WithTimeout(1s, [](TimeoutScope&) { return Owned(1ms, 8); });
    EXPECT_EQ(*result, 8);
    const Outcome<> failed =
        co_await AsOutcome(WithTimeout(1s, [](TimeoutScope&) -> Coro<> {
          throw std::logic_error("mine");
          co_return;
        }));
    EXPECT_THROW(failed.Rethrow(), std::logic_error);
  });
}

}  // namespace
}  // namespace rondo
