// CPython's tests of asyncio.to_thread and asyncio.run_coroutine_threadsafe
// (test_threads.py, test_tasks.py), by their names.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "rondo/runtime/context.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/run_coroutine_threadsafe.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/runtime/task.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

// ---- test_threads.py

TEST(ToThreadTests, test_to_thread) {
  rondo::Run([]() -> Coro<> {
    const auto sum = [](const std::vector<int>& numbers) {
      return std::accumulate(numbers.begin(), numbers.end(), 0);
    };
    const std::vector<int> numbers = {40, 2};
    EXPECT_EQ(co_await ToThread(sum, numbers), 42);
  });
}

TEST(ToThreadTests, test_to_thread_exception) {
  rondo::Run([]() -> Coro<> {
    std::string what;
    try {
      co_await ToThread([] { throw RuntimeError("test"); });
    } catch (const RuntimeError& error) {
      what = error.what();
    }
    EXPECT_EQ(what, "test");
  });
}

TEST(ToThreadTests, test_to_thread_once) {
  rondo::Run([]() -> Coro<> {
    int calls = 0;
    co_await ToThread([&calls] { ++calls; });
    EXPECT_EQ(calls, 1);
  });
}

TEST(ToThreadTests, test_to_thread_concurrent) {
  rondo::Run([]() -> Coro<> {
    std::atomic<int> calls = 0;
    std::vector<Coro<>> coros;
    for (int i = 0; i < 10; ++i) {
      coros.push_back(ToThread([&calls] { ++calls; }));
    }
    co_await Gather(std::move(coros));
    EXPECT_EQ(calls, 10);
  });
}

// C++ has no arguments by keyword: that all kinds are passed on is the point.
TEST(ToThreadTests, test_to_thread_args_kwargs) {
  rondo::Run([]() -> Coro<> {
    std::string called;
    const auto func = [&called](const std::string& test, bool something) {
      called = test + (something ? " True" : " False");
    };
    co_await ToThread(func, "test", true);
    EXPECT_EQ(called, "test True");
  });
}

TEST(ToThreadTests, test_to_thread_contextvars) {
  static ContextVar<std::string> test_ctx("test_ctx");
  rondo::Run([]() -> Coro<> {
    test_ctx.Set("parrot");
    const std::string result =
        co_await ToThread([]() -> std::string { return test_ctx.Get(); });
    EXPECT_EQ(result, "parrot");
  });
}

// ---- test_tasks.py

enum class Ending { kReturn, kFail, kCancel };

class RunCoroutineThreadsafeTests : public testing::Test {
 protected:
  static Coro<int> Add(int a, int b, Ending ending) {
    co_await Sleep(50ms);
    if (ending == Ending::kFail) throw RuntimeError("Fail!");
    if (ending == Ending::kCancel) {
      CurrentTask().Cancel();
      co_await Sleep(0s);
    }
    co_return a + b;
  }

  // Runs Add on the loop, from a thread of its executor.
  Future<int> Target(Ending ending = Ending::kReturn,
                     std::optional<Nanoseconds> timeout = std::nullopt) {
    return RunInExecutor(*loop_, [remote = loop_->remote(), ending, timeout] {
      auto future = RunCoroutineThreadsafe(
          remote, [ending] { return Add(1, 2, ending); });
      try {
        return timeout ? future.result(*timeout) : future.result();
      } catch (...) {
        future.Cancel();
        throw;
      }
    });
  }

  const std::unique_ptr<EventLoop> loop_ = MakeSystemLoop();
};

TEST_F(RunCoroutineThreadsafeTests, test_run_coroutine_threadsafe) {
  EXPECT_EQ(loop_->RunUntilComplete(Target()), 3);
}

TEST_F(RunCoroutineThreadsafeTests,
       test_run_coroutine_threadsafe_with_exception) {
  std::string what;
  try {
    loop_->RunUntilComplete(Target(Ending::kFail));
  } catch (const RuntimeError& error) {
    what = error.what();
  }
  EXPECT_EQ(what, "Fail!");
}

TEST_F(RunCoroutineThreadsafeTests,
       test_run_coroutine_threadsafe_with_timeout) {
  EXPECT_THROW(loop_->RunUntilComplete(Target(Ending::kReturn, 0s)),
               TimeoutError);
  // Nothing is pending any more: Add has been cancelled.
  loop_->RunUntilComplete([]() -> Coro<> {
    co_await Sleep(0s);
    EXPECT_EQ(AllTasks().size(), 1u) << "this one";
  }());
}

TEST_F(RunCoroutineThreadsafeTests,
       test_run_coroutine_threadsafe_task_cancelled) {
  EXPECT_THROW(loop_->RunUntilComplete(Target(Ending::kCancel)),
               CancelledError);
}

class NameError : public std::exception {};

TEST_F(RunCoroutineThreadsafeTests,
       test_run_coroutine_threadsafe_task_factory_exception) {
  std::vector<std::exception_ptr> reported;
  loop_->SetExceptionHandler(
      [&reported](EventLoop&, const ExceptionReport& report) {
        reported.push_back(report.exception);
      });
  const Future<int> run = Target();
  loop_->SetTaskFactory([](EventLoop&, TaskSpec&) { throw NameError(); });
  EXPECT_THROW(loop_->RunUntilComplete(run), NameError);
  ASSERT_EQ(reported.size(), 1u);
  EXPECT_THROW(std::rethrow_exception(reported[0]), NameError);
}

}  // namespace
}  // namespace rondo
