// The part of CPython's test_events.py that starts processes, in C++. The
// children are sh and its tools in place of Python.
#include <array>
#include <csignal>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/subprocess_transport.h"

namespace rondo::conformance {
namespace {

// MySubprocessProtocol.
class MySubprocessProtocol final : public SubprocessProtocol {
 public:
  MySubprocessProtocol()
      : connected(CreateFuture()), completed(CreateFuture()) {
    for (Future<>& future : disconnects) future = CreateFuture();
  }

  void ConnectionMade(std::shared_ptr<SubprocessTransport> made) override {
    EXPECT_EQ(state, "INITIAL");
    transport = std::move(made);
    state = "CONNECTED";
    connected.SetResult();
  }
  void ConnectionLost(std::exception_ptr) override {
    EXPECT_EQ(state, "CONNECTED");
    state = "CLOSED";
    completed.SetResult();
  }
  void PipeDataReceived(int fd, std::span<const char> bytes) override {
    EXPECT_EQ(state, "CONNECTED");
    const std::size_t place = static_cast<std::size_t>(fd);
    data[place].append(bytes.data(), bytes.size());
    got_data[place].Set();
  }
  void PipeConnectionLost(int fd, std::exception_ptr error) override {
    EXPECT_EQ(state, "CONNECTED");
    const std::size_t place = static_cast<std::size_t>(fd);
    if (error == nullptr) {
      disconnects[place].SetResult();
    } else {
      disconnects[place].SetException(error);
    }
  }
  void ProcessExited() override {
    EXPECT_EQ(state, "CONNECTED");
    returncode = transport->returncode();
  }

  std::string state = "INITIAL";
  std::shared_ptr<SubprocessTransport> transport;
  Future<> connected;
  Future<> completed;
  std::array<Future<>, 3> disconnects;
  std::array<std::string, 3> data;
  std::array<Event, 3> got_data;
  std::optional<int> returncode;
};

ProcessSpec Piped(ProcessSpec spec) {
  spec.std_in = Stdio::Pipe();
  spec.std_out = Stdio::Pipe();
  spec.std_err = Stdio::Pipe();
  return spec;
}

// A child and its protocol. `connected` was waited for.
Coro<std::shared_ptr<MySubprocessProtocol>> Start(ProcessSpec spec) {
  auto proto = std::make_shared<MySubprocessProtocol>();
  SubprocessExec([proto] { return proto; }, spec);
  co_await proto->connected;
  EXPECT_EQ(proto->state, "CONNECTED");
  co_return proto;
}

Coro<std::shared_ptr<MySubprocessProtocol>> StartShell(std::string command,
                                                       ProcessSpec spec) {
  auto proto = std::make_shared<MySubprocessProtocol>();
  SubprocessShell([proto] { return proto; }, std::move(command),
                  std::move(spec));
  co_await proto->connected;
  co_return proto;
}

void Write(const MySubprocessProtocol& proto, std::string_view text) {
  proto.transport->GetPipeTransport(0)->Write(text);
}

TEST(SubprocessTestsMixin, test_subprocess_exec) {
  rondo::Run([]() -> Coro<> {
    const auto proto = co_await Start(Piped(ProcessSpec("cat")));
    Write(*proto, "Python The Winner");
    co_await proto->got_data[1].Wait();
    proto->transport->Close();
    co_await proto->completed;
    EXPECT_EQ(proto->returncode, -SIGKILL);
    EXPECT_EQ(proto->data[1], "Python The Winner");
  });
}

TEST(SubprocessTestsMixin, test_subprocess_interactive) {
  rondo::Run([]() -> Coro<> {
    const auto proto = co_await Start(Piped(ProcessSpec("cat")));
    Write(*proto, "Python ");
    co_await proto->got_data[1].Wait();
    proto->got_data[1].Clear();
    EXPECT_EQ(proto->data[1], "Python ");
    Write(*proto, "The Winner");
    co_await proto->got_data[1].Wait();
    EXPECT_EQ(proto->data[1], "Python The Winner");
    proto->transport->Close();
    co_await proto->completed;
    EXPECT_EQ(proto->returncode, -SIGKILL);
  });
}

TEST(SubprocessTestsMixin, test_subprocess_shell) {
  rondo::Run([]() -> Coro<> {
    const auto proto = co_await StartShell("echo Python", Piped(ProcessSpec()));
    proto->transport->GetPipeTransport(0)->Close();
    co_await proto->completed;
    EXPECT_EQ(proto->returncode, 0);
    for (const Future<>& future : proto->disconnects) {
      EXPECT_TRUE(future.done());
    }
    EXPECT_EQ(proto->data[1], "Python\n");
    EXPECT_EQ(proto->data[2], "");
  });
}

TEST(SubprocessTestsMixin, test_subprocess_exitcode) {
  rondo::Run([]() -> Coro<> {
    const auto proto = co_await StartShell("exit 7", ProcessSpec());
    co_await proto->completed;
    EXPECT_EQ(proto->returncode, 7);
  });
}

TEST(SubprocessTestsMixin, test_subprocess_close_after_finish) {
  rondo::Run([]() -> Coro<> {
    const auto proto = co_await StartShell("exit 7", ProcessSpec());
    for (int fd = 0; fd < 3; ++fd) {
      EXPECT_EQ(proto->transport->GetPipeTransport(fd), nullptr);
    }
    co_await proto->completed;
    EXPECT_EQ(proto->returncode, 7);
    proto->transport->Close();
  });
}

TEST(SubprocessTestsMixin, test_subprocess_kill) {
  rondo::Run([]() -> Coro<> {
    const auto proto = co_await Start(Piped(ProcessSpec("cat")));
    proto->transport->Kill();
    co_await proto->completed;
    EXPECT_EQ(proto->returncode, -SIGKILL);
    proto->transport->Close();
  });
}

TEST(SubprocessTestsMixin, test_subprocess_terminate) {
  rondo::Run([]() -> Coro<> {
    const auto proto = co_await Start(Piped(ProcessSpec("cat")));
    proto->transport->Terminate();
    co_await proto->completed;
    EXPECT_EQ(proto->returncode, -SIGTERM);
    proto->transport->Close();
  });
}

TEST(SubprocessTestsMixin, test_subprocess_send_signal) {
  const auto old_handler = std::signal(SIGHUP, SIG_DFL);
  rondo::Run([]() -> Coro<> {
    const auto proto = co_await Start(Piped(ProcessSpec("cat")));
    proto->transport->SendSignal(SIGHUP);
    co_await proto->completed;
    EXPECT_EQ(proto->returncode, -SIGHUP);
    proto->transport->Close();
  });
  std::signal(SIGHUP, old_handler);
}

constexpr char kEcho2[] =
    "line=$(head -c 4); echo OUT:$line; echo ERR:$line >&2; exec cat";

TEST(SubprocessTestsMixin, test_subprocess_stderr) {
  rondo::Run([]() -> Coro<> {
    const auto proto =
        co_await Start(Piped(ProcessSpec("/bin/sh", "-c", kEcho2)));
    Write(*proto, "test");
    co_await proto->got_data[1].Wait();
    co_await proto->got_data[2].Wait();
    proto->transport->Close();
    co_await proto->completed;
    EXPECT_EQ(proto->data[1], "OUT:test\n");
    EXPECT_EQ(proto->data[2], "ERR:test\n");
    EXPECT_EQ(proto->returncode, -SIGKILL);
  });
}

TEST(SubprocessTestsMixin, test_subprocess_stderr_redirect_to_stdout) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec = Piped(ProcessSpec("/bin/sh", "-c", kEcho2));
    spec.std_err = Stdio::Stdout();
    const auto proto = co_await Start(spec);
    EXPECT_NE(proto->transport->GetPipeTransport(1), nullptr);
    EXPECT_EQ(proto->transport->GetPipeTransport(2), nullptr);
    Write(*proto, "test");
    while (proto->data[1].size() < 18) {
      co_await proto->got_data[1].Wait();
      proto->got_data[1].Clear();
    }
    EXPECT_EQ(proto->data[1], "OUT:test\nERR:test\n");
    EXPECT_EQ(proto->data[2], "");
    proto->transport->Close();
    co_await proto->completed;
    EXPECT_EQ(proto->returncode, -SIGKILL);
  });
}

// Adapted: the child says that it cannot write any more.
TEST(SubprocessTestsMixin, test_subprocess_close_client_stream) {
  rondo::Run([]() -> Coro<> {
    const auto proto = co_await Start(
        Piped(ProcessSpec("/bin/sh", "-c",
                          "trap '' PIPE; head -n 1; read line; "
                          "echo $line || echo ERR >&2; exec cat >&2")));
    Write(*proto, "test\n");
    co_await proto->got_data[1].Wait();
    EXPECT_EQ(proto->data[1], "test\n");
    proto->transport->GetPipeTransport(1)->Close();
    co_await proto->disconnects[1];
    Write(*proto, "xxx\n");
    while (proto->data[2].find("ERR\n") == std::string::npos) {
      co_await proto->got_data[2].Wait();
      proto->got_data[2].Clear();
    }
    proto->transport->Close();
    co_await proto->completed;
    EXPECT_EQ(proto->returncode, -SIGKILL);
  });
}

TEST(SubprocessTestsMixin, test_subprocess_wait_no_same_group) {
  rondo::Run([]() -> Coro<> {
    ProcessSpec spec;
    spec.new_session = true;
    const auto proto = co_await StartShell("exit 7", spec);
    co_await proto->completed;
    EXPECT_EQ(proto->returncode, 7);
  });
}

// Adapted: what is left of what Python's may be given wrongly.
TEST(SubprocessTestsMixin, test_subprocess_exec_invalid_args) {
  rondo::Run([]() -> Coro<> {
    const auto protocol = [] { return std::make_shared<SubprocessProtocol>(); };
    EXPECT_THROW(SubprocessExec(protocol, ProcessSpec()), ValueError);
    const auto none = [] { return std::shared_ptr<SubprocessProtocol>(); };
    EXPECT_THROW(SubprocessExec(none, ProcessSpec("true")), ValueError);
    co_return;
  });
}

TEST(SubprocessTestsMixin, test_subprocess_shell_invalid_args) {
  rondo::Run([]() -> Coro<> {
    const auto protocol = [] { return std::make_shared<SubprocessProtocol>(); };
    EXPECT_THROW(SubprocessShell(protocol, "true", ProcessSpec("ls")),
                 ValueError);
    co_return;
  });
}

}  // namespace
}  // namespace rondo::conformance
