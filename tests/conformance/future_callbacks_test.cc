// CPython's test_futures.py: BaseFutureDoneCallbackTests; test_futures2.py.
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/context.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A future whose callbacks put their numbers into a bag.
class Bag {
 public:
  Future<std::string> f() const { return f_; }
  const std::vector<int>& contents() const { return contents_; }

  Handle Add(int thing) {
    return f_.AddDoneCallback([this, thing](const Future<std::string>& done) {
      EXPECT_EQ(done, f_);
      contents_.push_back(thing);
    });
  }
  std::size_t Remove(const Handle& callback) {
    return f_.RemoveDoneCallback(callback);
  }
  void SetResult() {
    EXPECT_THAT(contents_, IsEmpty());
    f_.SetResult("foo");
    EXPECT_THAT(contents_, IsEmpty());
    RunBriefly(world_.loop());
    EXPECT_EQ(f_.result(), "foo");
  }
  EventLoop& loop() { return world_.loop(); }

 private:
  VirtualLoop world_;
  std::vector<int> contents_;
  Future<std::string> f_ = world_.loop().CreateFuture<std::string>();
};

TEST(BaseFutureDoneCallbackTests, test_callbacks_remove_first_callback) {
  Bag bag;
  const Handle cb1 = bag.Add(42);
  bag.Add(17);
  bag.Add(100);
  EXPECT_EQ(bag.Remove(cb1), 1);
  EXPECT_EQ(bag.Remove(cb1), 0);
  bag.SetResult();
  EXPECT_THAT(bag.contents(), ElementsAre(17, 100));
}

TEST(BaseFutureDoneCallbackTests,
     test_callbacks_remove_first_and_second_callback) {
  Bag bag;
  const Handle cb1 = bag.Add(42);
  const Handle cb2 = bag.Add(17);
  bag.Add(100);
  EXPECT_EQ(bag.Remove(cb1), 1);
  EXPECT_EQ(bag.Remove(cb2), 1);
  EXPECT_EQ(bag.Remove(cb1), 0);
  bag.SetResult();
  EXPECT_THAT(bag.contents(), ElementsAre(100));
}

TEST(BaseFutureDoneCallbackTests, test_callbacks_remove_third_callback) {
  Bag bag;
  bag.Add(42);
  bag.Add(17);
  const Handle cb3 = bag.Add(100);
  EXPECT_EQ(bag.Remove(cb3), 1);
  EXPECT_EQ(bag.Remove(cb3), 0);
  bag.SetResult();
  EXPECT_THAT(bag.contents(), ElementsAre(42, 17));
}

TEST(BaseFutureDoneCallbackTests, test_callbacks_invoked_on_set_result) {
  Bag bag;
  bag.Add(42);
  bag.Add(17);
  bag.SetResult();
  EXPECT_THAT(bag.contents(), ElementsAre(42, 17));
}

TEST(BaseFutureDoneCallbackTests, test_callbacks_invoked_on_set_exception) {
  Bag bag;
  bag.Add(100);
  EXPECT_THAT(bag.contents(), IsEmpty());
  const std::exception_ptr exc = std::make_exception_ptr(RuntimeError("r"));
  bag.f().SetException(exc);
  RunBriefly(bag.loop());
  EXPECT_THAT(bag.contents(), ElementsAre(100));
  EXPECT_EQ(bag.f().exception(), exc);
}

// Adapted: a callback is removed by what AddDoneCallback returned for it, so
// each of six that are equal is removed by itself.
TEST(BaseFutureDoneCallbackTests, test_remove_done_callback) {
  Bag bag;
  std::vector<Handle> cb1;
  cb1.push_back(bag.Add(1));
  const Handle cb2 = bag.Add(2);
  EXPECT_EQ(bag.Remove(cb2), 1);

  const Future<> other = bag.loop().CreateFuture();
  const Handle cb3 = Future<>(other).AddDoneCallback([] {});
  EXPECT_EQ(bag.Remove(cb3), 0);
  EXPECT_EQ(bag.Remove(Handle()), 0);

  bag.Add(2);
  for (int i = 0; i < 5; ++i) cb1.push_back(bag.Add(1));
  std::size_t removed = 0;
  for (const Handle& callback : cb1) removed += bag.Remove(callback);
  EXPECT_EQ(removed, 6);
  bag.SetResult();
  EXPECT_THAT(bag.contents(), ElementsAre(2));
}

TEST(BaseFutureDoneCallbackTests, test_schedule_callbacks_list_mutation_1) {
  Bag bag;
  std::vector<Handle> others;
  bag.f().AddDoneCallback([&] {
    // They are queued already.
    for (const Handle& other : others) EXPECT_EQ(bag.Remove(other), 0);
  });
  others.push_back(bag.Add(1));
  others.push_back(bag.Add(2));
  bag.SetResult();
  EXPECT_THAT(bag.contents(), ElementsAre(1, 2));
}

Coro<> RaiseTypeError() {
  throw std::invalid_argument("42");
  co_return;
}

// Adapted: there is no traceback that could grow.
TEST(FutureTests, test_future_traceback) {
  RunTest([]() -> Coro<> {
    const Task<> future = CreateTask(RaiseTypeError());
    int raised = 0;
    for (int i = 0; i < 5; ++i) {
      try {
        co_await future;
      } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(), "42");
        ++raised;
      }
    }
    EXPECT_EQ(raised, 5);
  });
}

// A loop whose exception handler looks at a context variable.
struct ContextWorld {
  ContextWorld() {
    world.loop().SetExceptionHandler(
        [this](EventLoop& loop, const ExceptionReport&) {
          names.push_back(name.Get());
          loop.CallSoon([this] { names.push_back(name.Get() + " later"); });
        });
  }

  ContextVar<std::string> name{"name", "foo"};
  std::vector<std::string> names;
  VirtualLoop world;
};

TEST(FutureTests, test_task_exc_handler_correct_context) {
  ContextWorld test;
  const auto task = [&]() -> Coro<> {
    test.name.Set("bar");
    throw ValueError("nobody asks");
    co_return;
  };
  test.world.Run([&]() -> Coro<> {
    CreateTask(task());
    co_await Yield();
    EXPECT_THAT(test.names, ElementsAre("bar"));
    co_await Yield();
    EXPECT_EQ(test.name.Get(), "foo");
  });
  EXPECT_THAT(test.names, ElementsAre("bar", "bar later"));
}

TEST(FutureTests, test_handle_exc_handler_correct_context) {
  ContextWorld test;
  test.world.Run([&]() -> Coro<> {
    RunningLoop().CallSoon([&] {
      test.name.Set("bar");
      throw ValueError("in a callback");
    });
    co_await Yield();
    EXPECT_THAT(test.names, ElementsAre("bar"));
    co_await Yield();
    EXPECT_EQ(test.name.Get(), "foo");
  });
  EXPECT_THAT(test.names, ElementsAre("bar", "bar later"));
}

}  // namespace
}  // namespace rondo::conformance
