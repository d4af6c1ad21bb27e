#include "rondo/runtime/async_generator.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/context.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

using Log = std::vector<std::string>;

AsyncGenerator<int> Count(int end, Nanoseconds pause = 0ns) {
  for (int i = 0; i < end; ++i) {
    if (pause > 0ns) co_await Sleep(pause);
    co_yield i;
  }
}

Coro<std::vector<int>> Collect(AsyncGenerator<int> generator) {
  std::vector<int> values;
  while (std::optional<int> value = co_await generator.Next()) {
    values.push_back(*value);
  }
  co_return values;
}

// Yields 0, 1, ..., and notes how it is ended; its clean-up takes a second.
AsyncGenerator<int> Cleans(Log* log) {
  std::exception_ptr error;
  try {
    for (int i = 0;; ++i) co_yield i;
  } catch (...) {  // tidy: allow(catch-all) thrown again below
    error = std::current_exception();
  }
  log->push_back(DescribeException(error));
  co_await Sleep(1s);
  log->push_back("clean");
  std::rethrow_exception(error);
}

// What leaves a Next, as text.
Coro<std::string> NextError(AsyncGenerator<int> generator) {
  const auto next = [](AsyncGenerator<int> g) -> Coro<std::optional<int>> {
    co_return co_await g.Next();
  };
  const auto outcome = co_await AsOutcome(next(generator));
  co_return DescribeException(outcome.exception());
}

TEST(AsyncGeneratorTest, HandsItsValuesOverWithoutATurnOfTheLoop) {
  VirtualLoop world;
  bool other = false;
  world.Run([&]() -> Coro<> {
    RunningLoop().CallSoon([&] { other = true; });
    AsyncGenerator<int> three = Count(3);
    EXPECT_EQ(co_await three.Next(), 0);
    EXPECT_EQ(co_await three.Next(), 1);
    EXPECT_EQ(co_await three.Next(), 2);
    EXPECT_FALSE(three.finished());
    EXPECT_EQ(co_await three.Next(), std::nullopt);
    EXPECT_TRUE(three.finished());
    EXPECT_EQ(co_await three.Next(), std::nullopt);
    EXPECT_FALSE(other);
  });
}

TEST(AsyncGeneratorTest, AwaitsInBetween) {
  VirtualLoop world;
  const std::vector<int> values =
      world.Run([] { return Collect(Count(3, 2s)); });
  EXPECT_THAT(values, ElementsAre(0, 1, 2));
  EXPECT_EQ(world.now(), 6s);
}

TEST(AsyncGeneratorTest, YieldsWhatCannotBeCopiedAndReferences) {
  VirtualLoop world;
  std::string text = "a";
  const auto owned = []() -> AsyncGenerator<std::unique_ptr<int>> {
    co_yield std::make_unique<int>(1);
  };
  const auto references = [](std::string* s) -> AsyncGenerator<std::string&> {
    co_yield *s;
  };
  world.Run([&]() -> Coro<> {
    auto pointers = owned();
    const std::optional<std::unique_ptr<int>> one = co_await pointers.Next();
    EXPECT_EQ(**one, 1);
    auto strings = references(&text);
    const auto reference = co_await strings.Next();
    reference->get() = "b";
    EXPECT_EQ(co_await pointers.Next(), std::nullopt);
    EXPECT_FALSE((co_await strings.Next()).has_value());
  });
  EXPECT_EQ(text, "b");
}

TEST(AsyncGeneratorTest, RunsInTheTaskAndContextOfWhoAwaitsIt) {
  VirtualLoop world;
  ContextVar<int> var("var", 0);
  const auto generator = [&var]() -> AsyncGenerator<std::string> {
    for (;;) {
      co_yield CurrentTask().name() + std::to_string(var.Get());
    }
  };
  Log log;
  const auto take = [&](AsyncGenerator<std::string> names,
                        int value) -> Coro<> {
    var.Set(value);
    log.push_back(*co_await names.Next());
  };
  world.Run([&]() -> Coro<> {
    const auto names = generator();
    co_await CreateTask(take(names, 1), "a");
    co_await CreateTask(take(names, 2), "b");
  });
  EXPECT_THAT(log, ElementsAre("a1", "b2"));
}

TEST(AsyncGeneratorTest, AnExceptionEndsIt) {
  VirtualLoop world;
  auto held = std::make_shared<int>(1);
  const auto fails = [](std::shared_ptr<int>) -> AsyncGenerator<int> {
    co_yield 1;
    co_await Yield();
    throw std::runtime_error("broken");
  };
  world.Run([&]() -> Coro<> {
    AsyncGenerator<int> generator = fails(held);
    EXPECT_EQ(co_await generator.Next(), 1);
    EXPECT_EQ(held.use_count(), 2);
    EXPECT_EQ(co_await NextError(generator), "std::runtime_error: broken");
    EXPECT_EQ(held.use_count(), 1) << "the frame lives on";
    EXPECT_EQ(co_await generator.Next(), std::nullopt);
  });
}

TEST(AsyncGeneratorTest, ACancellationComesAtItsOwnAwait) {
  VirtualLoop world;
  const auto resists = []() -> AsyncGenerator<int> {
    bool cancelled = false;
    try {
      co_await Sleep(1h);
    } catch (const CancelledError&) {
      cancelled = true;
    }
    co_yield cancelled ? 1 : 0;
  };
  world.Run([&]() -> Coro<> {
    Task<std::vector<int>> soft = CreateTask(Collect(resists()));
    Task<std::vector<int>> hard = CreateTask(Collect(Count(1, 1h)));
    co_await Yield();
    soft.Cancel();
    hard.Cancel();
    EXPECT_THAT(co_await soft, ElementsAre(1));
    EXPECT_TRUE(hard.cancelled());
  });
  EXPECT_EQ(world.now(), 0ns);
}

TEST(AsyncGeneratorTest, ThrowIsThrownAtTheYield) {
  VirtualLoop world;
  const auto counts_errors = []() -> AsyncGenerator<int> {
    for (int errors = 0; errors < 2;) {
      try {
        co_yield errors;
      } catch (const ValueError&) {
        ++errors;
      }
    }
  };
  const auto throws = [](AsyncGenerator<int> generator) -> Coro<> {
    co_await generator.Throw(ValueError("thrown in"));
  };
  world.Run([&]() -> Coro<> {
    AsyncGenerator<int> counts = counts_errors();
    EXPECT_EQ(co_await counts.Next(), 0);
    EXPECT_EQ(co_await counts.Throw(ValueError("one")), 1);
    EXPECT_EQ(co_await counts.Throw(ValueError("two")), std::nullopt);
    EXPECT_EQ(co_await counts.Throw(ValueError("late")), std::nullopt);
    // One that has not begun, and one that does not catch it.
    for (const int begun : {0, 1}) {
      AsyncGenerator<int> other = Count(2);
      if (begun == 1) co_await other.Next();
      const Outcome<> outcome = co_await AsOutcome(throws(other));
      EXPECT_THAT(DescribeException(outcome.exception()),
                  HasSubstr("thrown in"));
      EXPECT_TRUE(other.finished());
    }
  });
}

TEST(AsyncGeneratorTest, CloseLetsItCleanUpAndWaits) {
  VirtualLoop world;
  Log log;
  world.Run([&]() -> Coro<> {
    AsyncGenerator<int> generator = Cleans(&log);
    EXPECT_EQ(co_await generator.Next(), 0);
    co_await generator.Close();
    EXPECT_THAT(log, ElementsAre("rondo::GeneratorExit", "clean"));
    EXPECT_TRUE(generator.finished());
    EXPECT_EQ(co_await generator.Next(), std::nullopt);
    co_await generator.Close();
    AsyncGenerator<int> never_begun = Cleans(&log);
    co_await never_begun.Close();
    EXPECT_TRUE(never_begun.finished());
  });
  EXPECT_THAT(log, ElementsAre("rondo::GeneratorExit", "clean"));
  EXPECT_EQ(world.now(), 1s);
}

TEST(AsyncGeneratorTest, CloseTellsWhatElseComesOfIt) {
  VirtualLoop world;
  const auto ignores = []() -> AsyncGenerator<int> {
    for (;;) {
      try {
        co_yield 1;
      } catch (const GeneratorExit&) {
      }
    }
  };
  const auto fails = []() -> AsyncGenerator<int> {
    try {
      co_yield 1;
    } catch (const GeneratorExit&) {
      throw ValueError("no");
    }
  };
  world.Run([&]() -> Coro<> {
    AsyncGenerator<int> ignoring = ignores();
    co_await ignoring.Next();
    const Outcome<> ignored = co_await AsOutcome(ignoring.Close());
    EXPECT_THAT(DescribeException(ignored.exception()),
                HasSubstr("async generator ignored GeneratorExit"));
    AsyncGenerator<int> failing = fails();
    co_await failing.Next();
    const Outcome<> failed = co_await AsOutcome(failing.Close());
    EXPECT_EQ(DescribeException(failed.exception()), "rondo::ValueError: no");
  });
  EXPECT_THAT(world.reports, ElementsAre());
}

TEST(AsyncGeneratorTest, OnlyOneMayRunIt) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    AsyncGenerator<int> slow = Count(1, 1s);
    const Task<std::vector<int>> first = CreateTask(Collect(slow));
    co_await Yield();
    EXPECT_TRUE(slow.running());
    EXPECT_EQ(co_await NextError(slow),
              "rondo::RuntimeError: Next: asynchronous generator is already "
              "running");
    const Outcome<> closed = co_await AsOutcome(slow.Close());
    EXPECT_THAT(DescribeException(closed.exception()),
                HasSubstr("Close: asynchronous generator is already running"));
    EXPECT_THAT(co_await first, ElementsAre(0));
    AsyncGenerator<int> none;
    EXPECT_THAT(co_await NextError(none), HasSubstr("is empty"));
  });
}

TEST(AsyncGeneratorTest, OnlyOneLoopMayRunIt) {
  VirtualLoop one;
  VirtualLoop other;
  AsyncGenerator<int> generator = Count(2);
  const auto next = [&] { return NextError(generator); };
  EXPECT_EQ(one.Run(next), "no exception");
  EXPECT_THAT(other.Run(next), HasSubstr("another event loop"));
}

// As asyncio's hook does: a callback, then a task.
TEST(AsyncGeneratorTest, OneThatIsDroppedIsClosedByTheLoop) {
  VirtualLoop world;
  Log log;
  world.Run([&]() -> Coro<> {
    {
      AsyncGenerator<int> generator = Cleans(&log);
      co_await generator.Next();
    }
    EXPECT_THAT(log, ElementsAre());
    EXPECT_EQ(RunningLoop().ready_count(), 1u);
    co_await Yield();
    EXPECT_EQ(AllTasks().size(), 2u);
    EXPECT_THAT(log, ElementsAre());
    co_await Yield();
    EXPECT_THAT(log, ElementsAre("rondo::GeneratorExit"));
    co_await Sleep(2s);
    EXPECT_THAT(log, ElementsAre("rondo::GeneratorExit", "clean"));
    EXPECT_EQ(AllTasks().size(), 1u);
  });
  EXPECT_THAT(world.reports, ElementsAre());
}

TEST(AsyncGeneratorTest, OneThatHasNotBegunJustDies) {
  VirtualLoop world;
  auto held = std::make_shared<int>(1);
  const auto generator = [](std::shared_ptr<int>) -> AsyncGenerator<int> {
    co_yield 1;
  };
  {
    const AsyncGenerator<int> outside = generator(held);
  }
  EXPECT_EQ(held.use_count(), 1);
  world.Run([&]() -> Coro<> {
    {
      const AsyncGenerator<int> inside = generator(held);
    }
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_EQ(RunningLoop().ready_count(), 0u);
    co_return;
  });
}

TEST(AsyncGeneratorTest, LivesAsLongAsSomebodyAwaitsIt) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    AsyncGenerator<int> generator = Count(1, 1s);
    const Task<std::vector<int>> task = CreateTask(Collect(generator));
    co_await Yield();
    generator = AsyncGenerator<int>();
    EXPECT_THAT(co_await task, ElementsAre(0));
  });
}

// Says when it dies.
struct Witness {
  Witness(Log* l, std::string n) : log(l), name(std::move(n)) {}
  Witness(Witness&& other) noexcept
      : log(std::exchange(other.log, nullptr)), name(std::move(other.name)) {}
  ~Witness() {
    if (log != nullptr) log->push_back(name);
  }
  Log* log;
  std::string name;
};

TEST(AsyncGeneratorTest, DiesWithItsLoopWithoutRunning) {
  Log log;
  AsyncGenerator<int> suspended;
  AsyncGenerator<int> running;
  const auto witnessed = [](Witness, Nanoseconds pause) -> AsyncGenerator<int> {
    try {
      co_yield 1;
      co_await Sleep(pause);
    } catch (...) {
      ADD_FAILURE() << DescribeException(std::current_exception());
      throw;
    }
  };
  {
    VirtualLoop world;
    world.Run([&]() -> Coro<> {
      suspended = witnessed(Witness(&log, "suspended"), 0ns);
      running = witnessed(Witness(&log, "running"), 1h);
      co_await suspended.Next();
      CreateTask(Collect(running));
      auto dropped = witnessed(Witness(&log, "dropped"), 0ns);
      co_await dropped.Next();
      co_await Yield();
      // Its last handle goes now: it will not be closed any more.
    });
    EXPECT_THAT(log, ElementsAre());
  }
  EXPECT_THAT(log, ElementsAre("dropped", "running", "suspended"));
  EXPECT_TRUE(suspended.finished());
  EXPECT_TRUE(running.finished());
}

TEST(AsyncGeneratorTest, ShutdownClosesThoseThatAreOpen) {
  VirtualLoop world;
  Log log;
  AsyncGenerator<int> first = Cleans(&log);
  AsyncGenerator<int> second = Cleans(&log);
  AsyncGenerator<int> ended = Count(0);
  AsyncGenerator<int> never_begun = Count(1);
  const auto fails = []() -> AsyncGenerator<int> {
    try {
      co_yield 1;
    } catch (const GeneratorExit&) {
      throw std::runtime_error("no");
    }
  };
  AsyncGenerator<int> failing = fails();
  world.Run([&]() -> Coro<> {
    co_await first.Next();
    co_await second.Next();
    co_await ended.Next();
    co_await failing.Next();
    co_await ShutdownAsyncgens();
    EXPECT_TRUE(first.finished() && second.finished() && failing.finished());
    EXPECT_FALSE(never_begun.finished());
    co_await never_begun.Next();
  });
  EXPECT_EQ(world.now(), 1s) << "not at the same time";
  EXPECT_THAT(log, ElementsAre("rondo::GeneratorExit", "rondo::GeneratorExit",
                               "clean", "clean"));
  EXPECT_THAT(world.reports,
              ElementsAre("an error occurred during closing of an asynchronous "
                          "generator: std::runtime_error: no",
                          "an asynchronous generator was first used after "
                          "ShutdownAsyncgens"));
}

TEST(ForEachTest, CallsTheBodyAndClosesTheGenerator) {
  VirtualLoop world;
  Log log;
  std::vector<int> seen;
  world.Run([&]() -> Coro<> {
    const auto see = [&](int value) { seen.push_back(value); };
    co_await ForEach(Count(3), see);
    const auto until_two = [&](int value) -> Coro<bool> {
      seen.push_back(value);
      co_await Sleep(1s);
      co_return value < 2;
    };
    co_await ForEach(Cleans(&log), until_two);
    EXPECT_THAT(log, ElementsAre("rondo::GeneratorExit", "clean"));
  });
  EXPECT_THAT(seen, ElementsAre(0, 1, 2, 0, 1, 2));
}

TEST(ForEachTest, AnErrorOfTheBodyWaitsForTheGeneratorsEnd) {
  VirtualLoop world;
  Log log;
  world.Run([&]() -> Coro<> {
    const auto fail = [](int) -> Coro<> {
      throw std::runtime_error("body");
      co_return;
    };
    const Outcome<> outcome = co_await AsOutcome(ForEach(Cleans(&log), fail));
    EXPECT_EQ(DescribeException(outcome.exception()),
              "std::runtime_error: body");
    EXPECT_THAT(log, ElementsAre("rondo::GeneratorExit", "clean"));
  });
}

// A generator that yields what another one yields, and so on.
AsyncGenerator<int> Delegate(int depth) {
  if (depth == 0) {
    co_yield 7;
    co_return;
  }
  AsyncGenerator<int> inner = Delegate(depth - 1);
  while (std::optional<int> value = co_await inner.Next()) co_yield *value;
}

TEST(AsyncGeneratorTest, DepthNeedsNoStack) {
  constexpr int kDepth = 100'000;
  VirtualLoop world;
  AsyncGenerator<int> left = Delegate(kDepth);
  world.Run([&]() -> Coro<> {
    EXPECT_THAT(co_await Collect(Delegate(kDepth)), ElementsAre(7));
    EXPECT_EQ(co_await left.Next(), 7);
  });
  world.loop().Close();  // The innermost frame dies first.
  EXPECT_TRUE(left.finished());
}

}  // namespace
}  // namespace rondo
