// Ports of CPython's test_runners.py.
//
// The originals run on a mocked loop; these run on real ones, and where time
// passes on one in virtual time.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/async_generator.h"
#include "rondo/runtime/context.h"
#include "rondo/runtime/epoll_selector.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/runtime/sigint.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

// What `function` throws: its text.
template <class E, class F>
std::string TextOf(F function) {
  try {
    function();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

// What the originals refuse when they run is refused by the compiler.
template <class A>
concept CanRun = requires(A a) { rondo::Run(std::move(a)); };
template <class A>
concept RunnerCanRun =
    requires(Runner& runner, A a) { runner.Run(std::move(a)); };

TEST(RunTests, test_asyncio_run_return) {
  const auto main = []() -> Coro<int> {
    co_await Yield();
    co_return 42;
  };
  EXPECT_EQ(rondo::Run(main()), 42);
}

TEST(RunTests, test_asyncio_run_raises) {
  const auto main = []() -> Coro<> {
    co_await Yield();
    throw ValueError("spam");
  };
  EXPECT_EQ(TextOf<ValueError>([&] { rondo::Run(main()); }), "spam");
}

TEST(RunTests, test_asyncio_run_only_coro) {
  static_assert(CanRun<Coro<>>);
  static_assert(!CanRun<int>);
  static_assert(!CanRun<void (*)()>);
}

TEST(RunTests, test_asyncio_run_debug) {
  const auto main = [](bool expected) -> Coro<> {
    EXPECT_EQ(RunningLoop().debug(), expected);
    co_return;
  };
  rondo::Run(main(false), {.debug = false});
  rondo::Run(main(true), {.debug = true});
  const auto in_debug_mode = [] {
    std::unique_ptr<EventLoop> loop = MakeSystemLoop();
    loop->set_debug(true);
    return loop;
  };
  rondo::Run(main(true), in_debug_mode);
  rondo::Run(main(false), in_debug_mode, {.debug = false});
  rondo::Run(main(false));
}

TEST(RunTests, test_asyncio_run_from_running_loop) {
  const auto inner = []() -> Coro<> { co_return; };
  const auto main = [&]() -> Coro<> {
    rondo::Run(inner());
    co_return;
  };
  EXPECT_THAT(TextOf<RuntimeError>([&] { rondo::Run(main()); }),
              HasSubstr("cannot be called from a running"));
}

TEST(RunTests, test_asyncio_run_cancels_hanging_tasks) {
  VirtualLoop world;
  Task<> left_over;
  const auto main = [&]() -> Coro<int> {
    left_over = CreateTask(Pause(100ms));
    co_return 123;
  };
  {
    Runner runner(world.loop());
    EXPECT_EQ(runner.Run(main()), 123);
    EXPECT_FALSE(left_over.done());
  }
  EXPECT_TRUE(left_over.done());
  EXPECT_EQ(world.now(), 0s);
}

TEST(RunTests, test_asyncio_run_reports_hanging_tasks_errors) {
  VirtualLoop world;
  Task<> left_over;
  const auto main = [&]() -> Coro<int> {
    left_over =
        CreateTask(SleepFinallyRaise<ZeroDivisionError>(100ms), "left over");
    co_await Yield();
    co_return 123;
  };
  {
    Runner runner(world.loop());
    EXPECT_EQ(runner.Run(main()), 123);
  }
  EXPECT_TRUE(left_over.done());
  EXPECT_THAT(world.reports,
              ElementsAre(testing::AllOf(HasSubstr("shutdown"),
                                         HasSubstr("ZeroDivisionError"))));
}

AsyncGenerator<int> Fidget() {
  for (;;) {
    co_yield 1;
    co_await Sleep(1s);
  }
}

TEST(RunTests, test_asyncio_run_closes_gens_after_hanging_tasks_errors) {
  class FancyExit : public std::exception {};
  VirtualLoop world;
  AsyncGenerator<int> spinner;
  Task<> lazyboy;
  const auto spin = [&]() -> Coro<> {
    spinner = Fidget();
    const auto forever = [](AsyncGenerator<int> generator) -> Coro<> {
      while (co_await generator.Next()) {
      }
    };
    const auto error = co_await Raised<CancelledError>(forever(spinner));
    if (error.has_value()) throw ZeroDivisionError();
  };
  const auto main = [&]() -> Coro<> {
    lazyboy = CreateTask(spin());
    throw FancyExit();
    co_return;
  };
  {
    Runner runner(world.loop());
    EXPECT_THROW(runner.Run(main()), FancyExit);
  }
  EXPECT_TRUE(lazyboy.done());
  EXPECT_TRUE(spinner.finished());
  EXPECT_FALSE(spinner.running());
}

TEST(RunTests, test_asyncio_run_loop_factory) {
  EventLoop* made = nullptr;
  int calls = 0;
  const auto factory = [&] {
    ++calls;
    std::unique_ptr<EventLoop> loop = MakeSystemLoop();
    made = loop.get();
    return loop;
  };
  const auto main = [&]() -> Coro<> {
    EXPECT_EQ(&RunningLoop(), made);
    co_return;
  };
  rondo::Run(main(), factory);
  EXPECT_EQ(calls, 1);
}

TEST(RunTests, test_loop_factory_default_event_loop) {
  const auto main = []() -> Coro<> {
    EXPECT_NE(dynamic_cast<EpollSelector*>(RunningLoop().seams().selector),
              nullptr);
    co_return;
  };
  rondo::Run(main(), MakeSystemLoop);
}

TEST(RunnerTests, test_non_debug) {
  Runner runner({.debug = false});
  EXPECT_FALSE(runner.GetLoop().debug());
}

TEST(RunnerTests, test_debug) {
  Runner runner({.debug = true});
  EXPECT_TRUE(runner.GetLoop().debug());
}

TEST(RunnerTests, test_custom_factory) {
  std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  EventLoop* const made = loop.get();
  Runner runner([&] { return std::move(loop); });
  EXPECT_EQ(&runner.GetLoop(), made);
  EXPECT_EQ(&runner.GetLoop(), made);
}

// What a closed runner says.
void ExpectClosed(Runner& runner) {
  EXPECT_EQ(TextOf<RuntimeError>([&] { runner.GetLoop(); }),
            "Runner is closed");
}

TEST(RunnerTests, test_run) {
  VirtualLoop world;
  const auto f = []() -> Coro<std::string> {
    co_await Yield();
    co_return "done";
  };
  Runner runner(world.loop());
  EXPECT_EQ(runner.Run(f()), "done");
  runner.Close();
  ExpectClosed(runner);
  EXPECT_TRUE(world.loop().is_closed());
}

TEST(RunnerTests, test_run_non_coro) {
  static_assert(RunnerCanRun<Coro<>>);
  static_assert(!RunnerCanRun<int>);
}

TEST(RunnerTests, test_run_future) {
  static_assert(!RunnerCanRun<Future<>>);
  static_assert(!RunnerCanRun<Task<>>);
}

TEST(RunnerTests, test_explicit_close) {
  VirtualLoop world;
  Runner runner(world.loop());
  EXPECT_EQ(&runner.GetLoop(), &world.loop());
  runner.Close();
  ExpectClosed(runner);
  EXPECT_TRUE(world.loop().is_closed());
}

TEST(RunnerTests, test_double_close) {
  VirtualLoop world;
  Runner runner(world.loop());
  runner.GetLoop();
  runner.Close();
  EXPECT_TRUE(world.loop().is_closed());
  runner.Close();
  EXPECT_TRUE(world.loop().is_closed());
}

TEST(RunnerTests, test_second_with_block_raises) {
  std::vector<int> ran;
  const auto f = [&ran](int argument) -> Coro<> {
    ran.push_back(argument);
    co_return;
  };
  Runner runner;
  runner.Run(f(1));
  runner.Close();
  EXPECT_EQ(TextOf<RuntimeError>([&] { runner.Run(f(2)); }),
            "Runner is closed");
  EXPECT_THAT(ran, ElementsAre(1));
}

TEST(RunnerTests, test_run_keeps_context) {
  ContextVar<int> cvar("cvar", -1);
  const auto f = [&cvar](int value) -> Coro<int> {
    const int old = cvar.Get();
    co_await Yield();
    cvar.Set(value);
    co_return old;
  };
  const auto get_context = []() -> Coro<Context> { co_return Context::Copy(); };
  Runner runner;
  EXPECT_EQ(runner.Run(f(1)), -1);
  EXPECT_EQ(runner.Run(f(2)), 1);
  EXPECT_EQ(cvar.Get(runner.Run(get_context())), 2);
  const Context own = Context::Copy();
  EXPECT_EQ(runner.Run(f(3), own), -1);
  EXPECT_EQ(cvar.Get(own), 3);
}

TEST(RunnerTests, test_recursive_run) {
  Runner runner;
  const auto g = []() -> Coro<> { co_return; };
  const auto f = [&]() -> Coro<> {
    runner.Run(g());
    co_return;
  };
  EXPECT_EQ(TextOf<RuntimeError>([&] { runner.Run(f()); }),
            "Runner.Run cannot be called from a running event loop");
}

TEST(RunnerTests, test_interrupt_call_soon) {
  const SigintAs sigint;
  const auto coro = []() -> Coro<> {
    const auto forever = []() -> Coro<> {
      for (;;) co_await Yield();
    };
    const auto error = co_await Raised<CancelledError>(forever());
    EXPECT_TRUE(error.has_value());
    throw CancelledError();
  };
  Runner runner;
  runner.GetLoop().CallLater(1ms, InterruptSelf);
  EXPECT_THROW(runner.Run(coro()), KeyboardInterrupt);
}

TEST(RunnerTests, test_interrupt_wait) {
  const SigintAs sigint;
  const auto coro = [](Future<> future) -> Coro<> {
    const auto error = co_await Raised<CancelledError>(AsCoro(future));
    EXPECT_TRUE(error.has_value());
    throw CancelledError();
  };
  Runner runner;
  const Future<> future = runner.GetLoop().CreateFuture();
  runner.GetLoop().CallLater(1ms, InterruptSelf);
  EXPECT_THROW(runner.Run(coro(future)), KeyboardInterrupt);
  EXPECT_TRUE(future.cancelled());
}

TEST(RunnerTests, test_interrupt_cancelled_task) {
  const SigintAs sigint;
  const auto subtask = [](AnyTask task) -> Coro<> {
    co_await Yield();
    task.Cancel();
    InterruptSelf();
  };
  const auto coro = [&]() -> Coro<> {
    CreateTask(subtask(CurrentTask()));
    co_await Sleep(10s);
  };
  Runner runner;
  EXPECT_THROW(runner.Run(coro()), CancelledError);
}

}  // namespace
}  // namespace rondo::conformance
