// CPython's test_tasks.py: BaseTaskTests, ensure_future().
#include <chrono>
#include <source_location>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ThrowsMessage;
using namespace std::chrono_literals;

Coro<std::string> NotMuch() { co_return "ok"; }

TEST(BaseTaskTests, test_ensure_future_coroutine) {
  VirtualLoop world;
  EXPECT_THROW(EnsureFuture(NotMuch()), RuntimeError);
  const Future<std::string> t = world.Run(
      []() -> Coro<Future<std::string>> { co_return EnsureFuture(NotMuch()); });
  EXPECT_EQ(&t.loop(), &world.loop());
  EXPECT_EQ(world.loop().RunUntilComplete(t), "ok");
  EXPECT_TRUE(t.done());
  EXPECT_EQ(t.result(), "ok");
}

// EnsureFuture gives `original` back, and refuses it on another loop.
void CheckEnsureFuture(VirtualLoop& world, const auto& original) {
  const auto ensure = [&]() -> Coro<> {
    EXPECT_EQ(EnsureFuture(original), original);
    co_return;
  };
  world.Run(ensure);
  VirtualLoop other;
  EXPECT_THROW(other.Run(ensure), ValueError);
}

TEST(BaseTaskTests, test_ensure_future_future) {
  VirtualLoop world;
  Future<std::string> f_orig = world.loop().CreateFuture<std::string>();
  f_orig.SetResult("ko");
  CheckEnsureFuture(world, f_orig);
  EXPECT_EQ(world.loop().RunUntilComplete(f_orig), "ko");
}

TEST(BaseTaskTests, test_ensure_future_task) {
  VirtualLoop world;
  const Task<std::string> t_orig = world.loop().CreateTask(NotMuch());
  CheckEnsureFuture(world, t_orig);
  EXPECT_EQ(world.loop().RunUntilComplete(t_orig), "ok");
}

// An awaitable of the program's own.
class Aw {
 public:
  explicit Aw(Coro<std::string> coro) : coro_(std::move(coro)) {}
  auto Await(std::source_location where) && {
    return std::move(coro_).Await(where);
  }

 private:
  Coro<std::string> coro_;
};

// Adapted: what is awaitable is made a coroutine first.
TEST(BaseTaskTests, test_ensure_future_awaitable) {
  VirtualLoop world;
  const auto ensure = []() -> Coro<Future<std::string>> {
    co_return EnsureFuture(AsCoro(Aw(NotMuch())));
  };
  const Future<std::string> fut = world.Run(ensure);
  world.loop().RunUntilComplete(fut);
  EXPECT_EQ(fut.result(), "ok");
}

// Adapted: as the one before.
TEST(BaseTaskTests, test_ensure_future_task_awaitable) {
  VirtualLoop world;
  const auto sleep_then_ok = []() -> Coro<std::string> {
    co_await Sleep(0s);
    co_return "ok";
  };
  const auto ensure = [&]() -> Coro<Future<std::string>> {
    co_return EnsureFuture(AsCoro(Aw(sleep_then_ok())));
  };
  const Future<std::string> task = world.Run(ensure);
  world.loop().RunUntilComplete(task);
  EXPECT_TRUE(task.done());
  EXPECT_EQ(task.result(), "ok");
}

template <class T>
concept CanEnsureFuture = requires(T value) { EnsureFuture(value); };

TEST(BaseTaskTests, test_ensure_future_neither) {
  static_assert(CanEnsureFuture<Future<>>);
  static_assert(!CanEnsureFuture<std::string>);
}

TEST(BaseTaskTests, test_ensure_future_error_msg) {
  VirtualLoop world;
  const Future<> f = world.loop().CreateFuture();
  VirtualLoop other;
  const auto ensure = [&]() -> Coro<> {
    EnsureFuture(f);
    co_return;
  };
  EXPECT_THAT(
      [&] { other.Run(ensure); },
      ThrowsMessage<ValueError>("the future belongs to another event loop"));
}

}  // namespace
}  // namespace rondo::conformance
