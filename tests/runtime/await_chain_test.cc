#include "rondo/runtime/await_chain.h"

#include <source_location>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr unsigned kInner = std::source_location::current().line() + 1;
Coro<> Inner(Future<> future) { co_await future; }
constexpr unsigned kOuter = std::source_location::current().line() + 1;
Coro<> Outer(Future<> future) { co_await Inner(future); }

TEST(AwaitChainTest, NamesEveryFrameWithItsLineOutermostFirst) {
  VirtualLoop world;
  const Task<> first =
      world.loop().CreateTask(Outer(world.loop().CreateFuture()), "first");
  const Task<> second = world.loop().CreateTask(Inner(first), "second");
  const Task<> third = world.loop().CreateTask(
      []() -> Coro<> {
        for (;;) co_await Yield();
      },
      "third");
  world.loop().RunOnce();
  const Task<> fourth = world.loop().CreateTask(Inner(first), "fourth");

  const std::vector<AwaitChain> chains = AwaitChains(world.loop());
  ASSERT_EQ(chains.size(), 4u);
  EXPECT_EQ(chains[0].task, "first");
  EXPECT_EQ(chains[0].awaited, "a future");
  ASSERT_EQ(chains[0].frames.size(), 2u);
  EXPECT_THAT(chains[0].frames[0].function, HasSubstr("Outer"));
  EXPECT_EQ(chains[0].frames[0].line, kOuter);
  EXPECT_THAT(chains[0].frames[1].function, HasSubstr("Inner"));
  EXPECT_EQ(chains[0].frames[1].line, kInner);
  EXPECT_THAT(chains[0].frames[1].file,
              EndsWith("tests/runtime/await_chain_test.cc"));
  EXPECT_EQ(chains[1].awaited, "task first");
  EXPECT_EQ(chains[2].awaited, "its next turn");
  EXPECT_EQ(chains[3].awaited, "its first step");
  EXPECT_TRUE(chains[3].frames.empty());

  const std::string text = DescribeAwaitChains(world.loop());
  EXPECT_THAT(text, HasSubstr("task second waits for task first"));
  EXPECT_THAT(text, HasSubstr("await_chain_test.cc:" + std::to_string(kInner)));
  for (Task<> task : {first, second, third, fourth}) task.Cancel();
  world.Run([]() -> Coro<> { co_await Sleep(1ms); });
}

}  // namespace
}  // namespace rondo
