#include "rondo/runtime/call_graph.h"

#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/as_completed.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/shield.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/task_group.h"
#include "rondo/runtime/wait.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

constexpr unsigned kAwait = std::source_location::current().line() + 1;
Coro<> Await(Future<> future) { co_await future; }

// Who waits for whom: "a <- b c", a line for each task.
std::vector<std::string> Edges(const CallGraph& graph) {
  std::vector<std::string> edges;
  for (const CallGraphTask& task : graph.tasks) {
    std::string text = task.chain.task + " <-";
    for (const std::size_t awaiter : task.awaited_by) {
      text += " " + graph.tasks[awaiter].chain.task;
    }
    edges.push_back(text);
  }
  return edges;
}

// `text` without its frames.
std::string Heads(const std::string& text) {
  std::string heads;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at) + 1;
    const std::string line = text.substr(at, end - at);
    if (line.find(" at ") == std::string::npos) heads += line;
    at = end;
  }
  return heads;
}

class CallGraphTest : public testing::Test {
 protected:
  EventLoop& loop() { return world_.loop(); }
  // What has begun is parked afterwards.
  void Turns(int count = 4) {
    for (int i = 0; i < count; ++i) {
      loop().CallSoon([] {});
      loop().RunOnce();
    }
  }
  void TearDown() override {
    world_.Run([]() -> Coro<> {
      for (AnyTask task : AllTasks()) {
        if (task != CurrentTask()) task.Cancel();
      }
      for (int i = 0; i < 10; ++i) co_await Yield();
    });
  }

  VirtualLoop world_;
};

TEST_F(CallGraphTest, KnowsWhoAwaitsATask) {
  const Task<> a = loop().CreateTask(Await(loop().CreateFuture()), "a");
  const Task<> b = loop().CreateTask(Await(a), "b");
  const Task<> c = loop().CreateTask(Await(a), "c");
  Turns();
  const CallGraph graph = CaptureCallGraph(loop());
  EXPECT_THAT(Edges(graph), ElementsAre("a <- b c", "b <-", "c <-"));
  EXPECT_THAT(graph.tasks[1].awaits, ElementsAre(0u));
  EXPECT_EQ(graph.tasks[2].number, 3u);
  ASSERT_EQ(graph.tasks[1].chain.frames.size(), 1u);
  EXPECT_EQ(graph.tasks[1].chain.frames[0].line, kAwait);
}

TEST_F(CallGraphTest, SeesThroughGather) {
  const Task<> a = loop().CreateTask(Await(loop().CreateFuture()), "a");
  const Task<> b = loop().CreateTask(Await(loop().CreateFuture()), "b");
  const Task<> main = loop().CreateTask(
      [a, b]() -> Coro<> { co_await Gather(a, b, a); }, "main");
  Turns();
  EXPECT_THAT(Edges(CaptureCallGraph(loop())),
              ElementsAre("a <- main", "b <- main", "main <-"));
}

TEST_F(CallGraphTest, SeesThroughWaitShieldAndWaitFor) {
  const Task<> a = loop().CreateTask(Await(loop().CreateFuture()), "a");
  const Task<> waits = loop().CreateTask(
      [a]() -> Coro<> {
        std::vector<AnyFuture> all = {a};
        co_await Wait(std::move(all));
      },
      "waits");
  const Task<> shields =
      loop().CreateTask([a]() -> Coro<> { co_await Shield(a); }, "shields");
  const Task<> limits =
      loop().CreateTask([a]() -> Coro<> { co_await WaitFor(a, 1h); }, "limits");
  Turns();
  EXPECT_THAT(Edges(CaptureCallGraph(loop())),
              ElementsAre("a <- waits shields limits", "waits <-", "shields <-",
                          "limits <-"));
}

TEST_F(CallGraphTest, SeesThroughAsCompleted) {
  const Task<> a = loop().CreateTask(Await(loop().CreateFuture()), "a");
  const Task<> main = loop().CreateTask(
      [a]() -> Coro<> {
        std::vector<Future<>> all = {a};
        auto completed = AsCompleted(std::move(all));
        while (completed.HasNext()) co_await completed.Next();
      },
      "main");
  Turns();
  EXPECT_THAT(Edges(CaptureCallGraph(loop())),
              ElementsAre("a <- main", "main <-"));
}

TEST_F(CallGraphTest, ATaskGroupWaitsForItsTasks) {
  const Task<> main = loop().CreateTask(
      []() -> Coro<> {
        co_await WithTaskGroup([](TaskGroup& group) -> Coro<> {
          group.CreateTask(Await(CreateFuture()), "child");
          co_await Sleep(1h);
        });
      },
      "main");
  Turns();
  EXPECT_THAT(Edges(CaptureCallGraph(loop())),
              ElementsAre("main <-", "child <- main"));
}

TEST_F(CallGraphTest, NobodyWaitsThroughAShieldThatWasCancelled) {
  const Task<> a = loop().CreateTask(Await(loop().CreateFuture()), "a");
  Task<> shields =
      loop().CreateTask([a]() -> Coro<> { co_await Shield(a); }, "shields");
  Turns();
  shields.Cancel();
  EXPECT_THAT(Edges(CaptureCallGraph(loop())),
              ElementsAre("a <-", "shields <-"));
}

TEST_F(CallGraphTest, TheTreeShowsEachTaskOnceAndRefersToItLater) {
  const Task<> a = loop().CreateTask(Await(loop().CreateFuture()), "a");
  const Task<> b = loop().CreateTask(Await(a), "b");
  const Task<> main =
      loop().CreateTask([a, b]() -> Coro<> { co_await Gather(a, b); }, "main");
  Turns();
  const std::string text = DescribeCallGraph(loop());
  EXPECT_EQ(Heads(text),
            "#3 main waits for a gather of 2\n"
            "  #1 a waits for a future\n"
            "  #2 b waits for task a\n"
            "    #1 a (see above)\n");
  EXPECT_THAT(text, HasSubstr("      at "));
  EXPECT_THAT(text, HasSubstr("call_graph_test.cc:" + std::to_string(kAwait)));
}

TEST_F(CallGraphTest, ACycleIsMarkedAndEnds) {
  Task<> b;
  const Task<> a =
      loop().CreateTask([&b]() -> Coro<> { co_await Shield(b); }, "a");
  b = loop().CreateTask(Await(a), "b");
  Turns();
  EXPECT_EQ(Heads(DescribeCallGraph(loop())),
            "#1 a waits for a future\n"
            "  #2 b waits for task a\n"
            "    #1 a (a cycle)\n");
  EXPECT_EQ(Heads(DescribeCallGraph(b)),
            "#2 b waits for task a\n"
            "  awaited by #1 a waits for a future\n"
            "    awaited by #2 b (a cycle)\n");
}

TEST_F(CallGraphTest, OfOneTaskHasThoseThatWaitForItAndNoOthers) {
  const Task<> other = loop().CreateTask(Await(loop().CreateFuture()), "other");
  const Task<> a = loop().CreateTask(Await(other), "a");
  const Task<> b = loop().CreateTask(Await(a), "b");
  const Task<> c = loop().CreateTask(Await(b), "c");
  Turns();
  const CallGraph graph = CaptureCallGraph(a);
  EXPECT_THAT(Edges(graph), ElementsAre("a <- b", "b <- c", "c <-"));
  EXPECT_EQ(graph.tasks[0].number, 2u);
  EXPECT_TRUE(graph.tasks[0].awaits.empty());
  EXPECT_EQ(Heads(DescribeCallGraph(a)),
            "#2 a waits for task other\n"
            "  awaited by #3 b waits for task a\n"
            "    awaited by #4 c waits for task b\n");
}

TEST_F(CallGraphTest, ADoneTaskHasNoGraphAndAnEmptyOneIsRefused) {
  const Task<> a = loop().CreateTask([]() -> Coro<> { co_return; }, "a");
  Turns();
  EXPECT_TRUE(CaptureCallGraph(a).tasks.empty());
  EXPECT_EQ(DescribeCallGraph(a), "task a is done\n");
  EXPECT_THROW(CaptureCallGraph(AnyTask()), ValueError);
  EXPECT_THROW(DescribeCallGraph(AnyTask()), ValueError);
}

TEST_F(CallGraphTest, PrintsTheTaskThatRunsWithItsInnermostFrame) {
  unsigned line = 0;
  const auto inner = [&line]() -> Coro<> {
    line = std::source_location::current().line() + 1;
    PrintCallGraph();
    co_return;
  };
  testing::internal::CaptureStderr();
  world_.Run([&]() -> Coro<> {
    const Task<> outer = CreateTask(inner, "outer");
    co_await outer;
  });
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, StartsWith("#2 outer waits for nothing: it runs\n"));
  EXPECT_THAT(text, HasSubstr("call_graph_test.cc:" + std::to_string(line)));
  EXPECT_THAT(text, HasSubstr("  awaited by #1 Task-1 waits for task outer\n"));
  EXPECT_THROW(PrintCallGraph(), RuntimeError);
}

TEST_F(CallGraphTest, ALongChainIsNoLongerThanItsTasks) {
  constexpr int kTasks = 3000;
  Future<> last = loop().CreateFuture();
  std::vector<Task<>> tasks;
  for (int i = 0; i < kTasks; ++i) {
    tasks.push_back(loop().CreateTask(Await(last)));
    last = tasks.back();
  }
  Turns();
  const std::string text = Heads(DescribeCallGraph(loop()));
  EXPECT_THAT(text, HasSubstr("[depth 2999] #1 Task-1 waits for a future\n"));
  EXPECT_LT(text.size(), kTasks * 150u);
  Future<>(last).Cancel();
  Turns(kTasks);
}

TEST_F(CallGraphTest, StatisticsCountWhatTheLoopHasToDo) {
  EXPECT_EQ(loop().statistics(), LoopStatistics());
  loop().CallSoon([] {});
  TimerHandle cancelled = loop().CallLater(1h, [] {});
  loop().CallLater(2h, [] {});
  cancelled.Cancel();
  const Task<> a = loop().CreateTask(Await(loop().CreateFuture()));
  LoopStatistics expected;
  expected.ready = 2;
  expected.scheduled = 1;
  expected.tasks = 1;
  EXPECT_EQ(loop().statistics(), expected);
}

}  // namespace
}  // namespace rondo
