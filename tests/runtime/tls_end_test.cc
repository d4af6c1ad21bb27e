// How connections over TLS end, and how others become such.
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/network.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/tls.h"
#include "rondo/tests/runtime/tls_fixtures.h"
#include "rondo/tests/runtime/worlds.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;
using namespace std::string_literals;

class TlsEndTest : public testing::TestWithParam<World> {};

INSTANTIATE_TEST_SUITE_P(Worlds, TlsEndTest,
                         testing::Values(World::kReal, World::kSimulated),
                         WorldName);

std::uint16_t PortOf(const Server& server) {
  return server.addresses().at(0).port();
}

Coro<> Hold(Stream stream) { co_await stream.ReadAll(); }

Coro<> NeverAnswer(Stream) { co_await CreateFuture(); }

// Ends the sending direction below TLS, which is not told.
void CutSending(const Stream& stream) {
  RunningLoop().seams().network->Shutdown(stream.fd(), ShutdownHow::kSend);
}

// ---- The peer's end

TEST_P(TlsEndTest, TellsAnOrderlyEndFromACutOne) {
  RunIn(GetParam(), []() -> Coro<> {
    for (const bool orderly : {true, false}) {
      Future<bool> told = CreateFuture<bool>();
      ConnectionHandler read = [&](Stream stream) -> Coro<> {
        EXPECT_EQ(co_await stream.ReadAll(), "last words");
        told.SetResult(TlsInfoOf(stream)->close_notify_received);
      };
      Server server = co_await StartServer(read, "127.0.0.1", 0, ServerTls());
      Stream stream =
          co_await OpenConnection("127.0.0.1", PortOf(server), ClientTls());
      stream.Write("last words"s);
      if (orderly) {
        stream.Close();
      } else {
        CutSending(stream);
      }
      EXPECT_EQ(co_await told, orderly);
    }
  });
}

TEST(SlowReaderTest, GetsAllThatCameBeforeTheEnd) {
  Simulate([]() -> Coro<> {
    for (const bool orderly : {true, false}) {
      ConnectionHandler send = [orderly](Stream stream) -> Coro<> {
        stream.Write(std::string(200'000, 'x'));
        co_await Sleep(10s);
        if (!orderly) CutSending(stream);
        stream.Close();
        const Outcome<> end = co_await AsOutcome(stream.WaitClosed());
      };
      Server server = co_await StartServer(send, "127.0.0.1", 0, ServerTls());
      Stream stream = co_await OpenConnection("127.0.0.1", PortOf(server),
                                              ClientTls(), /*limit=*/1000);
      co_await Sleep(20s);
      std::size_t size = 0;
      for (;;) {
        const std::string some = co_await stream.Read(777);
        if (some.empty()) break;
        size += some.size();
        co_await Yield();
      }
      EXPECT_EQ(size, 200'000u);
    }
  });
}

TEST(SlowReaderTest, MayCloseWithoutReadingToTheEnd) {
  Simulate([]() -> Coro<> {
    ConnectionHandler send = [](Stream stream) -> Coro<> {
      stream.Write(std::string(200'000, 'x'));
      co_await Sleep(10s);
      CutSending(stream);
      co_await CreateFuture();
    };
    Server server = co_await StartServer(send, "127.0.0.1", 0, ServerTls());
    Stream stream = co_await OpenConnection("127.0.0.1", PortOf(server),
                                            ClientTls(), /*limit=*/1000);
    co_await Sleep(20s);
    co_await stream.Read(777);
    stream.Close();
    co_await stream.WaitClosed();
  });
}

TEST_P(TlsEndTest, ClosingWhileThePeerStillSendsIsAnError) {
  RunIn(GetParam(), []() -> Coro<> {
    ConnectionHandler flood = [](Stream stream) -> Coro<> {
      for (;;) co_await stream.WriteAll(std::string(10'000, 'x'));
    };
    Server server = co_await StartServer(flood, "127.0.0.1", 0, ServerTls());
    Stream stream =
        co_await OpenConnection("127.0.0.1", PortOf(server), ClientTls());
    co_await stream.ReadExactly(100'000);
    stream.Close();
    const Outcome<> end = co_await AsOutcome(stream.WaitClosed());
    EXPECT_THAT(DescribeException(end.exception()),
                HasSubstr("application data after close notify"));
    EXPECT_TRUE(IsException<TlsError>(end.exception()));
  });
}

TEST_P(TlsEndTest, AbortEndsAtOnceAndWithoutAnError) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(Hold, "127.0.0.1", 0, ServerTls());
    Stream stream =
        co_await OpenConnection("127.0.0.1", PortOf(server), ClientTls());
    stream.transport().Abort();
    co_await Yield();
    co_await Yield();
    EXPECT_TRUE(stream.protocol().closed().done());
    co_await stream.WaitClosed();
    for (int i = 0; i < 10; ++i) stream.Write("late"s);
  });
}

TEST_P(TlsEndTest, OneDirectionCannotBeEnded) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(Hold, "127.0.0.1", 0, ServerTls());
    Stream stream =
        co_await OpenConnection("127.0.0.1", PortOf(server), ClientTls());
    EXPECT_FALSE(stream.transport().can_write_eof());
    EXPECT_THROW(stream.WriteEof(), RuntimeError);
  });
}

// ---- Handshakes that do not end

TEST(TlsTimeoutTest, AHandshakeTakesAMinuteAtMost) {
  Simulate([]() -> Coro<> {
    Server server = co_await StartServer(NeverAnswer, "127.0.0.1", 0);
    const Nanoseconds begin = RunningLoop().time();
    const Outcome<Stream> outcome = co_await AsOutcome(
        OpenConnection("127.0.0.1", PortOf(server), ClientTls()));
    EXPECT_GE(RunningLoop().time() - begin, 60s);
    EXPECT_LT(RunningLoop().time() - begin, 60s + 10ms);
    EXPECT_THAT(DescribeException(outcome.exception()),
                HasSubstr("TLS handshake is taking longer than 60000 ms"));
    TlsOptions tls = ClientTls();
    tls.handshake_timeout = 0s;
    const Outcome<Stream> none =
        co_await AsOutcome(OpenConnection("127.0.0.1", PortOf(server), tls));
    EXPECT_TRUE(IsException<ValueError>(none.exception()));
  });
}

TEST(TlsTimeoutTest, AShutdownTakesHalfAMinuteAtMost) {
  Simulate([]() -> Coro<> {
    ConnectionHandler deaf = [](Stream stream) -> Coro<> {
      stream.transport().PauseReading();
      stream.Write("deaf\n"s);
      co_await CreateFuture();
    };
    Server server = co_await StartServer(deaf, "127.0.0.1", 0, ServerTls());
    Stream stream =
        co_await OpenConnection("127.0.0.1", PortOf(server), ClientTls());
    co_await stream.ReadLine();
    const Nanoseconds begin = RunningLoop().time();
    stream.Close();
    const Outcome<> outcome = co_await AsOutcome(stream.WaitClosed());
    EXPECT_TRUE(IsException<TimeoutError>(outcome.exception()));
    EXPECT_EQ(RunningLoop().time() - begin, 30s);
  });
}

TEST(TlsTimeoutTest, AServerGivesSilentClientsUp) {
  Simulate([]() -> Coro<> {
    TlsOptions tls = ServerTls();
    tls.handshake_timeout = 5s;
    Server server = co_await StartServer(Hold, "127.0.0.1", 0, tls);
    Stream silent = co_await OpenConnection("127.0.0.1", PortOf(server));
    const Nanoseconds begin = RunningLoop().time();
    const Outcome<std::string> read = co_await AsOutcome(silent.Read(1));
    EXPECT_GE(RunningLoop().time() - begin, 4s);
    server.Close();
    co_await server.WaitClosed();
    EXPECT_EQ(RunningLoop().scheduled_count(), 0u);
  });
}

TEST_P(TlsEndTest, ACancelledHandshakeLeavesNothing) {
  RunIn(GetParam(), []() -> Coro<> {
    const Future<> hello = CreateFuture();
    ConnectionHandler mute = [hello](Stream stream) -> Coro<> {
      co_await stream.ReadExactly(1);
      Future<>(hello).SetResult();
      co_await CreateFuture();
    };
    Server server = co_await StartServer(mute, "127.0.0.1", 0);
    const LoopStatistics before = RunningLoop().statistics();
    Task<Stream> connecting =
        CreateTask(OpenConnection("127.0.0.1", PortOf(server), ClientTls()));
    co_await hello;
    EXPECT_EQ(RunningLoop().scheduled_count(), 1u);
    connecting.Cancel();
    while (!connecting.done()) co_await Yield();
    EXPECT_TRUE(connecting.cancelled());
    for (int i = 0; i < 3; ++i) co_await Yield();
    EXPECT_EQ(RunningLoop().statistics().scheduled, 0u);
    EXPECT_LE(RunningLoop().statistics().readers, before.readers + 1);
  });
}

TEST_P(TlsEndTest, APeerThatHangsUpInTheHandshakeIsAnError) {
  RunIn(GetParam(), []() -> Coro<> {
    ConnectionHandler hang_up = [](Stream) -> Coro<> { co_return; };
    Server server = co_await StartServer(hang_up, "127.0.0.1", 0);
    const Outcome<Stream> outcome = co_await AsOutcome(
        OpenConnection("127.0.0.1", PortOf(server), ClientTls()));
    EXPECT_TRUE(IsException<std::system_error>(outcome.exception()));
  });
}

TEST_P(TlsEndTest, APeerThatSpeaksSomethingElseIsAnError) {
  RunIn(GetParam(), []() -> Coro<> {
    ConnectionHandler greet = [](Stream stream) -> Coro<> {
      stream.Write("220 mail.example.org\r\n"s);
      co_await stream.ReadAll();
    };
    Server server = co_await StartServer(greet, "127.0.0.1", 0);
    const Outcome<Stream> outcome = co_await AsOutcome(
        OpenConnection("127.0.0.1", PortOf(server), ClientTls()));
    EXPECT_TRUE(IsException<TlsError>(outcome.exception()));
    EXPECT_THAT(DescribeException(outcome.exception()),
                HasSubstr("wrong version number"));
  });
}

// ---- StartTls

Coro<> AnswerStartTls(Stream stream) {
  std::string line = co_await stream.ReadLine();
  while (line == "STARTTLS\n") {
    stream.Write("ready\n"s);
    co_await stream.StartTls(ServerTls());
    line = co_await stream.ReadLine();
  }
  co_await stream.WriteAll("got " + line);
  stream.Close();
}

TEST_P(TlsEndTest, AStreamGoesOverToTlsAndToTlsWithinIt) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(AnswerStartTls, "127.0.0.1", 0);
    Stream stream = co_await OpenConnection("127.0.0.1", PortOf(server));
    EXPECT_THROW(TlsInfoOf(stream), ValueError);
    for (int layer = 0; layer < 2; ++layer) {
      stream.Write("STARTTLS\n"s);
      EXPECT_EQ(co_await stream.ReadLine(), "ready\n");
      TlsOptions tls = ClientTls();
      tls.server_hostname = "localhost";
      co_await stream.StartTls(tls);
      EXPECT_EQ(TlsInfoOf(stream)->version, "TLSv1.3");
    }
    stream.Write("secret\n"s);
    EXPECT_EQ(co_await stream.ReadLine(), "got secret\n");
    EXPECT_EQ(co_await stream.ReadLine(), "");
  });
}

TEST_P(TlsEndTest, AFailedUpgradeClosesTheStream) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(AnswerStartTls, "127.0.0.1", 0);
    Stream stream = co_await OpenConnection("127.0.0.1", PortOf(server));
    stream.Write("STARTTLS\n"s);
    co_await stream.ReadLine();
    TlsOptions tls = ClientTls();
    const Outcome<> nameless = co_await AsOutcome(stream.StartTls(tls));
    EXPECT_TRUE(IsException<ValueError>(nameless.exception()));
    EXPECT_TRUE(stream.is_open());
    tls.server_hostname = "example.org";
    const Outcome<> outcome = co_await AsOutcome(stream.StartTls(tls));
    EXPECT_TRUE(IsException<CertificateVerificationError>(outcome.exception()));
    EXPECT_FALSE(stream.is_open());
    const Outcome<> closed = co_await AsOutcome(stream.WaitClosed());
    EXPECT_TRUE(IsException<CertificateVerificationError>(closed.exception()));
  });
}

// Reads a line, gives the peer a second, and goes over to TLS.
Coro<> UpgradeLate(Stream stream) {
  co_await stream.ReadLine();
  co_await Sleep(1s);
  co_await stream.StartTls(ServerTls());
  co_await stream.WriteAll("got " + co_await stream.ReadLine());
  co_await stream.ReadAll();
}

TEST(StartTlsTest, TakesWhatThePeerHasSentAlreadyForItsHandshake) {
  Simulate([]() -> Coro<> {
    Server server = co_await StartServer(UpgradeLate, "127.0.0.1", 0);
    Stream stream = co_await OpenConnection("127.0.0.1", PortOf(server));
    stream.Write("STARTTLS\n"s);
    TlsOptions tls = ClientTls();
    tls.server_hostname = "localhost";
    co_await stream.StartTls(tls);
    stream.Write("secret\n"s);
    EXPECT_EQ(co_await stream.ReadLine(), "got secret\n");
  });
}

TEST(StartTlsTest, NothingInTheClearIsReadAsIfItHadBeenSecret) {
  Simulate([]() -> Coro<> {
    Server server = co_await StartServer(UpgradeLate, "127.0.0.1", 0);
    Stream stream = co_await OpenConnection("127.0.0.1", PortOf(server));
    stream.Write("STARTTLS\ninjected\n"s);
    TlsOptions tls = ClientTls();
    tls.server_hostname = "localhost";
    const Outcome<> outcome = co_await AsOutcome(stream.StartTls(tls));
    EXPECT_TRUE(IsException<std::system_error>(outcome.exception()));
  });
}

// ---- Protocols

// Notes what it is told.
class Noting : public Protocol {
 public:
  Noting(std::vector<std::string>* events, const Future<>& lost)
      : events_(events), lost_(lost) {}

  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    events_->push_back("made");
    transport->Write("ping"s);
  }
  void DataReceived(std::span<const char> data) override {
    events_->emplace_back(data.begin(), data.end());
  }
  bool EofReceived() override {
    events_->push_back("eof");
    return true;  // Has no effect.
  }
  void ConnectionLost(std::exception_ptr error) override {
    events_->push_back("lost " + DescribeException(error));
    lost_.SetResult();
  }

 private:
  std::vector<std::string>* events_;
  Future<> lost_;
};

TEST_P(TlsEndTest, AProtocolSeesAConnectionLikeAnyOther) {
  RunIn(GetParam(), []() -> Coro<> {
    std::vector<std::string> events;
    ConnectionHandler pong = [](Stream stream) -> Coro<> {
      co_await stream.ReadExactly(4);
      stream.Write("pong"s);
      stream.Close();
      co_await stream.WaitClosed();
    };
    Server server = co_await StartServer(pong, "127.0.0.1", 0, ServerTls());
    const Future<> lost = CreateFuture();
    ProtocolFactory factory = [&events, lost] {
      return std::make_shared<Noting>(&events, lost);
    };
    const Connection connection = co_await CreateConnection(
        factory, "127.0.0.1", PortOf(server), ClientTls());
    EXPECT_EQ(events.front(), "made");
    EXPECT_EQ(connection.transport->GetProtocol(), connection.protocol);
    server.Close();
    co_await server.WaitClosed();
    co_await lost;
    EXPECT_THAT(events, ElementsAre("made", "pong", "eof",
                                    "lost " + DescribeException(nullptr)));
  });
}

// Closes the connection while it has data in its hands.
class ClosingReader : public Protocol {
 public:
  ClosingReader(std::string* read, const Future<>& lost)
      : read_(read), lost_(lost) {}

  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    transport_ = std::move(transport);
    transport_->PauseReading();
  }
  void DataReceived(std::span<const char> data) override {
    transport_->Close();
    read_->insert(0, data.data(), data.size());
  }
  void ConnectionLost(std::exception_ptr) override {
    transport_.reset();
    lost_.SetResult();
  }

 private:
  std::string* read_;
  Future<> lost_;
  std::shared_ptr<Transport> transport_;
};

TEST_P(TlsEndTest, WhatAProtocolHasInItsHandsStaysWhenItCloses) {
  const World world = GetParam();
  RunIn(world, [world]() -> Coro<> {
    std::string sent;
    for (int i = 0; i < 100'000; ++i) sent += std::to_string(i) + " ";
    ConnectionHandler send = [&sent](Stream stream) -> Coro<> {
      co_await stream.WriteAll(sent);
      co_await stream.ReadAll();
    };
    Server server = co_await StartServer(send, "127.0.0.1", 0, ServerTls());
    std::string read;
    const Future<> lost = CreateFuture();
    ProtocolFactory factory = [&read, lost] {
      return std::make_shared<ClosingReader>(&read, lost);
    };
    const Connection connection = co_await CreateConnection(
        factory, "127.0.0.1", PortOf(server), ClientTls());
    // Over real sockets more than one buffer's worth waits then.
    for (int i = 0; i < 1000; ++i) co_await Yield();
    if (world == World::kSimulated) co_await Sleep(1s);
    connection.transport->ResumeReading();
    co_await lost;
    EXPECT_GT(read.size(), 200'000u);
    EXPECT_EQ(read, sent.substr(0, read.size()));
  });
}

TEST_P(TlsEndTest, NoProtocolOutlivesTheLoop) {
  std::vector<std::weak_ptr<Protocol>> protocols;
  std::string read;
  RunIn(GetParam(), [&]() -> Coro<> {
    ProtocolFactory factory = [&read, &protocols] {
      auto made = std::make_shared<ClosingReader>(&read, CreateFuture());
      protocols.push_back(made);
      return made;
    };
    Server plain = co_await CreateServer(factory, "127.0.0.1", 0);
    Server server = co_await CreateServer(factory, "127.0.0.1", 0, ServerTls());
    co_await CreateConnection(factory, "127.0.0.1", PortOf(plain));
    co_await CreateConnection(factory, "127.0.0.1", PortOf(server),
                              ClientTls());
    EXPECT_FALSE(protocols.front().expired());
  });
  EXPECT_GE(protocols.size(), 3u);
  for (const std::weak_ptr<Protocol>& protocol : protocols) {
    EXPECT_TRUE(protocol.expired());
  }
}

TEST_P(TlsEndTest, WriteBufferLimitsAreTheTransportsOwn) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(Hold, "127.0.0.1", 0, ServerTls());
    Stream stream =
        co_await OpenConnection("127.0.0.1", PortOf(server), ClientTls());
    Transport& transport = stream.transport();
    EXPECT_EQ(transport.GetWriteBufferLimits().high, 512u * 1024);
    EXPECT_EQ(transport.GetWriteBufferLimits().low, 128u * 1024);
    WriteBufferLimits limits;
    limits.low = 10;
    transport.SetWriteBufferLimits(limits);
    EXPECT_EQ(transport.GetWriteBufferLimits().high, 40u);
    limits.high = 5;
    EXPECT_THROW(transport.SetWriteBufferLimits(limits), ValueError);
  });
}

}  // namespace
}  // namespace rondo
