// What is the same for all that tasks wait for: to which loop it belongs, what
// a report says of it, and what happens if it dies too early.
#include "rondo/runtime/waiters.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/await_chain.h"
#include "rondo/runtime/barrier.h"
#include "rondo/runtime/condition.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/queue.h"
#include "rondo/runtime/semaphore.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// One of each, and such that every wait for it suspends.
struct Primitives {
  Lock lock;
  Event event;
  Semaphore semaphore{0};
  Condition condition;
  Barrier barrier{2};
  Queue<int> empty;
  Queue<int> full{1};
  Queue<int> unfinished;

  Primitives() {
    full.PutNowait(1);
    unfinished.PutNowait(1);
  }
};

Coro<> WaitForLock(Primitives& p) {
  co_await p.lock.Acquire();
  co_await p.lock.Acquire();
}
Coro<> WaitForCondition(Primitives& p) {
  co_await p.condition.Acquire();
  co_await p.condition.Wait();
}
Coro<> WaitForBarrier(Primitives& p) { co_await p.barrier.Wait(); }
Coro<> WaitForItem(Primitives& p) { co_await p.empty.Get(); }

std::vector<Task<>> WaitForEach(Primitives& p) {
  std::vector<Task<>> tasks;
  tasks.push_back(CreateTask(WaitForLock(p)));
  tasks.push_back(CreateTask(AsCoro(p.event.Wait())));
  tasks.push_back(CreateTask(AsCoro(p.semaphore.Acquire())));
  tasks.push_back(CreateTask(WaitForCondition(p)));
  tasks.push_back(CreateTask(WaitForBarrier(p)));
  tasks.push_back(CreateTask(WaitForItem(p)));
  tasks.push_back(CreateTask(AsCoro(p.full.Put(2))));
  tasks.push_back(CreateTask(AsCoro(p.unfinished.Join())));
  return tasks;
}

Coro<> CancelAll(std::vector<Task<>> tasks) {
  for (Task<>& task : tasks) task.Cancel();
  for (const Task<>& task : tasks) {
    EXPECT_THROW(co_await task, CancelledError);
  }
}

TEST(WaitersTest, AReportNamesWhatIsWaitedFor) {
  VirtualLoop world;
  Primitives primitives;
  world.Run([&]() -> Coro<> {
    const std::vector<Task<>> tasks = WaitForEach(primitives);
    co_await Yield();
    std::vector<std::string> awaited;
    for (const AwaitChain& chain : AwaitChains(world.loop())) {
      awaited.push_back(chain.awaited);
    }
    awaited.erase(awaited.begin());  // The task that runs.
    EXPECT_THAT(awaited, ElementsAre("a lock", "an event", "a semaphore",
                                     "a condition", "a barrier",
                                     "an item in a queue", "room in a queue",
                                     "the tasks of a queue to be done"));
    co_await CancelAll(tasks);
  });
}

TEST(WaitersTest, AReportSaysIfItIsGone) {
  VirtualLoop world;
  auto event = std::make_unique<Event>();
  const auto wait = [&]() -> Coro<> { co_await event->Wait(); };
  Task<> waiter = world.loop().CreateTask(wait());
  world.loop().RunOnce();
  event.reset();
  EXPECT_EQ(AwaitChains(world.loop())[0].awaited, "an event that is gone");
  waiter.Cancel();
  EXPECT_THROW(world.loop().RunUntilComplete(waiter), CancelledError);
}

// The error of `awaitable` in a loop to which it does not belong.
template <class A>
Coro<std::string> ForeignError(A awaitable) {
  try {
    co_await std::move(awaitable);
  } catch (const RuntimeError& error) {
    co_return error.what();
  }
  co_return "none";
}

void BindAll(Primitives& primitives) {
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    const std::vector<Task<>> tasks = WaitForEach(primitives);
    co_await Yield();
    co_await CancelAll(tasks);
  });
}

// Also if the first loop is gone and the second one lies where it lay.
TEST(WaitersTest, BelongsToTheLoopOfTheFirstThatWaited) {
  Primitives p;
  BindAll(p);
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    constexpr char kForeign[] = "is bound to a different event loop";
    EXPECT_THAT(co_await ForeignError(p.lock.Acquire()), HasSubstr(kForeign));
    EXPECT_THAT(co_await ForeignError(p.event.Wait()), HasSubstr(kForeign));
    EXPECT_THAT(co_await ForeignError(p.semaphore.Acquire()),
                HasSubstr(kForeign));
    EXPECT_THAT(co_await ForeignError(p.condition.Wait()), HasSubstr(kForeign));
    EXPECT_TRUE(p.condition.locked());
    EXPECT_THAT(co_await ForeignError(p.barrier.Wait()), HasSubstr(kForeign));
    EXPECT_EQ(p.barrier.n_waiting(), 0u);
    EXPECT_THAT(co_await ForeignError(p.empty.Get()), HasSubstr(kForeign));
    EXPECT_THAT(co_await ForeignError(p.full.Put(2)), HasSubstr(kForeign));
    EXPECT_THAT(co_await ForeignError(p.unfinished.Join()),
                HasSubstr(kForeign));
  });
}

TEST(WaitersTest, WhoNeedNotWaitMayBeOfAnyLoop) {
  Primitives p;
  BindAll(p);
  VirtualLoop world;
  world.Run([&]() -> Coro<> {
    p.lock.Release();
    co_await p.lock.Acquire();
    p.event.Set();
    co_await p.event.Wait();
    p.semaphore.Release();
    co_await p.semaphore.Acquire();
    co_await p.empty.Put(1);
    EXPECT_EQ(co_await p.empty.Get(), 1);
  });
}

TEST(WaitersTest, GetAndPutAreOfOneLoop) {
  Queue<int> queue(1);
  {
    VirtualLoop world;
    world.Run([&]() -> Coro<> {
      const Task<int> getter = CreateTask(AsCoro(queue.Get()));
      co_await Yield();
      queue.PutNowait(1);
      co_await getter;
    });
  }
  queue.PutNowait(2);
  VirtualLoop world;
  world.Run(
      [&]() -> Coro<> { EXPECT_THROW(co_await queue.Put(3), RuntimeError); });
}

// The loop is closed when what its tasks wait for has died already.
TEST(WaitersTest, MayDieAfterWhatTheyWaitFor) {
  VirtualLoop world;
  std::vector<Task<>> tasks;
  world.Run([&]() -> Coro<> {
    Primitives primitives;
    tasks = WaitForEach(primitives);
    co_await Yield();
  });
  world.loop().Close();
  EXPECT_THAT(world.reports, testing::SizeIs(8));  // Destroyed but pending.
}

// A guard in a frame that dies while a condition has its lock released.
TEST(WaitersTest, AGuardMayDieInAConditionsWait) {
  VirtualLoop world;
  Condition condition;
  const auto wait = [&]() -> Coro<> {
    const LockGuard guard = co_await condition.Scoped();
    co_await condition.Wait();
  };
  const Task<> waiter = world.loop().CreateTask(wait());
  world.loop().RunOnce();
  EXPECT_FALSE(condition.locked());
  world.loop().Close();
  EXPECT_EQ(condition.statistics().tasks_waiting, 0u);
}

// Runs a task that waits, lets `end` deal with what it waits for, which then
// dies, and returns the task when it has ended.
template <class P, class W, class E>
Task<> EndOf(VirtualLoop& world, W wait, E end) {
  auto primitive = std::make_unique<P>();
  const auto body = [&]() -> Coro<> { co_await wait(*primitive); };
  Task<> task = world.loop().CreateTask(body());
  world.loop().RunOnce();
  end(*primitive, task);
  primitive.reset();
  world.loop().RunOnce();
  EXPECT_TRUE(task.done());
  return task;
}

TEST(WaitersTest, WhoWasPromisedWhatIsGoneIsTold) {
  VirtualLoop world;
  struct Held : Semaphore {
    Held() : Semaphore(0) {}
  };
  const Task<> task = EndOf<Held>(
      world, [](Held& held) { return held.Acquire(); },
      [](Held& held, Task<>&) { held.Release(); });
  try {
    task.result();
    ADD_FAILURE() << "it waited for something that is gone";
  } catch (const RuntimeError& error) {
    EXPECT_THAT(error.what(), HasSubstr("a semaphore that is gone"));
  }
}

TEST(WaitersTest, ACancellationNeedsNothingThatIsGone) {
  VirtualLoop world;
  struct Held : Semaphore {
    Held() : Semaphore(0) {}
  };
  const Task<> task = EndOf<Held>(
      world, [](Held& held) { return held.Acquire(); },
      [](Held&, Task<>& waiter) { waiter.Cancel(); });
  EXPECT_TRUE(task.cancelled());
}

// It has nothing more to do with it.
TEST(WaitersTest, AnEventMayGoWhenItIsSet) {
  VirtualLoop world;
  const Task<> task = EndOf<Event>(
      world, [](Event& event) { return event.Wait(); },
      [](Event& event, Task<>&) { event.Set(); });
  EXPECT_EQ(task.exception(), nullptr);
}

}  // namespace
}  // namespace rondo
