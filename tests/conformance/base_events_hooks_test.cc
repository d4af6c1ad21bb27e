// CPython's test_base_events.py: BaseEventLoopTests, exception handlers, task
// factories, names of tasks.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/loop_hooks.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

void ZeroError() { throw std::domain_error("zero"); }

// The handler that a loop has if none was set tells a list.
class Log {
 public:
  Log() {
    world_.loop().SetExceptionHandler(nullptr);
    world_.loop().SetDefaultExceptionHandler(Teller(&told));
  }
  ~Log() { world_.loop().SetDefaultExceptionHandler(nullptr); }

  EventLoop& loop() { return world_.loop(); }

  // A handler that adds to `list` what it is told.
  static ExceptionHandler Teller(std::vector<std::string>* list) {
    return [list](EventLoop&, const ExceptionReport& report) {
      list->push_back(std::string(report.message) + ": " +
                      DescribeException(report.exception));
    };
  }

  std::vector<std::string> told;

 private:
  VirtualLoop world_;
};

constexpr char kZero[] = "Exception in callback: std::domain_error: zero";

TEST(BaseEventLoopTests, test_default_exc_handler_callback) {
  Log log;
  EventLoop& loop = log.loop();
  for (const Nanoseconds delay : {0ms, 10ms}) {
    Future<bool> fut = loop.CreateFuture<bool>();
    const auto zero_error = [fut]() mutable {
      fut.SetResult(true);
      ZeroError();
    };
    if (delay == 0ms) {
      loop.CallSoon(zero_error);
    } else {
      loop.CallLater(delay, zero_error);
    }
    fut.AddDoneCallback([&] { loop.Stop(); });
    loop.RunForever();
    EXPECT_THAT(log.told, ElementsAre(kZero));
    log.told.clear();
  }
}

TEST(BaseEventLoopTests, test_default_exc_handler_coro) {
  Log log;
  EventLoop& loop = log.loop();
  Task<> fut = loop.CreateTask([]() -> Coro<> {
    co_await Sleep(10ms);
    ZeroError();
  });
  fut.AddDoneCallback([&] { loop.Stop(); });
  loop.RunForever();
  EXPECT_THAT(log.told, IsEmpty());
  fut = Task<>();
  EXPECT_THAT(log.told, ElementsAre("Task exception was never retrieved: "
                                    "std::domain_error: zero"));
}

TEST(BaseEventLoopTests, test_set_exc_handler_invalid) {
  static_assert(!std::is_convertible_v<const char*, ExceptionHandler>);
  static_assert(!std::is_convertible_v<void (*)(), ExceptionHandler>);
}

TEST(BaseEventLoopTests, test_set_exc_handler_custom) {
  Log log;
  EventLoop& loop = log.loop();
  loop.set_debug(true);
  std::vector<std::string> custom;
  loop.SetExceptionHandler(Log::Teller(&custom));
  loop.CallSoon(ZeroError);
  loop.RunOnce();
  EXPECT_THAT(custom, ElementsAre(kZero));
  EXPECT_THAT(log.told, IsEmpty());

  loop.SetExceptionHandler(nullptr);
  loop.CallSoon(ZeroError);
  loop.RunOnce();
  EXPECT_THAT(log.told, ElementsAre(kZero));
  EXPECT_EQ(custom.size(), 1);
}

TEST(BaseEventLoopTests, test_set_exc_handler_broken) {
  Log log;
  EventLoop& loop = log.loop();
  loop.SetExceptionHandler([](EventLoop&, const ExceptionReport&) {
    throw std::out_of_range("spam");
  });
  loop.CallSoon(ZeroError);
  loop.RunOnce();
  EXPECT_THAT(log.told, ElementsAre("Unhandled error in exception handler: "
                                    "std::out_of_range: spam"));
}

// What is written to standard error while `function` runs.
template <class F>
std::string Written(F function) {
  testing::internal::CaptureStderr();
  function();
  return testing::internal::GetCapturedStderr();
}

TEST(BaseEventLoopTests, test_default_exc_handler_broken) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  std::vector<std::string> messages;
  std::vector<std::string> originals;
  loop.SetDefaultExceptionHandler(
      [&](EventLoop&, const ExceptionReport& report) {
        messages.emplace_back(report.message);
        if (report.original != nullptr) {
          originals.push_back(DescribeException(report.original->exception));
        }
        throw ValueError("spam");
      });
  const auto run_loop = [&] {
    loop.CallSoon(ZeroError);
    loop.RunOnce();
  };
  loop.SetExceptionHandler(nullptr);
  EXPECT_THAT(Written(run_loop),
              HasSubstr("the default exception handler threw: "
                        "rondo::ValueError: spam"));
  // It is its own successor.
  EXPECT_THAT(messages, ElementsAre("Exception in callback",
                                    "Unhandled error in exception handler"));
  EXPECT_THAT(originals, ElementsAre("std::domain_error: zero"));

  messages.clear();
  loop.SetExceptionHandler(
      [](EventLoop&, const ExceptionReport&) { throw ValueError("ham"); });
  EXPECT_THAT(Written(run_loop),
              HasSubstr("the default exception handler threw: "
                        "rondo::ValueError: spam"));
  EXPECT_THAT(messages, ElementsAre("Unhandled error in exception handler"));
  EXPECT_THAT(originals, ElementsAre("std::domain_error: zero",
                                     "std::domain_error: zero"));

  // The handler of a loop that was given none writes both.
  loop.SetDefaultExceptionHandler(nullptr);
  EXPECT_EQ(
      Written(run_loop),
      "rondo: Unhandled error in exception handler: rondo::ValueError: "
      "ham (it was told: Exception in callback: std::domain_error: zero)\n");
}

Coro<> Nothing() { co_return; }

TEST(BaseEventLoopTests, test_set_task_factory_invalid) {
  static_assert(!std::is_convertible_v<int, TaskFactory>);
}

// Adapted: a factory does not make the task, but says how it is made.
TEST(BaseEventLoopTests, test_set_task_factory) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  EXPECT_FALSE(loop.GetTaskFactory());
  loop.SetTaskFactory([&](EventLoop& made_on, TaskSpec& spec) {
    EXPECT_EQ(&made_on, &loop);
    spec.name = "mine";
  });
  EXPECT_TRUE(loop.GetTaskFactory());
  const Task<> mine = loop.CreateTask(Nothing());
  EXPECT_EQ(mine.name(), "mine");
  loop.RunUntilComplete(mine);

  loop.SetTaskFactory(nullptr);
  EXPECT_FALSE(loop.GetTaskFactory());
  const Task<> task = loop.CreateTask(Nothing());
  EXPECT_EQ(task.name(), "Task-1");
  loop.RunUntilComplete(task);
}

TEST(BaseEventLoopTests, test_create_task_error_closes_coro) {
  VirtualLoop world;
  world.loop().Close();
  auto owned = std::make_shared<int>();
  const auto test = [](std::shared_ptr<int>) -> Coro<> { co_return; };
  EXPECT_THROW(world.loop().CreateTask(test(owned)), RuntimeError);
  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(BaseEventLoopTests, test_create_named_task_with_default_factory) {
  VirtualLoop world;
  const Task<> task = world.loop().CreateTask(Nothing(), "test_task");
  EXPECT_EQ(task.name(), "test_task");
  world.loop().RunUntilComplete(task);
}

TEST(BaseEventLoopTests, test_create_named_task_with_custom_factory) {
  VirtualLoop world;
  std::string asked;
  world.loop().SetTaskFactory(
      [&](EventLoop&, TaskSpec& spec) { asked = spec.name; });
  const Task<> task = world.loop().CreateTask(Nothing(), "test_task");
  EXPECT_EQ(task.name(), "test_task");
  EXPECT_EQ(asked, "test_task");
  world.loop().RunUntilComplete(task);
}

}  // namespace
}  // namespace rondo::conformance
