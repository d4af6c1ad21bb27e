#include "rondo/runtime/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
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
#include "rondo/tests/runtime/descriptors.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::size_t kMuch = 4 << 20;

ProcessSpec Script(std::string text) {
  return ProcessSpec("/bin/sh", "-c", text);
}

ProcessSpec WithPipes(ProcessSpec spec) {
  spec.std_in = Stdio::Pipe();
  spec.std_out = Stdio::Pipe();
  return spec;
}

// What `spec` writes to its standard output.
Coro<std::string> OutputOf(ProcessSpec spec) {
  spec.std_out = Stdio::Pipe();
  Process process = co_await CreateSubprocessExec(std::move(spec));
  const ProcessOutput output = co_await process.Communicate();
  co_return output.std_out;
}

Coro<int> CodeOf(ProcessSpec spec) {
  Process process = co_await CreateSubprocessExec(std::move(spec));
  co_return co_await process.Wait();
}

// What starting `spec` throws; 0: nothing.
struct StartFailure {
  StartFailure() = default;

  int code = 0;
  std::string what;
};
StartFailure FailureOf(ProcessSpec spec) {
  StartFailure failure;
  rondo::Run([&]() -> Coro<> {
    try {
      co_await CodeOf(spec);
    } catch (const std::system_error& error) {
      failure.code = error.code().value();
      failure.what = error.what();
    } catch (const ValueError& error) {
      failure.code = -1;
      failure.what = error.what();
    }
  });
  return failure;
}

// Neither running nor a zombie.
bool IsGone(int pid) {
  return kill(pid, 0) < 0 && errno == ESRCH &&
         waitpid(pid, nullptr, WNOHANG) < 0 && errno == ECHILD;
}

struct Pipe {
  Pipe() { EXPECT_EQ(pipe2(fds.data(), O_CLOEXEC), 0); }
  Pipe(const Pipe&) = delete;
  ~Pipe() {
    for (const int fd : fds) close(fd);
  }

  int reads() const { return fds[0]; }
  int writes() const { return fds[1]; }
  std::array<int, 2> fds = {-1, -1};
};

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

TEST(SubprocessTest, StandardErrorHasAPipeOrIsStandardOutput) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Script("echo out; echo err >&2");
    spec.std_out = Stdio::Pipe();
    spec.std_err = Stdio::Pipe();
    Process apart = co_await CreateSubprocessExec(spec);
    const ProcessOutput two = co_await apart.Communicate();
    EXPECT_EQ(two.std_out, "out\n");
    EXPECT_EQ(two.std_err, "err\n");
    spec.std_err = Stdio::Stdout();
    Process together = co_await CreateSubprocessExec(spec);
    const ProcessOutput one = co_await together.Communicate();
    EXPECT_EQ(one.std_out, "out\nerr\n");
    EXPECT_EQ(one.std_err, "");
  });
}

TEST(SubprocessTest, DevNullGivesAndTakesNothing) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Script("cat; echo lost >&2; echo end");
    spec.std_in = Stdio::DevNull();
    spec.std_err = Stdio::DevNull();
    EXPECT_EQ(co_await OutputOf(spec), "end\n");
  });
}

TEST(SubprocessTest, ADescriptorIsTheChildsAndStaysOurs) {
  rondo::Run([]() -> Coro<> {
    const Pipe pipe;
    ProcessSpec spec("echo", "hello");
    spec.std_out = Stdio::Descriptor(pipe.writes());
    EXPECT_EQ(co_await CodeOf(spec), 0);
    EXPECT_TRUE(IsOpen(pipe.writes()));
    std::array<char, 10> buffer;
    const ssize_t n = read(pipe.reads(), buffer.data(), buffer.size());
    EXPECT_EQ(std::string_view(buffer.data(), static_cast<std::size_t>(n)),
              "hello\n");
  });
}

TEST(SubprocessTest, DescriptorsMayChangePlaces) {
  rondo::Run([]() -> Coro<> {
    // What is our 2 is the child's 1, and our 1 the child's 2.
    const Pipe pipe;
    const int saved = fcntl(2, F_DUPFD_CLOEXEC, 3);
    dup2(pipe.writes(), 2);
    ProcessSpec spec = Script("echo out");
    spec.std_out = Stdio::Descriptor(2);
    spec.std_err = Stdio::Descriptor(1);
    const int code = co_await CodeOf(spec);
    dup2(saved, 2);
    close(saved);
    EXPECT_EQ(code, 0);
    std::array<char, 10> buffer;
    EXPECT_EQ(read(pipe.reads(), buffer.data(), buffer.size()), 4);
  });
}

TEST(SubprocessTest, TheChildHasNoOtherDescriptors) {
  const int inheritable = dup(0);
  ASSERT_GE(inheritable, 3);
  rondo::Run([&]() -> Coro<> {
    const std::string number = std::to_string(inheritable);
    ProcessSpec spec = Script("test ! -e /proc/self/fd/" + number);
    EXPECT_EQ(co_await CodeOf(spec), 0);
  });
  close(inheritable);
}

TEST(SubprocessTest, RunsInADirectory) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec("pwd");
    spec.directory = "/usr";
    EXPECT_EQ(co_await OutputOf(spec), "/usr\n");
    // And a program with a '/' is looked for there.
    ProcessSpec relative("./bin/env", "pwd");
    relative.directory = "/usr";
    EXPECT_EQ(co_await OutputOf(relative), "/usr\n");
  });
}

TEST(SubprocessTest, HasTheEnvironmentThatItIsGivenOrOurs) {
  setenv("RONDO_SUBPROCESS_TEST", "ours", 1);
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Script("echo $RONDO_SUBPROCESS_TEST");
    EXPECT_EQ(co_await OutputOf(spec), "ours\n");
    ProcessSpec env("env");
    std::map<std::string, std::string> variables;
    variables["A"] = "1";
    variables["B"] = "2 = two";
    env.environment = std::move(variables);
    EXPECT_EQ(co_await OutputOf(env), "A=1\nB=2 = two\n");
  });
}

TEST(SubprocessTest, AShellRunsACommand) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec;
    spec.std_out = Stdio::Pipe();
    Process shell =
        co_await CreateSubprocessShell("echo hello | tr a-z A-Z; exit 7", spec);
    const ProcessOutput output = co_await shell.Communicate();
    EXPECT_EQ(output.std_out, "HELLO\n");
    EXPECT_EQ(shell.returncode(), 7);
  });
}

TEST(SubprocessTest, MayLeadASession) {
  rondo::Run([]() -> Coro<> {
    // Process group and session.
    ProcessSpec spec("cut", "-d ", "-f5,6", "/proc/self/stat");
    spec.new_session = true;
    spec.std_out = Stdio::Pipe();
    Process cut = co_await CreateSubprocessExec(std::move(spec));
    const ProcessOutput output = co_await cut.Communicate();
    const std::string pid = std::to_string(cut.pid());
    EXPECT_EQ(output.std_out, pid + " " + pid + "\n");
  });
}

TEST(SubprocessTest, SigpipeIsNotIgnoredInTheChildEvenIfItIsHere) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  rondo::Run([]() -> Coro<> {
    EXPECT_EQ(co_await CodeOf(Script("kill -PIPE $$")), -SIGPIPE);
  });
  std::signal(SIGPIPE, before);
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
    ProcessSpec spec = WithPipes(Script("head -n 1; echo >&2; cat; exit 3"));
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
    EXPECT_THAT(output.std_out.substr(0, 11), "first line\n");
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

TEST(SubprocessTest, WhatCannotBeStartedSaysWhy) {
  const std::size_t before = CountDescriptors();
  const StartFailure unknown =
      FailureOf(WithPipes(ProcessSpec("rondo-no-such-program")));
  EXPECT_EQ(unknown.code, ENOENT);
  EXPECT_THAT(unknown.what, HasSubstr("cannot start rondo-no-such-program"));
  const StartFailure refused = FailureOf(ProcessSpec("/dev/null"));
  EXPECT_EQ(refused.code, EACCES);
  EXPECT_THAT(refused.what, HasSubstr("/dev/null"));
  ProcessSpec elsewhere("true");
  elsewhere.directory = "/no/such/directory";
  const StartFailure nowhere = FailureOf(elsewhere);
  EXPECT_EQ(nowhere.code, ENOENT);
  EXPECT_THAT(nowhere.what, HasSubstr("true in /no/such/directory"));
  EXPECT_EQ(CountDescriptors(), before);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a zombie";
}

TEST(SubprocessTest, ASpecThatMakesNoSenseIsRefused) {
  EXPECT_THAT(FailureOf(ProcessSpec()).what, HasSubstr("there is no program"));
  EXPECT_THAT(FailureOf(ProcessSpec("echo", std::string("a\0b", 3))).what,
              HasSubstr("an argument has a NUL"));
  ProcessSpec spec("true");
  spec.std_out = Stdio::Stdout();
  EXPECT_THAT(FailureOf(spec).what,
              HasSubstr("descriptor 1 cannot be Stdout()"));
  spec.std_out = Stdio::Descriptor(-5);
  EXPECT_THAT(FailureOf(spec).what,
              HasSubstr("descriptor 1 cannot be Descriptor(-5)"));
  spec.std_out = Stdio::Inherit();
  spec.environment.emplace();
  (*spec.environment)["A=B"] = "C";
  EXPECT_THAT(FailureOf(spec).what, HasSubstr("'A=B' cannot name a variable"));
  rondo::Run([]() -> Coro<> {
    ProcessSpec cat = WithPipes(ProcessSpec("cat"));
    EXPECT_THROW(co_await CreateSubprocessShell("true", cat), ValueError);
    EXPECT_THROW(co_await CreateSubprocessExec(cat, 0), ValueError);
    Process process = co_await CreateSubprocessExec(ProcessSpec("true"));
    EXPECT_THROW(co_await process.Communicate("input"), ValueError);
    co_await process.Wait();
  });
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
