#include "rondo/runtime/as_coro.h"

#include <chrono>
#include <source_location>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "rondo/runtime/await_chain.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/queue.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

TEST(AsCoroTest, HasTheResultOfTheAwait) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Queue<std::string> queue;
    const Task<std::string> task = CreateTask(AsCoro(queue.Get()));
    co_await Yield();
    queue.PutNowait("text");
    EXPECT_EQ(co_await task, "text");
    Future<int> future = CreateFuture<int>();
    future.SetResult(1);
    EXPECT_EQ(co_await AsCoro(std::move(future)), 1);
  });
}

TEST(AsCoroTest, CanBeGivenATimeLimit) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Event event;
    EXPECT_THROW(co_await WaitFor(AsCoro(event.Wait()), 1s), TimeoutError);
    EXPECT_EQ(event.statistics().tasks_waiting, 0u);
    co_await WaitFor(AsCoro(Sleep(1s)), 2s);
  });
  EXPECT_EQ(world.now(), 2s);
}

TEST(AsCoroTest, WaitsWhereItWasCalled) {
  VirtualLoop world;
  Event event;
  Task<> task;
  constexpr unsigned kLine = std::source_location::current().line() + 1;
  const auto start = [&] { task = CreateTask(AsCoro(event.Wait())); };
  world.loop().CallSoon(start);
  world.loop().RunOnce();
  world.loop().RunOnce();
  const std::vector<AwaitChain> chains = AwaitChains(world.loop());
  ASSERT_EQ(chains.size(), 1u);
  EXPECT_EQ(chains[0].awaited, "an event");
  EXPECT_EQ(chains[0].frames.back().line, kLine);
  event.Set();
  world.loop().RunUntilComplete(task);
}

}  // namespace
}  // namespace rondo
