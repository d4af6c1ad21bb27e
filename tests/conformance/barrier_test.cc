// CPython 3.13's test_locks.py: those of BarrierTests where a barrier is
// neither aborted nor reset.
#include "rondo/runtime/barrier.h"

#include <algorithm>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait.h"
#include "rondo/tests/conformance/briefly.h"

namespace rondo::conformance {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr int kParties = 5;

void ExpectEmptyAndWhole(const Barrier& barrier) {
  EXPECT_EQ(barrier.n_waiting(), 0u);
  EXPECT_FALSE(barrier.broken());
}

TEST(BarrierTests, test_barrier) {
  static_assert(!CanAwait<Barrier>);
  const Barrier barrier(kParties);
  EXPECT_EQ(barrier.statistics().state, BarrierState::kFilling);
}

TEST(BarrierTests, test_barrier_parties) {
  EXPECT_THROW(Barrier(0), ValueError);
  EXPECT_THROW(Barrier(-4), ValueError);
  EXPECT_EQ(Barrier(kParties).parties(), 5u);
}

TEST(BarrierTests, test_context_manager) {
  RunTest([]() -> Coro<> {
    Barrier barrier(3);
    std::vector<std::size_t> results;
    const auto coro = [&]() -> Coro<> {
      const std::size_t index = co_await barrier.Wait();
      results.push_back(index);
    };
    co_await GatherTasks(3, coro);
    EXPECT_THAT(results, UnorderedElementsAre(0, 1, 2));
    ExpectEmptyAndWhole(barrier);
  });
}

TEST(BarrierTests, test_filling_one_task) {
  RunTest([]() -> Coro<> {
    Barrier barrier(1);
    EXPECT_EQ(co_await barrier.Wait(), 0u);
    ExpectEmptyAndWhole(barrier);
  });
}

TEST(BarrierTests, test_filling_one_task_twice) {
  RunTest([]() -> Coro<> {
    Barrier barrier(1);
    const Task<std::size_t> t1 = CreateTask(barrier.Wait());
    co_await Yield();
    EXPECT_EQ(barrier.n_waiting(), 0u);
    const Task<std::size_t> t2 = CreateTask(barrier.Wait());
    co_await Yield();
    EXPECT_EQ(t1.result(), t2.result());
    EXPECT_EQ(t1.done(), t2.done());
    ExpectEmptyAndWhole(barrier);
  });
}

TEST(BarrierTests, test_filling_task_by_task) {
  RunTest([]() -> Coro<> {
    Barrier barrier(3);
    const Task<std::size_t> t1 = CreateTask(barrier.Wait());
    co_await Yield();
    EXPECT_EQ(barrier.n_waiting(), 1u);
    EXPECT_EQ(barrier.statistics().state, BarrierState::kFilling);
    const Task<std::size_t> t2 = CreateTask(barrier.Wait());
    co_await Yield();
    EXPECT_EQ(barrier.n_waiting(), 2u);
    EXPECT_EQ(barrier.statistics().state, BarrierState::kFilling);
    const Task<std::size_t> t3 = CreateTask(barrier.Wait());
    co_await Yield();
    std::vector<AnyFuture> all = {t1, t2, t3};
    co_await Wait(std::move(all));
    ExpectEmptyAndWhole(barrier);
  });
}

TEST(BarrierTests, test_filling_tasks_wait_twice) {
  RunTest([]() -> Coro<> {
    Barrier barrier(kParties);
    std::vector<bool> results;
    const auto coro = [&]() -> Coro<> {
      co_await barrier.Wait();
      results.push_back(true);
      co_await barrier.Wait();
      results.push_back(false);
    };
    co_await GatherTasks(kParties, coro);
    EXPECT_THAT(results, SizeIs(2 * kParties));
    EXPECT_EQ(std::ranges::count(results, true), kParties);
    EXPECT_EQ(std::ranges::count(results, false), kParties);
    ExpectEmptyAndWhole(barrier);
  });
}

TEST(BarrierTests, test_filling_tasks_check_return_value) {
  RunTest([]() -> Coro<> {
    Barrier barrier(kParties);
    int once = 0;
    int twice = 0;
    const auto coro = [&]() -> Coro<std::size_t> {
      co_await barrier.Wait();
      ++once;
      const std::size_t index = co_await barrier.Wait();
      ++twice;
      co_return index;
    };
    const std::vector<std::size_t> results =
        co_await GatherTasks(kParties, coro);
    EXPECT_EQ(once, kParties);
    EXPECT_EQ(twice, kParties);
    EXPECT_THAT(results, UnorderedElementsAre(0, 1, 2, 3, 4));
    ExpectEmptyAndWhole(barrier);
  });
}

// The last to leave finds it filling again.
TEST(BarrierTests, test_draining_state) {
  RunTest([]() -> Coro<> {
    Barrier barrier(kParties);
    std::vector<bool> draining;
    const auto coro = [&]() -> Coro<> {
      co_await barrier.Wait();
      draining.push_back(barrier.statistics().state == BarrierState::kDraining);
    };
    co_await GatherTasks(kParties, coro);
    EXPECT_THAT(draining, ElementsAre(true, true, true, true, false));
    ExpectEmptyAndWhole(barrier);
  });
}

// It ends only if the second barrier was waited for by all but two.
TEST(BarrierTests, test_blocking_tasks_while_draining) {
  RunTest([]() -> Coro<> {
    constexpr int kAgain = 2;
    Barrier barrier(kParties);
    Barrier drained(kParties - kAgain);
    int left = kAgain;
    const auto coro = [&]() -> Coro<> {
      co_await barrier.Wait();
      if (left > 0) {
        --left;
      } else {
        co_await drained.Wait();
      }
      co_await barrier.Wait();
    };
    co_await GatherTasks(kParties, coro);
    EXPECT_EQ(left, 0);
  });
}

TEST(BarrierTests, test_filling_tasks_cancel_one) {
  RunTest([]() -> Coro<> {
    Barrier barrier(3);
    int results = 0;
    const auto coro = [&]() -> Coro<> {
      co_await barrier.Wait();
      ++results;
    };
    Task<> t1 = CreateTask(coro());
    co_await Yield();
    EXPECT_EQ(barrier.n_waiting(), 1u);
    const Task<> t2 = CreateTask(coro());
    co_await Yield();
    EXPECT_EQ(barrier.n_waiting(), 2u);

    t1.Cancel();
    co_await Yield();
    EXPECT_EQ(barrier.n_waiting(), 1u);
    EXPECT_THROW(co_await t1, CancelledError);
    EXPECT_TRUE(t1.cancelled());

    const Task<> t3 = CreateTask(coro());
    co_await Yield();
    EXPECT_EQ(barrier.n_waiting(), 2u);
    const Task<> t4 = CreateTask(coro());
    co_await Gather(t2, t3, t4);
    EXPECT_EQ(results, 3);
    ExpectEmptyAndWhole(barrier);
  });
}

}  // namespace
}  // namespace rondo::conformance
