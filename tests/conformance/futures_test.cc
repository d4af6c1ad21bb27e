// CPython's test_futures.py: BaseFutureTests. (Callbacks of futures:
// future_callbacks_test.cc.)
#include <chrono>
#include <exception>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/shield.h"
#include "rondo/runtime/wait.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/insides.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

TEST(BaseFutureTests, test_initial_state) {
  VirtualLoop world;
  Future<> f = world.loop().CreateFuture();
  EXPECT_FALSE(f.cancelled());
  EXPECT_FALSE(f.done());
  f.Cancel();
  EXPECT_TRUE(f.cancelled());
}

TEST(BaseFutureTests, test_constructor_without_loop) {
  EXPECT_THROW(CreateFuture(), RuntimeError);
}

TEST(BaseFutureTests, test_constructor_use_running_loop) {
  VirtualLoop world;
  const Future<> f =
      world.Run([]() -> Coro<Future<>> { co_return CreateFuture(); });
  EXPECT_EQ(&f.loop(), &world.loop());
}

TEST(BaseFutureTests, test_constructor_positional) {
  static_assert(!std::is_constructible_v<Future<>, int>);
  static_assert(!std::is_constructible_v<Future<int>, int>);
}

TEST(BaseFutureTests, test_future_cancel_message_getter) {
  VirtualLoop world;
  Future<> f = world.loop().CreateFuture();
  f.Cancel("my message");
  EXPECT_EQ(CancelledWith([&] { world.loop().RunUntilComplete(f); }),
            "my message");
  EXPECT_EQ(CancelledWith([&] { f.result(); }), "my message");
}

TEST(BaseFutureTests, test_cancel) {
  VirtualLoop world;
  Future<int> f = world.loop().CreateFuture<int>();
  EXPECT_TRUE(f.Cancel());
  EXPECT_TRUE(f.cancelled());
  EXPECT_TRUE(f.done());
  EXPECT_THROW(f.result(), CancelledError);
  EXPECT_THROW(f.exception(), CancelledError);
  EXPECT_THROW(f.SetResult(1), InvalidStateError);
  EXPECT_THROW(f.SetException(std::exception_ptr()), InvalidStateError);
  EXPECT_FALSE(f.Cancel());
}

TEST(BaseFutureTests, test_result) {
  VirtualLoop world;
  Future<int> f = world.loop().CreateFuture<int>();
  EXPECT_THROW(f.result(), InvalidStateError);

  f.SetResult(42);
  EXPECT_FALSE(f.cancelled());
  EXPECT_TRUE(f.done());
  EXPECT_EQ(f.result(), 42);
  EXPECT_EQ(f.exception(), nullptr);
  EXPECT_THROW(f.SetResult(1), InvalidStateError);
  EXPECT_THROW(f.SetException(std::exception_ptr()), InvalidStateError);
  EXPECT_FALSE(f.Cancel());
}

TEST(BaseFutureTests, test_exception) {
  VirtualLoop world;
  const std::exception_ptr exc = std::make_exception_ptr(RuntimeError("r"));
  Future<int> f = world.loop().CreateFuture<int>();
  EXPECT_THROW(f.exception(), InvalidStateError);

  f.SetException(exc);
  EXPECT_FALSE(f.cancelled());
  EXPECT_TRUE(f.done());
  EXPECT_THROW(f.result(), RuntimeError);
  EXPECT_EQ(f.exception(), exc);
  EXPECT_THROW(f.SetResult(1), InvalidStateError);
  EXPECT_THROW(f.SetException(std::exception_ptr()), InvalidStateError);
  EXPECT_FALSE(f.Cancel());
}

// Adapted: not a class, but an exception that is not a pointer yet.
TEST(BaseFutureTests, test_exception_class) {
  VirtualLoop world;
  Future<> f = world.loop().CreateFuture();
  f.SetException(RuntimeError("r"));
  EXPECT_THROW(std::rethrow_exception(f.exception()), RuntimeError);
}

// Adapted: a future is awaited twice by a task, not by a generator.
TEST(BaseFutureTests, test_yield_from_twice) {
  VirtualLoop world;
  Future<int> f = world.loop().CreateFuture<int>();
  std::vector<std::pair<char, int>> seen;
  const Task<> g = world.loop().CreateTask([&]() -> Coro<> {
    seen.emplace_back('A', 0);
    const int x = co_await f;
    seen.emplace_back('B', x);
    const int y = co_await f;
    seen.emplace_back('C', y);
  });
  RunBriefly(world.loop());
  EXPECT_THAT(seen, ElementsAre(std::pair('A', 0)));
  EXPECT_EQ(FutureWaiter(g), f);
  f.SetResult(42);
  world.loop().RunOnce();  // The second await does not suspend.
  EXPECT_THAT(seen, ElementsAre(std::pair('A', 0), std::pair('B', 42),
                                std::pair('C', 42)));
}

TEST(BaseFutureTests, test_copy_state) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  Future<int> f = loop.CreateFuture<int>();
  f.SetResult(10);
  Future<int> newf = loop.CreateFuture<int>();
  internal::CopyOutcome(f.core(), newf);
  EXPECT_TRUE(newf.done());
  EXPECT_EQ(newf.result(), 10);

  Future<int> f_exception = loop.CreateFuture<int>();
  f_exception.SetException(RuntimeError("r"));
  Future<int> newf_exception = loop.CreateFuture<int>();
  internal::CopyOutcome(f_exception.core(), newf_exception);
  EXPECT_TRUE(newf_exception.done());
  EXPECT_THROW(newf_exception.result(), RuntimeError);

  Future<int> f_cancelled = loop.CreateFuture<int>();
  f_cancelled.Cancel();
  Future<int> newf_cancelled = loop.CreateFuture<int>();
  internal::CopyOutcome(f_cancelled.core(), newf_cancelled);
  EXPECT_TRUE(newf_cancelled.cancelled());
}

TEST(BaseFutureTests, test_tb_logger_abandoned) {
  VirtualLoop world;
  Future<> fut = world.loop().CreateFuture();
  fut = Future<>();
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(BaseFutureTests, test_tb_logger_not_called_after_cancel) {
  VirtualLoop world;
  Future<> fut = world.loop().CreateFuture();
  fut.SetException(RuntimeError("boom"));
  fut.Cancel();
  fut = Future<>();
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(BaseFutureTests, test_tb_logger_result_unretrieved) {
  VirtualLoop world;
  Future<int> fut = world.loop().CreateFuture<int>();
  fut.SetResult(42);
  fut = Future<int>();
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(BaseFutureTests, test_tb_logger_result_retrieved) {
  VirtualLoop world;
  Future<int> fut = world.loop().CreateFuture<int>();
  fut.SetResult(42);
  fut.result();
  fut = Future<int>();
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(BaseFutureTests, test_tb_logger_exception_unretrieved) {
  VirtualLoop world;
  Future<> fut = world.loop().CreateFuture();
  fut.SetException(RuntimeError("boom"));
  fut = Future<>();
  EXPECT_THAT(world.reports,
              ElementsAre("Future exception was never retrieved: "
                          "rondo::RuntimeError: boom"));
}

TEST(BaseFutureTests, test_tb_logger_exception_retrieved) {
  VirtualLoop world;
  Future<> fut = world.loop().CreateFuture();
  fut.SetException(RuntimeError("boom"));
  EXPECT_NE(fut.exception(), nullptr);
  fut = Future<>();
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(BaseFutureTests, test_tb_logger_exception_result_retrieved) {
  VirtualLoop world;
  Future<> fut = world.loop().CreateFuture();
  fut.SetException(RuntimeError("boom"));
  EXPECT_THROW(fut.result(), RuntimeError);
  fut = Future<>();
  EXPECT_THAT(world.reports, IsEmpty());
}

void CheckNeverRetrieved(bool debug) {
  VirtualLoop world;
  world.loop().set_debug(debug);
  const std::exception_ptr exc = std::make_exception_ptr(std::bad_alloc());
  std::vector<std::exception_ptr> told;
  world.loop().SetExceptionHandler(
      [&](EventLoop&, const ExceptionReport& report) {
        EXPECT_EQ(report.message, "Future exception was never retrieved");
        told.push_back(report.exception);
      });
  Future<> future = world.loop().CreateFuture();
  future.SetException(exc);
  future = Future<>();
  RunBriefly(world.loop());
  EXPECT_THAT(told, ElementsAre(exc));
}

TEST(BaseFutureTests, test_future_exception_never_retrieved) {
  CheckNeverRetrieved(false);
}

TEST(BaseFutureTests, test_future_exception_never_retrieved_debug) {
  CheckNeverRetrieved(true);
}

TEST(BaseFutureTests, test_set_result_unless_cancelled) {
  VirtualLoop world;
  Future<> fut = world.loop().CreateFuture();
  fut.Cancel();
  internal::ReleaseWaiter(fut);
  EXPECT_TRUE(fut.cancelled());
}

// Adapted: what ends the first step of the future's iterator is here what an
// await gives that does not suspend.
TEST(BaseFutureTests, test_future_stop_iteration_args) {
  VirtualLoop world;
  Future<std::tuple<int, int>> fut =
      world.loop().CreateFuture<std::tuple<int, int>>();
  fut.SetResult(std::tuple(1, 2));
  const Task<std::tuple<int, int>> awaiting = world.loop().CreateTask(
      [&]() -> Coro<std::tuple<int, int>> { co_return co_await fut; });
  world.loop().RunOnce();
  EXPECT_EQ(awaiting.result(), std::tuple(1, 2));
}

// Makes and drops futures when it dies, as a collection of garbage would.
struct Evil {
  explicit Evil(EventLoop* l) : loop(l) {}
  Evil(Evil&& other) noexcept : loop(std::exchange(other.loop, nullptr)) {}
  ~Evil() {
    if (loop == nullptr) return;
    loop->CreateFuture<int>().SetResult(1);
    loop->CreateFuture<std::string>().SetException(RuntimeError("seen"));
  }

  EventLoop* loop;
};

// Adapted: the result's end makes and drops other futures.
TEST(BaseFutureTests, test_future_del_collect) {
  VirtualLoop world;
  for (int i = 0; i < 100; ++i) {
    Future<Evil> fut = world.loop().CreateFuture<Evil>();
    fut.SetResult(Evil(&world.loop()));
  }
  EXPECT_EQ(world.reports.size(), 100);
}

}  // namespace
}  // namespace rondo::conformance
