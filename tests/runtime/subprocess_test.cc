#include "rondo/runtime/subprocess.h"

#include <poll.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/tests/runtime/children.h"
#include "rondo/tests/runtime/descriptors.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kMuch = 4 << 20;

TEST(SubprocessTest, CommunicateWritesReadsAndWaits) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = WithPipes(ProcessSpec("cat"));
    Process cat = co_await CreateSubprocessExec(spec);
    EXPECT_GT(cat.pid(), 0);
    EXPECT_EQ(cat.returncode(), std::nullopt);
    const ProcessOutput output = co_await cat.Communicate("hello");
    EXPECT_EQ(output.std_out, "hello");
    EXPECT_EQ(output.std_err, "");
    EXPECT_EQ(cat.returncode(), 0);
    EXPECT_TRUE(IsGone(cat.pid()));
  });
}

TEST(SubprocessTest, ReturnsTheExitCode) {
  rondo::Run([]() -> Coro<> {
    EXPECT_EQ(co_await CodeOf(ProcessSpec("true")), 0);
    EXPECT_EQ(co_await CodeOf(ProcessSpec("false")), 1);
    EXPECT_EQ(co_await CodeOf(Script("exit 255")), 255);
  });
}

TEST(SubprocessTest, ReturnsMinusTheSignalThatKilledIt) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec("sleep", "1000");
    Process killed = co_await CreateSubprocessExec(spec);
    Process terminated = co_await CreateSubprocessExec(spec);
    Process hung_up = co_await CreateSubprocessExec(spec);
    killed.Kill();
    terminated.Terminate();
    hung_up.SendSignal(SIGHUP);
    EXPECT_EQ(co_await killed.Wait(), -SIGKILL);
    EXPECT_EQ(co_await terminated.Wait(), -SIGTERM);
    EXPECT_EQ(co_await hung_up.Wait(), -SIGHUP);
  });
}

TEST(SubprocessTest, ASignalAfterTheEndIsAnError) {
  rondo::Run([]() -> Coro<> {
    Process process = co_await CreateSubprocessExec(ProcessSpec("true"));
    co_await process.Wait();
    try {
      process.Kill();
      ADD_FAILURE() << "no error";
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code().value(), ESRCH);
    }
    EXPECT_EQ(co_await process.Wait(), 0) << "as often as one likes";
  });
}

TEST(SubprocessTest, APipeIsAStream) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = WithPipes(ProcessSpec("cat"));
    Process cat = co_await CreateSubprocessExec(spec);
    for (int i = 0; i < 3; ++i) {
      const std::string line = "line " + std::to_string(i) + "\n";
      co_await cat.std_in().WriteAll(line);
      EXPECT_EQ(co_await cat.std_out().ReadLine(), line);
    }
    EXPECT_FALSE(cat.std_err());
    cat.std_in().Close();
    co_await cat.std_in().WaitClosed();
    EXPECT_EQ(co_await cat.std_out().ReadAll(), "");
    EXPECT_EQ(co_await cat.Wait(), 0);
  });
}

TEST(SubprocessTest, MuchInBothDirectionsDoesNotBlock) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = WithPipes(Script("tee /dev/stderr"));
    spec.std_err = Stdio::Pipe();
    Process process = co_await CreateSubprocessExec(std::move(spec));
    const std::string data(kMuch, 'x');
    const ProcessOutput output = co_await process.Communicate(data);
    EXPECT_TRUE(output.std_out == data);
    EXPECT_TRUE(output.std_err == data);
  });
}

TEST(SubprocessTest, AReaderThatIsBehindHoldsTheChildBack) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec("head", "-c", std::to_string(kMuch), "/dev/zero");
    spec.std_out = Stdio::Pipe();
    Process process = co_await CreateSubprocessExec(std::move(spec));
    EXPECT_EQ((co_await process.std_out().ReadExactly(1)).size(), 1u);
    for (int i = 0; i < 1000; ++i) co_await Yield();
    EXPECT_EQ(process.returncode(), std::nullopt);
    EXPECT_EQ((co_await process.std_out().ReadAll()).size(), kMuch - 1);
    EXPECT_EQ(co_await process.Wait(), 0);
  });
}

TEST(SubprocessTest, AChildThatDoesNotReadItsInputIsNoError) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = WithPipes(Script("exec 0<&-; echo out"));
    Process process = co_await CreateSubprocessExec(std::move(spec));
    const std::string data(kMuch, 'x');
    const ProcessOutput output = co_await process.Communicate(data);
    EXPECT_EQ(output.std_out, "out\n");
    EXPECT_EQ(process.returncode(), 0);
  });
}

TEST(SubprocessTest, AChildMayCloseItsOutputLongBeforeItsEnd) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = WithPipes(Script("exec 1>&-; read line; exit $line"));
    Process process = co_await CreateSubprocessExec(std::move(spec));
    EXPECT_EQ(co_await process.std_out().ReadAll(), "");
    EXPECT_EQ(process.returncode(), std::nullopt);
    process.std_in().Write(std::string_view("3\n"));
    EXPECT_EQ(co_await process.Wait(), 3);
  });
}

// What the child has started has its pipes still.
TEST(SubprocessTest, WaitIsOverWhenTheChildIsAndPipesGoOn) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = WithPipes(Script("exec 3<&0; cat <&3 & exit 5"));
    Process process = co_await CreateSubprocessExec(std::move(spec));
    EXPECT_EQ(co_await process.Wait(), 5);
    co_await process.std_in().WriteAll(std::string_view("late"));
    EXPECT_EQ(co_await process.std_out().ReadExactly(4), "late");
    process.std_in().Close();
    EXPECT_EQ(co_await process.std_out().ReadAll(), "");
  });
}

TEST(SubprocessTest, ExitCodesAreKnownToWhoIgnoresNothing) {
  // A program that has the kernel reap its children loses their codes.
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  std::vector<std::string> reports;
  rondo::Run([&]() -> Coro<> {
    RunningLoop().SetExceptionHandler(
        [&](EventLoop&, const ExceptionReport& report) {
          reports.emplace_back(report.message);
        });
    ProcessSpec spec = WithPipes(ProcessSpec("cat"));
    Process cat = co_await CreateSubprocessExec(std::move(spec));
    cat.std_in().Close();
    EXPECT_EQ(co_await cat.Wait(), 255);
  });
  std::signal(SIGCHLD, before);
  EXPECT_THAT(reports, ElementsAre(HasSubstr("taken by somebody else")));
}

TEST(SubprocessTest, AHundredAtOnce) {
  const std::size_t before = CountDescriptors();
  rondo::Run([]() -> Coro<> {
    std::vector<Task<std::string>> outputs;
    std::vector<Task<int>> codes;
    for (int i = 0; i < 50; ++i) {
      ProcessSpec echo("echo", "-n", std::to_string(i));
      outputs.push_back(CreateTask(OutputOf(echo)));
      ProcessSpec exits = Script("exit " + std::to_string(i));
      codes.push_back(CreateTask(CodeOf(exits)));
    }
    const std::vector<std::string> texts = co_await Gather(outputs);
    const std::vector<int> numbers = co_await Gather(codes);
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(texts[static_cast<std::size_t>(i)], std::to_string(i));
      EXPECT_EQ(numbers[static_cast<std::size_t>(i)], i);
    }
  });
  EXPECT_EQ(CountDescriptors(), before);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a zombie";
  EXPECT_EQ(errno, ECHILD);
}

TEST(SubprocessTest, AWaitThatIsCancelledDisturbsNobody) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = WithPipes(ProcessSpec("cat"));
    Process cat = co_await CreateSubprocessExec(spec);
    Task<int> first = CreateTask(cat.Wait());
    Task<int> second = CreateTask(cat.Wait());
    co_await Yield();
    first.Cancel();
    co_await Yield();
    EXPECT_TRUE(first.cancelled());
    EXPECT_FALSE(second.done());
    cat.std_in().Close();
    EXPECT_EQ(co_await second, 0);
    EXPECT_EQ(co_await cat.Wait(), 0);
  });
}

TEST(SubprocessTest, ACommunicateThatIsCancelledLosesNothing) {
  rondo::Run([]() -> Coro<> {
    const Pipe seen;
    ProcessSpec spec =
        WithPipes(Script("read line; echo \"$line\"; echo >&2; cat; exit 3"));
    spec.std_err = Stdio::Descriptor(seen.writes());
    Process process = co_await CreateSubprocessExec(std::move(spec));
    const std::string rest(kMuch, 'x');
    Task<ProcessOutput> task =
        CreateTask(process.Communicate("first line\n" + rest));
    // The child has written its first line; somewhere in the middle it is
    // cancelled.
    while (!task.done()) {
      pollfd ready = {seen.reads(), POLLIN, 0};
      if (poll(&ready, 1, 0) > 0) break;
      co_await Yield();
    }
    for (int i = 0; i < 10; ++i) co_await Yield();
    task.Cancel();
    for (int i = 0; i < 3; ++i) co_await Yield();
    EXPECT_TRUE(task.cancelled());
    const ProcessOutput output = co_await process.Communicate();
    EXPECT_TRUE(output.std_out == "first line\n" + rest);
    EXPECT_EQ(process.returncode(), 3);
  });
}

TEST(SubprocessTest, ADroppedOneIsReapedByTheLoop) {
  const std::size_t before = CountDescriptors();
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = WithPipes(ProcessSpec("cat"));
    std::optional<Process> cat = co_await CreateSubprocessExec(spec);
    const int pid = cat->pid();
    Coro<int> wait = cat->Wait();
    cat.reset();  // Closes the pipes: cat reads to the end.
    EXPECT_EQ(co_await std::move(wait), 0);
    EXPECT_TRUE(IsGone(pid));
  });
  EXPECT_EQ(CountDescriptors(), before);
}

TEST(SubprocessTest, ALoopThatIsClosedKillsWhatRunsStill) {
  const std::size_t before = CountDescriptors();
  int pid = 0;
  rondo::Run([&]() -> Coro<> {
    ProcessSpec spec = WithPipes(ProcessSpec("sleep", "1000"));
    Process process = co_await CreateSubprocessExec(spec);
    pid = process.pid();
    EXPECT_FALSE(IsGone(pid));
  });
  EXPECT_TRUE(IsGone(pid));
  EXPECT_EQ(CountDescriptors(), before);
}

TEST(SubprocessTest, AProcessMayOutliveItsLoop) {
  std::optional<Process> process;
  rondo::Run([&]() -> Coro<> {
    ProcessSpec spec = WithPipes(ProcessSpec("sleep", "1000"));
    process = co_await CreateSubprocessExec(spec);
  });
  EXPECT_TRUE(IsGone(process->pid()));
  EXPECT_EQ(process->returncode(), std::nullopt);
  EXPECT_THROW(process->Kill(), std::system_error);
}

TEST(SubprocessTest, NotInALoopWithoutProcesses) {
  VirtualLoop world;
  world.Run([]() -> Coro<> {
    EXPECT_THROW(co_await CreateSubprocessExec(ProcessSpec("true")),
                 RuntimeError);
  });
}

}  // namespace
}  // namespace rondo
