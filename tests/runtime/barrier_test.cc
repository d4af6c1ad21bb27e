#include "rondo/runtime/barrier.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;

std::vector<Task<std::size_t>> Parties(int n, Barrier* barrier) {
  std::vector<Task<std::size_t>> tasks;
  for (int i = 0; i < n; ++i) tasks.push_back(CreateTask(barrier->Wait()));
  return tasks;
}

TEST(BarrierTest, GivesEachItsPlaceInTheOrderOfComing) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Barrier barrier(3);
    for (int round = 0; round < 2; ++round) {
      const std::vector<std::size_t> places =
          co_await Gather(Parties(3, &barrier));
      EXPECT_THAT(places, ElementsAre(0, 1, 2));
    }
  });
}

TEST(BarrierTest, StatisticsFollowItThroughARound) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Barrier barrier(3);
    std::vector<Task<std::size_t>> tasks = Parties(2, &barrier);
    co_await Yield();
    EXPECT_EQ(barrier.statistics().state, BarrierState::kFilling);
    EXPECT_EQ(barrier.statistics().parties, 3u);
    EXPECT_EQ(barrier.statistics().tasks_waiting, 2u);
    EXPECT_EQ(barrier.n_waiting(), 2u);
    tasks.push_back(CreateTask(barrier.Wait()));
    co_await Yield();
    EXPECT_EQ(barrier.statistics().state, BarrierState::kDraining);
    EXPECT_EQ(barrier.statistics().tasks_waiting, 2u);
    EXPECT_EQ(barrier.n_waiting(), 0u);
    co_await Gather(tasks);
    EXPECT_EQ(barrier.statistics().state, BarrierState::kFilling);
    EXPECT_EQ(barrier.statistics().tasks_waiting, 0u);
  });
}

// The last has come, so the others pass; and the barrier can be used again.
TEST(BarrierTest, APartyMayBeCancelledWhileItDrains) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Barrier barrier(3);
    std::vector<Task<std::size_t>> tasks = Parties(3, &barrier);
    co_await Yield();
    EXPECT_EQ(barrier.statistics().state, BarrierState::kDraining);
    tasks[0].Cancel();
    EXPECT_THROW(co_await tasks[0], CancelledError);
    EXPECT_EQ(co_await tasks[1], 1u);
    EXPECT_EQ(co_await tasks[2], 2u);
    const std::vector<std::size_t> places =
        co_await Gather(Parties(3, &barrier));
    EXPECT_THAT(places, ElementsAre(0, 1, 2));
  });
}

// Who comes while it drains is not inside: a reset does not break it.
TEST(BarrierTest, AResetSparesThoseOfTheNextRound) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Barrier barrier(2);
    const std::vector<Task<std::size_t>> first = Parties(2, &barrier);
    const std::vector<Task<std::size_t>> next = Parties(1, &barrier);
    co_await Yield();
    EXPECT_EQ(barrier.statistics().state, BarrierState::kDraining);
    const Task<> reset = CreateTask(barrier.Reset());
    co_await reset;
    co_await Yield();
    EXPECT_FALSE(next[0].done());
    EXPECT_EQ(barrier.n_waiting(), 1u);
    co_await barrier.Wait();
    EXPECT_EQ(co_await next[0], 0u);
    const auto outcomes = co_await GatherOutcomes(first);
    EXPECT_TRUE(outcomes[1].ok());
  });
}

TEST(BarrierTest, ErrorsSayWhatToDo) {
  VirtualLoop world;
  try {
    Barrier barrier(0);
    ADD_FAILURE() << "a barrier of nobody";
  } catch (const ValueError& error) {
    EXPECT_STREQ(error.what(), "a Barrier's parties must be > 0, not 0");
  }
  world.Run([]() -> Coro<> {
    Barrier barrier(2);
    co_await barrier.Abort();
    EXPECT_TRUE(barrier.broken());
    EXPECT_THROW(co_await barrier.Wait(), BrokenBarrierError);
    co_await barrier.Reset();
    EXPECT_FALSE(barrier.broken());
    co_await Gather(Parties(2, &barrier));
  });
}

}  // namespace
}  // namespace rondo
