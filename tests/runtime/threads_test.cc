// What other threads may do with a loop, and what they may not.
#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "rondo/runtime/context.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/system_loop.h"

namespace rondo {
namespace {

TEST(ThreadsTest, CallbacksOfManyThreadsAllArriveEachThreadsInOrder) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2000;
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  std::vector<std::vector<int>> got(kThreads);
  int left = kThreads * kEach;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        loop->CallSoonThreadsafe([&, t, i] {
          got[static_cast<std::size_t>(t)].push_back(i);
          if (--left == 0) loop->Stop();
        });
      }
    });
  }
  loop->RunForever();
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<int>& one : got) {
    ASSERT_EQ(one.size(), static_cast<std::size_t>(kEach));
    EXPECT_TRUE(std::is_sorted(one.begin(), one.end()));
  }
}

// Without the wake-up this would never end: nothing else is there to wait for.
TEST(ThreadsTest, ASleepingLoopWakesUp) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  std::thread thread;
  for (int round = 0; round < 20; ++round) {
    loop->CallSoon([&] {
      thread = std::thread([remote = loop->remote(), &loop] {
        remote.CallSoonThreadsafe([&loop] { loop->Stop(); });
      });
    });
    loop->RunForever();
    thread.join();
  }
}

TEST(ThreadsTest, ARemoteCallSeesNoContextOfTheLoops) {
  static ContextVar<int> var("var", 0);
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  std::optional<int> seen;
  loop->CallSoon([&] {
    var.Set(5);
    loop->CallSoonThreadsafe([&] {
      seen = var.Get();
      loop->Stop();
    });
  });
  loop->RunForever();
  EXPECT_EQ(seen, 0);
}

TEST(ThreadsTest, ARemoteOfAClosedOrDeadLoopRefuses) {
  std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  const RemoteLoop remote = loop->remote();
  auto held = std::make_shared<int>(0);
  remote.CallSoonThreadsafe([held] { FAIL(); });
  loop->Close();
  EXPECT_EQ(held.use_count(), 1) << "what never ran was not dropped";
  EXPECT_THROW(remote.CallSoonThreadsafe([] {}), RuntimeError);
  loop.reset();
  std::thread([&] {
    EXPECT_THROW(remote.CallSoonThreadsafe([] {}), RuntimeError);
  }).join();
}

TEST(ThreadsTest, InDebugModeCallsFromTheWrongThreadThrow) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  loop->set_debug(true);
  int refused = 0;
  loop->CallSoon([&] {
    std::thread([&] {
      try {
        loop->CallSoon([] {});
      } catch (const RuntimeError&) {
        ++refused;
      }
      try {
        loop->CallLater(Nanoseconds(1), [] {});
      } catch (const RuntimeError&) {
        ++refused;
      }
      loop->CallSoonThreadsafe([&] { loop->Stop(); });
    }).join();
  });
  loop->RunForever();
  EXPECT_EQ(refused, 2);
  loop->CallSoon([] {});  // Its own thread may, also between runs.
}

TEST(ThreadsTest, EachThreadMayRunALoopOfItsOwn) {
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
      const int result = loop->RunUntilComplete([]() -> Coro<int> {
        int sum = 0;
        for (int i = 0; i < 1000; ++i) {
          Future<int> one = CreateFuture<int>();
          RunningLoop().CallSoon([one]() mutable { one.SetResult(1); });
          sum += co_await one;
        }
        co_return sum;
      }());
      done += result;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 3000);
}

}  // namespace
}  // namespace rondo
