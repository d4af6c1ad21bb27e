// Cancelling a task at every stage of its life.
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

using Log = std::vector<std::string>;

Coro<int> Sleeper(Log* log, std::shared_ptr<int> held = nullptr) {
  (void)held;
  log->push_back("started");
  try {
    co_await Sleep(1h);
  } catch (const CancelledError& error) {
    log->push_back("cancelled " + error.message());
    throw;
  }
  co_return 1;
}

TEST(CancellationTest, BeforeTheFirstStepTheBodyNeverRuns) {
  VirtualLoop world;
  Log log;
  auto held = std::make_shared<int>(1);
  Task<int> task = world.loop().CreateTask(Sleeper(&log, held));
  EXPECT_TRUE(task.Cancel());
  EXPECT_FALSE(task.done());
  world.loop().RunOnce();
  EXPECT_TRUE(task.cancelled());
  EXPECT_THAT(log, IsEmpty());
  EXPECT_EQ(held.use_count(), 1) << "the arguments live on";
}

TEST(CancellationTest, OfASleepItsTimerIsGoneBeforeTheExceptionIsThere) {
  VirtualLoop world;
  Log log;
  Task<int> task = world.loop().CreateTask(Sleeper(&log));
  world.loop().RunOnce();
  EXPECT_EQ(world.loop().scheduled_count(), 1u);
  task.Cancel("now");
  world.loop().RunOnce();
  EXPECT_THAT(log, ElementsAre("started", "cancelled now"));
  EXPECT_EQ(world.loop().scheduled_count(), 0u);
  EXPECT_TRUE(task.cancelled());
  EXPECT_EQ(world.now(), 0ns);
}

TEST(CancellationTest, ASleepThatWasDueStillThrows) {
  VirtualLoop world;
  Log log;
  Task<int> task = world.loop().CreateTask(Sleeper(&log));
  world.loop().RunOnce();
  world.Advance(2h);
  world.loop().RunOnce();  // The timer fires: the task is about to wake up.
  EXPECT_FALSE(task.done());
  task.Cancel("late");
  world.loop().RunOnce();
  EXPECT_THAT(log, ElementsAre("started", "cancelled late"));
}

// As asyncio's wake-up does, which asks for the result first.
TEST(CancellationTest, TheErrorOfWhatItAwaitedCountsAsSeen) {
  VirtualLoop world;
  Task<> task;
  task = world.loop().CreateTask([&]() -> Coro<> {
    Future<> future = CreateFuture();
    RunningLoop().CallSoon([&task, future]() mutable {
      future.SetException(std::runtime_error("unseen"));
      RunningLoop().CallSoon([&task] { task.Cancel(); });  // Behind Gather's.
    });
    co_await Gather(future);
  });
  for (int i = 0; i < 4; ++i) world.loop().RunOnce();
  EXPECT_TRUE(task.cancelled());
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(CancellationTest, OfATaskThatYields) {
  VirtualLoop world;
  int turns = 0;
  Task<> task = world.loop().CreateTask([&]() -> Coro<> {
    for (;;) {
      co_await Yield();
      ++turns;
    }
  });
  world.loop().RunOnce();
  world.loop().RunOnce();
  task.Cancel();
  world.loop().RunOnce();
  EXPECT_TRUE(task.cancelled());
  EXPECT_EQ(turns, 1);
}

TEST(CancellationTest, ByItselfTakesEffectAtTheNextAwait) {
  VirtualLoop world;
  Log log;
  world.Run([&]() -> Coro<> {
    const Task<> task = CreateTask([&]() -> Coro<> {
      AnyTask self = CurrentTask();
      self.Cancel("self");
      log.push_back("goes on");
      try {
        co_await Sleep(1h);
      } catch (const CancelledError& error) {
        log.push_back(error.message());
      }
      self.Uncancel();
      co_await Sleep(1ms);  // A swallowed cancellation is over.
      log.push_back("ends");
    });
    co_await task;
    EXPECT_FALSE(task.cancelled());
  });
  EXPECT_THAT(log, ElementsAre("goes on", "self", "ends"));
}

TEST(CancellationTest, ByItselfInItsLastStretchEndsItAsCancelled) {
  VirtualLoop world;
  Task<std::shared_ptr<int>> task;
  auto held = std::make_shared<int>(1);
  world.Run([&]() -> Coro<> {
    task = CreateTask([&]() -> Coro<std::shared_ptr<int>> {
      CurrentTask().Cancel();
      co_return held;
    });
    co_await Sleep(1ms);
  });
  EXPECT_TRUE(task.cancelled());
  EXPECT_EQ(held.use_count(), 1) << "the result that nobody gets lives on";
}

TEST(CancellationTest, TwiceBeforeItIsSeenThrowsTheFirst) {
  VirtualLoop world;
  Log log;
  Task<int> task = world.loop().CreateTask(Sleeper(&log));
  world.loop().RunOnce();
  EXPECT_TRUE(task.Cancel("first"));
  EXPECT_TRUE(task.Cancel("second"));
  EXPECT_EQ(task.cancelling(), 2u);
  world.loop().RunOnce();
  EXPECT_THAT(log, ElementsAre("started", "cancelled first"));
  EXPECT_TRUE(task.cancelled());
}

TEST(CancellationTest, OfATaskThatIsDoneDoesNothing) {
  VirtualLoop world;
  const Task<int> task =
      world.loop().CreateTask([]() -> Coro<int> { co_return 5; });
  world.loop().RunOnce();
  EXPECT_FALSE(Task<int>(task).Cancel());
  EXPECT_EQ(task.result(), 5);
  EXPECT_EQ(task.cancelling(), 0u);
}

TEST(CancellationTest, PassesToTheTaskThatIsAwaited) {
  VirtualLoop world;
  Log log;
  const Task<int> inner = world.loop().CreateTask(Sleeper(&log));
  Task<> outer = world.loop().CreateTask([&]() -> Coro<> { co_await inner; });
  world.loop().RunOnce();
  outer.Cancel("down");
  EXPECT_FALSE(outer.done());
  world.Run([]() -> Coro<> { co_await Sleep(1ms); });
  EXPECT_TRUE(inner.cancelled());
  EXPECT_TRUE(outer.cancelled());
  EXPECT_THAT(log, ElementsAre("started", "cancelled down"));
}

TEST(CancellationTest, CleaningUpMayAwait) {
  VirtualLoop world;
  Log log;
  Task<> task = world.loop().CreateTask([&]() -> Coro<> {
    const Outcome<int> outcome = co_await AsOutcome(Sleeper(&log));
    co_await Sleep(1s);
    log.push_back("clean");
    outcome.Rethrow();
  });
  world.loop().RunOnce();
  task.Cancel();
  EXPECT_THROW(world.loop().RunUntilComplete(static_cast<Future<>&>(task)),
               CancelledError);
  EXPECT_EQ(world.now(), 1s);
  EXPECT_EQ(log.back(), "clean");
}

TEST(CancellationTest, RequestsAreCounted) {
  VirtualLoop world;
  Task<> task =
      world.loop().CreateTask([]() -> Coro<> { co_await Sleep(1ms); });
  task.Cancel();
  task.Cancel();
  EXPECT_EQ(task.cancelling(), 2u);
  EXPECT_EQ(task.Uncancel(), 1u);
  EXPECT_EQ(task.Uncancel(), 0u);
  EXPECT_EQ(task.Uncancel(), 0u);
  // It was not delivered yet: withdrawn.
  world.loop().RunUntilComplete(static_cast<Future<>&>(task));
  EXPECT_FALSE(task.cancelled());
}

TEST(CancellationTest, IsNoStdException) {
  VirtualLoop world;
  bool swallowed = false;
  Task<> task = world.loop().CreateTask([&]() -> Coro<> {
    try {
      co_await Sleep(1h);
    } catch (const std::exception&) {
      swallowed = true;
    }
  });
  world.loop().RunOnce();
  task.Cancel();
  world.loop().RunOnce();
  EXPECT_FALSE(swallowed);
  EXPECT_TRUE(task.cancelled());
}

}  // namespace
}  // namespace rondo
