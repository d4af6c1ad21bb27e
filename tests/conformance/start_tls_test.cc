// CPython's test_ssl.py and test_sslproto.py: connections that go over to TLS.
// The two differ in how the peers end: in the one they say so, in the other
// they cut the connection.
#include <any>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/tls.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/conformance/on_sockets.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/conformance/tls_ends.h"
#include "rondo/tests/support/blocking_peer.h"

namespace rondo::conformance {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;
using namespace std::string_literals;

const std::string& Hello() {
  static const std::string hello(kPayloadSize, '1');
  return hello;
}

// How a peer ends.
using PeerEnd = void (BlockingSocket::*)();
constexpr PeerEnd kSaysSo = &BlockingSocket::Unwrap;
constexpr PeerEnd kCuts = &BlockingSocket::ShutdownSend;

// ---- Clients

// A server: "O" and a payload over TLS.
void ServeSecret(BlockingSocket& socket, PeerEnd end) {
  socket.StartTls(ServerContext());
  socket.Send("O");
  EXPECT_TRUE(socket.ReceiveAll(kPayloadSize) == Hello());
  (socket.*end)();
}

void ExpectStartTls(PeerEnd end) {
  const PeerServer server([end](BlockingSocket& socket) {
    EXPECT_TRUE(socket.ReceiveAll(kPayloadSize) == Hello());
    ServeSecret(socket, end);
  });
  std::weak_ptr<const TlsContext> context;
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                const auto protocol = std::make_shared<ClientProto>();
                ProtocolFactory factory = [protocol] { return protocol; };
                const Connection connection = co_await CreateConnection(
                    factory, "127.0.0.1", server.port());
                connection.transport->Write(Hello());
                const TlsOptions tls = AnyServer();
                context = tls.context;
                const std::shared_ptr<Transport> transport = co_await StartTls(
                    connection.transport, connection.protocol, tls);
                EXPECT_EQ(co_await protocol->on_data, "O");
                transport->Write(Hello());
                co_await protocol->on_eof;
                transport->Close();
                EXPECT_EQ(protocol->made_count, 1);
              }),
              IsEmpty());
  EXPECT_TRUE(context.expired());
}

TEST(TestSSL, test_start_tls_client_reg_proto_1) { ExpectStartTls(kSaysSo); }
TEST(BaseStartTLS, test_start_tls_client_reg_proto_1) { ExpectStartTls(kCuts); }

void ExpectNoLeak(PeerEnd end) {
  const PeerServer server(
      [end](BlockingSocket& socket) { ServeSecret(socket, end); });
  std::weak_ptr<const TlsContext> context;
  std::weak_ptr<ClientProto> client;
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                // It keeps its transport, which keeps it.
                const auto protocol = std::make_shared<ClientProto>();
                client = protocol;
                ProtocolFactory factory = [protocol] { return protocol; };
                const TlsOptions tls = AnyServer();
                context = tls.context;
                co_await CreateConnection(factory, "127.0.0.1", server.port(),
                                          tls);
                EXPECT_EQ(co_await protocol->on_data, "O");
                protocol->transport->Write(Hello());
                co_await protocol->on_eof;
                protocol->transport->Close();
              }),
              IsEmpty());
  EXPECT_TRUE(context.expired());
  EXPECT_TRUE(client.expired());
}

TEST(TestSSL, test_create_connection_memory_leak) { ExpectNoLeak(kSaysSo); }
TEST(BaseStartTLS, test_create_connection_memory_leak) { ExpectNoLeak(kCuts); }

// Has a buffer of one byte.
class OneByteProto final : public BufferedProtocol {
 public:
  explicit OneByteProto(int* made)
      : on_data(CreateFuture<char>()), made_(made) {}

  void ConnectionMade(std::shared_ptr<Transport>) override { ++*made_; }
  std::span<char> GetBuffer(std::size_t) override { return {&byte_, 1}; }
  void BufferUpdated(std::size_t n) override {
    EXPECT_EQ(n, 1u);
    on_data.SetResult(byte_);
  }

  Future<char> on_data;

 private:
  int* made_;
  char byte_ = 0;
};

void ExpectAnotherProtocol(PeerEnd end) {
  const PeerServer server([end](BlockingSocket& socket) {
    EXPECT_TRUE(socket.ReceiveAll(kPayloadSize) == Hello());
    socket.StartTls(ServerContext());
    socket.Send("O");
    EXPECT_TRUE(socket.ReceiveAll(kPayloadSize) == Hello());
    socket.Send("2");
    EXPECT_TRUE(socket.ReceiveAll(kPayloadSize) == Hello());
    (socket.*end)();
  });
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                int made = 0;
                const auto first = std::make_shared<OneByteProto>(&made);
                const auto second = std::make_shared<ClientProto>();
                ProtocolFactory factory = [first] { return first; };
                const Connection connection = co_await CreateConnection(
                    factory, "127.0.0.1", server.port());
                connection.transport->Write(Hello());
                const std::shared_ptr<Transport> transport = co_await StartTls(
                    connection.transport, connection.protocol, AnyServer());
                EXPECT_EQ(co_await first->on_data, 'O');
                transport->Write(Hello());
                transport->SetProtocol(second);
                EXPECT_EQ(co_await second->on_data, "2");
                transport->Write(Hello());
                co_await second->on_eof;
                transport->Close();
                EXPECT_EQ(made, 1);
                EXPECT_EQ(second->made_count, 0);
              }),
              IsEmpty());
}

TEST(TestSSL, test_start_tls_client_buf_proto_1) {
  ExpectAnotherProtocol(kSaysSo);
}
TEST(BaseStartTLS, test_start_tls_client_buf_proto_1) {
  ExpectAnotherProtocol(kCuts);
}

void ExpectCancelledStartTls() {
  EXPECT_THAT(
      RunSimulated([]() -> Coro<> {
        const Future<> waits = CreateFuture();
        const Future<> ended = CreateFuture();
        ConnectionHandler serve = [=](Stream stream) -> Coro<> {
          EXPECT_EQ(co_await stream.ReadExactly(kPayloadSize), Hello());
          Future<>(waits).SetResult();
          (void)co_await AsOutcome(stream.ReadAll());
          Future<>(ended).SetResult();
        };
        Server server = co_await StartServer(serve, "127.0.0.1", 0);
        const auto protocol = std::make_shared<ClientProto>();
        ProtocolFactory factory = [protocol] { return protocol; };
        const Connection connection =
            co_await CreateConnection(factory, "127.0.0.1", PortOf(server));
        connection.transport->Write(Hello());
        co_await waits;
        Coro<std::shared_ptr<Transport>> starting =
            StartTls(connection.transport, connection.protocol, AnyServer());
        const std::optional<TimeoutError> error =
            co_await Raised<TimeoutError>(WaitFor(std::move(starting), 500ms));
        EXPECT_TRUE(error.has_value());
        co_await ended;
        co_await Yield();
        EXPECT_EQ(protocol->made_count, 1);
        EXPECT_EQ(protocol->lost_count, 1);
        EXPECT_EQ(RunningLoop().scheduled_count(), 0u);
      }),
      IsEmpty());
}

TEST(TestSSL, test_start_tls_slow_client_cancel) { ExpectCancelledStartTls(); }
TEST(BaseStartTLS, test_start_tls_slow_client_cancel) {
  ExpectCancelledStartTls();
}

// ---- Servers

// All that comes, until the end.
class ServerProto final : public ClientProto {
 public:
  explicit ServerProto(std::size_t enough)
      : on_made(CreateFuture()), on_enough(CreateFuture()), enough_(enough) {}

  void ConnectionMade(std::shared_ptr<Transport> made) override {
    ClientProto::ConnectionMade(std::move(made));
    on_made.SetResult();
  }
  void DataReceived(std::span<const char> bytes) override {
    data.append(bytes.data(), bytes.size());
    if (data.size() == enough_) on_enough.SetResult();
  }

  std::string data;
  Future<> on_made;
  Future<> on_enough;

 private:
  std::size_t enough_;
};

// `answer`: what the client reads over TLS before it ends; if it is empty, the
// client says that it ends.
void ExpectStartTlsOfServer(const std::string& answer) {
  EXPECT_THAT(
      RunOnSockets([&]() -> Coro<> {
        const auto protocol = std::make_shared<ServerProto>(kPayloadSize);
        ProtocolFactory factory = [protocol] { return protocol; };
        Server server = co_await CreateServer(factory, "127.0.0.1", 0);
        const PeerClient client(PortOf(server), [&](BlockingSocket& socket) {
          EXPECT_TRUE(socket.ReceiveAll(kPayloadSize) == Hello());
          socket.StartTls(AnyServer().context);
          socket.Send(Hello());
          EXPECT_EQ(socket.ReceiveAll(answer.size()), answer);
          if (answer.empty()) socket.Unwrap();
        });
        co_await protocol->on_made;
        protocol->transport->Write(Hello());
        EXPECT_EQ(protocol->data, "");
        const std::shared_ptr<Transport> transport =
            co_await StartTls(protocol->transport, protocol, ServerTls());
        co_await protocol->on_enough;
        transport->Write(answer);
        if (answer.empty()) co_await protocol->on_eof;
        (void)co_await AsOutcome(WaitFor(protocol->on_lost, std::nullopt));
        EXPECT_TRUE(protocol->data == Hello());
        EXPECT_EQ(protocol->made_count, 1);
        transport->Close();
        server.Close();
        co_await server.WaitClosed();
      }),
      IsEmpty());
}

TEST(TestSSL, test_start_tls_server_1) { ExpectStartTlsOfServer(""); }
TEST(BaseStartTLS, test_start_tls_server_1) {
  ExpectStartTlsOfServer("answer");
}

// Adapted: what is no TlsContext, and what has the wrong type, does not
// compile.
TEST(BaseStartTLS, test_start_tls_wrong_args) {
  EXPECT_THAT(
      RunSimulated([]() -> Coro<> {
        Server server = co_await StartServer(Mute, "127.0.0.1", 0);
        const auto protocol = std::make_shared<ClientProto>();
        ProtocolFactory factory = [protocol] { return protocol; };
        const Connection connection =
            co_await CreateConnection(factory, "127.0.0.1", PortOf(server));
        const auto complaint = [&](std::shared_ptr<Transport> transport,
                                   std::shared_ptr<Protocol> p,
                                   std::shared_ptr<const TlsContext> context)
            -> Coro<std::string> {
          const std::optional<ValueError> error = co_await Raised<ValueError>(
              StartTls(transport, p, TlsOptions(context, "")));
          co_return error.has_value() ? error->what() : "nothing";
        };
        const std::shared_ptr<const TlsContext> any = AnyServer().context;
        EXPECT_EQ(co_await complaint(connection.transport, protocol, nullptr),
                  "TLS needs a TlsContext");
        EXPECT_EQ(co_await complaint(nullptr, protocol, any),
                  "StartTls needs a transport");
        EXPECT_EQ(co_await complaint(connection.transport, nullptr, any),
                  "a transport needs a protocol");
        // Nothing has happened to the connection.
        EXPECT_EQ(connection.transport->GetProtocol(), protocol);
        EXPECT_FALSE(connection.transport->is_closing());
      }),
      IsEmpty());
}

// ---- Buffers

// Has a buffer of that many bytes.
class SmallBuffer final : public BufferedProtocol {
 public:
  explicit SmallBuffer(std::size_t size)
      : on_lost(CreateFuture()), buffer_(size) {}

  std::span<char> GetBuffer(std::size_t) override { return buffer_; }
  void BufferUpdated(std::size_t n) override { data.append(buffer_.data(), n); }
  void ConnectionLost(std::exception_ptr error) override {
    lost_by = error;
    on_lost.SetResult();
  }

  std::string data;
  std::exception_ptr lost_by;
  Future<> on_lost;

 private:
  std::vector<char> buffer_;
};

// Adapted: a connection over TLS, which fills buffers as often as it must.
TEST(BaseStartTLS, test_buf_feed_data) {
  struct Row {
    std::size_t buffer;
    std::string data;
  };
  const std::vector<Row> rows = {
      {1, "12345"}, {2, "12345"}, {2, "1234"}, {4, "1234"}, {100, "12345"}};
  for (const Row& row : rows) {
    const std::vector<std::string> reports = RunSimulated([&]() -> Coro<> {
      ConnectionHandler send = [&row](Stream stream) -> Coro<> {
        stream.Write(row.data);
        co_return;
      };
      Server server = co_await StartServer(send, "127.0.0.1", 0, ServerTls());
      const auto protocol = std::make_shared<SmallBuffer>(row.buffer);
      ProtocolFactory factory = [protocol] { return protocol; };
      co_await CreateConnection(factory, "127.0.0.1", PortOf(server),
                                AnyServer());
      co_await protocol->on_lost;
      EXPECT_EQ(protocol->data, row.data) << row.buffer;
      EXPECT_EQ(protocol->lost_by, nullptr);
    });
    EXPECT_THAT(reports, IsEmpty());
  }
  const std::vector<std::string> reports = RunSimulated([]() -> Coro<> {
    ConnectionHandler send = [](Stream stream) -> Coro<> {
      stream.Write("12345"s);
      (void)co_await AsOutcome(stream.ReadAll());
    };
    Server server = co_await StartServer(send, "127.0.0.1", 0, ServerTls());
    const auto protocol = std::make_shared<SmallBuffer>(0);
    ProtocolFactory factory = [protocol] { return protocol; };
    co_await CreateConnection(factory, "127.0.0.1", PortOf(server),
                              AnyServer());
    co_await protocol->on_lost;
    EXPECT_THAT(DescribeException(protocol->lost_by),
                HasSubstr("empty buffer"));
  });
  EXPECT_THAT(reports, testing::ElementsAre("Fatal error on TLS protocol"));
}

}  // namespace
}  // namespace rondo::conformance
