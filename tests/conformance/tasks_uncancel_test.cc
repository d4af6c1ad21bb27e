// CPython's test_tasks.py: BaseTaskTests, cancelling() and uncancel().
#include <chrono>
#include <tuple>

#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/insides.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

TEST(BaseTaskTests, test_cancelling) {
  VirtualLoop world;
  Task<> t = world.loop().CreateTask(Pause(10s));
  EXPECT_EQ(t.cancelling(), 0);
  EXPECT_TRUE(t.Cancel());
  EXPECT_EQ(t.cancelling(), 1);
  EXPECT_TRUE(t.Cancel());
  EXPECT_EQ(t.cancelling(), 2);
  EXPECT_THROW(world.loop().RunUntilComplete(t), CancelledError);
}

TEST(BaseTaskTests, test_uncancel_basic) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  Task<> t = loop.CreateTask([]() -> Coro<> {
    const Outcome<> slept = co_await AsOutcome(Pause(10s));
    EXPECT_TRUE(slept.cancelled());
    CurrentTask().Uncancel();
    co_await Sleep(10s);
  });
  loop.RunUntilComplete(Pause(10ms));

  EXPECT_TRUE(t.Cancel());  // The first sleep.
  EXPECT_EQ(t.cancelling(), 1);
  EXPECT_FALSE(t.cancelled());
  loop.RunUntilComplete(Pause(10ms));

  EXPECT_EQ(t.cancelling(), 0);
  EXPECT_FALSE(t.cancelled());

  EXPECT_TRUE(t.Cancel());  // The second sleep.
  EXPECT_EQ(t.cancelling(), 1);
  EXPECT_FALSE(t.cancelled());
  EXPECT_THROW(loop.RunUntilComplete(t), CancelledError);
  EXPECT_TRUE(t.cancelled());
  EXPECT_TRUE(t.done());

  t.Uncancel();  // Too late.
  EXPECT_TRUE(t.cancelled());
  EXPECT_TRUE(t.done());
}

// A time limit as programs write it: what it caused it takes back, and only
// then it may become a TimeoutError. Returns whether it was reached, and
// whether the block was left normally.
Coro<std::tuple<bool, bool>> MakeRequestWithTimeout(Nanoseconds sleep,
                                                    Nanoseconds timeout) {
  AnyTask task = CurrentTask();
  bool timed_out = false;
  bool structured_block_finished = false;
  TimerHandle handle = task.loop().CallLater(timeout, [&] {
    timed_out = true;
    task.Cancel();
  });
  const Outcome<> block = co_await AsOutcome(Pause(sleep));
  structured_block_finished = block.ok();
  handle.Cancel();
  const bool ours = timed_out && task.Uncancel() == 0 && block.cancelled();
  if (!ours) block.Rethrow();
  co_await Yield();  // Not affected by the timeout.
  co_return std::tuple(timed_out, structured_block_finished);
}

TEST(BaseTaskTests, test_uncancel_structured_blocks) {
  VirtualLoop world;
  const auto t1 = world.loop().CreateTask(MakeRequestWithTimeout(10s, 100ms));
  EXPECT_EQ(world.loop().RunUntilComplete(t1), std::tuple(true, false));
  EXPECT_EQ(t1.cancelling(), 0);
  EXPECT_EQ(world.now(), 100ms);

  const auto t2 = world.loop().CreateTask(MakeRequestWithTimeout(0s, 10s));
  EXPECT_EQ(world.loop().RunUntilComplete(t2), std::tuple(false, true));
  EXPECT_EQ(t2.cancelling(), 0);
  EXPECT_EQ(world.now(), 100ms);
}

TEST(BaseTaskTests, test_uncancel_resets_must_cancel) {
  VirtualLoop world;
  Future<> fut = world.loop().CreateFuture();
  Task<int> task = world.loop().CreateTask([&]() -> Coro<int> {
    co_await fut;
    co_return 42;
  });
  RunBriefly(world.loop());  // It waits for fut,
  fut.SetResult();           // and is ready.
  task.Cancel();
  EXPECT_EQ(task.cancelling(), 1);
  EXPECT_TRUE(MustCancel(task));

  task.Uncancel();
  EXPECT_EQ(task.cancelling(), 0);
  EXPECT_FALSE(MustCancel(task));
  EXPECT_EQ(world.loop().RunUntilComplete(task), 42);
}

}  // namespace
}  // namespace rondo::conformance
