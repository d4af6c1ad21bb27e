#include "rondo/runtime/process_spec.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/subprocess.h"
#include "rondo/tests/runtime/children.h"
#include "rondo/tests/runtime/descriptors.h"

namespace rondo {
namespace {

using testing::HasSubstr;

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

TEST(ProcessSpecTest, StandardErrorHasAPipeOrIsStandardOutput) {
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

TEST(ProcessSpecTest, DevNullGivesAndTakesNothing) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Script("cat; echo lost >&2; echo end");
    spec.std_in = Stdio::DevNull();
    spec.std_err = Stdio::DevNull();
    EXPECT_EQ(co_await OutputOf(spec), "end\n");
  });
}

TEST(ProcessSpecTest, ADescriptorIsTheChildsAndStaysOurs) {
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

TEST(ProcessSpecTest, DescriptorsMayChangePlaces) {
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

TEST(ProcessSpecTest, TheChildHasNoOtherDescriptors) {
  const int inheritable = dup(0);
  ASSERT_GE(inheritable, 3);
  rondo::Run([&]() -> Coro<> {
    const std::string number = std::to_string(inheritable);
    ProcessSpec spec = Script("test ! -e /proc/self/fd/" + number);
    EXPECT_EQ(co_await CodeOf(spec), 0);
  });
  close(inheritable);
}

TEST(ProcessSpecTest, RunsInADirectory) {
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

TEST(ProcessSpecTest, HasTheEnvironmentThatItIsGivenOrOurs) {
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

TEST(ProcessSpecTest, AShellRunsACommand) {
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

TEST(ProcessSpecTest, MayLeadASession) {
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

TEST(ProcessSpecTest, SigpipeIsNotIgnoredInTheChildEvenIfItIsHere) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  rondo::Run([]() -> Coro<> {
    EXPECT_EQ(co_await CodeOf(Script("kill -PIPE $$")), -SIGPIPE);
  });
  std::signal(SIGPIPE, before);
}

TEST(ProcessSpecTest, WhatCannotBeStartedSaysWhy) {
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

TEST(ProcessSpecTest, ASpecThatMakesNoSenseIsRefused) {
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

}  // namespace
}  // namespace rondo
