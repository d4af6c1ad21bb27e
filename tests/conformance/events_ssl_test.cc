// CPython's test_events.py and test_base_events.py, what is about TLS.
#include <any>
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
#include "rondo/runtime/outcome.h"
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
using testing::StartsWith;
using namespace std::string_literals;

// Counts what it is told, and ends when the peer does.
class MyProto final : public ClientProto {
 public:
  void DataReceived(std::span<const char> data) override {
    size += data.size();
  }

  std::size_t size = 0;
};

// `check_ssl_extra_info`: `peer`: whether the peer has shown a certificate.
void CheckExtraInfo(const Transport& transport, bool peer) {
  EXPECT_TRUE(transport.GetExtraInfo("sslcontext").has_value());
  EXPECT_TRUE(transport.GetExtraInfo("sockname").has_value());
  EXPECT_TRUE(transport.GetExtraInfo("peername").has_value());
  EXPECT_THAT(std::any_cast<std::string>(transport.GetExtraInfo("cipher")),
              StartsWith("TLS_"));
  const std::any certificate = transport.GetExtraInfo("peercert");
  EXPECT_EQ(certificate.has_value(), peer);
  if (peer) {
    EXPECT_EQ(std::any_cast<std::string>(certificate),
              LocalIdentity().certificate);
  }
  // There is none.
  EXPECT_FALSE(transport.GetExtraInfo("compression").has_value());
}

// ---- Clients

TEST(EventLoopTestsMixin, test_create_ssl_connection) {
  const PeerServer server(
      [](BlockingSocket& socket) {
        try {
          socket.StartTls(ServerContext());
          socket.Send("HTTP/1.0 200 OK\r\n\r\n");
        } catch (const TlsError& error) {  // The second client does not trust.
          EXPECT_THAT(error.what(), HasSubstr("unknown ca"));
        }
      },
      2);
  EXPECT_THAT(
      RunOnSockets([&]() -> Coro<> {
        const auto protocol = std::make_shared<MyProto>();
        ProtocolFactory factory = [protocol] { return protocol; };
        const Connection connection = co_await CreateConnection(
            factory, "127.0.0.1", server.port(), AnyServer());
        CheckExtraInfo(*connection.transport, /*peer=*/true);
        (void)co_await AsOutcome(WaitFor(protocol->on_lost, std::nullopt));
        EXPECT_EQ(protocol->size, 19u);
        connection.transport->Close();
        const std::optional<TlsError> error = co_await Raised<TlsError>(
            CreateConnection(factory, "127.0.0.1", server.port(), NoServer()));
        EXPECT_EQ(error.value().reason(), "certificate verify failed");
      }),
      IsEmpty());
}

// What the server learns of the name that a client asks for.
Coro<std::string> NameAskedFor(TlsOptions tls) {
  const Future<std::string> name = CreateFuture<std::string>();
  ConnectionHandler note = [name](Stream stream) -> Coro<> {
    Future<std::string>(name).SetResult(TlsInfoOf(stream)->server_name);
    co_return;
  };
  Server server = co_await StartServer(note, "127.0.0.1", 0, ServerTls());
  Stream stream =
      co_await OpenConnection("localhost", PortOf(server), std::move(tls));
  co_return co_await name;
}

TEST(BaseEventLoopWithSelectorTests,
     test_create_connection_ssl_server_hostname_default) {
  EXPECT_THAT(RunOnSockets([]() -> Coro<> {
                TlsOptions tls = ClientTls();
                EXPECT_EQ(co_await NameAskedFor(tls), "localhost");
                tls = AnyServer();
                tls.server_hostname = "perl.com";
                EXPECT_EQ(co_await NameAskedFor(tls), "perl.com");
                tls.server_hostname = "";
                EXPECT_EQ(co_await NameAskedFor(tls), "");
              }),
              IsEmpty());
}

TEST(BaseEventLoopWithSelectorTests,
     test_create_connection_ssl_server_hostname_errors) {
  EXPECT_THAT(
      RunOnSockets([]() -> Coro<> {
        ProtocolFactory factory = [] { return std::make_shared<Protocol>(); };
        Socket socket = Socket::Stream(AddressFamily::kIPv4);
        const std::optional<ValueError> error = co_await Raised<ValueError>(
            CreateConnection(factory, std::move(socket), ClientTls()));
        EXPECT_THAT(error.value().what(), HasSubstr("give a server_hostname"));
      }),
      IsEmpty());
}

// ---- Servers

TEST(EventLoopTestsMixin, test_create_server_ssl) {
  EXPECT_THAT(
      RunOnSockets([]() -> Coro<> {
        const auto protocol = std::make_shared<MyProto>();
        ProtocolFactory factory = [protocol] { return protocol; };
        Server server =
            co_await CreateServer(factory, "127.0.0.1", 0, ServerTls());
        const PeerClient client(PortOf(server), [](BlockingSocket& socket) {
          socket.StartTls(AnyServer().context);
          socket.Send("xxx");
          socket.Unwrap();  // Else what it has not read makes its end a reset.
        });
        (void)co_await AsOutcome(WaitFor(protocol->on_lost, std::nullopt));
        EXPECT_EQ(protocol->made_count, 1);
        EXPECT_EQ(protocol->size, 3u);
        EXPECT_TRUE(protocol->on_eof.done());
        CheckExtraInfo(*protocol->transport, /*peer=*/false);
        server.Close();
        co_await server.WaitClosed();
      }),
      IsEmpty());
}

// What the handshake of a client with these options ends with; the server's
// protocol is told nothing.
std::string FailureOf(TlsOptions tls) {
  std::string failure;
  EXPECT_THAT(
      RunOnSockets([&]() -> Coro<> {
        const auto protocol = std::make_shared<MyProto>();
        ProtocolFactory factory = [protocol] { return protocol; };
        Server server =
            co_await CreateServer(factory, "127.0.0.1", 0, ServerTls());
        ProtocolFactory mine = [] { return std::make_shared<MyProto>(); };
        const std::optional<CertificateVerificationError> error =
            co_await Raised<CertificateVerificationError>(
                CreateConnection(mine, "127.0.0.1", PortOf(server), tls));
        failure = error.value().what();
        server.Close();
        co_await server.WaitClosed();
        EXPECT_EQ(protocol->made_count, 0);
      }),
      IsEmpty());
  return failure;
}

TEST(EventLoopTestsMixin, test_create_server_ssl_verify_failed) {
  EXPECT_THAT(FailureOf(NoServer()), HasSubstr("certificate verify failed"));
}

TEST(EventLoopTestsMixin, test_create_server_ssl_match_failed) {
  TlsOptions tls = ClientTls();
  tls.server_hostname = "10.1.2.3";
  EXPECT_EQ(FailureOf(tls),
            "TLS handshake with 10.1.2.3: IP address mismatch: certificate "
            "\"CN = localhost\" for localhost, 127.0.0.1, signed by \"CN = "
            "rondo test CA\": certificate verify failed");
}

TEST(EventLoopTestsMixin, test_create_server_ssl_verified) {
  EXPECT_THAT(
      RunOnSockets([]() -> Coro<> {
        const auto protocol = std::make_shared<MyProto>();
        ProtocolFactory factory = [protocol] { return protocol; };
        Server server =
            co_await CreateServer(factory, "127.0.0.1", 0, ServerTls());
        TlsOptions tls = ClientTls();
        tls.server_hostname = "localhost";
        ProtocolFactory mine = [] { return std::make_shared<MyProto>(); };
        const Connection connection =
            co_await CreateConnection(mine, "127.0.0.1", PortOf(server), tls);
        CheckExtraInfo(*connection.transport, /*peer=*/true);
        const auto info = std::any_cast<std::shared_ptr<const TlsInfo>>(
            connection.transport->GetExtraInfo("tls"));
        EXPECT_THAT(info->peer_hosts, ElementsAre("localhost", "127.0.0.1"));
        EXPECT_EQ(info->peer_subject, "CN = localhost");
        EXPECT_EQ(info->peer_issuer, "CN = rondo test CA");
        EXPECT_EQ(info->peer_valid_from, "Jan  1 00:00:00 1990 GMT");
        EXPECT_EQ(info->peer_valid_until, "Jan  1 00:00:00 2090 GMT");
        EXPECT_NE(info->peer_serial_number, "");
        EXPECT_GE(info->cipher_bits, 128);
        connection.transport->Close();
        (void)co_await AsOutcome(WaitFor(protocol->on_lost, std::nullopt));
        EXPECT_EQ(protocol->made_count, 1);
        server.Close();
        co_await server.WaitClosed();
      }),
      IsEmpty());
}

}  // namespace
}  // namespace rondo::conformance
