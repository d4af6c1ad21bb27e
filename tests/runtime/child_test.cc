// A loop whose processes are another's than the kernel's.
#include "rondo/runtime/child.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/epoll_selector.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/posix_network.h"
#include "rondo/runtime/process.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/subprocess.h"
#include "rondo/runtime/system_clock.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Has one child, which does what the test says.
class ScriptedSpawner final : public ProcessSpawner {
 public:
  SysResult Spawn(const ProcessSpec& spec, SpawnedProcess* child) override {
    if (spec.arguments.front() == "missing") return -ENOENT;
    process = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    std::array<int, 2> output;
    EXPECT_EQ(network.Pipe(&output), 0);
    child->process = process;
    child->pid = 7;
    child->pipes[1] = output[0];
    writes = output[1];
    return 0;
  }
  SysResult SendSignal(int fd, int signal) override {
    EXPECT_EQ(fd, process);
    signals.push_back(signal);
    return 0;
  }
  SysResult Reap(int fd, int* returncode) override {
    EXPECT_EQ(fd, process);
    ++reaps;
    if (result == 0) *returncode = code;
    return result;
  }
  void Close(int fd) override {
    EXPECT_EQ(fd, process);
    ++closes;
    close(fd);
  }

  // Makes the descriptor readable; Reap will say `r`.
  void Wake(SysResult r) {
    result = r;
    const std::uint64_t one = 1;
    EXPECT_EQ(write(process, &one, sizeof(one)), 8);
  }
  void Say(std::string_view text) {
    EXPECT_EQ(network.Write(writes, text), static_cast<SysResult>(text.size()));
  }
  void CloseOutput() { network.Close(writes); }

  PosixNetwork network;
  int process = -1;
  int writes = -1;
  int code = 0;
  SysResult result = -EAGAIN;
  int reaps = 0;
  int closes = 0;
  std::vector<int> signals;
};

class ChildTest : public testing::Test {
 protected:
  ChildTest() : loop(Seams()) {
    loop.SetExceptionHandler([this](EventLoop&, const ExceptionReport& report) {
      reports.emplace_back(report.message);
    });
  }

  LoopSeams Seams() {
    LoopSeams seams;
    seams.clock = &clock;
    seams.selector = &selector;
    seams.network = &spawner.network;
    seams.processes = &spawner;
    return seams;
  }

  // Runs what `body` returns for a new Process.
  template <class F>
  void WithProcess(F body) {
    const auto main = [&]() -> Coro<> {
      Process process = co_await CreateSubprocessExec(ProcessSpec("scripted"));
      co_await body(process);
    };
    loop.RunUntilComplete(main());
  }

  SystemClock clock;
  EpollSelector selector;
  ScriptedSpawner spawner;
  std::vector<std::string> reports;
  EventLoop loop;
};

TEST_F(ChildTest, APipeAndADescriptorAreAllThatAWorldNeeds) {
  WithProcess([&](Process& process) -> Coro<> {
    EXPECT_EQ(process.pid(), 7);
    spawner.Say("hello");
    EXPECT_EQ(co_await process.std_out().ReadExactly(5), "hello");
    process.SendSignal(SIGHUP);
    spawner.CloseOutput();
    spawner.code = 3;
    spawner.Wake(0);
    EXPECT_EQ(co_await process.Wait(), 3);
    EXPECT_EQ(co_await process.std_out().ReadAll(), "");
  });
  EXPECT_THAT(spawner.signals, ElementsAre(SIGHUP));
  EXPECT_EQ(spawner.reaps, 1);
  EXPECT_EQ(spawner.closes, 1);
}

TEST_F(ChildTest, AReadinessThatMeansNothingIsNoEnd) {
  WithProcess([&](Process& process) -> Coro<> {
    spawner.Wake(-EAGAIN);
    while (spawner.reaps == 0) co_await Yield();
    EXPECT_EQ(process.returncode(), std::nullopt);
    spawner.result = 0;
    EXPECT_EQ(co_await process.Wait(), 0);
    spawner.CloseOutput();
  });
}

TEST_F(ChildTest, ACodeThatSomebodyElseHasTakenIs255) {
  WithProcess([&](Process& process) -> Coro<> {
    spawner.Wake(-ECHILD);
    EXPECT_EQ(co_await process.Wait(), 255);
    spawner.CloseOutput();
  });
  EXPECT_THAT(reports, ElementsAre(HasSubstr("taken by somebody else")));
}

TEST_F(ChildTest, ALoopThatIsClosedClosesItOnce) {
  WithProcess([](Process&) -> Coro<> { co_return; });
  EXPECT_EQ(spawner.closes, 0) << "the loop keeps it";
  loop.Close();
  EXPECT_EQ(spawner.closes, 1);
  spawner.CloseOutput();
}

TEST_F(ChildTest, WhatCannotBeStartedIsAnError) {
  const auto main = []() -> Coro<> {
    EXPECT_THROW(co_await CreateSubprocessExec(ProcessSpec("missing")),
                 std::system_error);
  };
  loop.RunUntilComplete(main());
  EXPECT_EQ(spawner.closes, 0);
}

}  // namespace
}  // namespace rondo
