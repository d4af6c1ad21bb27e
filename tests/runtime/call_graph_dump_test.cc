#include "rondo/runtime/call_graph_dump.h"

#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/runtime/task.h"
#include "rondo/simnet/simulate.h"
#include "rondo/tests/runtime/virtual_loop.h"
#include "rondo/tests/support/program.h"

namespace rondo {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;
using namespace std::chrono_literals;

void (*DispositionOf(int signal))(int) {
  struct sigaction action = {};
  sigaction(signal, nullptr, &action);
  return action.sa_handler;
}

// Two tasks, of which one waits for the other; then `ask`, and time for the
// loop to see what it has asked for.
template <class F>
void RunTwoTasks(Runner& runner, F ask) {
  runner.Run([&ask]() -> Coro<> {
    Event never;
    const auto wait = [&never]() -> Coro<> { co_await never.Wait(); };
    Task<> reader = CreateTask(wait, "reader");
    const auto follow = [&reader]() -> Coro<> { co_await reader; };
    Task<> writer = CreateTask(follow, "writer");
    for (int i = 0; i < 3; ++i) co_await Yield();
    ask();
    for (int i = 0; i < 3; ++i) co_await Yield();
    reader.Cancel();
    for (int i = 0; i < 3; ++i) co_await Yield();
  }());
}

TEST(CallGraphDumpTest, ASignalHasTheLoopWriteItsGraphToStandardError) {
  Runner runner;
  DumpCallGraphOnSignal(runner.GetLoop(), SIGUSR1);
  testing::internal::CaptureStderr();
  RunTwoTasks(runner, [] { std::raise(SIGUSR1); });
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("Call graph (signal 10): tasks: 3, "),
                    HasSubstr("#3 writer waits for task reader\n"),
                    HasSubstr("  #2 reader waits for an event\n")));
  runner.Close();
  EXPECT_EQ(DispositionOf(SIGUSR1), SIG_DFL);
}

TEST(CallGraphDumpTest, AFileIsAppendedToAndAskingAgainChangesThePath) {
  const std::string first = ScratchPath("first");
  const std::string second = ScratchPath("second");
  WriteFile(first, "kept\n");
  Runner runner;
  DumpCallGraphOnSignal(runner.GetLoop(), SIGUSR2, first);
  RunTwoTasks(runner, [] { std::raise(SIGUSR2); });
  DumpCallGraphOnSignal(runner.GetLoop(), SIGUSR2, second);
  RunTwoTasks(runner, [] { std::raise(SIGUSR2); });
  EXPECT_THAT(ReadFile(first),
              AllOf(testing::StartsWith("kept\nCall graph"),
                    HasSubstr("writer waits for task reader")));
  EXPECT_THAT(ReadFile(second), testing::StartsWith("Call graph"));
}

TEST(CallGraphDumpTest, WakesALoopThatWaitsAndMayComeOnAnotherThread) {
  const std::string path = ScratchPath("graph");
  Runner runner;
  DumpCallGraphOnSignal(runner.GetLoop(), SIGUSR1, path);
  runner.Run([&]() -> Coro<> {
    std::thread other([] { std::raise(SIGUSR1); });
    while (ReadFile(path).empty()) co_await Sleep(1ms);
    other.join();
  }());
  EXPECT_THAT(ReadFile(path), HasSubstr("tasks: 1, "));
}

TEST(CallGraphDumpTest, AFileThatCannotBeWrittenIsReported) {
  Runner runner;
  std::vector<std::string> reports;
  runner.GetLoop().SetExceptionHandler(
      [&](EventLoop&, const ExceptionReport& report) {
        reports.push_back(DescribeException(report.exception));
      });
  DumpCallGraphOnSignal(runner.GetLoop(), SIGUSR1, "/nowhere/graph");
  RunTwoTasks(runner, [] { std::raise(SIGUSR1); });
  EXPECT_THAT(reports, testing::ElementsAre(HasSubstr(
                           "cannot write the call graph to '/nowhere/graph'")));
}

TEST(CallGraphDumpTest, EachSignalBelongsToOneLoop) {
  const std::unique_ptr<EventLoop> one = MakeSystemLoop();
  const std::unique_ptr<EventLoop> two = MakeSystemLoop();
  DumpCallGraphOnSignal(*one, SIGUSR1);
  EXPECT_THAT([&] { DumpCallGraphOnSignal(*two, SIGUSR1); },
              ThrowsMessage<RuntimeError>(HasSubstr("has a handler")));
  one->Close();
  DumpCallGraphOnSignal(*two, SIGUSR1);
  EXPECT_THAT([&] { DumpCallGraphOnSignal(*one, SIGUSR2); },
              ThrowsMessage<RuntimeError>(HasSubstr("closed")));
}

TEST(CallGraphDumpTest, WhatCannotBeHandledIsRefused) {
  const std::unique_ptr<EventLoop> loop = MakeSystemLoop();
  for (const int signal : {-1, 0, SIGKILL, SIGSTOP, SIGSEGV, 65}) {
    EXPECT_THROW(DumpCallGraphOnSignal(*loop, signal), ValueError) << signal;
  }
}

TEST(CallGraphDumpTest, ASimulationHasNoSignals) {
  const auto refused =
      ThrowsMessage<RuntimeError>(HasSubstr("takes no signals"));
  VirtualLoop world;
  EXPECT_THAT([&] { DumpCallGraphOnSignal(world.loop(), SIGUSR1); }, refused);
  Simulate([&]() -> Coro<> {
    EXPECT_THAT([] { DumpCallGraphOnSignal(RunningLoop(), SIGUSR1); }, refused);
    co_return;
  });
  EXPECT_EQ(DispositionOf(SIGUSR1), SIG_DFL);
}

}  // namespace
}  // namespace rondo
