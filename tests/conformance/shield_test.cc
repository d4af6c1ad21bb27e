// CPython's test_tasks.py: BaseTaskTests, shield().
#include "rondo/runtime/shield.h"

#include <chrono>
#include <exception>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/insides.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;

Coro<int> Answer() { co_return 42; }

TEST(BaseTaskTests, test_shield_result) {
  VirtualLoop world;
  Future<int> inner = world.loop().CreateFuture<int>();
  const Future<int> outer = Shield(inner);
  inner.SetResult(42);
  EXPECT_EQ(world.loop().RunUntilComplete(outer), 42);
}

TEST(BaseTaskTests, test_shield_exception) {
  VirtualLoop world;
  Future<int> inner = world.loop().CreateFuture<int>();
  const Future<int> outer = Shield(inner);
  RunBriefly(world.loop());
  const auto exc = std::make_exception_ptr(RuntimeError("expected"));
  inner.SetException(exc);
  RunBriefly(world.loop());
  EXPECT_EQ(outer.exception(), exc);
}

TEST(BaseTaskTests, test_shield_cancel_inner) {
  VirtualLoop world;
  Future<int> inner = world.loop().CreateFuture<int>();
  const Future<int> outer = Shield(inner);
  RunBriefly(world.loop());
  inner.Cancel();
  RunBriefly(world.loop());
  EXPECT_TRUE(outer.cancelled());
}

TEST(BaseTaskTests, test_shield_cancel_outer) {
  VirtualLoop world;
  const Future<int> inner = world.loop().CreateFuture<int>();
  Future<int> outer = Shield(inner);
  RunBriefly(world.loop());
  outer.Cancel();
  RunBriefly(world.loop());
  EXPECT_TRUE(outer.cancelled());
  EXPECT_FALSE(HasCallbacks(outer));
  EXPECT_FALSE(HasCallbacks(inner));
}

TEST(BaseTaskTests, test_shield_shortcut) {
  VirtualLoop world;
  Future<int> fut = world.loop().CreateFuture<int>();
  fut.SetResult(42);
  EXPECT_EQ(Shield(fut), fut);
  EXPECT_EQ(world.loop().RunUntilComplete(Shield(fut)), 42);
}

TEST(BaseTaskTests, test_shield_effect) {
  VirtualLoop world;
  int proof = 0;
  Future<> waiter = world.loop().CreateFuture();
  const auto inner = [&]() -> Coro<> {
    co_await waiter;
    proof += 1;
  };
  Task<> f = world.loop().CreateTask([&]() -> Coro<> {
    co_await Shield(inner());
    proof += 100;
  });
  RunBriefly(world.loop());
  f.Cancel();
  EXPECT_THROW(world.loop().RunUntilComplete(f), CancelledError);
  waiter.SetResult();
  RunBriefly(world.loop());
  EXPECT_EQ(proof, 1);
}

TEST(BaseTaskTests, test_shield_gather) {
  VirtualLoop world;
  Future<int> child1 = world.loop().CreateFuture<int>();
  Future<int> child2 = world.loop().CreateFuture<int>();
  const auto parent = Gather(std::vector<Future<int>>{child1, child2});
  auto outer = Shield(parent);
  RunBriefly(world.loop());
  outer.Cancel();
  RunBriefly(world.loop());
  EXPECT_TRUE(outer.cancelled());
  child1.SetResult(1);
  child2.SetResult(2);
  RunBriefly(world.loop());
  EXPECT_THAT(parent.result(), ElementsAre(1, 2));
}

TEST(BaseTaskTests, test_gather_shield) {
  VirtualLoop world;
  Future<int> child1 = world.loop().CreateFuture<int>();
  Future<int> child2 = world.loop().CreateFuture<int>();
  const Future<int> inner1 = Shield(child1);
  const Future<int> inner2 = Shield(child2);
  auto parent = Gather(std::vector<Future<int>>{inner1, inner2});
  RunBriefly(world.loop());
  parent.Cancel();
  RunBriefly(world.loop());
  EXPECT_FALSE(parent.cancelled());
  EXPECT_THROW(std::rethrow_exception(parent.exception()), CancelledError);
  EXPECT_TRUE(inner1.cancelled());
  EXPECT_TRUE(inner2.cancelled());
  child1.SetResult(1);
  child2.SetResult(2);
  RunBriefly(world.loop());
}

TEST(BaseTaskTests, test_shield_coroutine_without_loop) {
  EXPECT_THROW(Shield(Answer()), RuntimeError);
}

TEST(BaseTaskTests, test_shield_coroutine_use_running_loop) {
  VirtualLoop world;
  const Future<int> outer =
      world.Run([]() -> Coro<Future<int>> { co_return Shield(Answer()); });
  EXPECT_EQ(&outer.loop(), &world.loop());
  EXPECT_EQ(world.loop().RunUntilComplete(outer), 42);
}

}  // namespace
}  // namespace rondo::conformance
