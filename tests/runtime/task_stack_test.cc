#include "rondo/runtime/task_stack.h"

#include <optional>
#include <source_location>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/async_generator.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using namespace std::chrono_literals;

constexpr unsigned kYields = std::source_location::current().line() + 2;
AsyncGenerator<int> Generator() {
  co_await Sleep(1h);
  co_yield 1;
}
constexpr unsigned kInner = std::source_location::current().line() + 1;
Coro<> Inner(AsyncGenerator<int> generator) { (void)co_await generator.Next(); }
constexpr unsigned kOuter = std::source_location::current().line() + 1;
Coro<> Outer() { co_await Inner(Generator()); }

std::string Printed(const AnyTask& task) {
  std::ostringstream out;
  task.PrintStack(out);
  return out.str();
}

TEST(TaskStackTest, ListsTheCoroutinesOfASuspendedTask) {
  VirtualLoop world;
  Task<> task = world.loop().CreateTask(Outer(), "T");
  EXPECT_THAT(task.Stack(), IsEmpty());
  EXPECT_EQ(Printed(task), "No stack for <Task pending name='T'>\n");
  world.loop().RunOnce();
  const std::vector<AwaitFrame> frames = task.Stack();
  ASSERT_THAT(frames, SizeIs(3));
  EXPECT_EQ(frames[0].line, kOuter);
  EXPECT_EQ(frames[1].line, kInner);
  EXPECT_EQ(frames[2].line, kYields);
  EXPECT_THAT(frames[2].function, HasSubstr("Generator"));
  EXPECT_EQ(Printed(task),
            "Stack for <Task pending name='T'> (most recent call last):\n  " +
                frames[0].Text() + "\n  " + frames[1].Text() + "\n  " +
                frames[2].Text() + "\n");
  task.Cancel();
  EXPECT_THAT(Printed(task), StartsWith("Stack for <Task cancelling"));
  world.loop().RunOnce();
  EXPECT_EQ(Printed(task), "No stack for <Task cancelled name='T'>\n");
}

TEST(TaskStackTest, OfATaskThatFailedShowsTheException) {
  VirtualLoop world;
  Task<> task = world.loop().CreateTask(
      []() -> Coro<> {
        throw std::runtime_error("broken");
        co_return;
      },
      "T");
  world.loop().RunOnce();
  EXPECT_EQ(Printed(task),
            "No stack for <Task finished name='T'>\n"
            "std::runtime_error: broken\n");
  EXPECT_NE(task.exception(), nullptr);
}

TEST(TaskStackTest, OfTheRunningTaskLacksWhatRuns) {
  VirtualLoop world;
  std::vector<AwaitFrame> frames;
  unsigned line = 0;
  world.Run([&]() -> Coro<> {
    const auto inner = [&]() -> Coro<> {
      co_await Yield();
      frames = CurrentTask().Stack();
    };
    line = std::source_location::current().line() + 1;
    co_await inner();
  });
  ASSERT_THAT(frames, SizeIs(1));
  EXPECT_EQ(frames[0].line, line);
}

}  // namespace
}  // namespace rondo
