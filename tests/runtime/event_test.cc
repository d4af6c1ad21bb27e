#include "rondo/runtime/event.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(EventTest, WaitingForASetEventTakesNoTurn) {
  VirtualLoop world;
  bool other = false;
  world.Run([&]() -> Coro<> {
    Event event;
    event.Set();
    RunningLoop().CallSoon([&other] { other = true; });
    co_await event.Wait();
    EXPECT_FALSE(other);
  });
}

// All in the turn after Set, in the order in which they came.
TEST(EventTest, WakesEverybodyAtOnce) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Event event;
    std::vector<int> woken;
    const auto wait = [&](int number) -> Coro<> {
      co_await event.Wait();
      woken.push_back(number);
    };
    std::vector<Task<>> tasks;
    for (int i = 0; i < 3; ++i) tasks.push_back(CreateTask(wait(i)));
    co_await Yield();
    event.Set();
    EXPECT_THAT(woken, IsEmpty());
    co_await Yield();
    EXPECT_THAT(woken, ElementsAre(0, 1, 2));
  });
}

// Set and cleared for every round, with waiters that come back at once.
TEST(EventTest, AWaiterMayComeBackBeforeTheOthersHaveRun) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Event event;
    std::vector<int> rounds(3);
    const auto wait = [&](std::size_t number) -> Coro<> {
      for (; rounds[number] < 4; ++rounds[number]) co_await event.Wait();
    };
    std::vector<Task<>> tasks;
    for (std::size_t i = 0; i < 3; ++i) tasks.push_back(CreateTask(wait(i)));
    for (int round = 0; round < 4; ++round) {
      co_await Yield();
      EXPECT_THAT(rounds, ElementsAre(round, round, round));
      EXPECT_EQ(event.statistics().tasks_waiting, 3u);
      event.Set();
      event.Clear();
    }
    co_await Yield();
    for (const Task<>& task : tasks) EXPECT_TRUE(task.done());
  });
}

}  // namespace
}  // namespace rondo
