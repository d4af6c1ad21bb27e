// CPython's test_ssl.py, and what test_sslproto.py has of the same: connections
// and handshakes. The peers are threads with blocking sockets of OpenSSL's own;
// where time has to pass, rondo's in a simulation.
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/tls.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/conformance/on_sockets.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/conformance/tls_ends.h"
#include "rondo/tests/support/blocking_peer.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr int kClients = 25;

const std::string& ManyA() {
  static const std::string data(kManyBytes, 'A');
  return data;
}
const std::string& ManyB() {
  static const std::string data(kManyBytes, 'B');
  return data;
}

// The server's half of a talk: much, "OK", much, "SPAM".
Coro<> AnswerTalk(Stream stream, int* count) {
  EXPECT_TRUE(co_await stream.ReadExactly(kManyBytes) == ManyA());
  stream.Write("OK"s);
  EXPECT_TRUE(co_await stream.ReadExactly(kManyBytes) == ManyB());
  const std::array<std::span<const char>, 3> lines = {
      std::string_view("SP"), std::string_view("A"), std::string_view("M")};
  stream.writer().WriteLines(lines);
  co_await stream.Drain();
  stream.Close();
  ++*count;
}

void BlockingClientTalk(BlockingSocket& socket) {
  socket.Send(ManyA());
  EXPECT_EQ(socket.ReceiveAll(2), "OK");
  socket.Send(ManyB());
  EXPECT_EQ(socket.ReceiveAll(4), "SPAM");
}

// The client's half.
Coro<> Talk(Stream stream, int* count) {
  stream.Write(ManyA());
  EXPECT_EQ(co_await stream.ReadExactly(2), "OK");
  stream.Write(ManyB());
  EXPECT_EQ(co_await stream.ReadExactly(4), "SPAM");
  ++*count;
  stream.Close();
  // The peer closes without a word.
  (void)co_await AsOutcome(stream.WaitClosed());
}

void BlockingServerTalk(BlockingSocket& socket) {
  socket.StartTls(ServerContext());
  EXPECT_TRUE(socket.ReceiveAll(kManyBytes) == ManyA());
  socket.Send("OK");
  EXPECT_TRUE(socket.ReceiveAll(kManyBytes) == ManyB());
  socket.Send("SPAM");
}

// Serves kClients of that program, all at once.
Coro<> ServeAll(ConnectionHandler handler, PeerProgram program) {
  Server server =
      co_await StartServer(std::move(handler), "127.0.0.1", 0, ServerTls());
  const std::uint16_t port = PortOf(server);
  auto clients = std::make_shared<std::vector<std::unique_ptr<PeerClient>>>();
  for (int i = 0; i < kClients; ++i) {
    clients->push_back(std::make_unique<PeerClient>(port, program));
  }
  auto join = [clients] { clients->clear(); };
  co_await ToThread(join);
  server.Close();
  co_await server.WaitClosed();
}

TEST(TestSSL, test_create_server_ssl_1) {
  int count = 0;
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                ConnectionHandler handler = [&count](Stream stream) {
                  return AnswerTalk(std::move(stream), &count);
                };
                PeerProgram client = [](BlockingSocket& socket) {
                  socket.StartTls(AnyServer().context);
                  BlockingClientTalk(socket);
                };
                co_await ServeAll(handler, client);
              }),
              IsEmpty());
  EXPECT_EQ(count, kClients);
}

TEST(TestSSL, test_create_server_ssl_over_ssl) {
  int count = 0;
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                ConnectionHandler handler = [&count](Stream s) -> Coro<> {
                  Stream stream = std::move(s);
                  co_await stream.StartTls(ServerTls());
                  co_await AnswerTalk(std::move(stream), &count);
                };
                PeerProgram client = [](BlockingSocket& socket) {
                  socket.StartTls(AnyServer().context);
                  socket.StartTls(AnyServer().context);
                  BlockingClientTalk(socket);
                };
                co_await ServeAll(handler, client);
              }),
              IsEmpty());
  EXPECT_EQ(count, kClients);
}

// A stream over a connected socket of the program's.
Coro<> TalkOverSocket(std::uint16_t port, int* count) {
  Socket socket = Socket::Stream(AddressFamily::kIPv4);
  co_await SockConnect(socket.fd(), *SocketAddress::Parse("127.0.0.1", port));
  const auto protocol =
      std::make_shared<StreamReaderProtocol>(std::make_shared<StreamReader>());
  ProtocolFactory factory = [protocol] { return protocol; };
  const Connection connection =
      co_await CreateConnection(factory, std::move(socket), AnyServer());
  co_await Talk(Stream(connection.transport, protocol), count);
}

Coro<> TalkTo(std::uint16_t port, int* count) {
  co_await Talk(co_await OpenConnection("127.0.0.1", port, AnyServer()), count);
}

TEST(TestSSL, test_create_connection_ssl_1) {
  for (auto* const talk : {&TalkTo, &TalkOverSocket}) {
    const PeerServer server(&BlockingServerTalk, kClients);
    int count = 0;
    EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                  std::vector<Coro<>> clients;
                  for (int i = 0; i < kClients; ++i) {
                    clients.push_back(talk(server.port(), &count));
                  }
                  co_await Gather(std::move(clients));
                }),
                IsEmpty());
    EXPECT_EQ(count, kClients);
  }
}

// ---- Handshakes that fail

void ExpectSlowHandshake() {
  EXPECT_THAT(RunSimulated([]() -> Coro<> {
                Server server = co_await StartServer(Mute, "127.0.0.1", 0);
                TlsOptions tls = AnyServer();
                tls.handshake_timeout = 1s;
                const Nanoseconds begin = RunningLoop().time();
                const std::optional<std::system_error> error =
                    co_await Raised<std::system_error>(
                        OpenConnection("127.0.0.1", PortOf(server), tls));
                EXPECT_EQ(error.value().code(), std::errc::connection_aborted);
                EXPECT_THAT(
                    error->what(),
                    HasSubstr("handshake is taking longer than 1000 ms"));
                EXPECT_LT(RunningLoop().time() - begin, 1010ms);
              }),
              IsEmpty());
}

TEST(TestSSL, test_create_connection_ssl_slow_handshake) {
  ExpectSlowHandshake();
}
TEST(BaseStartTLS, test_create_connection_ssl_slow_handshake) {
  ExpectSlowHandshake();
}

void ExpectFailedCertificate() {
  const PeerServer server([](BlockingSocket& socket) {
    EXPECT_THROW(socket.StartTls(ServerContext()), TlsError);
  });
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                const std::optional<CertificateVerificationError> error =
                    co_await Raised<CertificateVerificationError>(
                        OpenConnection("127.0.0.1", server.port(), NoServer()));
                EXPECT_EQ(error.value().verify_message(),
                          "unable to get local issuer certificate");
                EXPECT_THAT(
                    error->what(),
                    HasSubstr("certificate \"CN = localhost\" for localhost, "
                              "127.0.0.1, signed by \"CN = rondo test CA\""));
              }),
              IsEmpty());
}

TEST(TestSSL, test_create_connection_ssl_failed_certificate) {
  ExpectFailedCertificate();
}
TEST(BaseStartTLS, test_create_connection_ssl_failed_certificate) {
  ExpectFailedCertificate();
}

// A handshake that is cancelled: the server sees the end, nobody reports
// anything, and nothing is left.
void ExpectHandshakeTimeout() {
  EXPECT_THAT(
      RunSimulated([]() -> Coro<> {
        const Future<> ended = CreateFuture();
        ConnectionHandler wait = [ended](Stream stream) -> Coro<> {
          (void)co_await AsOutcome(stream.ReadAll());
          Future<>(ended).SetResult();
        };
        Server server = co_await StartServer(wait, "127.0.0.1", 0);
        TlsOptions tls = AnyServer();
        tls.handshake_timeout = 10s;
        const std::weak_ptr<const TlsContext> context = tls.context;
        ProtocolFactory factory = [] { return std::make_shared<Protocol>(); };
        Coro<Connection> connecting = CreateConnection(
            factory, "127.0.0.1", PortOf(server), std::move(tls));
        const std::optional<TimeoutError> error = co_await Raised<TimeoutError>(
            WaitFor(std::move(connecting), 500ms));
        EXPECT_TRUE(error.has_value());
        EXPECT_LT(RunningLoop().time(), 600ms);
        co_await ended;
        EXPECT_TRUE(context.expired());
        EXPECT_EQ(RunningLoop().scheduled_count(), 0u);
      }),
      IsEmpty());
}

TEST(TestSSL, test_ssl_handshake_timeout) { ExpectHandshakeTimeout(); }
TEST(TestSSL, test_handshake_timeout_handler_leak) { ExpectHandshakeTimeout(); }
TEST(BaseStartTLS, test_handshake_timeout) { ExpectHandshakeTimeout(); }

TEST(TestSSL, test_ssl_handshake_connection_lost) {
  const PeerServer server([](BlockingSocket& socket) { socket.Receive(1024); });
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                const auto protocol = std::make_shared<ClientProto>();
                ProtocolFactory factory = [protocol] { return protocol; };
                const std::optional<std::system_error> error =
                    co_await Raised<std::system_error>(CreateConnection(
                        factory, "127.0.0.1", server.port(), AnyServer()));
                EXPECT_EQ(error.value().code(), std::errc::connection_reset);
                for (int i = 0; i < 5; ++i) co_await Yield();
                EXPECT_EQ(protocol->made_count, 0);
                EXPECT_EQ(protocol->lost_count, 0);
              }),
              IsEmpty());
}

// Adapted: nobody listens there: the port was free a moment ago.
TEST(TestSSL, test_connect_timeout_warning) {
  EXPECT_THAT(RunOnSockets([]() -> Coro<> {
                Server server = co_await StartServer(Mute, "127.0.0.1", 0);
                const std::uint16_t port = PortOf(server);
                server.Close();
                co_await server.WaitClosed();
                const std::optional<std::system_error> error =
                    co_await Raised<std::system_error>(
                        OpenConnection("127.0.0.1", port, AnyServer()));
                EXPECT_EQ(error.value().code(), std::errc::connection_refused);
              }),
              IsEmpty());
}

void ExpectCorruptedTls() {
  const PeerServer server([](BlockingSocket& socket) {
    socket.StartTls(ServerContext());
    socket.Send("A\n");
    socket.ReceiveAll(1);
    socket.SendRaw("please corrupt the SSL connection");
  });
  EXPECT_THAT(
      RunOnSockets([&]() -> Coro<> {
        Stream stream =
            co_await OpenConnection("127.0.0.1", server.port(), AnyServer());
        EXPECT_EQ(co_await stream.ReadLine(), "A\n");
        stream.Write("B"s);
        EXPECT_TRUE((co_await Raised<TlsError>(stream.ReadLine())).has_value());
        stream.Close();
        EXPECT_TRUE(
            (co_await Raised<TlsError>(stream.WaitClosed())).has_value());
      }),
      IsEmpty());
}

TEST(TestSSL, test_start_tls_client_corrupted_ssl) { ExpectCorruptedTls(); }
TEST(BaseStartTLS, test_start_tls_client_corrupted_ssl) {
  ExpectCorruptedTls();
}

// ---- Accepted sockets

// Answers what it is told with "roger", and notes how much that was.
class RogerProto final : public ClientProto {
 public:
  void DataReceived(std::span<const char> data) override {
    size += data.size();
    transport->Write("roger"s);
  }

  std::size_t size = 0;
};

// Serves one client on a socket that somebody else has accepted; no `tls`: in
// the clear.
void ServeAccepted(const std::optional<TlsOptions>& tls) {
  EXPECT_THAT(
      RunOnSockets([&]() -> Coro<> {
        Network& network = *RunningLoop().seams().network;
        Socket listener = Socket::Stream(AddressFamily::kIPv4);
        network.Bind(listener.fd(), *SocketAddress::Parse("127.0.0.1", 0));
        network.Listen(listener.fd(), 1);
        SocketAddress address;
        network.LocalAddress(listener.fd(), &address);
        const PeerClient client(address.port(), [&](BlockingSocket& socket) {
          if (tls.has_value()) socket.StartTls(AnyServer().context);
          socket.Send("test data");
          EXPECT_EQ(socket.ReceiveAll(5), "roger");
        });
        Accepted accepted = co_await SockAccept(listener.fd());
        const auto protocol = std::make_shared<RogerProto>();
        ProtocolFactory factory = [protocol] { return protocol; };
        if (tls.has_value()) {
          co_await CreateConnection(factory, std::move(accepted.socket), *tls);
        } else {
          co_await CreateConnection(factory, std::move(accepted.socket));
        }
        EXPECT_EQ(protocol->transport->GetExtraInfo("tls").has_value(),
                  tls.has_value());
        (void)co_await AsOutcome(WaitFor(protocol->on_lost, std::nullopt));
        EXPECT_EQ(protocol->size, 9u);
        EXPECT_EQ(protocol->lost_count, 1);
        protocol->transport->Close();
      }),
      IsEmpty());
}

TEST(TestSSL, test_connect_accepted_socket) { ServeAccepted(std::nullopt); }
TEST(TestSSL, test_ssl_connect_accepted_socket) { ServeAccepted(ServerTls()); }
TEST(EventLoopTestsMixin, test_connect_accepted_socket) {
  ServeAccepted(std::nullopt);
}
TEST(EventLoopTestsMixin, test_ssl_connect_accepted_socket) {
  ServeAccepted(ServerTls());
}

}  // namespace
}  // namespace rondo::conformance
