// CPython 3.13's test_locks.py: SemaphoreTests.
#include "rondo/runtime/semaphore.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/conformance/briefly.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

Coro<bool> AcquireAndNote(Semaphore& semaphore, std::vector<int>& result,
                          int number) {
  co_await semaphore.Acquire();
  result.push_back(number);
  co_return true;
}

TEST(SemaphoreTests, test_initial_value_zero) {
  const Semaphore semaphore(0);
  EXPECT_TRUE(semaphore.locked());
}

TEST(SemaphoreTests, test_semaphore) {
  static_assert(!CanAwait<Semaphore>);
  const Semaphore semaphore;
  EXPECT_FALSE(semaphore.locked());
  EXPECT_EQ(semaphore.statistics().value, 1);
}

TEST(SemaphoreTests, test_semaphore_value) {
  EXPECT_THROW(Semaphore(-1), ValueError);
}

TEST(SemaphoreTests, test_acquire) {
  RunTest([]() -> Coro<> {
    Semaphore semaphore(3);
    std::vector<int> result;
    co_await semaphore.Acquire();
    co_await semaphore.Acquire();
    EXPECT_FALSE(semaphore.locked());
    std::vector<Task<bool>> tasks;
    for (const int number : {1, 2, 3}) {
      tasks.push_back(CreateTask(AcquireAndNote(semaphore, result, number)));
    }
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1));
    EXPECT_TRUE(semaphore.locked());
    EXPECT_EQ(semaphore.statistics().tasks_waiting, 2u);
    EXPECT_EQ(semaphore.statistics().value, 0);

    tasks.push_back(CreateTask(AcquireAndNote(semaphore, result, 4)));
    semaphore.Release();
    semaphore.Release();
    EXPECT_EQ(semaphore.statistics().value, 0);
    co_await Yield();
    EXPECT_EQ(semaphore.statistics().value, 0);
    EXPECT_EQ(result.size(), 3u);
    EXPECT_TRUE(semaphore.locked());
    EXPECT_EQ(semaphore.statistics().tasks_waiting, 1u);

    EXPECT_TRUE(tasks[0].done());
    EXPECT_TRUE(tasks[0].result());
    EXPECT_EQ(std::count_if(tasks.begin() + 1, tasks.end(),
                            [](const Task<bool>& task) {
                              return task.done() && task.result();
                            }),
              2);
    semaphore.Release();
    co_await Gather(tasks);
  });
}

TEST(SemaphoreTests, test_acquire_cancel) {
  RunTest([]() -> Coro<> {
    Semaphore semaphore;
    co_await semaphore.Acquire();
    Task<> acquire = CreateTask(AsCoro(semaphore.Acquire()));
    RunningLoop().CallSoon([&acquire] { acquire.Cancel(); });
    EXPECT_THROW(co_await acquire, CancelledError);
    EXPECT_EQ(semaphore.statistics().tasks_waiting, 0u);
  });
}

std::vector<Task<>> Acquirers(int n, Semaphore& semaphore) {
  std::vector<Task<>> tasks;
  for (int i = 0; i < n; ++i) {
    tasks.push_back(CreateTask(AsCoro(semaphore.Acquire())));
  }
  return tasks;
}

TEST(SemaphoreTests, test_acquire_cancel_before_awoken) {
  RunTest([]() -> Coro<> {
    Semaphore semaphore(0);
    std::vector<Task<>> tasks = Acquirers(4, semaphore);
    co_await Yield();
    tasks[0].Cancel();
    tasks[1].Cancel();
    semaphore.Release();
    co_await Yield();
    co_await Yield();
    EXPECT_TRUE(tasks[2].done());
    EXPECT_FALSE(tasks[3].done());
    tasks[2].Cancel();
    tasks[3].Cancel();
    co_await Yield();
  });
}

TEST(SemaphoreTests, test_acquire_hang) {
  RunTest([]() -> Coro<> {
    Semaphore semaphore(0);
    std::vector<Task<>> tasks = Acquirers(2, semaphore);
    co_await Yield();
    tasks[0].Cancel();
    semaphore.Release();
    co_await Yield();
    co_await Yield();
    EXPECT_TRUE(semaphore.locked());
    EXPECT_TRUE(tasks[1].done());
  });
}

TEST(SemaphoreTests, test_acquire_no_hang) {
  RunTest([]() -> Coro<> {
    Semaphore semaphore(1);
    Task<> t2;
    const auto c1 = [&]() -> Coro<> {
      {
        const SemaphoreGuard guard = co_await semaphore.Scoped();
        co_await Yield();
      }
      t2.Cancel();
    };
    const auto c2 = [&]() -> Coro<> {
      const SemaphoreGuard guard = co_await semaphore.Scoped();
      ADD_FAILURE() << "it was to be cancelled";
    };
    const Task<> t1 = CreateTask(c1());
    t2 = CreateTask(c2());
    const auto results = co_await GatherOutcomes(t1, t2);
    EXPECT_TRUE(std::get<0>(results).ok());
    EXPECT_TRUE(std::get<1>(results).cancelled());
    co_await WaitFor(AsCoro(semaphore.Acquire()), 1s);
  });
}

TEST(SemaphoreTests, test_release_not_acquired) {
  BoundedSemaphore semaphore;
  EXPECT_THROW(semaphore.Release(), ValueError);
}

TEST(SemaphoreTests, test_release_no_waiters) {
  RunTest([]() -> Coro<> {
    Semaphore semaphore;
    co_await semaphore.Acquire();
    EXPECT_TRUE(semaphore.locked());
    semaphore.Release();
    EXPECT_FALSE(semaphore.locked());
  });
}

Coro<> AcquireTwice(Semaphore& semaphore, std::vector<std::string>& result,
                    std::string tag) {
  for (const char* suffix : {"_1", "_2"}) {
    co_await semaphore.Acquire();
    result.push_back(tag + suffix);
    co_await Sleep(10ms);
    semaphore.Release();
  }
}

TEST(SemaphoreTests, test_acquire_fifo_order) {
  RunTest([]() -> Coro<> {
    Semaphore semaphore(1);
    std::vector<std::string> result;
    std::vector<Task<>> tasks;
    for (const char* tag : {"c1", "c2", "c3"}) {
      tasks.push_back(CreateTask(AcquireTwice(semaphore, result, tag)));
    }
    co_await Gather(tasks);
    EXPECT_THAT(result,
                ElementsAre("c1_1", "c2_1", "c3_1", "c1_2", "c2_2", "c3_2"));
  });
}

TEST(SemaphoreTests, test_acquire_fifo_order_2) {
  RunTest([]() -> Coro<> {
    Semaphore semaphore(1);
    std::vector<int> result;
    const auto c2 = [&]() -> Coro<bool> {
      co_await AcquireAndNote(semaphore, result, 2);
      semaphore.Release();
      co_return co_await AcquireAndNote(semaphore, result, 4);
    };
    const Task<bool> t1 = CreateTask(AcquireAndNote(semaphore, result, 1));
    const Task<bool> t2 = CreateTask(c2());
    const Task<bool> t3 = CreateTask(AcquireAndNote(semaphore, result, 3));
    co_await Yield();
    semaphore.Release();
    semaphore.Release();
    co_await Gather(t1, t2, t3);
    EXPECT_THAT(result, ElementsAre(1, 2, 3, 4));
  });
}

TEST(SemaphoreTests, test_acquire_fifo_order_3) {
  RunTest([]() -> Coro<> {
    Semaphore semaphore(0);
    std::vector<int> result;
    std::vector<Task<bool>> tasks;
    for (const int number : {1, 2, 3}) {
      tasks.push_back(CreateTask(AcquireAndNote(semaphore, result, number)));
    }
    co_await Yield();
    tasks[0].Cancel();
    co_await Yield();
    semaphore.Release();
    semaphore.Release();
    co_await GatherOutcomes(tasks);
    EXPECT_THAT(result, ElementsAre(2, 3));
  });
}

// One that gets its permit wakes all those that had to wait for their turn
// only.
TEST(SemaphoreTests, test_acquire_fifo_order_4) {
  RunTest([]() -> Coro<> {
    Semaphore semaphore(0);
    std::vector<int> result;
    Task<> t4;
    const auto c4 = [&]() -> Coro<> {
      result.push_back(4);
      co_return;
    };
    // Waits, woken by c2; then all others have been woken too, and a fourth
    // task runs after them.
    const auto c1 = [&]() -> Coro<> {
      EXPECT_EQ(semaphore.statistics().value, 0);
      co_await semaphore.Acquire();
      EXPECT_EQ(semaphore.statistics().value, 0);
      t4 = CreateTask(c4());
      result.push_back(1);
    };
    // Releases for all three. It is locked: c1 has not run since.
    const auto c2 = [&]() -> Coro<> {
      for (int i = 0; i < 3; ++i) semaphore.Release();
      EXPECT_EQ(semaphore.statistics().value, 2);
      EXPECT_TRUE(semaphore.locked());
      co_await AcquireAndNote(semaphore, result, 2);
    };
    const auto c3 = [&]() -> Coro<> {
      co_await semaphore.Acquire();
      EXPECT_TRUE(semaphore.locked());
      result.push_back(3);
    };
    const Task<> t1 = CreateTask(c1());
    const Task<> t2 = CreateTask(c2());
    const Task<> t3 = CreateTask(c3());
    co_await Yield();
    EXPECT_EQ(semaphore.statistics().value, 2);
    EXPECT_EQ(semaphore.statistics().tasks_waiting, 3u);
    co_await Yield();
    co_await Gather(t1, t2, t3, t4);
    EXPECT_THAT(result, ElementsAre(1, 2, 3, 4));
  });
}

}  // namespace
}  // namespace rondo::conformance
