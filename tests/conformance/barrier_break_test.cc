// CPython 3.13's test_locks.py: those of BarrierTests where a barrier is
// aborted or reset.
#include <vector>

#include "gtest/gtest.h"
#include "rondo/runtime/barrier.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/briefly.h"

namespace rondo::conformance {
namespace {

constexpr int kParties = 5;
constexpr int kHalf = kParties / 2;

void ExpectEmptyAndFilling(const Barrier& barrier) {
  EXPECT_EQ(barrier.n_waiting(), 0u);
  EXPECT_EQ(barrier.statistics().state, BarrierState::kFilling);
}

// False if it broke meanwhile.
Coro<bool> Passes(Barrier& barrier) {
  try {
    co_await barrier.Wait();
  } catch (const BrokenBarrierError&) {
    co_return false;
  }
  co_return true;
}

TEST(BarrierTests, test_reset_barrier) {
  RunTest([]() -> Coro<> {
    Barrier barrier(1);
    CreateTask(barrier.Reset());
    co_await Yield();
    ExpectEmptyAndFilling(barrier);
  });
}

TEST(BarrierTests, test_reset_barrier_while_tasks_waiting) {
  RunTest([]() -> Coro<> {
    Barrier barrier(kParties);
    int broken = 0;
    const auto coro = [&]() -> Coro<> {
      if (!co_await Passes(barrier)) ++broken;
    };
    const std::vector<Task<>> tasks = MakeTasks(kParties - 1, coro);
    co_await Yield();
    CreateTask(barrier.Reset());
    co_await Gather(tasks);
    EXPECT_EQ(broken, kParties - 1);
    ExpectEmptyAndFilling(barrier);
  });
}

TEST(BarrierTests, test_reset_barrier_when_tasks_half_draining) {
  RunTest([]() -> Coro<> {
    Barrier barrier(kParties);
    int broken = 0;
    const auto coro = [&]() -> Coro<> {
      if (!co_await Passes(barrier)) {
        ++broken;
      } else if (barrier.statistics().tasks_waiting == kHalf) {
        co_await barrier.Reset();
      }
    };
    co_await GatherTasks(kParties, coro);
    EXPECT_EQ(broken, kHalf);
    ExpectEmptyAndFilling(barrier);
  });
}

TEST(BarrierTests, test_reset_barrier_when_tasks_half_draining_half_blocking) {
  RunTest([]() -> Coro<> {
    Barrier barrier(kParties);
    int broken = 0;
    int broken_later = 0;
    int passed = 0;
    const auto coro = [&]() -> Coro<> {
      if (!co_await Passes(barrier)) {
        ++broken;
        co_await barrier.Wait();
      } else if (++passed > kHalf) {
        co_await barrier.Reset();
        co_await barrier.Wait();
      } else if (!co_await Passes(barrier)) {
        ++broken_later;  // They are not inside yet: nothing breaks for them.
      }
    };
    co_await GatherTasks(kParties, coro);
    EXPECT_EQ(broken, kHalf);
    EXPECT_EQ(broken_later, 0);
    ExpectEmptyAndFilling(barrier);
  });
}

TEST(BarrierTests, test_reset_barrier_while_tasks_waiting_and_waiting_again) {
  RunTest([]() -> Coro<> {
    Barrier barrier(kParties);
    int broken = 0;
    int passed = 0;
    const auto coro1 = [&]() -> Coro<> {
      if (!co_await Passes(barrier)) ++broken;
      co_await barrier.Wait();
      ++passed;
    };
    const auto coro2 = [&]() -> Coro<> {
      co_await barrier.Wait();
      ++passed;
    };
    const std::vector<Task<>> tasks = MakeTasks(kParties - 1, coro1);
    CreateTask(barrier.Reset());
    co_await Yield();
    CreateTask(coro2());
    co_await Gather(tasks);
    EXPECT_FALSE(barrier.broken());
    EXPECT_EQ(broken, kParties - 1);
    EXPECT_EQ(passed, kParties);
    EXPECT_EQ(barrier.n_waiting(), 0u);
  });
}

TEST(BarrierTests, test_reset_barrier_while_tasks_draining) {
  RunTest([]() -> Coro<> {
    Barrier barrier(kParties);
    int passed_twice = 0;
    int passed_last = 0;
    int count = 0;
    const auto coro = [&]() -> Coro<> {
      co_await barrier.Wait();
      if (++count == kParties) {  // The last to leave.
        co_await barrier.Reset();
        co_await barrier.Wait();
      } else {
        co_await barrier.Wait();
        ++passed_twice;
      }
      co_await barrier.Wait();
      ++passed_last;
    };
    co_await GatherTasks(kParties, coro);
    EXPECT_FALSE(barrier.broken());
    EXPECT_EQ(passed_twice, kParties - 1);
    EXPECT_EQ(passed_last, kParties);
    EXPECT_EQ(barrier.n_waiting(), 0u);
  });
}

TEST(BarrierTests, test_abort_barrier) {
  RunTest([]() -> Coro<> {
    Barrier barrier(1);
    CreateTask(barrier.Abort());
    co_await Yield();
    EXPECT_EQ(barrier.n_waiting(), 0u);
    EXPECT_TRUE(barrier.broken());
  });
}

TEST(BarrierTests, test_abort_barrier_when_tasks_half_draining_half_blocking) {
  RunTest([]() -> Coro<> {
    Barrier barrier(kParties);
    int broken = 0;
    int broken_later = 0;
    int passed = 0;
    const auto coro = [&]() -> Coro<> {
      if (!co_await Passes(barrier)) {
        ++broken;
      } else if (++passed > kHalf) {
        co_await barrier.Abort();
      } else if (!co_await Passes(barrier)) {
        ++broken_later;
      }
    };
    co_await GatherTasks(kParties, coro);
    EXPECT_TRUE(barrier.broken());
    EXPECT_EQ(broken, kHalf);
    EXPECT_EQ(broken_later, kParties - kHalf - 1);
    EXPECT_EQ(barrier.n_waiting(), 0u);
  });
}

struct Counts {
  int passed = 0;
  int broken = 0;
};

// Passes twice, but the one in the middle fails in between, and aborts.
Coro<> PassTwiceOrAbort(Barrier& barrier, Counts& counts) {
  bool failed = false;
  try {
    const std::size_t index = co_await barrier.Wait();
    failed = index == kHalf;
    if (!failed) {
      co_await barrier.Wait();
      ++counts.passed;
    }
  } catch (const BrokenBarrierError&) {
    ++counts.broken;
  }
  if (failed) co_await barrier.Abort();
}

TEST(BarrierTests, test_abort_barrier_when_exception) {
  RunTest([]() -> Coro<> {
    Barrier barrier(kParties);
    Counts counts;
    const auto coro = [&] { return PassTwiceOrAbort(barrier, counts); };
    co_await GatherTasks(kParties, coro);
    EXPECT_TRUE(barrier.broken());
    EXPECT_EQ(counts.passed, 0);
    EXPECT_EQ(counts.broken, kParties - 1);
    EXPECT_EQ(barrier.n_waiting(), 0u);
  });
}

TEST(BarrierTests, test_abort_barrier_when_exception_then_resetting) {
  RunTest([]() -> Coro<> {
    Barrier barrier1(kParties);
    Barrier barrier2(kParties);
    Counts counts;
    int passed_later = 0;
    const auto coro = [&]() -> Coro<> {
      co_await PassTwiceOrAbort(barrier1, counts);
      // Nobody is inside when it is reset, and nobody enters before.
      const std::size_t index = co_await barrier2.Wait();
      if (index == kHalf) co_await barrier1.Reset();
      co_await barrier2.Wait();
      co_await barrier1.Wait();
      ++passed_later;
    };
    co_await GatherTasks(kParties, coro);
    EXPECT_FALSE(barrier1.broken());
    EXPECT_EQ(counts.passed, 0);
    EXPECT_EQ(counts.broken, kParties - 1);
    EXPECT_EQ(passed_later, kParties);
    EXPECT_EQ(barrier1.n_waiting(), 0u);
  });
}

}  // namespace
}  // namespace rondo::conformance
