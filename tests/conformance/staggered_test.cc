// Ports of CPython's test_staggered.py.
#include "rondo/runtime/staggered.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::SizeIs;
using namespace std::chrono_literals;

using Attempts = std::vector<std::function<Coro<int>()>>;

Coro<int> Fail(int number) {
  throw ValueError("attempt " + std::to_string(number));
  co_return number;
}
Coro<int> Succeed(int number) { co_return number; }
Coro<int> SucceedLate(int number, Nanoseconds after) {
  co_await Sleep(after);
  co_return number;
}

TEST(StaggeredTests, test_empty) {
  RunTest([]() -> Coro<> {
    const Race<int> race = co_await StaggeredRace<int>({}, std::nullopt);
    EXPECT_EQ(race.winner, std::nullopt);
    EXPECT_EQ(race.result, std::nullopt);
    EXPECT_THAT(race.errors, SizeIs(0));
  });
}

TEST(StaggeredTests, test_one_successful) {
  RunTest([]() -> Coro<> {
    Attempts attempts = {[] { return Succeed(0); }, [] { return Succeed(1); }};
    const Race<int> race =
        co_await StaggeredRace(std::move(attempts), std::nullopt);
    EXPECT_EQ(race.result, 0);
    EXPECT_EQ(race.winner, 0u);
    EXPECT_THAT(race.errors, ElementsAre(nullptr));
  });
}

TEST(StaggeredTests, test_first_error_second_successful) {
  RunTest([]() -> Coro<> {
    Attempts attempts = {[] { return Fail(0); }, [] { return Succeed(1); }};
    const Race<int> race =
        co_await StaggeredRace(std::move(attempts), std::nullopt);
    EXPECT_EQ(race.result, 1);
    EXPECT_EQ(race.winner, 1u);
    EXPECT_THAT(race.errors, SizeIs(2));
    EXPECT_TRUE(IsException<ValueError>(race.errors[0]));
    EXPECT_EQ(race.errors[1], nullptr);
  });
}

TEST(StaggeredTests, test_first_timeout_second_successful) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Attempts attempts = {[] { return SucceedLate(0, 10s); },
                         [] { return Succeed(1); }};
    const Race<int> race = co_await StaggeredRace(std::move(attempts), 100ms);
    EXPECT_EQ(race.result, 1);
    EXPECT_EQ(race.winner, 1u);
    EXPECT_THAT(race.errors, SizeIs(2));
    EXPECT_TRUE(IsException<CancelledError>(race.errors[0]));
    EXPECT_EQ(race.errors[1], nullptr);
  });
  EXPECT_EQ(world.now(), 100ms);
}

TEST(StaggeredTests, test_none_successful) {
  RunTest([]() -> Coro<> {
    Attempts attempts = {[] { return Fail(0); }, [] { return Fail(1); }};
    const Race<int> race =
        co_await StaggeredRace(std::move(attempts), std::nullopt);
    EXPECT_EQ(race.result, std::nullopt);
    EXPECT_EQ(race.winner, std::nullopt);
    EXPECT_THAT(race.errors, SizeIs(2));
    EXPECT_TRUE(IsException<ValueError>(race.errors[0]));
    EXPECT_TRUE(IsException<ValueError>(race.errors[1]));
  });
}

// ---- And of 3.13.

TEST(StaggeredRaceTest, TheFirstOfTwoThatSucceedTogetherWins) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Event event;
    const auto attempt = [&event](int number) -> Coro<int> {
      co_await event.Wait();
      co_return number;
    };
    const auto set = [&event]() -> Coro<int> {
      event.Set();
      co_await Event().Wait();
      co_return 2;
    };
    Attempts attempts = {[&] { return attempt(0); }, [&] { return attempt(1); },
                         set};
    const Race<int> race = co_await StaggeredRace(std::move(attempts), 100ms);
    EXPECT_EQ(race.winner, 0u);
    EXPECT_EQ(race.result, 0);
    EXPECT_THAT(race.errors, SizeIs(3));
    EXPECT_EQ(race.errors[0], nullptr);
    EXPECT_TRUE(IsException<CancelledError>(race.errors[1]));
    EXPECT_TRUE(IsException<CancelledError>(race.errors[2]));
  });
  EXPECT_EQ(world.now(), 200ms);
}

TEST(StaggeredRaceTest, CancellingItCancelsWhatWasStarted) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    int cancelled = 0;
    const auto attempt = [&cancelled]() -> Coro<int> {
      try {
        co_await Sleep(10s);
      } catch (const CancelledError&) {
        ++cancelled;
        throw;
      }
      co_return 0;
    };
    Attempts attempts = {attempt, attempt, attempt};
    const auto race = [&]() -> Coro<> {
      co_await StaggeredRace(std::move(attempts), 100ms);
    };
    Task<> task = CreateTask(race);
    co_await Sleep(150ms);
    task.Cancel("enough");
    const auto error = co_await Raised<CancelledError>(AsCoro(task));
    EXPECT_EQ(error->message(), "enough");
    EXPECT_EQ(cancelled, 2);
  });
  EXPECT_EQ(world.now(), 150ms);
}

}  // namespace
}  // namespace rondo::conformance
