// CPython's tests of executors and of call_soon_threadsafe
// (test_base_events.py, test_events.py, test_futures.py), by their names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/submit.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/runtime/thread_pool_executor.h"
#include "rondo/tests/runtime/virtual_loop.h"
#include "rondo/tests/support/manual_executor.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

// ---- test_base_events.py

TEST(BaseEventLoopTests, test_set_default_executor) {
  class DummyExecutor final : public Executor {
   public:
    void Submit(std::shared_ptr<Job>) override {
      throw RuntimeError("cannot submit into a dummy executor");
    }
    void Shutdown(absl::AnyInvocable<void()>) override {}
  };
  VirtualLoop world;
  const auto executor = std::make_shared<DummyExecutor>();
  SetDefaultExecutor(world.loop(), executor);
  EXPECT_EQ(world.loop().core()->DefaultExecutor(), executor.get());
}

// Python takes ThreadPoolExecutors only; here the type is checked by the
// compiler, so what is left is none at all.
TEST(BaseEventLoopTests, test_set_default_executor_error) {
  VirtualLoop world;
  EXPECT_THROW(SetDefaultExecutor(world.loop(), nullptr), ValueError);
  EXPECT_EQ(world.loop().core()->DefaultExecutor(), nullptr);
}

TEST(BaseEventLoopTests, test_shutdown_default_executor_timeout) {
  VirtualLoop world;
  SetDefaultExecutor(world.loop(), std::make_shared<ManualExecutor>());
  world.Run([]() -> Coro<> { co_await ShutdownDefaultExecutor(10ms); });
  EXPECT_THAT(world.reports,
              ElementsAre("The executor did not finish joining its threads "
                          "within 0.010 seconds."));
}

// ---- test_events.py

// Python keeps the order of the two calls. Here the loop sees other threads'
// when it next looks, behind its own.
TEST(EventLoopTestsMixin, test_call_soon_threadsafe) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  std::vector<std::string> results;
  const auto callback = [&](std::string arg) {
    return [&, arg] {
      results.push_back(arg);
      if (results.size() >= 2) loop->Stop();
    };
  };
  std::latch called(1);
  std::thread thread([&] {
    loop->CallSoonThreadsafe(callback("hello"));
    called.count_down();
  });
  called.wait();
  loop->CallSoon(callback("world"));
  loop->RunForever();
  thread.join();
  EXPECT_THAT(results, UnorderedElementsAre("hello", "world"));
}

TEST(EventLoopTestsMixin, test_call_soon_threadsafe_same_thread) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  std::vector<std::string> results;
  const auto callback = [&](std::string arg) {
    return [&, arg] {
      results.push_back(arg);
      if (results.size() >= 2) loop->Stop();
    };
  };
  // While the loop runs: before, nobody knows whose thread this is.
  loop->CallSoon([&] {
    loop->CallSoonThreadsafe(callback("hello"));
    loop->CallSoon(callback("world"));
  });
  loop->RunForever();
  EXPECT_THAT(results, ElementsAre("hello", "world"));
}

using Answer = std::pair<std::string, std::thread::id>;

Answer RunHere(const std::string& arg) {
  return {arg, std::this_thread::get_id()};
}

TEST(EventLoopTestsMixin, test_run_in_executor) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  const Future<Answer> f2 = RunInExecutor(*loop, RunHere, "yo");
  const Answer answer = loop->RunUntilComplete(f2);
  EXPECT_EQ(answer.first, "yo");
  EXPECT_NE(answer.second, std::this_thread::get_id());
}

// Nothing comes back to the loop of a job whose future was cancelled.
TEST(EventLoopTestsMixin, test_run_in_executor_cancel) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  std::latch cancelled(1);
  Future<> f2 = RunInExecutor(*loop, [&cancelled] { cancelled.wait(); });
  EXPECT_TRUE(f2.Cancel());
  cancelled.count_down();
  loop->RunUntilComplete(ShutdownDefaultExecutor());
  EXPECT_TRUE(f2.cancelled());
  loop->Close();
  EXPECT_EQ(loop->ready_count(), 0u);
}

// ---- test_futures.py

class BaseFutureTests : public testing::Test {
 protected:
  const std::unique_ptr<EventLoop> loop_ = MakeSystemLoop();
};

TEST_F(BaseFutureTests, test_wrap_future) {
  ThreadPoolExecutor ex({.max_workers = 1});
  const ConcurrentFuture<Answer> f1 = Submit(ex, RunHere, "oi");
  const Future<Answer> f2 = WrapFuture(*loop_, f1);
  const Answer answer = loop_->RunUntilComplete(f2);
  EXPECT_EQ(answer.first, "oi");
  EXPECT_NE(answer.second, std::this_thread::get_id());
}

TEST_F(BaseFutureTests, test_wrap_future_future) {
  const Future<int> f1 = loop_->CreateFuture<int>();
  const Future<int> f2 = WrapFuture(f1);
  EXPECT_EQ(f1, f2);
}

TEST_F(BaseFutureTests, test_wrap_future_without_loop) {
  ThreadPoolExecutor ex({.max_workers = 1});
  const ConcurrentFuture<Answer> f1 = Submit(ex, RunHere, "oi");
  EXPECT_THROW(WrapFuture(f1), RuntimeError);
}

TEST_F(BaseFutureTests, test_wrap_future_use_running_loop) {
  ThreadPoolExecutor ex({.max_workers = 1});
  const ConcurrentFuture<Answer> f1 = Submit(ex, RunHere, "oi");
  const auto test = [&f1]() -> Coro<Future<Answer>> {
    co_return WrapFuture(f1);
  };
  const Future<Answer> f2 = loop_->RunUntilComplete(test());
  EXPECT_EQ(f2.core()->core(), loop_->core());
}

TEST_F(BaseFutureTests, test_wrap_future_cancel) {
  const auto f1 = ConcurrentFuture<>::Pending();
  Future<> f2 = WrapFuture(*loop_, f1);
  f2.Cancel();
  loop_->RunOnce();
  EXPECT_TRUE(f1.cancelled());
  EXPECT_TRUE(f2.cancelled());
}

TEST_F(BaseFutureTests, test_wrap_future_cancel2) {
  auto f1 = ConcurrentFuture<int>::Pending();
  Future<int> f2 = WrapFuture(*loop_, f1);
  f1.SetResult(42);
  f2.Cancel();
  loop_->RunOnce();
  EXPECT_FALSE(f1.cancelled());
  EXPECT_EQ(f1.result(), 42);
  EXPECT_TRUE(f2.cancelled());
}

}  // namespace
}  // namespace rondo
