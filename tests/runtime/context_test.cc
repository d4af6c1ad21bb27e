#include "rondo/runtime/context.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

TEST(ContextTest, ATaskSeesItsCreatorsValuesAndKeepsItsOwn) {
  VirtualLoop world;
  ContextVar<std::string> var("var", "none");
  world.Run([&]() -> Coro<> {
    var.Set("outer");
    const Task<> task = CreateTask([&]() -> Coro<> {
      EXPECT_EQ(var.Get(), "outer");
      var.Set("inner");
      co_await Sleep(2s);
      EXPECT_EQ(var.Get(), "inner");
    });
    var.Set("later");
    co_await Sleep(1s);
    EXPECT_EQ(var.Get(), "later");
    co_await task;
    EXPECT_EQ(var.Get(), "later");
  });
  EXPECT_EQ(var.Get(), "none");
}

TEST(ContextTest, CallbacksSeeTheValuesOfWhereTheyWereScheduled) {
  VirtualLoop world;
  ContextVar<int> var("var", 0);
  int soon = -1, timer = -1, done = -1;
  world.Run([&]() -> Coro<> {
    Future<> future = CreateFuture();
    var.Set(1);
    RunningLoop().CallSoon([&] { soon = var.Get(); });
    var.Set(2);
    RunningLoop().CallLater(1s, [&] { timer = var.Get(); });
    var.Set(3);
    future.AddDoneCallback([&] { done = var.Get(); });
    var.Set(4);
    future.SetResult();
    co_await Sleep(2s);
  });
  EXPECT_EQ(soon, 1);
  EXPECT_EQ(timer, 2);
  EXPECT_EQ(done, 3);
}

TEST(ContextTest, ResetPutsBackWhatWasThereAndWorksOnce) {
  ContextVar<int> var("var");
  ContextVar<int> other("other", 7);
  EXPECT_THROW(var.Get(), RuntimeError);
  auto first = var.Set(1);
  auto second = var.Set(2);
  EXPECT_THROW(other.Reset(second), ValueError);
  var.Reset(second);
  EXPECT_EQ(var.Get(), 1);
  EXPECT_THROW(var.Reset(second), RuntimeError);
  var.Reset(first);
  EXPECT_THROW(var.Get(), RuntimeError);
}

TEST(ContextTest, AContextKeepsWhatIsSetInIt) {
  ContextVar<int> var("var", 0);
  Context context = Context::Copy();
  context.Run([&] {
    var.Set(5);
    EXPECT_THROW(context.Run([] {}), RuntimeError) << "it runs already";
  });
  EXPECT_EQ(var.Get(), 0);
  EXPECT_EQ(var.Get(context), 5);
  EXPECT_EQ(context.Run([&] { return var.Get(); }), 5);
  // Left by an exception, too, it can be entered again.
  EXPECT_THROW(context.Run([]() -> int { throw ValueError("x"); }), ValueError);
  EXPECT_EQ(context.Run([&] { return var.Get(); }), 5);
}

TEST(ContextTest, TasksMayShareAContext) {
  VirtualLoop world;
  ContextVar<int> var("var", 0);
  const Context context = Context::Copy();
  world.Run([&]() -> Coro<> {
    const auto add = [&]() -> Coro<> {
      var.Set(var.Get() + 1);
      co_await Yield();
      var.Set(var.Get() + 1);
    };
    const Task<> a = CreateTask(add(), "a", context);
    const Task<> b = CreateTask(add(), "b", context);
    co_await a;
    co_await b;
  });
  EXPECT_EQ(var.Get(context), 4);
}

// An error that nobody has asked for is told in the context of its task,
// wherever the task dies; that of a callback in the callback's.
TEST(ContextTest, ExceptionHandlersSeeTheValuesOfWhatHasFailed) {
  VirtualLoop world;
  ContextVar<std::string> var("var", "none");
  std::vector<std::string> seen;
  world.loop().SetExceptionHandler(
      [&](EventLoop& loop, const ExceptionReport&) {
        seen.push_back(var.Get());
        loop.CallSoon([&] { seen.push_back("later " + var.Get()); });
      });
  world.Run([&]() -> Coro<> {
    var.Set("main");
    Task<> task = CreateTask([&]() -> Coro<> {
      var.Set("task");
      throw ValueError("nobody asks");
      co_return;
    });
    RunningLoop().CallSoon([&] {
      var.Set("callback");
      throw ValueError("in a callback");
    });
    co_await Yield();
    task = Task<>();
    EXPECT_EQ(var.Get(), "main");
    co_await Yield();
    co_await Yield();
  });
  EXPECT_THAT(seen, testing::ElementsAre("callback", "task", "later callback",
                                         "later task"));
}

TEST(ContextTest, ATaskGivesItsContextAway) {
  VirtualLoop world;
  ContextVar<int> var("var", 0);
  world.Run([&]() -> Coro<> {
    const Task<> task = CreateTask([&]() -> Coro<> {
      var.Set(1);
      co_await Yield();
      EXPECT_EQ(var.Get(), 3);
      var.Set(4);
    });
    co_await Yield();
    Context context = task.context();
    EXPECT_EQ(var.Get(context), 1);
    context.Run([&] { var.Set(3); });
    co_await task;
    EXPECT_EQ(var.Get(context), 4);
    EXPECT_EQ(task.context(), context);
    EXPECT_EQ(var.Get(), 0);
  });
}

TEST(ContextTest, ValuesDieWithTheLastWhoSeesThem) {
  VirtualLoop world;
  ContextVar<std::shared_ptr<int>> var("var", nullptr);
  auto value = std::make_shared<int>(1);
  world.Run([&]() -> Coro<> {
    var.Set(value);
    const Task<> task = CreateTask([]() -> Coro<> { co_await Sleep(1s); });
    EXPECT_GT(value.use_count(), 1);
    co_await task;
  });
  EXPECT_EQ(value.use_count(), 1);
}

}  // namespace
}  // namespace rondo
