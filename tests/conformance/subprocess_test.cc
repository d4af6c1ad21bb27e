// CPython's test_subprocess.py, in C++. The children are sh and its tools in
// place of Python.
#include "rondo/runtime/subprocess.h"

#include <csignal>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/subprocess_transport.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/conformance/raised.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;

// support.PIPE_MAX_SIZE: more than a pipe holds.
constexpr std::size_t kPipeMaxSize = (4 << 20) + 1;

ProcessSpec Script(std::string text) {
  return ProcessSpec("/bin/sh", "-c", text);
}

ProcessSpec Piped(ProcessSpec spec) {
  spec.std_in = Stdio::Pipe();
  spec.std_out = Stdio::Pipe();
  return spec;
}

// PROGRAM_BLOCKED and PROGRAM_CAT.
ProcessSpec Blocked() { return ProcessSpec("sleep", "3600"); }
ProcessSpec Cat() { return Piped(ProcessSpec("cat")); }

// Waits for all of it, and returns the code and the standard output.
struct Ended {
  Ended(int c, std::string text) : code(c), output(std::move(text)) {}

  int code;
  std::string output;
};
Coro<Ended> RunToEnd(ProcessSpec spec, std::string input) {
  Process process = co_await CreateSubprocessExec(std::move(spec));
  ProcessOutput output = co_await process.Communicate(std::move(input));
  co_return Ended(*process.returncode(), std::move(output.std_out));
}

TEST(SubprocessMixin, test_stdin_stdout) {
  rondo::Run([]() -> Coro<> {
    Process proc = co_await CreateSubprocessExec(Cat());
    co_await proc.std_in().WriteAll(std::string_view("some data"));
    proc.std_in().Close();
    EXPECT_EQ(co_await proc.std_out().ReadAll(), "some data");
    EXPECT_EQ(co_await proc.Wait(), 0);
  });
}

TEST(SubprocessMixin, test_communicate) {
  rondo::Run([]() -> Coro<> {
    const Ended ended = co_await RunToEnd(Cat(), "some data");
    EXPECT_EQ(ended.code, 0);
    EXPECT_EQ(ended.output, "some data");
  });
}

TEST(SubprocessMixin, test_communicate_none_input) {
  rondo::Run([]() -> Coro<> {
    const Ended ended = co_await RunToEnd(Cat(), "");
    EXPECT_EQ(ended.code, 0);
    EXPECT_EQ(ended.output, "");
  });
}

TEST(SubprocessMixin, test_shell) {
  rondo::Run([]() -> Coro<> {
    Process proc = co_await CreateSubprocessShell("exit 7");
    EXPECT_EQ(co_await proc.Wait(), 7);
  });
}

TEST(SubprocessMixin, test_start_new_session) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec("cut", "-d ", "-f6", "/proc/self/stat");
    spec.new_session = true;
    spec.std_out = Stdio::Pipe();
    Process proc = co_await CreateSubprocessExec(std::move(spec));
    const ProcessOutput output = co_await proc.Communicate();
    EXPECT_EQ(output.std_out, std::to_string(proc.pid()) + "\n");
  });
}

TEST(SubprocessMixin, test_kill) {
  rondo::Run([]() -> Coro<> {
    Process proc = co_await CreateSubprocessExec(Blocked());
    proc.Kill();
    EXPECT_EQ(co_await proc.Wait(), -SIGKILL);
  });
}

// Adapted: the original waits a second before it kills.
TEST(SubprocessMixin, test_kill_issue43884) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec;
    spec.std_out = Stdio::Pipe();
    Process proc = co_await CreateSubprocessShell("exec sleep 3600", spec);
    proc.Kill();
    EXPECT_EQ(co_await proc.Wait(), -SIGKILL);
  });
}

TEST(SubprocessMixin, test_terminate) {
  rondo::Run([]() -> Coro<> {
    Process proc = co_await CreateSubprocessExec(Blocked());
    proc.Terminate();
    EXPECT_EQ(co_await proc.Wait(), -SIGTERM);
  });
}

TEST(SubprocessMixin, test_send_signal) {
  const auto old_handler = std::signal(SIGHUP, SIG_DFL);
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Script("echo sleeping; exec sleep 3600");
    spec.std_out = Stdio::Pipe();
    Process proc = co_await CreateSubprocessExec(std::move(spec));
    EXPECT_EQ(co_await proc.std_out().ReadLine(), "sleeping\n");
    proc.SendSignal(SIGHUP);
    EXPECT_EQ(co_await proc.Wait(), -SIGHUP);
  });
  std::signal(SIGHUP, old_handler);
}

// Adapted: the child ends when it has read a line.
TEST(SubprocessMixin, test_stdin_broken_pipe) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Script("head -c 1 > /dev/null");
    spec.std_in = Stdio::Pipe();
    Process proc = co_await CreateSubprocessExec(std::move(spec));
    const std::string large_data(kPipeMaxSize, 'x');
    proc.std_in().Write(large_data);
    const auto error =
        co_await Raised<std::system_error>(proc.std_in().Drain());
    EXPECT_TRUE(error.has_value());
    co_await proc.Wait();
  });
}

TEST(SubprocessMixin, test_communicate_ignore_broken_pipe) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Script("exec 0<&-");
    spec.std_in = Stdio::Pipe();
    Process proc = co_await CreateSubprocessExec(std::move(spec));
    const std::string large_data(kPipeMaxSize, 'x');
    co_await proc.Communicate(large_data);
    EXPECT_EQ(proc.returncode(), 0);
  });
}

// Adapted: asks the transport itself in place of a mock.
TEST(SubprocessMixin, test_pause_reading) {
  rondo::Run([]() -> Coro<> {
    constexpr std::size_t limit = 10;
    constexpr std::size_t size = limit * 2 + 1;
    ProcessSpec spec("printf", std::string(size, 'x'));
    spec.std_out = Stdio::Pipe();
    Process proc = co_await CreateSubprocessExec(std::move(spec), limit);
    while (proc.std_out().transport().is_reading()) co_await Yield();
    co_await proc.Wait();
    EXPECT_FALSE(proc.std_out().transport().is_closing());
    EXPECT_EQ((co_await proc.std_out().ReadAll()).size(), size);
    EXPECT_TRUE(proc.std_out().AtEof());
  });
}

TEST(SubprocessMixin, test_stdin_not_inheritable) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Piped(ProcessSpec("wc", "-c"));
    const Ended ended = co_await RunToEnd(spec, "abc");
    EXPECT_EQ(ended.output, "3\n");
    EXPECT_EQ(ended.code, 0);
  });
}

TEST(SubprocessMixin, test_empty_input) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Piped(ProcessSpec("wc", "-c"));
    const Ended ended = co_await RunToEnd(spec, "");
    EXPECT_EQ(ended.output, "0\n");
    EXPECT_EQ(ended.code, 0);
  });
}

TEST(SubprocessMixin, test_devnull_input) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Piped(ProcessSpec("wc", "-c"));
    spec.std_in = Stdio::DevNull();
    const Ended ended = co_await RunToEnd(spec, "");
    EXPECT_EQ(ended.output, "0\n");
    EXPECT_EQ(ended.code, 0);
  });
}

TEST(SubprocessMixin, test_devstdin_input) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Piped(Script("wc -c < /dev/stdin"));
    const Ended ended = co_await RunToEnd(spec, "abc");
    EXPECT_EQ(ended.output, "3\n");
    EXPECT_EQ(ended.code, 0);
  });
}

TEST(SubprocessMixin, test_devnull_output) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Piped(Script("echo foo"));
    spec.std_out = Stdio::DevNull();
    Process proc = co_await CreateSubprocessExec(std::move(spec));
    const ProcessOutput output = co_await proc.Communicate();
    EXPECT_FALSE(proc.std_out());
    EXPECT_EQ(output.std_out, "");
    EXPECT_EQ(proc.returncode(), 0);
  });
}

TEST(SubprocessMixin, test_devnull_error) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Script("echo foo >&2");
    spec.std_err = Stdio::DevNull();
    Process proc = co_await CreateSubprocessExec(std::move(spec));
    const ProcessOutput output = co_await proc.Communicate();
    EXPECT_FALSE(proc.std_err());
    EXPECT_EQ(output.std_err, "");
    EXPECT_EQ(proc.returncode(), 0);
  });
}

TEST(SubprocessMixin, test_cancel_process_wait) {
  rondo::Run([]() -> Coro<> {
    Process proc = co_await CreateSubprocessExec(Blocked());
    Task<int> task = CreateTask(proc.Wait());
    RunningLoop().CallSoon([&task] { task.Cancel(); });
    bool cancelled = false;
    try {
      co_await task;
    } catch (const CancelledError&) {
      cancelled = true;
    }
    EXPECT_TRUE(cancelled);
    proc.Kill();
    EXPECT_EQ(co_await proc.Wait(), -SIGKILL);
  });
}

// Starts `spec` with a protocol that does nothing.
std::shared_ptr<SubprocessTransport> Bare(const ProcessSpec& spec) {
  return SubprocessExec([] { return std::make_shared<SubprocessProtocol>(); },
                        spec)
      .transport;
}

TEST(SubprocessMixin, test_close_kill_running) {
  rondo::Run([]() -> Coro<> {
    const auto transport = Bare(Blocked());
    transport->Close();
    EXPECT_TRUE(transport->is_closing());
    EXPECT_EQ(co_await transport->Wait(), -SIGKILL);
  });
}

TEST(SubprocessMixin, test_close_dont_kill_finished) {
  rondo::Run([]() -> Coro<> {
    const auto transport = Bare(Script("exit 3"));
    EXPECT_EQ(co_await transport->Wait(), 3);
    transport->Close();
    EXPECT_EQ(transport->returncode(), 3);
  });
}

TEST(SubprocessMixin, test_popen_error) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec("/no/such/program");
    const auto error =
        co_await Raised<std::system_error>(CreateSubprocessExec(spec));
    EXPECT_TRUE(error.has_value());
  });
}

TEST(SubprocessMixin, test_popen_error_with_stdin_pipe) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec("/no/such/program");
    spec.std_in = Stdio::Pipe();
    const auto error =
        co_await Raised<std::system_error>(CreateSubprocessExec(spec));
    EXPECT_TRUE(error.has_value());
  });
}

TEST(SubprocessMixin, test_read_stdout_after_process_exit) {
  rondo::Run([]() -> Coro<> {
    const std::string line(4096, 'x');
    ProcessSpec spec = Script("i=0; while [ $i -lt 16 ]; do echo " + line +
                              "; i=$((i+1)); done");
    spec.std_out = Stdio::Pipe();
    Process process = co_await CreateSubprocessExec(std::move(spec));
    co_await process.Wait();
    for (int i = 0; i < 16; ++i) {
      EXPECT_EQ(co_await process.std_out().ReadLine(), line + "\n");
    }
    EXPECT_EQ(co_await process.std_out().ReadLine(), "");
  });
}

TEST(SubprocessMixin, test_subprocess_communicate_stdout) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec("echo", "test");
    spec.std_out = Stdio::Pipe();
    const Ended ended = co_await RunToEnd(spec, "");
    EXPECT_EQ(ended.output, "test\n");
  });
}

TEST(SubprocessMixin, test_create_subprocess_env_shell) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec;
    spec.std_out = Stdio::Pipe();
    spec.environment.emplace();
    (*spec.environment)["FOO"] = "bar";
    Process proc = co_await CreateSubprocessShell("echo $FOO", std::move(spec));
    const ProcessOutput output = co_await proc.Communicate();
    EXPECT_EQ(output.std_out, "bar\n");
    EXPECT_EQ(proc.returncode(), 0);
  });
}

TEST(SubprocessMixin, test_create_subprocess_env_exec) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec("env");
    spec.std_out = Stdio::Pipe();
    spec.environment.emplace();
    (*spec.environment)["FOO"] = "baz";
    const Ended ended = co_await RunToEnd(spec, "");
    EXPECT_EQ(ended.output, "FOO=baz\n");
  });
}

TEST(SubprocessMixin, test_subprocess_concurrent_wait) {
  rondo::Run([]() -> Coro<> {
    Process proc = co_await CreateSubprocessShell("exec sleep 3600");
    proc.Kill();
    std::vector<Task<int>> waits;
    for (int i = 0; i < 3; ++i) waits.push_back(CreateTask(proc.Wait()));
    const std::vector<int> codes = co_await Gather(waits);
    EXPECT_THAT(codes, ElementsAre(-SIGKILL, -SIGKILL, -SIGKILL));
    EXPECT_EQ(proc.returncode(), -SIGKILL);
  });
}

// Writes down its calls.
class Events final : public SubprocessProtocol {
 public:
  explicit Events(std::vector<std::string>* log)
      : exit_future(CreateFuture()), log_(log) {}

  void ConnectionMade(std::shared_ptr<SubprocessTransport>) override {
    log_->push_back("connection_made");
  }
  void PipeDataReceived(int fd, std::span<const char> data) override {
    log_->push_back("pipe_data_received " + std::to_string(fd) + " " +
                    std::string(data.data(), data.size()));
  }
  void PipeConnectionLost(int fd, std::exception_ptr error) override {
    EXPECT_EQ(error, nullptr);
    log_->push_back("pipe_connection_lost " + std::to_string(fd));
  }
  void ProcessExited() override { log_->push_back("process_exited"); }
  void ConnectionLost(std::exception_ptr) override {
    log_->push_back("connection_lost");
    exit_future.SetResult();
  }

  Future<> exit_future;

 private:
  std::vector<std::string>* log_;
};

TEST(SubprocessMixin, test_subprocess_protocol_events) {
  std::vector<std::string> events;
  rondo::Run([&]() -> Coro<> {
    auto protocol = std::make_shared<Events>(&events);
    ProcessSpec spec =
        Script("printf stdout; printf stderr >&2; read line; exit 0");
    spec.std_in = Stdio::Pipe();
    spec.std_out = Stdio::Pipe();
    spec.std_err = Stdio::Pipe();
    const Subprocess process = SubprocessExec([&] { return protocol; }, spec);
    while (events.size() < 3) co_await Yield();
    process.transport->GetPipeTransport(0)->Close();
    co_await protocol->exit_future;
    EXPECT_EQ(process.transport->returncode(), 0);
  });
  EXPECT_EQ(events[0], "connection_made");
  EXPECT_THAT(std::vector<std::string>(events.begin() + 1, events.begin() + 3),
              testing::UnorderedElementsAre("pipe_data_received 1 stdout",
                                            "pipe_data_received 2 stderr"));
  EXPECT_THAT(std::vector<std::string>(events.begin() + 3, events.end() - 1),
              testing::UnorderedElementsAre(
                  "pipe_connection_lost 0", "pipe_connection_lost 1",
                  "pipe_connection_lost 2", "process_exited"));
  EXPECT_EQ(events.back(), "connection_lost");
}

TEST(SubprocessMixin, test_subprocess_send_signal_race) {
  rondo::Run([]() -> Coro<> {
    for (int i = 0; i < 10; ++i) {
      Process proc = co_await CreateSubprocessExec(ProcessSpec("true"));
      co_await Yield();
      try {
        proc.SendSignal(SIGTERM);
      } catch (const std::system_error&) {
      }
      const int code = co_await proc.Wait();
      EXPECT_TRUE(code == 0 || code == -SIGTERM) << code;
    }
  });
}

}  // namespace
}  // namespace rondo::conformance
