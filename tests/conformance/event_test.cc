// CPython 3.13's test_locks.py: EventTests.
#include "rondo/runtime/event.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/briefly.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Coro<> WaitAndNote(Event& event, std::vector<int>& result, int number) {
  co_await event.Wait();
  result.push_back(number);
}

TEST(EventTests, test_wait) {
  RunTest([]() -> Coro<> {
    Event event;
    EXPECT_FALSE(event.is_set());
    std::vector<int> result;
    const Task<> t1 = CreateTask(WaitAndNote(event, result, 1));
    const Task<> t2 = CreateTask(WaitAndNote(event, result, 2));
    co_await Yield();
    EXPECT_THAT(result, IsEmpty());

    const Task<> t3 = CreateTask(WaitAndNote(event, result, 3));
    event.Set();
    co_await Yield();
    EXPECT_THAT(result, ElementsAre(3, 1, 2));
    for (const Task<>& task : {t1, t2, t3}) {
      EXPECT_TRUE(task.done());
      EXPECT_EQ(task.exception(), nullptr);
    }
  });
}

TEST(EventTests, test_wait_on_set) {
  RunTest([]() -> Coro<> {
    Event event;
    event.Set();
    co_await event.Wait();
    EXPECT_TRUE(event.is_set());
  });
}

TEST(EventTests, test_wait_cancel) {
  RunTest([]() -> Coro<> {
    Event event;
    Task<> wait = CreateTask(AsCoro(event.Wait()));
    RunningLoop().CallSoon([&wait] { wait.Cancel(); });
    EXPECT_THROW(co_await wait, CancelledError);
    EXPECT_EQ(event.statistics().tasks_waiting, 0u);
  });
}

TEST(EventTests, test_clear) {
  Event event;
  EXPECT_FALSE(event.is_set());
  event.Set();
  EXPECT_TRUE(event.is_set());
  event.Clear();
  EXPECT_FALSE(event.is_set());
}

TEST(EventTests, test_clear_with_waiters) {
  RunTest([]() -> Coro<> {
    Event event;
    std::vector<int> result;
    const Task<> task = CreateTask(WaitAndNote(event, result, 1));
    co_await Yield();
    EXPECT_THAT(result, IsEmpty());

    event.Set();
    event.Clear();
    EXPECT_FALSE(event.is_set());
    event.Set();
    event.Set();
    EXPECT_EQ(event.statistics().tasks_waiting, 1u);

    co_await Yield();
    EXPECT_THAT(result, ElementsAre(1));
    EXPECT_EQ(event.statistics().tasks_waiting, 0u);
    EXPECT_TRUE(task.done());
  });
}

}  // namespace
}  // namespace rondo::conformance
