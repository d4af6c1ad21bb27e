// CPython's test_pep492.py: the primitives in `async with`, coroutines. (Its
// streams are those of test_streams.py.)
#include <chrono>
#include <string>
#include <type_traits>

#include "gtest/gtest.h"
#include "rondo/runtime/condition.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/semaphore.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

// In a scope of `primitive`, and behind it.
template <class Primitive>
void CheckScoped() {
  RunTest([]() -> Coro<> {
    Primitive lock;
    co_await Sleep(10ms);
    EXPECT_FALSE(lock.locked());
    {
      const auto guard = co_await lock.Scoped();
      EXPECT_TRUE(lock.locked());
      co_await Sleep(10ms);
      EXPECT_TRUE(lock.locked());
    }
    EXPECT_FALSE(lock.locked());
  });
}

TEST(LockTests, test_context_manager_async_with) {
  CheckScoped<Lock>();
  CheckScoped<Condition>();
  CheckScoped<Semaphore>();
  CheckScoped<BoundedSemaphore>();
}

TEST(LockTests, test_context_manager_with_await) {
  static_assert(!CanAwait<Lock&>);
  static_assert(!CanAwait<Condition&>);
  static_assert(!CanAwait<Semaphore&>);
  static_assert(!CanAwait<BoundedSemaphore&>);
}

Coro<std::string> Bar() { co_return "spam"; }
Coro<std::string> Foo() { co_return co_await Bar(); }

TEST(CoroutineTests, test_async_def_coroutines) {
  VirtualLoop world;
  EXPECT_EQ(world.loop().RunUntilComplete(Foo()), "spam");
  world.loop().set_debug(true);
  EXPECT_EQ(world.loop().RunUntilComplete(Foo()), "spam");
}

// Adapted: the compiler says it. A coroutine can only be moved into an await.
TEST(CoroutineTests, test_double_await) {
  static_assert(!std::is_copy_constructible_v<Coro<>>);
  static_assert(CanAwait<Coro<>>);
  static_assert(!CanAwait<Coro<>&>);
}

}  // namespace
}  // namespace rondo::conformance
