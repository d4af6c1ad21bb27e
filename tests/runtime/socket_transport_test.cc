// Transports and protocols, over real and simulated sockets.
#include "rondo/runtime/socket_transport.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <stdexcept>
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
#include "rondo/runtime/transport.h"
#include "rondo/tests/runtime/worlds.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

std::string String(std::span<const char> data) {
  return std::string(data.data(), data.size());
}

// Writes down what it is told.
class Logger : public Protocol {
 public:
  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    log.push_back("made");
    transport_ = std::move(transport);
  }
  void DataReceived(std::span<const char> data) override {
    log.push_back("data " + String(data));
    if (String(data) == fail_at) throw std::runtime_error("bad data");
  }
  bool EofReceived() override {
    log.push_back("eof");
    return keep_open;
  }
  void ConnectionLost(std::exception_ptr error) override {
    log.push_back("lost " + (error == nullptr ? "" : DescribeException(error)));
    transport_.reset();
    lost.SetResult();
  }
  void PauseWriting() override { log.push_back("pause"); }
  void ResumeWriting() override { log.push_back("resume"); }

  Transport& transport() const { return *transport_; }

  std::vector<std::string> log;
  bool keep_open = false;
  std::string fail_at = "?";
  Future<> lost = CreateFuture();

 private:
  std::shared_ptr<Transport> transport_;
};

// Keeps its bytes in three places of four.
class Buffered final : public BufferedProtocol {
 public:
  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    transport_ = std::move(transport);
  }
  std::span<char> GetBuffer(std::size_t) override {
    return std::span<char>(buffer_).first(give_buffer ? buffer_.size() : 0);
  }
  void BufferUpdated(std::size_t n) override {
    log.push_back(std::string(buffer_.data(), n));
  }
  void ConnectionLost(std::exception_ptr error) override {
    log.push_back("lost " + (error == nullptr ? "" : DescribeException(error)));
    transport_.reset();
  }

  std::vector<std::string> log;
  bool give_buffer = true;

 private:
  std::array<char, 4> buffer_;
  std::shared_ptr<Transport> transport_;
};

class TransportTest : public testing::TestWithParam<World> {
 protected:
  // Runs `body` with a protocol that has its transport, and with the peer, a
  // stream, which has a small receive buffer.
  template <class P = Logger, class F>
  void WithPeer(F body) {
    RunIn(GetParam(), [&]() -> Coro<> {
      RunningLoop().SetExceptionHandler(
          [this](EventLoop&, const ExceptionReport& report) {
            std::string text(report.message);
            if (report.exception != nullptr) {
              text += ": " + DescribeException(report.exception);
            }
            reports_.push_back(std::move(text));
          });
      Future<Stream*> accepted = CreateFuture<Stream*>();
      Future<> end = CreateFuture();
      ConnectionHandler handler = [accepted,
                                   end](Stream stream) mutable -> Coro<> {
        accepted.SetResult(&stream);
        co_await end;
      };
      Server server = co_await StartServer(std::move(handler), "127.0.0.1", 0);
      const auto protocol = std::make_shared<P>();
      ProtocolFactory factory = [protocol] { return protocol; };
      const Connection connection = co_await CreateConnection(
          std::move(factory), "127.0.0.1", server.addresses().at(0).port());
      Stream* const peer = co_await accepted;
      co_await body(*protocol, connection.transport, *peer);
      connection.transport->Abort();
      end.SetResult();
      co_await Sleep(5ms);
      RunningLoop().SetExceptionHandler({});
    });
  }

  std::vector<std::string> reports_;
};

INSTANTIATE_TEST_SUITE_P(Worlds, TransportTest,
                         testing::Values(World::kReal, World::kSimulated),
                         WorldName);

using TransportPtr = std::shared_ptr<Transport>;

TEST_P(TransportTest, CallsItsProtocolInOrderAndTellsTheEndOnce) {
  WithPeer([](Logger& protocol, TransportPtr transport,
              Stream& peer) -> Coro<> {
    peer.Write(std::string_view("one"));
    co_await Sleep(5ms);
    peer.Write(std::string_view("two"));
    co_await Sleep(5ms);
    peer.WriteEof();
    co_await protocol.lost;
    EXPECT_THAT(protocol.log,
                ElementsAre("made", "data one", "data two", "eof", "lost "));
    EXPECT_TRUE(transport->is_closing());
    EXPECT_EQ(transport->GetProtocol(), nullptr);
    transport->Close();
    transport->Abort();
    co_await Sleep(5ms);
    EXPECT_EQ(protocol.log.size(), 5u);
  });
}

TEST_P(TransportTest, MayStayOpenAtTheEndOfWhatThePeerSends) {
  WithPeer(
      [](Logger& protocol, TransportPtr transport, Stream& peer) -> Coro<> {
        protocol.keep_open = true;
        peer.WriteEof();
        co_await Sleep(5ms);
        EXPECT_FALSE(transport->is_closing());
        transport->PauseReading();
        transport->ResumeReading();  // There is nothing to be read again.
        transport->Write(std::string_view("late"));
        EXPECT_EQ(co_await peer.ReadExactly(4), "late");
        EXPECT_THAT(protocol.log, ElementsAre("made", "eof"));
      });
}

TEST_P(TransportTest, ReadsNothingWhileItIsPaused) {
  WithPeer(
      [](Logger& protocol, TransportPtr transport, Stream& peer) -> Coro<> {
        transport->PauseReading();
        transport->PauseReading();
        EXPECT_FALSE(transport->is_reading());
        peer.Write(std::string_view("later"));
        co_await Sleep(5ms);
        EXPECT_THAT(protocol.log, ElementsAre("made"));
        transport->ResumeReading();
        transport->ResumeReading();
        EXPECT_TRUE(transport->is_reading());
        co_await Sleep(5ms);
        EXPECT_THAT(protocol.log, ElementsAre("made", "data later"));
      });
}

TEST_P(TransportTest, PausesWritingAboveTheHighMarkAndResumesAtTheLow) {
  WithPeer(
      [](Logger& protocol, TransportPtr transport, Stream& peer) -> Coro<> {
        constexpr std::size_t kMuch = 8 << 20;
        peer.transport().PauseReading();
        transport->SetWriteBufferLimits({.low = 1000, .high = 5000});
        EXPECT_EQ(transport->GetWriteBufferLimits().high, 5000u);
        transport->Write(std::string(kMuch, 'x'));
        EXPECT_GT(transport->GetWriteBufferSize(), 5000u);
        EXPECT_THAT(protocol.log, ElementsAre("made", "pause"));
        peer.transport().ResumeReading();
        std::size_t got = 0;
        while (got < kMuch) got += (co_await peer.Read(1 << 20)).size();
        co_await Sleep(5ms);
        EXPECT_EQ(transport->GetWriteBufferSize(), 0u);
        EXPECT_THAT(protocol.log, ElementsAre("made", "pause", "resume"));
      });
}

TEST_P(TransportTest, LimitsThatMakeNoSenseAreRefused) {
  WithPeer([](Logger&, TransportPtr transport, Stream&) -> Coro<> {
    transport->SetWriteBufferLimits({.low = 8});
    EXPECT_EQ(transport->GetWriteBufferLimits().high, 32u);
    transport->SetWriteBufferLimits({.high = 8});
    EXPECT_EQ(transport->GetWriteBufferLimits().low, 2u);
    transport->SetWriteBufferLimits({});
    EXPECT_EQ(transport->GetWriteBufferLimits().high, 65536u);
    EXPECT_THROW(transport->SetWriteBufferLimits({.low = 9, .high = 8}),
                 ValueError);
    co_return;
  });
}

TEST_P(TransportTest, CloseSendsWhatIsBuffered) {
  WithPeer(
      [](Logger& protocol, TransportPtr transport, Stream& peer) -> Coro<> {
        const std::string much(4 << 20, 'x');
        transport->Write(much);
        EXPECT_GT(transport->GetWriteBufferSize(), 0u);
        transport->Close();
        EXPECT_EQ((co_await peer.ReadAll()).size(), much.size());
        co_await protocol.lost;
        EXPECT_EQ(protocol.log.back(), "lost ");
      });
}

TEST_P(TransportTest, AbortDropsWhatIsBuffered) {
  WithPeer(
      [](Logger& protocol, TransportPtr transport, Stream& peer) -> Coro<> {
        const std::string much(4 << 20, 'x');
        peer.transport().PauseReading();
        transport->Write(much);
        transport->Abort();
        EXPECT_EQ(transport->GetWriteBufferSize(), 0u);
        co_await protocol.lost;
        EXPECT_EQ(protocol.log.back(), "lost ");
        peer.transport().ResumeReading();
        EXPECT_LT((co_await peer.ReadAll()).size(), much.size());
      });
}

TEST_P(TransportTest, WriteEofComesAfterWhatIsBuffered) {
  WithPeer([](Logger&, TransportPtr transport, Stream& peer) -> Coro<> {
    const std::string much(4 << 20, 'x');
    transport->Write(much);
    EXPECT_TRUE(transport->can_write_eof());
    transport->WriteEof();
    transport->WriteEof();
    EXPECT_THROW(transport->Write(std::string_view("x")), RuntimeError);
    EXPECT_EQ((co_await peer.ReadAll()).size(), much.size());
    EXPECT_FALSE(transport->is_closing());
  });
}

TEST_P(TransportTest, LinesArriveAsOne) {
  WithPeer([](Logger&, TransportPtr transport, Stream& peer) -> Coro<> {
    const std::array<std::span<const char>, 3> lines = {
        std::string_view("a\n"), std::string_view(""), std::string_view("b\n")};
    transport->WriteLines(lines);
    transport->WriteLines({});
    EXPECT_EQ(co_await peer.ReadExactly(4), "a\nb\n");
    // Behind a buffer that is not empty, in order.
    std::string expected(4 << 20, 'x');
    transport->Write(expected);
    transport->WriteLines(lines);
    transport->Close();
    expected += "a\nb\n";
    EXPECT_TRUE(co_await peer.ReadAll() == expected);
  });
}

TEST_P(TransportTest, WhatTheProtocolThrowsBreaksTheConnection) {
  WithPeer(
      [](Logger& protocol, TransportPtr transport, Stream& peer) -> Coro<> {
        protocol.fail_at = "bad";
        peer.Write(std::string_view("bad"));
        co_await protocol.lost;
        EXPECT_THAT(protocol.log.back(), HasSubstr("bad data"));
        EXPECT_TRUE(transport->is_closing());
      });
  EXPECT_THAT(reports_, ElementsAre(HasSubstr("DataReceived() failed")));
}

TEST_P(TransportTest, ALostConnectionForgivesSomeWrites) {
  WithPeer([](Logger& protocol, TransportPtr transport, Stream&) -> Coro<> {
    transport->Abort();
    co_await protocol.lost;
    for (int i = 0; i < 10; ++i) transport->Write(std::string_view("x"));
    EXPECT_EQ(transport->GetWriteBufferSize(), 0u);
  });
  EXPECT_THAT(reports_, ElementsAre(HasSubstr("lost its connection")));
}

TEST_P(TransportTest, AResetIsTheErrorThatTheConnectionIsLostBy) {
  WithPeer(
      [](Logger& protocol, TransportPtr transport, Stream& peer) -> Coro<> {
        peer.transport().PauseReading();
        transport->Write(std::string_view("unread"));
        co_await Sleep(5ms);
        peer.transport().Abort();  // With bytes that it has not read.
        co_await protocol.lost;
        EXPECT_THAT(protocol.log.back(), HasSubstr("recv 127.0.0.1"));
      });
  EXPECT_THAT(reports_, IsEmpty());  // The program learns it by itself.
}

TEST_P(TransportTest, AProtocolMayHaveItsOwnBuffers) {
  WithPeer<Buffered>(
      [](Buffered& protocol, TransportPtr, Stream& peer) -> Coro<> {
        peer.Write(std::string_view("123456"));
        co_await Sleep(5ms);
        EXPECT_THAT(protocol.log, ElementsAre("1234", "56"));
        protocol.give_buffer = false;
        peer.Write(std::string_view("7"));
        co_await Sleep(5ms);
        EXPECT_THAT(protocol.log.back(), HasSubstr("empty buffer"));
      });
  EXPECT_THAT(reports_, ElementsAre(HasSubstr("GetBuffer() failed")));
}

TEST_P(TransportTest, ItsProtocolCanBeReplaced) {
  WithPeer(
      [](Logger& protocol, TransportPtr transport, Stream& peer) -> Coro<> {
        const auto next = std::make_shared<Buffered>();
        EXPECT_THROW(transport->SetProtocol(nullptr), ValueError);
        transport->SetProtocol(next);
        EXPECT_EQ(transport->GetProtocol(), next);
        peer.Write(std::string_view("abc"));
        co_await Sleep(5ms);
        EXPECT_THAT(next->log, ElementsAre("abc"));
        EXPECT_THAT(protocol.log, ElementsAre("made"));
      });
}

TEST_P(TransportTest, KnowsBothAddressesAlsoWhenItIsClosed) {
  WithPeer(
      [](Logger& protocol, TransportPtr transport, Stream& peer) -> Coro<> {
        const auto address = [&](std::string_view name) {
          return std::any_cast<SocketAddress>(transport->GetExtraInfo(name));
        };
        EXPECT_EQ(address("sockname"), peer.peer_address());
        EXPECT_EQ(address("peername"), peer.local_address());
        EXPECT_GE(std::any_cast<int>(transport->GetExtraInfo("socket")), 0);
        EXPECT_FALSE(transport->GetExtraInfo("weight").has_value());
        transport->Close();
        co_await protocol.lost;
        EXPECT_EQ(address("sockname"), peer.peer_address());
        EXPECT_EQ(address("peername"), peer.local_address());
        EXPECT_EQ(std::any_cast<int>(transport->GetExtraInfo("socket")), -1);
      });
}

TEST_P(TransportTest, OneThatIsDroppedIsReported) {
  RunIn(GetParam(), [&]() -> Coro<> {
    RunningLoop().SetExceptionHandler(
        [&](EventLoop&, const ExceptionReport& report) {
          reports_.emplace_back(report.message);
        });
    std::array<int, 2> pair;
    internal::NetworkOf(internal::RunningCore())
        .SocketPair(SocketKind::kStream, &pair);
    const Socket other(pair[1]);
    auto transport = internal::SocketTransport::Start(
        Socket(pair[0]), std::make_shared<Protocol>());
    co_await Yield();
    co_await Yield();
    transport->PauseReading();
    transport.reset();
    EXPECT_THAT(reports_, ElementsAre(HasSubstr("nobody has closed")));
    RunningLoop().SetExceptionHandler({});
  });
}

}  // namespace
}  // namespace rondo
