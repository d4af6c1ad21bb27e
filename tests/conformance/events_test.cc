// CPython's test_events.py: EventLoopTestsMixin without sockets, handles and
// timers.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/handle.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::ThrowsMessage;
using namespace std::chrono_literals;

TEST(EventLoopTestsMixin, test_run_until_complete_nesting) {
  VirtualLoop world;
  const auto coro2 = [&]() -> Coro<> {
    EXPECT_TRUE(world.loop().is_running());
    world.loop().RunUntilComplete(Pause(0s));
    co_return;
  };
  EXPECT_THAT(
      [&] { world.Run(coro2); },
      ThrowsMessage<RuntimeError>("This event loop is already running"));
}

TEST(EventLoopTestsMixin, test_run_until_complete) {
  VirtualLoop world;
  world.loop().RunUntilComplete(Pause(100ms));
  EXPECT_THAT(world.waits(), ElementsAre(100ms));
  EXPECT_EQ(world.selects(), 4);  // Begins, fires, wakes up, is done.
}

TEST(EventLoopTestsMixin, test_run_until_complete_stopped) {
  VirtualLoop world;
  const auto cb = [&]() -> Coro<> {
    world.loop().Stop();
    co_await Sleep(100ms);
  };
  EXPECT_THROW(world.Run(cb), RuntimeError);
  EXPECT_EQ(world.now(), 0s);
}

TEST(EventLoopTestsMixin, test_call_later) {
  VirtualLoop world;
  std::vector<std::string> results;
  world.loop().CallLater(100ms, [&] {
    results.push_back("hello world");
    world.loop().Stop();
  });
  world.loop().RunForever();
  EXPECT_THAT(results, ElementsAre("hello world"));
  EXPECT_EQ(world.now(), 100ms);
}

TEST(EventLoopTestsMixin, test_call_soon) {
  VirtualLoop world;
  std::vector<std::string> results;
  world.loop().CallSoon([&, hello = "hello", other = "world"] {
    results.push_back(hello);
    results.push_back(other);
    world.loop().Stop();
  });
  world.loop().RunForever();
  EXPECT_THAT(results, ElementsAre("hello", "world"));
  EXPECT_EQ(world.selects(), 1);
}

// Adapted: the count is exact, and a tenth of a nanosecond is none.
TEST(EventLoopTestsMixin, test_timeout_rounding) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    for (const Nanoseconds delay :
         {Nanoseconds(10ms), Nanoseconds(100us), Nanoseconds(1us), 10ns, 0ns}) {
      co_await Sleep(delay);
    }
  });
  EXPECT_THAT(world.waits(), ElementsAre(10ms, 100us, 1us, 10ns));
  EXPECT_EQ(world.selects(), 11);
}

TEST(EventLoopTestsMixin, test_close_running_event_loop) {
  VirtualLoop world;
  const auto close_loop = [&]() -> Coro<> {
    world.loop().Close();
    co_return;
  };
  EXPECT_THROW(world.Run(close_loop), RuntimeError);
  EXPECT_FALSE(world.loop().is_closed());
}

// Adapted: without signals and executors.
TEST(EventLoopTestsMixin, test_close) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  loop.Close();
  const auto func = [] { ADD_FAILURE() << "called"; };
  EXPECT_THROW(loop.RunForever(), RuntimeError);
  EXPECT_THROW(loop.RunUntilComplete(loop.CreateFuture()), RuntimeError);
  EXPECT_THROW(loop.CallSoon(func), RuntimeError);
  EXPECT_THROW(loop.CallLater(1s, func), RuntimeError);
  EXPECT_THROW(loop.CallAt(loop.time(), func), RuntimeError);
  EXPECT_THROW(loop.CreateTask(Pause(0s)), RuntimeError);
  EXPECT_THROW(loop.CallSoonThreadsafe(func), RuntimeError);
}

TEST(HandleTests, test_handle) {
  VirtualLoop world;
  auto held = std::make_shared<int>();
  Handle h = world.loop().CallSoon([held] { ADD_FAILURE() << "called"; });
  EXPECT_EQ(held.use_count(), 2);
  EXPECT_FALSE(h.cancelled());

  h.Cancel();
  EXPECT_TRUE(h.cancelled());
  EXPECT_EQ(held.use_count(), 1);
  RunBriefly(world.loop());
}

TEST(HandleTests, test_callback_with_exception) {
  VirtualLoop world;
  world.loop().CallSoon([] { throw ValueError("v"); });
  world.loop().RunOnce();
  EXPECT_THAT(world.reports,
              ElementsAre("Exception in callback: rondo::ValueError: v"));
}

TEST(TimerTests, test_when) {
  VirtualLoop world;
  const TimerHandle h = world.loop().CallAt(123s, [] {});
  EXPECT_EQ(h.when(), 123s);
}

TEST(TimerTests, test_timer) {
  VirtualLoop world;
  auto held = std::make_shared<int>();
  TimerHandle h =
      world.loop().CallAt(1s, [held] { ADD_FAILURE() << "called"; });
  EXPECT_FALSE(h.cancelled());
  EXPECT_EQ(held.use_count(), 2);

  h.Cancel();
  EXPECT_TRUE(h.cancelled());
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_EQ(h.when(), 1s);
}

// Adapted: handles are not compared; the order is seen when they run.
TEST(TimerTests, test_timer_comparison) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  std::vector<int> order;
  loop.CallAt(11s, [&] { order.push_back(3); });
  loop.CallAt(1s, [&] { order.push_back(1); });
  loop.CallAt(1s, [&] { order.push_back(2); });
  world.Advance(20s);
  loop.RunOnce();
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace rondo::conformance
