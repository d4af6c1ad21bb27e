// CPython's test_tasks.py: BaseTaskTests, wait().
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

// A loop with two tasks, and a task that waits for `b, a`.
struct TwoSleepers {
  TwoSleepers(Nanoseconds a_sleeps, Nanoseconds b_sleeps)
      : a(world.loop().CreateTask(Pause(a_sleeps))),
        b(world.loop().CreateTask(Pause(b_sleeps))) {}
  TwoSleepers(Nanoseconds a_sleeps, Coro<> b_does)
      : a(world.loop().CreateTask(Pause(a_sleeps))),
        b(world.loop().CreateTask(std::move(b_does))) {}

  WaitResult WaitForThem(WaitOptions options = {}) {
    const auto wait = [&]() -> Coro<WaitResult> {
      std::vector<AnyFuture> both = {b, a};
      co_return co_await Wait(std::move(both), options);
    };
    return world.loop().RunUntilComplete(world.loop().CreateTask(wait));
  }

  VirtualLoop world;
  Task<> a;
  Task<> b;
};

Coro<> RaiseAfter(Nanoseconds delay, std::string message) {
  if (delay > 0s) co_await Sleep(delay);
  throw std::domain_error(message);
}

TEST(BaseTaskTests, test_wait) {
  TwoSleepers test(100ms, 150ms);
  WaitResult result = test.WaitForThem();
  EXPECT_THAT(result.done, ElementsAre(test.b, test.a));
  EXPECT_THAT(result.pending, IsEmpty());
  EXPECT_THAT(test.world.waits(), ElementsAre(100ms, 50ms));

  // Once more takes no time.
  result = test.WaitForThem();
  EXPECT_THAT(result.done, ElementsAre(test.b, test.a));
  EXPECT_EQ(test.world.now(), 150ms);
}

TEST(BaseTaskTests, test_wait_duplicate_coroutines) {
  VirtualLoop world;
  const auto coro = [](std::string s) -> Coro<std::string> { co_return s; };
  const auto c = world.loop().CreateTask(coro("test"));
  const auto spam = world.loop().CreateTask(coro("spam"));
  const auto wait = [&]() -> Coro<WaitResult> {
    std::vector<AnyFuture> three = {c, c, spam};
    co_return co_await Wait(std::move(three));
  };
  const WaitResult result = world.Run(wait);
  EXPECT_THAT(result.done, ElementsAre(c, spam));
  EXPECT_THAT(result.pending, IsEmpty());
  EXPECT_EQ(c.result(), "test");
  EXPECT_EQ(spam.result(), "spam");
}

// Adapted: `return_when` cannot be a number.
TEST(BaseTaskTests, test_wait_errors) {
  VirtualLoop world;
  EXPECT_THROW(world.loop().RunUntilComplete(Wait({})), ValueError);
  static_assert(!std::is_constructible_v<ReturnWhen, int>);
}

TEST(BaseTaskTests, test_wait_first_completed) {
  TwoSleepers test(10s, 100ms);
  const WaitResult result =
      test.WaitForThem({.return_when = ReturnWhen::kFirstCompleted});
  EXPECT_THAT(result.done, ElementsAre(test.b));
  EXPECT_THAT(result.pending, ElementsAre(test.a));
  EXPECT_FALSE(test.a.done());
  EXPECT_TRUE(test.b.done());
  test.b.result();
  EXPECT_THAT(test.world.waits(), ElementsAre(100ms));
}

// Some that are pending become done before the wait goes on.
TEST(BaseTaskTests, test_wait_really_done) {
  VirtualLoop world;
  const auto yield = [](int times) -> Coro<> {
    for (int i = 0; i < times; ++i) co_await Yield();
  };
  const Task<> a = world.loop().CreateTask(yield(1));
  const Task<> b = world.loop().CreateTask(yield(2));
  const auto wait = [&]() -> Coro<WaitResult> {
    std::vector<AnyFuture> both = {b, a};
    co_return co_await Wait(std::move(both),
                            {.return_when = ReturnWhen::kFirstCompleted});
  };
  const WaitResult result = world.Run(wait);
  EXPECT_THAT(result.done, ElementsAre(b, a));
  a.result();
  b.result();
}

TEST(BaseTaskTests, test_wait_first_exception) {
  TwoSleepers test(10s, RaiseAfter(0s, "err"));
  const WaitResult result =
      test.WaitForThem({.return_when = ReturnWhen::kFirstException});
  EXPECT_THAT(result.done, ElementsAre(test.b));
  EXPECT_THAT(result.pending, ElementsAre(test.a));
  EXPECT_THAT(test.world.waits(), IsEmpty());
}

TEST(BaseTaskTests, test_wait_first_exception_in_wait) {
  TwoSleepers test(10s, RaiseAfter(10ms, "err"));
  const WaitResult result =
      test.WaitForThem({.return_when = ReturnWhen::kFirstException});
  EXPECT_THAT(result.done, ElementsAre(test.b));
  EXPECT_THAT(result.pending, ElementsAre(test.a));
  EXPECT_THAT(test.world.waits(), ElementsAre(10ms));
}

TEST(BaseTaskTests, test_wait_with_exception) {
  TwoSleepers test(100ms, RaiseAfter(150ms, "really"));
  for (int i = 0; i < 2; ++i) {
    const WaitResult result = test.WaitForThem();
    EXPECT_THAT(result.done, ElementsAre(test.b, test.a));
    EXPECT_THAT(result.pending, IsEmpty());
    EXPECT_NE(test.b.exception(), nullptr);
    EXPECT_EQ(test.a.exception(), nullptr);
    EXPECT_EQ(test.world.now(), 150ms);
  }
}

TEST(BaseTaskTests, test_wait_with_timeout) {
  TwoSleepers test(100ms, 150ms);
  const WaitResult result = test.WaitForThem({.timeout = 110ms});
  EXPECT_THAT(result.done, ElementsAre(test.a));
  EXPECT_THAT(result.pending, ElementsAre(test.b));
  EXPECT_THAT(test.world.waits(), ElementsAre(100ms, 10ms));

  EXPECT_EQ(test.WaitForThem().pending.size(), 0);
  EXPECT_EQ(test.world.now(), 150ms);
}

TEST(BaseTaskTests, test_wait_concurrent_complete) {
  TwoSleepers test(100ms, 150ms);
  const WaitResult result = test.WaitForThem({.timeout = 100ms});
  EXPECT_THAT(result.done, ElementsAre(test.a));
  EXPECT_THAT(result.pending, ElementsAre(test.b));
  EXPECT_THAT(test.world.waits(), ElementsAre(100ms));
}

TEST(BaseTaskTests, test_wait_with_iterator_of_tasks) {
  TwoSleepers test(100ms, 150ms);
  const Task<> tasks[] = {test.b, test.a};
  const auto wait = [&]() -> Coro<WaitResult> {
    std::vector<AnyFuture> both(std::begin(tasks), std::end(tasks));
    co_return co_await Wait(std::move(both));
  };
  const WaitResult result = test.world.Run(wait);
  EXPECT_THAT(result.done, ElementsAre(test.b, test.a));
  EXPECT_THAT(result.pending, IsEmpty());
  EXPECT_EQ(test.world.now(), 150ms);
}

template <class T>
concept CanWait = requires(T value) { Wait(std::move(value)); };

TEST(BaseTaskTests, test_wait_invalid_args) {
  static_assert(CanWait<std::vector<AnyFuture>>);
  static_assert(!CanWait<Future<>>);
  static_assert(!CanWait<Coro<>>);
  VirtualLoop world;
  EXPECT_THROW(world.loop().RunUntilComplete(Wait({})), ValueError);
  const auto wait_for_none = []() -> Coro<> {
    std::vector<AnyFuture> empty(1);
    co_await Wait(std::move(empty));
  };
  EXPECT_THROW(world.Run(wait_for_none), ValueError);
}

}  // namespace
}  // namespace rondo::conformance
