// CPython's test_tasks.py: the tests of gather(). GatherTestsBase is run with
// futures and with coroutines that await them.
#include "rondo/runtime/gather.h"

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/insides.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;
using Ints = std::vector<int>;
using Outcomes = std::vector<Outcome<int>>;

// Futures of one loop, and a gather of them.
struct Futures {
  explicit Futures(int n) {
    for (int i = 0; i < n; ++i) all.push_back(loop.CreateFuture<int>());
  }

  Future<int>& operator[](int i) { return all[static_cast<std::size_t>(i)]; }

  template <class R>
  Future<R> Watch(Future<R> gather) {
    gather.AddDoneCallback([this] { ++called; });
    return gather;
  }
  static Coro<int> Await(Future<int> future) { co_return co_await future; }
  std::vector<Coro<int>> Coros() {
    std::vector<Coro<int>> coros;
    for (const Future<int>& future : all) coros.push_back(Await(future));
    return coros;
  }
  Future<Ints> Gathered(bool coros) {
    if (!coros) return Watch(Gather(all));
    return Watch(world.Run(
        [this]() -> Coro<Future<Ints>> { co_return Gather(Coros()); }));
  }
  Future<Outcomes> GatheredOutcomes(bool coros) {
    if (!coros) return Watch(GatherOutcomes(all));
    return Watch(world.Run([this]() -> Coro<Future<Outcomes>> {
      co_return GatherOutcomes(Coros());
    }));
  }
  void RunLoop() {
    while (loop.ready_count() > 0) RunBriefly(loop);
  }

  VirtualLoop world;
  EventLoop& loop = world.loop();
  std::vector<Future<int>> all;
  int called = 0;
};

std::exception_ptr DivisionByZero() {
  return std::make_exception_ptr(std::domain_error("division by zero"));
}

template <class R>
void CheckSuccess(Futures& f, const Future<R>& fut) {
  f[1].SetResult(1);
  f[0].SetResult(2);
  f.RunLoop();
  EXPECT_EQ(f.called, 0);
  EXPECT_FALSE(fut.done());
  f[2].SetResult(3);
  f.RunLoop();
  EXPECT_EQ(f.called, 1);
}

TEST(GatherTestsBase, test_success) {
  for (const bool coros : {false, true}) {
    Futures f(3);
    const Future<Ints> fut = f.Gathered(coros);
    CheckSuccess(f, fut);
    EXPECT_THAT(fut.result(), ElementsAre(2, 1, 3));
  }
}

TEST(GatherTestsBase, test_result_exception_success) {
  for (const bool coros : {false, true}) {
    Futures f(3);
    const Future<Outcomes> fut = f.GatheredOutcomes(coros);
    CheckSuccess(f, fut);
    Ints results;
    for (const Outcome<int>& each : fut.result()) {
      results.push_back(each.value());
    }
    EXPECT_THAT(results, ElementsAre(2, 1, 3));
  }
}

TEST(GatherTestsBase, test_one_exception) {
  for (const bool coros : {false, true}) {
    Futures f(5);
    const Future<Ints> fut = f.Gathered(coros);
    const std::exception_ptr exc = DivisionByZero();
    f[0].SetResult(1);
    f[1].SetException(exc);
    f.RunLoop();
    EXPECT_TRUE(fut.done());
    EXPECT_EQ(f.called, 1);
    EXPECT_EQ(fut.exception(), exc);
    // Does nothing.
    f[2].SetResult(3);
    f[3].Cancel();
    f[4].SetException(RuntimeError("late"));
    EXPECT_NE(f[4].exception(), nullptr);
    f.RunLoop();
    EXPECT_EQ(f.called, 1);
    EXPECT_THAT(f.world.reports, IsEmpty());
  }
}

TEST(GatherTestsBase, test_return_exceptions) {
  for (const bool coros : {false, true}) {
    Futures f(4);
    const Future<Outcomes> fut = f.GatheredOutcomes(coros);
    const std::exception_ptr exc = DivisionByZero();
    const auto exc2 = std::make_exception_ptr(RuntimeError("second"));
    f[1].SetResult(1);
    f[2].SetException(exc);
    f[0].SetResult(3);
    f.RunLoop();
    EXPECT_FALSE(fut.done());
    f[3].SetException(exc2);
    f.RunLoop();
    EXPECT_TRUE(fut.done());
    EXPECT_EQ(f.called, 1);
    const Outcomes& results = fut.result();
    EXPECT_EQ(results[0].value(), 3);
    EXPECT_EQ(results[1].value(), 1);
    EXPECT_EQ(results[2].exception(), exc);
    EXPECT_EQ(results[3].exception(), exc2);
  }
}

TEST(FutureGatherTests, test_constructor_empty_sequence_without_loop) {
  EXPECT_THROW(Gather(std::vector<Future<int>>()), RuntimeError);
}

TEST(FutureGatherTests, test_constructor_empty_sequence_use_running_loop) {
  VirtualLoop world;
  const Future<Ints> fut = world.Run([]() -> Coro<Future<Ints>> {
    co_return Gather(std::vector<Future<int>>());
  });
  EXPECT_EQ(&fut.loop(), &world.loop());
  EXPECT_TRUE(fut.done());
  EXPECT_THAT(fut.result(), IsEmpty());
}

TEST(FutureGatherTests, test_constructor_heterogenous_futures) {
  VirtualLoop one;
  VirtualLoop other;
  const Future<int> fut1 = one.loop().CreateFuture<int>();
  const Future<int> fut2 = other.loop().CreateFuture<int>();
  EXPECT_THROW(Gather(fut1, fut2), ValueError);
  EXPECT_THROW(Gather(std::vector<Future<int>>{fut1, fut2}), ValueError);
}

TEST(FutureGatherTests, test_constructor_homogenous_futures) {
  Futures f(3);
  for (int i = 0; i < 2; ++i) {
    const Future<Ints> fut = Gather(f.all);
    EXPECT_EQ(&fut.loop(), &f.loop);
    f.RunLoop();
    EXPECT_FALSE(fut.done());
  }
  const auto fut = Gather(f[0], f[1]);
  EXPECT_EQ(&fut.loop(), &f.loop);
}

TEST(FutureGatherTests, test_one_cancellation) {
  Futures f(5);
  const Future<Ints> fut = f.Gathered(false);
  f[0].SetResult(1);
  f[1].Cancel();
  f.RunLoop();
  EXPECT_TRUE(fut.done());
  EXPECT_EQ(f.called, 1);
  EXPECT_FALSE(fut.cancelled());
  EXPECT_THROW(std::rethrow_exception(fut.exception()), CancelledError);
  // Does nothing.
  f[2].SetResult(3);
  f[3].Cancel();
  f[4].SetException(RuntimeError("late"));
  EXPECT_NE(f[4].exception(), nullptr);
}

TEST(FutureGatherTests, test_result_exception_one_cancellation) {
  Futures f(6);
  const Future<Outcomes> fut = f.GatheredOutcomes(false);
  const std::exception_ptr zde = DivisionByZero();
  const auto rte = std::make_exception_ptr(RuntimeError("r"));
  f[0].SetResult(1);
  f[1].SetException(zde);
  f[2].Cancel();
  f.RunLoop();
  EXPECT_FALSE(fut.done());
  f[3].SetResult(3);
  f[4].Cancel();
  f[5].SetException(rte);
  const Outcomes res = f.loop.RunUntilComplete(fut);
  EXPECT_EQ(res[0].value(), 1);
  EXPECT_EQ(res[1].exception(), zde);
  EXPECT_TRUE(res[2].cancelled());
  EXPECT_EQ(res[3].value(), 3);
  EXPECT_TRUE(res[4].cancelled());
  EXPECT_EQ(res[5].exception(), rte);
  EXPECT_EQ(f.called, 1);
}

Coro<std::string> Say(std::string s) { co_return s; }

TEST(CoroutineGatherTests, test_constructor_without_loop) {
  EXPECT_THROW(Gather(Say("abc"), Say("abc")), RuntimeError);
}

TEST(CoroutineGatherTests, test_constructor_use_running_loop) {
  VirtualLoop world;
  using Both = std::tuple<std::string, std::string>;
  const Future<Both> fut = world.Run(
      []() -> Coro<Future<Both>> { co_return Gather(Say("abc"), Say("abc")); });
  EXPECT_EQ(&fut.loop(), &world.loop());
  EXPECT_EQ(world.loop().RunUntilComplete(fut), Both("abc", "abc"));
}

// Adapted: the same task several times; a coroutine cannot be in two places.
TEST(CoroutineGatherTests, test_duplicate_coroutines) {
  VirtualLoop world;
  const auto c = world.loop().CreateTask(Say("abc"));
  const auto d = world.loop().CreateTask(Say("def"));
  const auto fut = Gather(std::vector<Task<std::string>>{c, c, d, c});
  EXPECT_THAT(world.loop().RunUntilComplete(fut),
              ElementsAre("abc", "abc", "def", "abc"));
}

TEST(CoroutineGatherTests, test_cancellation_broadcast) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  int proof = 0;
  const Future<> waiter = loop.CreateFuture();
  const auto inner = [&]() -> Coro<int> {
    co_await waiter;
    co_return ++proof;
  };
  const Task<int> child1 = loop.CreateTask(inner());
  const Task<int> child2 = loop.CreateTask(inner());
  Future<Ints> gatherer;
  Task<> f = loop.CreateTask([&]() -> Coro<> {
    gatherer = Gather(std::vector<Task<int>>{child1, child2});
    co_await gatherer;
    proof += 100;
  });
  RunBriefly(loop);
  EXPECT_TRUE(f.Cancel());
  EXPECT_THROW(loop.RunUntilComplete(f), CancelledError);
  EXPECT_FALSE(gatherer.Cancel());
  EXPECT_TRUE(waiter.cancelled());
  EXPECT_TRUE(child1.cancelled());
  EXPECT_TRUE(child2.cancelled());
  RunBriefly(loop);
  EXPECT_EQ(proof, 0);
}

TEST(CoroutineGatherTests, test_exception_marking) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  const auto inner = [](Future<> f) -> Coro<int> {
    co_await f;
    throw RuntimeError("should not be ignored");
  };
  Future<> a = loop.CreateFuture();
  Future<> b = loop.CreateFuture();
  Task<> f =
      loop.CreateTask([&]() -> Coro<> { co_await Gather(inner(a), inner(b)); });
  RunBriefly(loop);
  a.SetResult();
  RunBriefly(loop);
  b.SetResult();
  RunBriefly(loop);
  EXPECT_THROW(std::rethrow_exception(f.exception()), RuntimeError);
  f = Task<>();
  EXPECT_THAT(world.reports, IsEmpty());
}

// Adapted: what cannot be gathered is an empty future.
TEST(CoroutineGatherTests, test_issue46672) {
  VirtualLoop world;
  const auto gather = []() -> Coro<> {
    EXPECT_THROW(Gather(Say("abc"), Future<>()), ValueError);
    co_return;
  };
  world.Run(gather);
  while (world.loop().ready_count() > 0) RunBriefly(world.loop());
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(BaseTaskTests, test_cancel_gather_1) {
  VirtualLoop world;
  EventLoop& loop = world.loop();
  Future<int> fut = loop.CreateFuture<int>();
  Future<Ints> gather = world.Run([&]() -> Coro<Future<Ints>> {
    std::vector<Coro<int>> child;
    child.push_back(Futures::Await(fut));
    co_return Gather(std::move(child));
  });
  // This callback comes behind the child's wake-up, and before the gather is
  // told that its child is done.
  std::optional<bool> cancel_result;
  fut.AddDoneCallback([&] { cancel_result = gather.Cancel(); });
  fut.SetResult(42);
  loop.RunUntilComplete(gather);
  EXPECT_EQ(cancel_result, false);
  EXPECT_FALSE(gather.cancelled());
  EXPECT_THAT(gather.result(), ElementsAre(42));
}

TEST(BaseTaskTests, test_cancel_gather_2) {
  for (const std::string message : {"", "my message"}) {
    VirtualLoop world;
    const auto test = []() -> Coro<> {
      for (Nanoseconds time = 50ms; time <= 1050ms; time += 50ms) {
        co_await GatherOutcomes(Pause(50ms));
      }
    };
    const auto main = [&]() -> Coro<> {
      Task<> qwe = CreateTask(test());
      co_await Sleep(200ms);
      qwe.Cancel(message);
      co_await qwe;
    };
    EXPECT_EQ(CancelledWith([&] { world.Run(main); }), message);
    EXPECT_EQ(world.now(), 200ms);
  }
}

}  // namespace
}  // namespace rondo::conformance
