// CPython's test_base_events.py: BaseEventLoopTests, scheduling and running.
// (Exception handlers and task factories: base_events_hooks_test.cc.)
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/selector.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/runtime/virtual_loop.h"
#include "rondo/tests/support/hand_clock.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::ThrowsMessage;
using namespace std::chrono_literals;

TEST(BaseEventLoopTests, test_close) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  EXPECT_FALSE(loop.is_closed());
  loop.Close();
  EXPECT_TRUE(loop.is_closed());
  loop.Close();
  loop.Close();

  const Future<> f = loop.CreateFuture();
  EXPECT_THROW(loop.RunForever(), RuntimeError);
  EXPECT_THROW(loop.RunUntilComplete(f), RuntimeError);
}

TEST(BaseEventLoopTests, test_call_soon) {
  VirtualLoop world;
  bool called = false;
  const Handle h = world.loop().CallSoon([&] { called = true; });
  EXPECT_TRUE(h);
  EXPECT_EQ(world.loop().ready_count(), 1);
  EXPECT_EQ(world.loop().scheduled_count(), 0);
  EXPECT_FALSE(called);
}

TEST(BaseEventLoopTests, test_call_later) {
  VirtualLoop world;
  const TimerHandle h = world.loop().CallLater(10s, [] {});
  EXPECT_TRUE(h);
  EXPECT_EQ(h.when(), 10s);
  EXPECT_EQ(world.loop().scheduled_count(), 1);
  EXPECT_EQ(world.loop().ready_count(), 0);
}

TEST(BaseEventLoopTests, test_call_later_negative_delays) {
  VirtualLoop world;
  std::vector<std::string> calls;
  world.loop().CallLater(-1s, [&] { calls.push_back("a"); });
  world.loop().CallLater(-2s, [&] { calls.push_back("b"); });
  RunBriefly(world.loop());
  EXPECT_THAT(calls, ElementsAre("b", "a"));
}

TEST(BaseEventLoopTests, test_time_and_call_at) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  world.Advance(7s);
  loop.CallAt(loop.time() + 100ms, [&] { loop.Stop(); });
  loop.RunForever();
  EXPECT_EQ(loop.time(), 7100ms);
  EXPECT_EQ(world.selects(), 1);
}

TEST(BaseEventLoopTests, test__run_once) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  TimerHandle h1 = loop.CallLater(5s, [] { ADD_FAILURE() << "cancelled"; });
  const TimerHandle h2 = loop.CallLater(10s, [] {});
  h1.Cancel();
  EXPECT_EQ(loop.Prepare(), 10s);
  EXPECT_EQ(loop.scheduled_count(), 1);
  loop.RunOnce();
  EXPECT_THAT(world.waits(), ElementsAre(10s));
}

TEST(BaseEventLoopTests, test__run_once_schedule_handle) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  bool processed = false;
  loop.CallAt(-1s, [&] {
    processed = true;
    loop.CallSoon([] { ADD_FAILURE() << "not in this iteration"; });
  });
  loop.RunOnce();
  EXPECT_TRUE(processed);
  EXPECT_EQ(loop.ready_count(), 1);
}

// Adapted: what is cancelled does not count, so when it leaves the queue
// cannot be seen; what is left fires, at its time and nothing else.
TEST(BaseEventLoopTests, test__run_once_cancelled_event_cleanup) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  std::vector<Nanoseconds> fired;
  const auto add = [&](int n, Nanoseconds delay, bool cancel) {
    for (int i = 0; i < n; ++i) {
      TimerHandle h =
          loop.CallLater(delay, [&] { fired.push_back(world.now()); });
      if (cancel) h.Cancel();
    }
  };
  add(1, 3000s, false);
  add(2, 3600s, true);
  add(2, 100s, true);  // At the head.
  EXPECT_EQ(loop.scheduled_count(), 1);
  EXPECT_EQ(loop.Prepare(), 3000s);

  add(49, 3600s, false);
  add(51, 3600s, true);  // More than half of more than a hundred.
  EXPECT_EQ(loop.scheduled_count(), 50);
  EXPECT_EQ(loop.Prepare(), 3000s);

  loop.RunOnce();
  EXPECT_THAT(fired, ElementsAre(3000s));
  loop.RunOnce();
  EXPECT_EQ(fired.size(), 50);
  EXPECT_EQ(fired.back(), 3600s);
  EXPECT_EQ(loop.Prepare(), std::nullopt);
}

TEST(BaseEventLoopTests, test_run_until_complete_loop) {
  VirtualLoop world;
  VirtualLoop other;
  const Future<> task = world.loop().CreateFuture();
  EXPECT_THROW(other.loop().RunUntilComplete(task), ValueError);
}

TEST(BaseEventLoopTests,
     test_run_until_complete_loop_orphan_future_close_loop) {
  VirtualLoop world;
  world.loop().CallSoon([] { throw LoopExit(); });
  EXPECT_THROW(world.loop().RunUntilComplete(Pause(100ms)), LoopExit);
  // The first future, when it is done, does not stop the second run.
  world.loop().RunUntilComplete(Pause(200ms));
  EXPECT_EQ(world.now(), 200ms);
}

Coro<> Exit() {
  throw LoopExit();
  co_return;
}

TEST(BaseEventLoopTests, test_run_forever_keyboard_interrupt) {
  VirtualLoop world;
  EXPECT_THROW(world.loop().RunUntilComplete(Exit()), LoopExit);
  world.loop().Close();
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(BaseEventLoopTests, test_run_until_complete_baseexception) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  EXPECT_THROW(loop.RunUntilComplete(Exit()), LoopExit);

  bool called = false;
  loop.CallSoon([&] {
    loop.CallSoon([&] {
      loop.Stop();
      called = true;
    });
  });
  loop.RunForever();
  EXPECT_TRUE(called);
}

// Descriptor 7 is ready until it is told otherwise; the clock stands.
class StubSelector final : public Selector {
 public:
  void Register(int fd, unsigned) override { EXPECT_EQ(fd, 7); }
  void Modify(int, unsigned) override {}
  void Unregister(int) override {}
  std::span<const ReadyEvent> Select(
      std::optional<Nanoseconds> timeout) override {
    timeouts.push_back(timeout.value_or(Nanoseconds::max()));
    return std::span(&event_, ready ? 1 : 0);
  }
  void Wake() override {}

  bool ready = false;
  std::vector<Nanoseconds> timeouts;

 private:
  ReadyEvent event_{7, kReadable};
};

struct StubLoop {
  HandClock clock;
  StubSelector selector;
  EventLoop loop{LoopSeams{.clock = &clock, .selector = &selector}};
};

// Events are handled once for each select, also when the loop is stopped and
// run again.
TEST(BaseEventLoopTests, test_single_selecter_event_callback_after_stopping) {
  StubLoop test;
  EventLoop& loop = test.loop;
  int callcount = 0;
  loop.CallSoon([&] {
    AddReader(7, [&] {
      ++callcount;
      loop.CallSoon([&] {
        EXPECT_TRUE(RemoveReader(7));
        test.selector.ready = false;
      });
    });
  });
  loop.RunOnce();
  test.selector.ready = true;
  for (int i = 0; i < 2; ++i) {
    loop.CallSoon([&] { loop.Stop(); });
    loop.RunForever();
    EXPECT_EQ(callcount, 1);
  }
}

TEST(BaseEventLoopTests, test_run_once) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  int count = 0;
  loop.CallSoon([&] { ++count; });
  loop.CallSoon([&] { loop.Stop(); });
  loop.RunForever();
  EXPECT_EQ(count, 1);
  EXPECT_EQ(world.selects(), 1);
}

TEST(BaseEventLoopTests, test_run_forever_pre_stopped) {
  StubLoop test;
  test.loop.Stop();
  test.loop.RunForever();
  EXPECT_THAT(test.selector.timeouts, ElementsAre(0s));
}

// Adapted: a loop of one's own is made of RunOnce.
TEST(BaseEventLoopTests, test_custom_run_forever_integration) {
  StubLoop test;
  int count = 0;
  test.loop.CallSoon([&] {
    EXPECT_EQ(&RunningLoop(), &test.loop);
    ++count;
  });
  for (int i = 0; i < 10; ++i) test.loop.RunOnce();
  EXPECT_THROW(RunningLoop(), RuntimeError);
  EXPECT_FALSE(test.loop.is_running());
  EXPECT_EQ(test.selector.timeouts.size(), 10);
  EXPECT_EQ(count, 1);
}

TEST(RunningLoopTests, test_running_loop_within_a_loop) {
  VirtualLoop world;
  VirtualLoop outer;
  const auto runner = [&]() -> Coro<> {
    world.loop().RunForever();
    co_return;
  };
  EXPECT_THAT([&] { outer.Run(runner); },
              ThrowsMessage<RuntimeError>("Cannot run the event loop while "
                                          "another loop is running"));
}

}  // namespace
}  // namespace rondo::conformance
