// CPython's test_tasks.py: BaseTaskTests, as_completed(). Where the original
// tries both of its iterators, the port tries Next and NextFuture.
#include "rondo/runtime/as_completed.h"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;
using Iterator = AsCompletedIterator<std::string>;
using Strings = std::vector<std::string>;

Coro<std::string> Sleeper(Nanoseconds delay, std::string x) {
  if (delay > 0s) co_await Sleep(delay);
  co_return x;
}

// The next value of `it`, which outlives this.
Coro<std::string> NextOf(Iterator& it, bool future) {
  if (future) {
    const Future<std::string> next = co_await it.NextFuture();
    co_return co_await next;
  }
  co_return co_await it.Next();
}

// What is left of `it`, at most `limit` of it.
Coro<Strings> Values(Iterator& it, bool futures, std::size_t limit = 99) {
  Strings values;
  while (it.HasNext() && values.size() < limit) {
    values.push_back(co_await NextOf(it, futures));
  }
  co_return values;
}

std::vector<Coro<std::string>> Coros(Coro<std::string> a, Coro<std::string> b) {
  std::vector<Coro<std::string>> coros;
  coros.push_back(std::move(a));
  coros.push_back(std::move(b));
  return coros;
}

TEST(BaseTaskTests, test_as_completed) {
  for (const bool futures : {false, true}) {
    VirtualLoop world;
    std::set<std::string> completed;
    const auto sleeper = [&](Nanoseconds delay,
                             std::string x) -> Coro<std::string> {
      co_await Sleep(delay);
      completed.insert(x);
      if (completed == std::set<std::string>{"a", "b"}) world.Advance(140ms);
      co_return x;
    };
    const Strings res = world.Run([&]() -> Coro<Strings> {
      auto coros = Coros(sleeper(10ms, "b"), sleeper(150ms, "c"));
      coros.push_back(sleeper(10ms, "a"));
      Iterator it = AsCompleted(std::move(coros));
      co_return co_await Values(it, futures);
    });
    EXPECT_EQ(world.now(), 150ms);
    EXPECT_THAT(world.waits(), ElementsAre(10ms));
    EXPECT_THAT(res, ElementsAre("b", "a", "c"));
  }
}

TEST(BaseTaskTests, test_as_completed_same_tasks_in_as_out) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const auto task_b = CreateTask(Sleeper(0s, "b"));
    const auto task_d = CreateTask(Sleeper(0s, "d"));
    std::vector<Future<std::string>> in;
    in.push_back(EnsureFuture(Sleeper(0s, "a")));
    in.push_back(task_b);
    in.push_back(EnsureFuture(Sleeper(0s, "c")));
    in.push_back(task_d);
    std::vector<Future<std::string>> out;
    Iterator it = AsCompleted(in);
    while (it.HasNext()) out.push_back(co_await it.NextFuture());
    EXPECT_THAT(out, UnorderedElementsAre(in[0], task_b, in[2], task_d));
  });
}

TEST(BaseTaskTests, test_as_completed_with_timeout) {
  for (const bool futures : {false, true}) {
    VirtualLoop world;
    std::vector<Task<std::string>> tasks;
    tasks.push_back(world.loop().CreateTask(Sleeper(100ms, "a")));
    tasks.push_back(world.loop().CreateTask(Sleeper(150ms, "b")));
    const Strings res = world.Run([&]() -> Coro<Strings> {
      Strings values;
      Iterator it = AsCompleted(tasks, 120ms);
      while (it.HasNext()) {
        if (!values.empty()) world.Advance(20ms);
        try {
          values.push_back(co_await NextOf(it, futures));
        } catch (const TimeoutError&) {
          values.push_back("TimeoutError");
          break;
        }
      }
      co_return values;
    });
    EXPECT_THAT(res, ElementsAre("a", "TimeoutError"));
    EXPECT_EQ(world.now(), 120ms);
    EXPECT_THAT(world.waits(), ElementsAre(100ms));
    EXPECT_FALSE(tasks[1].done());
  }
}

TEST(BaseTaskTests, test_as_completed_with_unused_timeout) {
  for (const bool futures : {false, true}) {
    VirtualLoop world;
    const Strings res = world.Run([&]() -> Coro<Strings> {
      std::vector<Coro<std::string>> coros;
      coros.push_back(Sleeper(10ms, "a"));
      Iterator it = AsCompleted(std::move(coros), 1s);
      co_return co_await Values(it, futures);
    });
    EXPECT_THAT(res, ElementsAre("a"));
    EXPECT_THAT(world.waits(), ElementsAre(10ms));
    EXPECT_EQ(world.loop().scheduled_count(), 0);
  }
}

TEST(BaseTaskTests, test_as_completed_resume_iterator) {
  for (const bool futures : {false, true}) {
    VirtualLoop world;
    world.Run([&]() -> Coro<> {
      auto coros = Coros(Sleeper(0s, "0"), Sleeper(0s, "1"));
      coros.push_back(Sleeper(0s, "2"));
      coros.push_back(Sleeper(0s, "3"));
      Iterator it = AsCompleted(std::move(coros));
      const Strings first = co_await Values(it, futures, 2);
      EXPECT_THAT(first, ElementsAre("0", "1"));
      const Strings rest = co_await Values(it, futures);
      EXPECT_THAT(rest, ElementsAre("2", "3"));
    });
  }
}

// Whichever is awaited first gets what is done first.
TEST(BaseTaskTests, test_as_completed_reverse_wait) {
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    auto coros = Coros(Sleeper(50ms, "a"), Sleeper(100ms, "b"));
    Iterator it = AsCompleted(std::move(coros));
    Coro<std::string> fut0 = it.Next();
    Coro<std::string> fut1 = it.Next();
    EXPECT_FALSE(it.HasNext());

    EXPECT_EQ(co_await std::move(fut1), "a");
    EXPECT_EQ(world.now(), 50ms);
    world.Advance(50ms);
    EXPECT_EQ(co_await std::move(fut0), "b");
    EXPECT_EQ(world.now(), 100ms);
  });
}

TEST(BaseTaskTests, test_as_completed_concurrent) {
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    auto coros = Coros(Sleeper(50ms, "a"), Sleeper(50ms, "b"));
    Iterator it = AsCompleted(std::move(coros));
    const Task<std::string> first = CreateTask(it.Next());
    const Task<std::string> second = CreateTask(it.Next());
    co_await WaitForAll(first, second);
    EXPECT_EQ(first.result(), "a");
    EXPECT_EQ(second.result(), "b");
  });
  EXPECT_THAT(world.waits(), ElementsAre(50ms));

  world.Run([&]() -> Coro<> {
    auto coros = Coros(Sleeper(50ms, "a"), Sleeper(50ms, "b"));
    Iterator it = AsCompleted(std::move(coros));
    const Future<std::string> first = co_await it.NextFuture();
    const Future<std::string> second = co_await it.NextFuture();
    EXPECT_EQ(first.result(), "a");
    EXPECT_EQ(second.result(), "b");
  });
}

// Adapted: the same task twice; a coroutine cannot be in two places.
TEST(BaseTaskTests, test_as_completed_duplicate_coroutines) {
  for (const bool futures : {false, true}) {
    VirtualLoop world;
    world.Run([&]() -> Coro<> {
      const auto ham = CreateTask(Sleeper(0s, "ham"));
      const auto spam = CreateTask(Sleeper(0s, "spam"));
      std::vector<Task<std::string>> three = {ham, ham, spam};
      Iterator it = AsCompleted(std::move(three));
      const Strings result = co_await Values(it, futures);
      EXPECT_THAT(result, ElementsAre("ham", "spam"));
    });
  }
}

TEST(BaseTaskTests, test_as_completed_coroutine_without_loop) {
  auto coros = Coros(Sleeper(0s, "a"), Sleeper(0s, "b"));
  EXPECT_THROW(AsCompleted(std::move(coros)), RuntimeError);
}

TEST(BaseTaskTests, test_as_completed_coroutine_use_running_loop) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    std::vector<Coro<std::string>> coros;
    coros.push_back(Sleeper(0s, "42"));
    Iterator it = AsCompleted(std::move(coros));
    EXPECT_EQ(co_await it.Next(), "42");
    EXPECT_FALSE(it.HasNext());
  });
}

template <class T>
concept CanAsCompleted = requires(T value) { AsCompleted(std::move(value)); };

TEST(BaseTaskTests, test_as_completed_invalid_args) {
  static_assert(CanAsCompleted<std::vector<Task<>>>);
  static_assert(!CanAsCompleted<Future<>>);
  static_assert(!CanAsCompleted<Coro<>>);
}

}  // namespace
}  // namespace rondo::conformance
