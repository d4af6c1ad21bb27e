#include "rondo/runtime/run_coroutine_threadsafe.h"

#include <chrono>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

// Runs a loop in this thread while `body` runs in another one.
void WhileALoopRuns(const std::function<void(RemoteLoop)>& body) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  std::thread thread([&, remote = loop->remote()] {
    body(remote);
    remote.CallSoonThreadsafe([&] { loop->Stop(); });
  });
  loop->RunForever();
  thread.join();
}

TEST(RunCoroutineThreadsafeTest, TheCoroutineRunsOnTheLoopsThread) {
  const std::thread::id here = std::this_thread::get_id();
  WhileALoopRuns([here](const RemoteLoop& remote) {
    const auto future = RunCoroutineThreadsafe(
        remote, [name = std::string("kept")]() -> Coro<std::string> {
          co_await Sleep(1ms);
          co_return name;
        });
    EXPECT_EQ(future.result(), "kept");
    const auto id =
        RunCoroutineThreadsafe(remote, []() -> Coro<std::thread::id> {
          co_return std::this_thread::get_id();
        });
    EXPECT_EQ(id.result(), here);
  });
}

TEST(RunCoroutineThreadsafeTest, ItsExceptionTravels) {
  WhileALoopRuns([](const RemoteLoop& remote) {
    const auto future = RunCoroutineThreadsafe(remote, []() -> Coro<> {
      throw std::logic_error("as it is");
      co_return;
    });
    EXPECT_THROW(future.result(), std::logic_error);
  });
}

TEST(RunCoroutineThreadsafeTest, ResultsMayBeMoveOnly) {
  WhileALoopRuns([](const RemoteLoop& remote) {
    const auto future =
        RunCoroutineThreadsafe(remote, []() -> Coro<std::unique_ptr<int>> {
          co_return std::make_unique<int>(9);
        });
    EXPECT_EQ(*future.result(), 9);
  });
}

TEST(RunCoroutineThreadsafeTest, CancellingTheFutureCancelsTheTask) {
  WhileALoopRuns([](const RemoteLoop& remote) {
    std::latch waits(1);
    std::latch cancelled(1);
    auto future =
        RunCoroutineThreadsafe(remote, [&waits, &cancelled]() -> Coro<> {
          waits.count_down();
          try {
            co_await Sleep(24h);
          } catch (const CancelledError&) {
            cancelled.count_down();
            throw;
          }
        });
    waits.wait();
    EXPECT_THROW(future.result(1ms), TimeoutError);
    EXPECT_TRUE(future.Cancel());
    cancelled.wait();
    EXPECT_THROW(future.result(), CancelledError);
  });
}

TEST(RunCoroutineThreadsafeTest, ATaskThatIsCancelledCancelsTheFuture) {
  WhileALoopRuns([](const RemoteLoop& remote) {
    const auto future = RunCoroutineThreadsafe(remote, []() -> Coro<> {
      CurrentTask().Cancel();
      co_await Sleep(0s);
    });
    EXPECT_THROW(future.result(), CancelledError);
    EXPECT_TRUE(future.cancelled());
  });
}

// No coroutine was made, so the callback itself has failed.
TEST(RunCoroutineThreadsafeTest, AFunctionThatThrowsIsReportedAsWell) {
  VirtualLoop world;
  const auto future = RunCoroutineThreadsafe(
      world.loop(), []() -> Coro<> { throw std::logic_error("at once"); });
  world.loop().RunOnce();
  EXPECT_THROW(future.result(), std::logic_error);
  EXPECT_THAT(world.reports,
              ElementsAre("Exception in callback: std::logic_error: at once"));
}

TEST(RunCoroutineThreadsafeTest, ALoopThatEndsFirstCancelsTheFuture) {
  auto loop = std::make_unique<VirtualLoop>();
  const auto nothing = []() -> Coro<> { co_return; };
  const auto never = []() -> Coro<> { co_await Sleep(24h); };
  const auto suspended = RunCoroutineThreadsafe(loop->loop(), never);
  loop->loop().RunOnce();
  loop->loop().RunOnce();
  const auto queued = RunCoroutineThreadsafe(loop->loop(), nothing);
  const RemoteLoop remote = loop->loop().remote();
  std::thread waiter([&] {
    EXPECT_THROW(suspended.result(), CancelledError);
    EXPECT_THROW(queued.result(), CancelledError);
  });
  loop.reset();
  waiter.join();
  EXPECT_THROW(RunCoroutineThreadsafe(remote, nothing), RuntimeError);
}

TEST(RunCoroutineThreadsafeTest, ManyThreadsAskAndCancelAtWill) {
  WhileALoopRuns([](const RemoteLoop& remote) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([remote, t] {
        for (int i = 0; i < 200; ++i) {
          auto future = RunCoroutineThreadsafe(remote, [i]() -> Coro<int> {
            for (int k = 0; k < i % 4; ++k) co_await Yield();
            co_return i;
          });
          if ((i + t) % 3 == 0) future.Cancel();
          try {
            EXPECT_EQ(future.result(), i);
          } catch (const CancelledError&) {
            EXPECT_EQ((i + t) % 3, 0);
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
}

// A job and the loop it works for, each asking the other.
TEST(RunCoroutineThreadsafeTest, AJobMayAskItsLoop) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  const int result = loop->RunUntilComplete([]() -> Coro<int> {
    const auto ask = [](const RemoteLoop& remote) {
      return RunCoroutineThreadsafe(remote,
                                    []() -> Coro<int> {
                                      co_await Sleep(1ms);
                                      co_return 4;
                                    })
          .result();
    };
    Future<int> job = RunInExecutor(ask, RunningLoop().remote());
    co_return co_await job;
  }());
  EXPECT_EQ(result, 4);
}

}  // namespace
}  // namespace rondo
