#include "rondo/runtime/outcome.h"

#include <memory>
#include <stdexcept>
#include <string>

#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/sleep.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

Coro<std::unique_ptr<int>> Give() {
  co_await Yield();
  co_return std::make_unique<int>(4);
}
int global = 2;
Coro<int&> Refer() { co_return global; }
Coro<int> Throw() {
  co_await Yield();
  throw std::runtime_error("thrown");
}
Coro<> ThrowCancelled() {
  throw CancelledError("because");
  co_return;
}

TEST(OutcomeTest, HoldsAResultOfAnyType) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Outcome<std::unique_ptr<int>> owned = co_await AsOutcome(Give());
    EXPECT_TRUE(owned.ok());
    EXPECT_FALSE(owned.cancelled());
    EXPECT_EQ(*owned.value(), 4);
    const std::unique_ptr<int> taken = owned.Take();
    EXPECT_EQ(*taken, 4);
    Outcome<int&> reference = co_await AsOutcome(Refer());
    EXPECT_EQ(&reference.value(), &global);
    EXPECT_EQ(&reference.Take(), &global);
  });
}

TEST(OutcomeTest, HoldsAnExceptionUntilItIsThrownAgain) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    Outcome<int> failed = co_await AsOutcome(Throw());
    co_await Yield();  // What a catch block could not do.
    EXPECT_FALSE(failed.ok());
    EXPECT_FALSE(failed.cancelled());
    EXPECT_THROW(failed.Rethrow(), std::runtime_error);
    EXPECT_THROW(failed.value(), std::runtime_error);
    EXPECT_THROW(failed.Take(), std::runtime_error);
  });
}

TEST(OutcomeTest, ACancellationIsOneToo) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    const Outcome<> outcome = co_await AsOutcome(ThrowCancelled());
    EXPECT_TRUE(outcome.cancelled());
    EXPECT_THROW(outcome.Rethrow(), CancelledError);
  });
}

}  // namespace
}  // namespace rondo
