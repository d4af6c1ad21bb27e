// CPython's tests of debug mode and of what is reported (test_base_events.py,
// test_tasks.py, test_futures.py), by their names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <latch>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "rondo/runtime/debug_mode.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/source_place.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

// What Python refuses when it is called, C++ refuses to compile.
template <class F>
constexpr bool kCallable = requires(EventLoop& loop, F f) { loop.CallSoon(f); };
template <class F>
constexpr bool kCallableLater = requires(EventLoop& loop, F f) {
  loop.CallLater(1s, f);
  loop.CallAt(1s, f);
};
template <class F>
constexpr bool kCallableThreadsafe =
    requires(EventLoop& loop, F f) { loop.CallSoonThreadsafe(f); };
template <class F>
constexpr bool kCallableInExecutor =
    requires(EventLoop& loop, F f) { RunInExecutor(loop, f); };

TEST(BaseEventLoopTests, test_call_soon_non_callable) {
  static_assert(kCallable<void (*)()>);
  static_assert(!kCallable<int>);
}

TEST(BaseEventLoopWithSelectorTests, test_call_coroutine) {
  using Function = Coro<> (*)();
  static_assert(!kCallable<Function> && !kCallable<Coro<>>);
  static_assert(!kCallableLater<Function> && !kCallableLater<Coro<>>);
  static_assert(!kCallableThreadsafe<Function> && !kCallableThreadsafe<Coro<>>);
  static_assert(!kCallableInExecutor<Function> && !kCallableInExecutor<Coro<>>);
}

// What three calls on another thread throw: "" if nothing.
std::string CallsOnAnotherThread(bool debug, bool with_a_loop) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  loop->set_debug(debug);
  std::string thrown;
  std::thread thread;
  std::latch running(1);
  std::latch called(1);
  loop->CallSoon([&] {
    running.count_down();
    called.wait();  // So that two threads do not write at once.
  });
  thread = std::thread([&] {
    running.wait();
    const std::unique_ptr<EventLoop> own =
        with_a_loop ? MakeSystemLoop() : nullptr;
    const auto check = [&](const auto& call) {
      try {
        call();
        if (debug) thrown = "one call was not refused";
      } catch (const RuntimeError& error) {
        thrown = error.what();
      }
    };
    check([&] { loop->CallSoon([] {}); });
    check([&] { loop->CallLater(60s, [] {}); });
    check([&] { loop->CallAt(loop->time() + 60s, [] {}); });
    called.count_down();
    loop->CallSoonThreadsafe([&loop] { loop->Stop(); });
  });
  loop->RunForever();
  thread.join();
  return thrown;
}

TEST(BaseEventLoopTests, test_check_thread) {
  constexpr std::string_view kMessage =
      "Non-thread-safe operation invoked on an event loop other than the "
      "current one";
  EXPECT_EQ(CallsOnAnotherThread(true, false), kMessage);
  EXPECT_EQ(CallsOnAnotherThread(false, false), "");
  EXPECT_EQ(CallsOnAnotherThread(true, true), kMessage);
  EXPECT_EQ(CallsOnAnotherThread(false, true), "");
}

TEST(BaseEventLoopTests, test_set_debug) {
  VirtualLoop world;
  world.loop().set_debug(true);
  EXPECT_TRUE(world.loop().debug());
  world.loop().set_debug(false);
  EXPECT_FALSE(world.loop().debug());
}

// RONDO_DEBUG set to `value`, or not at all.
class Environment {
 public:
  explicit Environment(const char* value) {
    if (value == nullptr) {
      unsetenv("RONDO_DEBUG");
    } else {
      setenv("RONDO_DEBUG", value, 1);
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { unsetenv("RONDO_DEBUG"); }
};

bool NewLoopsDebug(const char* value) {
  const Environment environment(value);
  return MakeSystemLoop()->debug();
}

TEST(BaseEventLoopTests, test_env_var_debug) {
  EXPECT_FALSE(NewLoopsDebug(nullptr));
  EXPECT_FALSE(NewLoopsDebug(""));
  EXPECT_TRUE(NewLoopsDebug("1"));
}

bool IsDebugMode(const char* value) {
  const Environment environment(value);
  return DebugRequested();
}

TEST(GatherTestsBase, test_env_var_debug) {
  EXPECT_FALSE(IsDebugMode(nullptr));
  EXPECT_FALSE(IsDebugMode(""));
  EXPECT_TRUE(IsDebugMode("1"));
}

TEST(BaseEventLoopTests, test_create_task_error_closes_coro) {
  const Environment environment("1");
  VirtualLoop world;
  world.loop().Close();
  const auto test = []() -> Coro<> { co_return; };
  testing::internal::CaptureStderr();
  EXPECT_THROW(world.loop().CreateTask(test()), RuntimeError);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(BaseEventLoopWithSelectorTests, test_log_slow_callbacks) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  loop.set_debug(true);
  loop.set_slow_callback_duration(0s);
  loop.CallSoon([&loop] { loop.Stop(); }, "stop_loop_cb");
  loop.RunForever();
  ASSERT_FALSE(world.reports.empty());
  EXPECT_THAT(world.reports.back(),
              MatchesRegex("Executing .*stop_loop_cb took .* seconds"));
  const auto stop = [&loop]() -> Coro<> {
    loop.Stop();
    co_return;
  };
  const Task<> task = loop.CreateTask(stop(), "stop_loop_coro");
  loop.RunForever();
  EXPECT_THAT(world.reports.back(),
              MatchesRegex("Executing .*stop_loop_coro took .* seconds"));
}

// Here the loop keeps unfinished tasks, so its end is what destroys them.
TEST(BaseTaskTests, test_log_destroyed_pending_task) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  loop.set_debug(true);
  std::vector<std::string> told;
  loop.SetExceptionHandler([&](EventLoop&, const ExceptionReport& report) {
    told.push_back(std::string(report.message) + " " +
                   PlaceText(report.created));
  });
  const auto kill_me = [&loop]() -> Coro<> {
    co_await loop.CreateFuture();
    throw RuntimeError("code never reached");
  };
  const int line = __LINE__ + 1;
  loop.CreateTask(kill_me());
  loop.RunOnce();
  EXPECT_EQ(loop.ready_count(), 0u);
  loop.Close();
  EXPECT_THAT(told,
              ElementsAre(HasSubstr("debug_test.cc:" + std::to_string(line))));
  EXPECT_THAT(told[0], HasSubstr("Task was destroyed but it is pending!"));
}

TEST(BaseTaskTests, test_tb_logger_not_called_after_cancel) {
  VirtualLoop world;
  const auto runner = []() -> Coro<> {
    const auto coro = []() -> Coro<> {
      throw ValueError("TypeError");
      co_return;
    };
    Task<> task = CreateTask(coro());
    co_await Sleep(50ms);
    task.Cancel();
    task = Task<>();
  };
  world.Run(runner);
  EXPECT_THAT(world.reports, IsEmpty());
}

std::vector<std::string> ReportsOfAnExceptionNeverRetrieved(bool debug) {
  VirtualLoop world;
  world.loop().set_debug(debug);
  Future<> future = world.loop().CreateFuture();
  future.SetException(std::bad_alloc());
  future = Future<>();
  return world.reports;
}

TEST(BaseFutureTests, test_future_exception_never_retrieved) {
  EXPECT_THAT(ReportsOfAnExceptionNeverRetrieved(false),
              ElementsAre("Future exception was never retrieved: "
                          "std::bad_alloc: std::bad_alloc"));
}

TEST(BaseFutureTests, test_future_exception_never_retrieved_debug) {
  EXPECT_THAT(ReportsOfAnExceptionNeverRetrieved(true),
              ElementsAre("Future exception was never retrieved: "
                          "std::bad_alloc: std::bad_alloc"));
}

}  // namespace
}  // namespace rondo
