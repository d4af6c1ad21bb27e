// Sending files over the kernel's and simulated sockets.
#include "rondo/runtime/sendfile.h"

#include <any>
#include <array>
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
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/transport.h"
#include "rondo/simnet/scenario.h"
#include "rondo/simnet/simulation.h"
#include "rondo/tests/runtime/worlds.h"
#include "rondo/tests/support/run_twice.h"
#include "rondo/tests/support/scratch_file.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

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
      // Or the kernel takes the whole file before anybody reads.
      const int fd =
          std::any_cast<int>(connection.transport->GetExtraInfo("socket"));
      RunningLoop().seams().network->SetOption(fd, SocketOption::kSendBuffer,
                                               16 * 1024);
      co_await body(*protocol, connection.transport, *peer);
      connection.transport->Abort();
      end.SetResult();
      co_await Sleep(5ms);
    });
  }

  // Until something was sent.
  Coro<> UntilItHasBegun() {
    while (file_.position() == 0) co_await Sleep(1ms);
  }

  ScratchFile file_{1 << 20};
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
    co_await UntilItHasBegun();
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
    co_await UntilItHasBegun();
    sending.Cancel();
    co_await Sleep(1ms);
    EXPECT_TRUE(sending.cancelled());
    EXPECT_EQ(transport->GetProtocol().get(), &protocol);
    EXPECT_TRUE(transport->is_reading());
    const std::int64_t sent = file_.position();
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
        co_await UntilItHasBegun();
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
      const ScratchFile file(100'000);
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
