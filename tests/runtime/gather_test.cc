#include "rondo/runtime/gather.h"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

Coro<int> After(Nanoseconds delay, int value) {
  co_await Sleep(delay);
  co_return value;
}
Coro<std::unique_ptr<int>> Owned(int value) {
  co_await Yield();
  co_return std::make_unique<int>(value);
}
Coro<> Fail(Nanoseconds delay) {
  co_await Sleep(delay);
  throw std::runtime_error("failed");
}
int global = 1;
Coro<int&> Reference() { co_return global; }
Coro<> Nothing() { co_return; }

TEST(GatherTest, ATupleHoldsWhatEachGaveWhateverItsType) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    std::tuple<int, std::unique_ptr<int>, std::reference_wrapper<int>,
               std::monostate>
        results =
            co_await Gather(After(2s, 1), Owned(2), Reference(), Nothing());
    EXPECT_EQ(std::get<0>(results), 1);
    EXPECT_EQ(*std::get<1>(results), 2);
    EXPECT_EQ(&std::get<2>(results).get(), &global);
  });
}

TEST(GatherTest, AVectorIsInTheOrderOfItsArguments) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    std::vector<Coro<int>> coros;
    for (int i = 0; i < 4; ++i) coros.push_back(After(1s * (4 - i), i));
    const std::vector<int> results = co_await Gather(std::move(coros));
    EXPECT_THAT(results, ElementsAre(0, 1, 2, 3));
  });
  EXPECT_EQ(world.now(), 4s);
}

TEST(GatherTest, AResultThatOthersSeeIsCopied) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const Task<std::string> task =
        CreateTask([]() -> Coro<std::string> { co_return "shared"; });
    const std::tuple<std::string, std::string> both =
        co_await Gather(task, task);
    EXPECT_EQ(std::get<0>(both), "shared");
    EXPECT_EQ(std::get<1>(both), "shared");
    EXPECT_EQ(task.result(), "shared");
  });
}

TEST(GatherTest, TheFirstFailureIsThrownAndTheOthersGoOn) {
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    const Task<int> slow = CreateTask(After(5s, 7));
    EXPECT_THROW(co_await Gather(slow, CreateTask(Fail(1s))),
                 std::runtime_error);
    EXPECT_EQ(world.now(), 1s);
    EXPECT_EQ(co_await slow, 7);
  });
  EXPECT_EQ(world.now(), 5s);
}

TEST(GatherTest, OutcomesTellOfEach) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Task<int> cancelled = CreateTask(After(1h, 0));
    RunningLoop().CallLater(1s, [cancelled]() mutable { cancelled.Cancel(); });
    std::tuple<Outcome<int>, Outcome<>, Outcome<int>,
               Outcome<std::unique_ptr<int>>>
        outcomes = co_await GatherOutcomes(After(1s, 3), Fail(2s), cancelled,
                                           Owned(4));
    EXPECT_EQ(std::get<0>(outcomes).value(), 3);
    EXPECT_THROW(std::get<1>(outcomes).Rethrow(), std::runtime_error);
    EXPECT_TRUE(std::get<2>(outcomes).cancelled());
    EXPECT_EQ(*std::get<3>(outcomes).Take(), 4);
  });
  EXPECT_TRUE(world.reports.empty());
}

// Takes three seconds to end after it was cancelled.
Coro<int> CleanUp(bool* cleaned) {
  const Outcome<int> outcome = co_await AsOutcome(After(1h, 2));
  co_await Sleep(3s);
  *cleaned = true;
  outcome.Rethrow();
  co_return 0;
}

TEST(GatherTest, CancelledItEndsWithTheFirstChildThatIs) {
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    bool cleaned = false;
    std::vector<Task<int>> children;
    children.push_back(CreateTask(After(1h, 1)));
    children.push_back(CreateTask(CleanUp(&cleaned)));
    Task<> outer = CreateTask([&]() -> Coro<> { co_await Gather(children); });
    co_await Sleep(1s);
    outer.Cancel();
    EXPECT_THROW(co_await outer, CancelledError);
    EXPECT_EQ(world.now(), 1s);
    EXPECT_TRUE(children[0].cancelled());
    EXPECT_THROW(co_await children[1], CancelledError);
    EXPECT_TRUE(cleaned);
  });
  EXPECT_EQ(world.now(), 4s);
}

TEST(GatherTest, OfOutcomesCancelledItEndsWithTheLastChild) {
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    bool cleaned = false;
    std::vector<Task<int>> children;
    children.push_back(CreateTask(After(1h, 1)));
    children.push_back(CreateTask(CleanUp(&cleaned)));
    Task<> outer =
        CreateTask([&]() -> Coro<> { co_await GatherOutcomes(children); });
    co_await Sleep(1s);
    outer.Cancel();
    EXPECT_THROW(co_await outer, CancelledError);
    EXPECT_TRUE(cleaned);
  });
  EXPECT_EQ(world.now(), 4s);
}

TEST(GatherTest, ManyFuturesAreGatheredInNoTime) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    constexpr std::size_t kMany = 100'000;
    std::vector<Future<int>> futures;
    for (std::size_t i = 0; i < kMany; ++i) {
      futures.push_back(CreateFuture<int>());
    }
    Future<std::vector<int>> all = Gather(futures);
    for (std::size_t i = 0; i < kMany; ++i) {
      futures[i].SetResult(static_cast<int>(i));
    }
    const std::vector<int> results = co_await std::move(all);
    EXPECT_EQ(results.size(), kMany);
    EXPECT_EQ(results.back(), static_cast<int>(kMany - 1));
  });
}

TEST(GatherTest, AnEmptyVectorIsDone) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const std::vector<int> none = co_await Gather(std::vector<Coro<int>>());
    EXPECT_TRUE(none.empty());
  });
}

TEST(GatherTest, FuturesOfAnotherLoopAreRefused) {
  VirtualLoop world;
  VirtualLoop other;
  const Future<> foreign = other.loop().CreateFuture();
  world.Run([&]() -> Coro<> {
    EXPECT_THROW(co_await Gather(foreign, Nothing()), ValueError);
    EXPECT_THROW(co_await Gather(Future<>(), Nothing()), ValueError);
  });
}

}  // namespace
}  // namespace rondo
