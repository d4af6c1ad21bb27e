// Sending files: over a scripted network, call by call; and over the kernel's
// and simulated sockets, through transports of both.
#include "rondo/runtime/sendfile.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/selector.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/socket_transport.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/transport.h"
#include "rondo/simnet/scenario.h"
#include "rondo/simnet/simulation.h"
#include "rondo/tests/runtime/worlds.h"
#include "rondo/tests/support/program.h"
#include "rondo/tests/support/run_twice.h"
#include "rondo/tests/support/scripted_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

// A file of `size` bytes, each of which tells where it stands.
class File {
 public:
  explicit File(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      content.push_back(static_cast<char>('a' + i % 23));
    }
    const std::string path = ScratchPath("file");
    WriteFile(path, content);
    fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    EXPECT_GE(fd_, 0);
  }
  File(const File&) = delete;
  ~File() { close(fd_); }

  int fd() const { return fd_; }
  std::int64_t position() const { return lseek(fd_, 0, SEEK_CUR); }

  std::string content;

 private:
  int fd_ = -1;
};

// The code of the std::system_error that `task` has thrown.
std::errc CodeOf(const Task<std::int64_t>& task) {
  try {
    task.result();
  } catch (const std::system_error& error) {
    return static_cast<std::errc>(error.code().value());
  }
  return {};
}

// ---- A socket, call by call

class SockSendFileTest : public testing::Test {
 protected:
  Task<std::int64_t> Start(SendFileOptions options = {}) {
    Task<std::int64_t> task = world.loop().CreateTask(
        SockSendFile(ScriptedLoop::kFd, file.fd(), options));
    world.loop().RunOnce();
    return task;
  }
  void Next(SysResult result) { world.network.Next("sendfile", result); }

  File file{10};
  ScriptedLoop world;
};

TEST_F(SockSendFileTest, GoesOnWhereTheKernelStopped) {
  Next(3);
  const Task<std::int64_t> task = Start();
  for (const SysResult n : {-EAGAIN, -EAGAIN, 1, -EAGAIN, 6, 0}) Next(n);
  EXPECT_EQ(file.position(), 3);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(world.writes());
    world.Ready(kWritable);
    world.loop().RunOnce();
  }
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), 10);
  EXPECT_EQ(file.position(), 10);
  EXPECT_FALSE(world.writes());
  EXPECT_THAT(world.network.Calls(),
              ElementsAre("sendfile at 0", "sendfile at 3", "sendfile at 3",
                          "sendfile at 3", "sendfile at 4", "sendfile at 4",
                          "sendfile at 10"));
}

TEST_F(SockSendFileTest, SendsWhatItIsAskedFor) {
  Next(4);
  const Task<std::int64_t> task = Start({.offset = 2, .count = 4});
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), 4);
  EXPECT_EQ(file.position(), 6);
  EXPECT_THAT(world.network.Calls(), ElementsAre("sendfile at 2"));
}

TEST_F(SockSendFileTest, TheFileMayEndBefore) {
  Next(0);
  const Task<std::int64_t> task = Start({.offset = 20, .count = 4});
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), 0);
  EXPECT_EQ(file.position(), 0);  // Where it was: nothing was sent.
}

TEST_F(SockSendFileTest, WhatTheKernelCannotDoIsRefusedWithoutFallback) {
  for (const int code : {EOPNOTSUPP, EINVAL, ENOSYS, ESPIPE}) {
    Next(-code);
    const Task<std::int64_t> task = Start({.fallback = false});
    ASSERT_TRUE(task.done());
    EXPECT_THROW(task.result(), SendfileNotAvailableError);
  }
  EXPECT_EQ(file.position(), 0);
}

TEST_F(SockSendFileTest, OtherErrorsAreTheConnections) {
  for (const int code : {EPIPE, ECONNRESET, EIO, EBADF, ENOTCONN}) {
    Next(-code);
    const Task<std::int64_t> task = Start();
    ASSERT_TRUE(task.done());
    EXPECT_EQ(CodeOf(task), static_cast<std::errc>(code));
  }
}

TEST_F(SockSendFileTest, AnErrorInTheMiddleTellsHowMuchWasSent) {
  Next(3);
  const Task<std::int64_t> task = Start({.offset = 1});
  Next(-EINVAL);  // Which is no reason to begin anew.
  world.Ready(kWritable);
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(CodeOf(task), std::errc::invalid_argument);
  EXPECT_EQ(file.position(), 4);
}

TEST_F(SockSendFileTest, CancelledInEachState) {
  Task<std::int64_t> early =
      world.loop().CreateTask(SockSendFile(ScriptedLoop::kFd, file.fd()));
  early.Cancel();
  world.Settle();
  EXPECT_TRUE(early.cancelled());
  EXPECT_THAT(world.network.Calls(), IsEmpty());

  for (const bool ready : {false, true}) {
    Next(3);
    Task<std::int64_t> task = Start();
    EXPECT_TRUE(world.writes());
    if (ready) world.Ready(kWritable);
    world.network.Calls();
    task.Cancel();
    world.Settle();
    EXPECT_TRUE(task.cancelled());
    EXPECT_FALSE(world.writes());
    EXPECT_THAT(world.network.Calls(), IsEmpty());
    EXPECT_EQ(file.position(), 3);
  }
}

TEST_F(SockSendFileTest, WrongArgumentsAreRefused) {
  EXPECT_THROW(Start({.offset = -1}).result(), ValueError);
  EXPECT_THROW(Start({.count = 0}).result(), ValueError);
  EXPECT_THROW(Start({.count = -5}).result(), ValueError);
  const auto with = [&](int fd) {
    Task<std::int64_t> task =
        world.loop().CreateTask(SockSendFile(ScriptedLoop::kFd, fd));
    world.loop().RunOnce();
    return task;
  };
  std::array<int, 2> pipe;
  ASSERT_EQ(pipe2(pipe.data(), O_CLOEXEC), 0);
  EXPECT_THAT(
      [&] { with(pipe[0]).result(); },
      testing::ThrowsMessage<ValueError>(HasSubstr("is no regular file")));
  close(pipe[0]);
  close(pipe[1]);
  EXPECT_EQ(CodeOf(with(-1)), std::errc::bad_file_descriptor);
  EXPECT_THAT(world.network.Calls(), IsEmpty());
}

// ---- A transport, call by call

class Quiet final : public Protocol {
 public:
  void ConnectionLost(std::exception_ptr) override { lost = true; }

  bool lost = false;
};

class SendFileTest : public testing::Test {
 protected:
  SendFileTest() {
    world.Do([&] {
      transport =
          internal::SocketTransport::Start(Socket(ScriptedLoop::kFd), protocol);
    });
    world.Settle();
    world.network.Calls();
  }
  Task<std::int64_t> Start(SendFileOptions options = {}) {
    Task<std::int64_t> task =
        world.loop().CreateTask(SendFile(transport, file.fd(), options));
    world.loop().RunOnce();
    return task;
  }
  void Write(std::string_view data) {
    world.Do([&] { transport->Write(data); });
  }
  void Next(SysResult result) { world.network.Next("sendfile", result); }

  File file{10};
  ScriptedLoop world;
  std::shared_ptr<Quiet> protocol = std::make_shared<Quiet>();
  std::shared_ptr<Transport> transport;
};

TEST_F(SendFileTest, ComesBehindWhatIsBuffered) {
  world.network.Next("send", -EAGAIN);
  Write("before");
  const Task<std::int64_t> task = Start();
  world.network.Next("send", 3);
  world.Ready(kWritable);
  Next(10);
  Next(0);
  world.Ready(kWritable);
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), 10);
  Write("after");
  EXPECT_THAT(world.network.Calls(),
              ElementsAre("send before", "send before", "send ore",
                          "sendfile at 0", "sendfile at 10", "send after"));
}

TEST_F(SendFileTest, NothingIsReadOrWrittenMeanwhile) {
  Next(-EAGAIN);
  const Task<std::int64_t> task = Start();
  EXPECT_FALSE(transport->is_reading());
  EXPECT_FALSE(world.reads());
  EXPECT_THROW(transport->Write(std::string_view("x")), RuntimeError);
  EXPECT_THROW(transport->WriteLines({}), RuntimeError);
  EXPECT_THROW(transport->WriteEof(), RuntimeError);
  const Task<std::int64_t> second = Start();
  ASSERT_TRUE(second.done());
  EXPECT_THROW(second.result(), RuntimeError);
  EXPECT_FALSE(transport->is_reading());  // The first one goes on.
  Next(0);
  world.Ready(kWritable);
  world.Settle();
  EXPECT_TRUE(task.done());
  EXPECT_TRUE(world.reads());
  Write("x");
}

TEST_F(SendFileTest, WhoHadPausedReadingFindsItPaused) {
  world.Do([&] { transport->PauseReading(); });
  Next(0);
  EXPECT_TRUE(Start().done());
  EXPECT_FALSE(transport->is_reading());
}

TEST_F(SendFileTest, CancelledWhileItWaitsItLeavesTheTransportUsable) {
  Next(4);
  Task<std::int64_t> task = Start();
  EXPECT_TRUE(world.writes());
  task.Cancel();
  world.Settle();
  EXPECT_TRUE(task.cancelled());
  EXPECT_FALSE(world.writes());
  EXPECT_TRUE(world.reads());
  EXPECT_EQ(file.position(), 4);
  world.network.Calls();
  Write("x");
  EXPECT_THAT(world.network.Calls(), ElementsAre("send x"));
}

TEST_F(SendFileTest, CancelledBehindABufferItLeavesThat) {
  world.network.Next("send", -EAGAIN);
  Write("before");
  Task<std::int64_t> task = Start();
  task.Cancel();
  world.Settle();
  EXPECT_TRUE(task.cancelled());
  EXPECT_TRUE(world.writes());
  world.network.Calls();
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(), ElementsAre("send before"));
}

TEST_F(SendFileTest, ClosingTheTransportBreaksItOff) {
  Next(4);
  const Task<std::int64_t> task = Start();
  world.Do([&] { transport->Close(); });
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(CodeOf(task), std::errc::connection_reset);
  EXPECT_TRUE(protocol->lost);
}

TEST_F(SendFileTest, AbortingTheTransportBreaksItOff) {
  Next(4);
  const Task<std::int64_t> task = Start();
  world.Do([&] { transport->Abort(); });
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(CodeOf(task), std::errc::connection_reset);
  EXPECT_TRUE(protocol->lost);
}

TEST_F(SendFileTest, AConnectionThatIsLostBeforeItsTurn) {
  world.network.Next("send", -EAGAIN);
  Write("before");
  const Task<std::int64_t> task = Start();
  world.network.Next("send", -EPIPE);
  world.Ready(kWritable);
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(CodeOf(task), std::errc::broken_pipe);
  EXPECT_TRUE(protocol->lost);
}

TEST_F(SendFileTest, AnErrorOfTheKernelsLeavesTheTransportToFindOut) {
  Next(-EPIPE);
  const Task<std::int64_t> task = Start();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(CodeOf(task), std::errc::broken_pipe);
  EXPECT_TRUE(world.reads());
  world.network.Next("recv", -ECONNRESET);
  world.Ready(kReadable);
  world.Settle();
  EXPECT_TRUE(protocol->lost);
}

// ---- Through transports of both worlds

class Noting final : public Protocol {
 public:
  void DataReceived(std::span<const char> data) override {
    log.push_back("data " + std::string(data.data(), data.size()));
  }
  void PauseWriting() override { log.push_back("pause"); }
  void ResumeWriting() override { log.push_back("resume"); }
  void ConnectionLost(std::exception_ptr) override {
    log.push_back("lost");
    lost.SetResult();
  }

  std::vector<std::string> log;
  Future<> lost = CreateFuture();
};

class SendFileWorldTest : public testing::TestWithParam<World> {
 protected:
  // Runs `body` with a connection's protocol and transport, and its peer.
  template <class F>
  void WithPeer(F body) {
    RunIn(GetParam(), [&]() -> Coro<> {
      Future<Stream*> accepted = CreateFuture<Stream*>();
      Future<> end = CreateFuture();
      ConnectionHandler handler = [accepted,
                                   end](Stream stream) mutable -> Coro<> {
        accepted.SetResult(&stream);
        co_await end;
      };
      Server server = co_await StartServer(std::move(handler), "127.0.0.1", 0);
      const auto protocol = std::make_shared<Noting>();
      ProtocolFactory factory = [protocol] { return protocol; };
      const Connection connection = co_await CreateConnection(
          std::move(factory), "127.0.0.1", server.addresses().at(0).port());
      Stream* const peer = co_await accepted;
      co_await body(*protocol, connection.transport, *peer);
      connection.transport->Abort();
      end.SetResult();
      co_await Sleep(5ms);
    });
  }

  File file_{1 << 20};
};

INSTANTIATE_TEST_SUITE_P(Worlds, SendFileWorldTest,
                         testing::Values(World::kReal, World::kSimulated),
                         WorldName);

using TransportPtr = std::shared_ptr<Transport>;

TEST_P(SendFileWorldTest, TheProtocolHasItsTransportBack) {
  WithPeer(
      [this](Noting& protocol, TransportPtr transport, Stream& peer) -> Coro<> {
        const Task<std::string> reading =
            CreateTask(peer.ReadExactly(file_.content.size()));
        co_await SendFile(transport, file_.fd());
        EXPECT_EQ(transport->GetProtocol().get(), &protocol);
        EXPECT_TRUE(co_await reading == file_.content);
        peer.Write(std::string_view("thanks"));
        co_await Sleep(5ms);
        EXPECT_EQ(protocol.log.back(), "data thanks");
      });
}

TEST_P(SendFileWorldTest, APausedProtocolIsResumedOnceAndPausedAgain) {
  WithPeer(
      [this](Noting& protocol, TransportPtr transport, Stream& peer) -> Coro<> {
        transport->SetWriteBufferLimits({.low = 1000, .high = 5000});
        const std::string before(4 << 20, 'x');
        transport->Write(before);
        EXPECT_THAT(protocol.log, ElementsAre("pause"));
        const Task<std::string> reading =
            CreateTask(peer.ReadExactly(before.size() + file_.content.size()));
        co_await SendFile(transport, file_.fd());
        EXPECT_TRUE(co_await reading == before + file_.content);
        co_await Sleep(5ms);
        // They alternate, whoever was told meanwhile.
        for (std::size_t i = 0; i < protocol.log.size(); ++i) {
          EXPECT_EQ(protocol.log[i], i % 2 == 0 ? "pause" : "resume") << i;
        }
        EXPECT_EQ(protocol.log.back(), "resume");
      });
}

TEST_P(SendFileWorldTest, WritesAreRefusedMeanwhileAndTakenAfterwards) {
  WithPeer([this](Noting&, TransportPtr transport, Stream& peer) -> Coro<> {
    const Task<std::int64_t> sending =
        CreateTask(SendFile(transport, file_.fd()));
    co_await Sleep(1ms);
    EXPECT_FALSE(sending.done());  // The peer does not read yet.
    EXPECT_THROW(transport->Write(std::string_view("x")), RuntimeError);
    EXPECT_THROW(transport->WriteEof(), RuntimeError);
    EXPECT_FALSE(transport->is_reading());
    const Task<std::string> reading =
        CreateTask(peer.ReadExactly(file_.content.size() + 1));
    co_await sending;
    transport->Write(std::string_view("x"));
    EXPECT_TRUE(co_await reading == file_.content + "x");
  });
}

TEST_P(SendFileWorldTest, CancelledItGivesTheTransportBack) {
  WithPeer([this](Noting& protocol, TransportPtr transport,
                  Stream& peer) -> Coro<> {
    Task<std::int64_t> sending = CreateTask(SendFile(transport, file_.fd()));
    co_await Sleep(1ms);
    sending.Cancel();
    co_await Sleep(1ms);
    EXPECT_TRUE(sending.cancelled());
    EXPECT_EQ(transport->GetProtocol().get(), &protocol);
    EXPECT_TRUE(transport->is_reading());
    const std::int64_t sent = file_.position();
    EXPECT_GT(sent, 0);
    transport->Write(std::string_view("end"));
    transport->WriteEof();
    const std::string all = co_await peer.ReadAll();
    EXPECT_TRUE(all == file_.content.substr(0, static_cast<std::size_t>(sent)) +
                           "end");
  });
}

TEST_P(SendFileWorldTest, APeerThatVanishesEndsIt) {
  WithPeer(
      [this](Noting& protocol, TransportPtr transport, Stream& peer) -> Coro<> {
        const Task<std::int64_t> sending =
            CreateTask(SendFile(transport, file_.fd()));
        co_await Sleep(1ms);
        peer.transport().Abort();
        std::error_code code;
        try {
          co_await sending;
        } catch (const std::system_error& error) {
          code = error.code();
        }
        EXPECT_TRUE(code == std::errc::connection_reset ||
                    code == std::errc::broken_pipe)
            << code;
        co_await protocol.lost;
        EXPECT_EQ(transport->GetProtocol(), nullptr);
      });
}

TEST_P(SendFileWorldTest, ASocketAlone) {
  WithPeer([this](Noting&, TransportPtr, Stream&) -> Coro<> {
    std::array<int, 2> fds;
    EXPECT_EQ(
        RunningLoop().seams().network->SocketPair(SocketKind::kStream, &fds),
        0);
    const Socket near(fds[0]);
    Stream far((Socket(fds[1])));
    const Task<std::string> reading = CreateTask(far.ReadExactly(5000));
    const std::int64_t n =
        co_await SockSendFile(near.fd(), file_.fd(), {.count = 5000});
    EXPECT_EQ(n, 5000);
    EXPECT_TRUE(co_await reading == file_.content.substr(0, 5000));
  });
}

// ---- Determinism

void SendBetweenHosts(Simulation& sim) {
  sim.SetLatency(1ms, 8ms);
  sim.AddHost("server", []() -> Coro<> {
    ConnectionHandler handler = [](Stream stream) -> Coro<> {
      const File file(100'000);
      co_await SendFile(stream.writer().transport(), file.fd());
    };
    Server server = co_await StartServer(std::move(handler), "", 80);
    co_await server.ServeForever();
  });
  sim.Run([&sim]() -> Coro<> {
    co_await Sleep(50ms);
    Stream stream = co_await OpenConnection("server", 80);
    sim.Output(std::to_string((co_await stream.ReadAll()).size()));
  });
}

TEST(SendFileDeterminismTest, AFileThatIsReadIsNoInput) {
  EXPECT_THAT(RunTwice(SendBetweenHosts).outputs(), ElementsAre("100000"));
}

}  // namespace
}  // namespace rondo
