// CPython's test_ssl.py: how connections end.
#include <future>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/tls.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/conformance/on_sockets.h"
#include "rondo/tests/conformance/tls_ends.h"
#include "rondo/tests/support/blocking_peer.h"

namespace rondo::conformance {
namespace {

using testing::IsEmpty;
using namespace std::string_literals;

constexpr int kClients = 25;
constexpr std::size_t kChunk = 128 * 1024;
constexpr int kChunks = 32;

// Something that one thread tells another once.
class Signal {
 public:
  void Set() { promise_.set_value(); }
  void Wait() { promise_.get_future().wait(); }

 private:
  std::promise<void> promise_;
};

Coro<> SendAndReadToTheEnd(std::uint16_t port, int* count) {
  Stream stream = co_await OpenConnection("127.0.0.1", port, AnyServer());
  stream.Write(std::string(kManyBytes, 'A'));
  EXPECT_EQ(co_await stream.ReadExactly(2), "OK");
  EXPECT_EQ(co_await stream.ReadAll(), "");
  EXPECT_TRUE(TlsInfoOf(stream)->close_notify_received);
  ++*count;
  stream.Close();
  co_await stream.WaitClosed();
}

TEST(TestSSL, test_shutdown_cleanly) {
  const PeerServer server(
      [](BlockingSocket& socket) {
        socket.StartTls(ServerContext());
        EXPECT_TRUE(socket.ReceiveAll(kManyBytes) ==
                    std::string(kManyBytes, 'A'));
        socket.Send("OK");
        socket.Unwrap();
      },
      kClients);
  int count = 0;
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                std::vector<Coro<>> clients;
                for (int i = 0; i < kClients; ++i) {
                  clients.push_back(SendAndReadToTheEnd(server.port(), &count));
                }
                co_await Gather(std::move(clients));
              }),
              IsEmpty());
  EXPECT_EQ(count, kClients);
}

Coro<> PingPong(Stream& stream) {
  stream.Write("ping"s);
  EXPECT_EQ(co_await stream.ReadExactly(4), "pong");
}

TEST(TestSSL, test_flush_before_shutdown) {
  const PeerServer server([](BlockingSocket& socket) {
    socket.StartTls(ServerContext());
    EXPECT_EQ(socket.ReceiveAll(4), "ping");
    socket.Send("pong");
    EXPECT_EQ(socket.ReceiveAll(kChunk * kChunks).size(), kChunk * kChunks);
    EXPECT_EQ(socket.Receive(1), "");
  });
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                Stream stream = co_await OpenConnection(
                    "127.0.0.1", server.port(), AnyServer());
                co_await PingPong(stream);
                auto& tls = dynamic_cast<TlsProtocol&>(stream.transport());
                tls.PauseWriting();
                for (int i = 0; i < kChunks; ++i) {
                  stream.Write(std::string(kChunk, 'x'));
                }
                stream.Close();
                tls.ResumeWriting();
                // The peer ends without a word.
                (void)co_await AsOutcome(stream.WaitClosed());
              }),
              IsEmpty());
}

// Writes more than the peer takes, which has ended meanwhile and yet is to
// receive all of it. `end`: how the peer ends.
template <class F>
void ExpectTrailingData(F end) {
  Signal full;
  const PeerServer server([&](BlockingSocket& socket) {
    socket.StartTls(ServerContext());
    EXPECT_EQ(socket.ReceiveAll(4), "ping");
    socket.Send("pong");
    full.Wait();
    end(socket);
    EXPECT_EQ(socket.ReceiveAll(kChunk * kChunks).size(), kChunk * kChunks);
    EXPECT_EQ(socket.Receive(1), "");
  });
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                Stream stream = co_await OpenConnection(
                    "127.0.0.1", server.port(), AnyServer());
                co_await PingPong(stream);
                for (int i = 0; i < kChunks; ++i) {
                  stream.Write(std::string(kChunk, 'x'));
                }
                full.Set();
                EXPECT_EQ(co_await stream.ReadAll(), "");
                stream.Close();
                co_await stream.WaitClosed();
              }),
              IsEmpty());
}

// Adapted: the backlog is what the kernel does not take.
TEST(TestSSL, test_remote_shutdown_receives_trailing_data) {
  ExpectTrailingData([](BlockingSocket& socket) { socket.SendCloseNotify(); });
  ExpectTrailingData([](BlockingSocket& socket) { socket.ShutdownSend(); });
}

TEST(TestSSL, test_shutdown_timeout_handler_leak) {
  const PeerServer server([](BlockingSocket& socket) {
    socket.StartTls(ServerContext());
    EXPECT_EQ(socket.Receive(32), "");
  });
  EXPECT_THAT(
      RunOnSockets([&]() -> Coro<> {
        TlsOptions tls = AnyServer();
        const std::weak_ptr<const TlsContext> context = tls.context;
        const auto protocol = std::make_shared<ClientProto>();
        ProtocolFactory factory = [protocol] { return protocol; };
        co_await CreateConnection(factory, "127.0.0.1", server.port(),
                                  std::move(tls));
        protocol->transport->Close();
        EXPECT_EQ(RunningLoop().scheduled_count(), 1u);
        (void)co_await AsOutcome(WaitFor(protocol->on_lost, std::nullopt));
        protocol->transport.reset();
        EXPECT_EQ(RunningLoop().scheduled_count(), 0u);
        for (int i = 0; i < 3; ++i) co_await Yield();
        EXPECT_TRUE(context.expired());
      }),
      IsEmpty());
}

// Pauses behind "hello", which it answers.
class PausingProto final : public ClientProto {
 public:
  void DataReceived(std::span<const char> data) override {
    const std::string_view text(data.data(), data.size());
    if (text == "hello") {
      transport->Write("world"s);
      transport->PauseReading();
    } else {
      extra += text;
    }
  }

  std::string extra;
};

TEST(TestSSL, test_shutdown_timeout_handler_not_set) {
  Signal eof;
  const PeerServer server([&](BlockingSocket& socket) {
    socket.StartTls(ServerContext());
    socket.Send("hello");
    EXPECT_EQ(socket.ReceiveAll(5), "world");
    socket.Send("extra bytes");
    socket.ShutdownSend();
    eof.Set();
    EXPECT_EQ(socket.Receive(1024), "");
  });
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                const auto protocol = std::make_shared<PausingProto>();
                ProtocolFactory factory = [protocol] { return protocol; };
                co_await CreateConnection(factory, "127.0.0.1", server.port(),
                                          AnyServer());
                auto wait = [&eof] { eof.Wait(); };
                co_await ToThread(wait);
                EXPECT_EQ(protocol->extra, "");
                protocol->transport->ResumeReading();
                co_await protocol->on_lost;
                EXPECT_EQ(protocol->extra, "extra bytes");
                EXPECT_EQ(RunningLoop().scheduled_count(), 0u);
                protocol->transport->Close();
              }),
              IsEmpty());
}

}  // namespace
}  // namespace rondo::conformance
