// Connections over TLS, over real and simulated sockets.
#include "rondo/runtime/tls.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/tls_fixtures.h"
#include "rondo/tests/runtime/worlds.h"

namespace rondo {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;
using namespace std::string_literals;

class TlsTest : public testing::TestWithParam<World> {};

INSTANTIATE_TEST_SUITE_P(Worlds, TlsTest,
                         testing::Values(World::kReal, World::kSimulated),
                         WorldName);

Coro<> Echo(Stream stream) {
  std::array<char, 4096> buffer;
  while (const std::size_t n = co_await stream.Read(buffer)) {
    co_await stream.WriteAll({buffer.data(), n});
  }
  stream.Close();
  co_await stream.WaitClosed();
}

std::uint16_t PortOf(const Server& server) {
  return server.addresses().at(0).port();
}

// What a client of a server with those options has learned.
Coro<TlsInfo> InfoOf(TlsOptions server_tls, TlsOptions client_tls) {
  Server server =
      co_await StartServer(Echo, "127.0.0.1", 0, std::move(server_tls));
  Stream stream = co_await OpenConnection("127.0.0.1", PortOf(server),
                                          std::move(client_tls));
  TlsInfo info = *TlsInfoOf(stream);
  stream.Close();
  co_await stream.WaitClosed();
  co_return info;
}

// What the client's handshake ends with; it reads, because a server refuses a
// client behind TLS 1.3's handshake.
Coro<std::exception_ptr> RefusalOf(TlsOptions server_tls,
                                   TlsOptions client_tls) {
  Server server =
      co_await StartServer(Echo, "127.0.0.1", 0, std::move(server_tls));
  const std::uint16_t port = PortOf(server);
  auto ask = [port, &client_tls]() -> Coro<> {
    Stream stream = co_await OpenConnection("127.0.0.1", port, client_tls);
    co_await stream.Read(1);
  };
  const Outcome<> outcome = co_await AsOutcome(ask());
  co_return outcome.exception();
}

std::string TextOf(const std::exception_ptr& error) {
  return DescribeException(error);
}

TEST_P(TlsTest, EchoesAndEndsInOrder) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(Echo, "127.0.0.1", 0, ServerTls());
    Stream stream =
        co_await OpenConnection("127.0.0.1", PortOf(server), ClientTls());
    co_await stream.WriteAll("hello\n"s);
    EXPECT_EQ(co_await stream.ReadLine(), "hello\n");
    EXPECT_EQ(stream.peer_address().port(), PortOf(server));
    const std::shared_ptr<const TlsInfo> info = TlsInfoOf(stream);
    EXPECT_EQ(info->version, "TLSv1.3");
    EXPECT_THAT(info->cipher, HasSubstr("TLS_"));
    EXPECT_EQ(info->alpn, "");
    EXPECT_EQ(info->peer_subject, "CN = localhost");
    EXPECT_EQ(info->peer_certificate, LocalIdentity().certificate);
    EXPECT_FALSE(info->close_notify_received);
    stream.Close();
    EXPECT_FALSE(stream.is_open());
    co_await stream.WaitClosed();
    EXPECT_EQ(co_await stream.Read(1), "");
    EXPECT_TRUE(info->close_notify_received);
    server.Close();
    co_await server.WaitClosed();
    EXPECT_EQ(RunningLoop().scheduled_count(), 0u);
  });
}

TEST_P(TlsTest, MuchDataBothWaysAgainstBackPressure) {
  const World world = GetParam();
  RunIn(world, [world]() -> Coro<> {
    constexpr std::size_t kSize = 3'000'000;
    Server server = co_await StartServer(Echo, "127.0.0.1", 0, ServerTls());
    Stream stream =
        co_await OpenConnection("127.0.0.1", PortOf(server), ClientTls());
    std::string sent(kSize, '\0');
    for (std::size_t i = 0; i < kSize; ++i) {
      sent[i] = static_cast<char>(i * 7 + i / 251);
    }
    // The transport below takes what it is given until it asks to stop; then
    // it gathers here, and from the high-water mark on the writer is held back.
    for (std::size_t at = 0; at < kSize; at += kSize / 10) {
      stream.Write(std::string_view(sent).substr(at, kSize / 10));
    }
    if (world == World::kSimulated) {  // A kernel may take all of it.
      EXPECT_GE(stream.transport().GetWriteBufferSize(), 512u * 1024);
      EXPECT_FALSE(stream.protocol().may_write());
    }
    Task<> drain = CreateTask(stream.Drain());
    const std::string echoed = co_await stream.ReadExactly(kSize);
    EXPECT_TRUE(echoed == sent);
    co_await drain;
    EXPECT_EQ(stream.transport().GetWriteBufferSize(), 0u);
  });
}

TEST_P(TlsTest, AReaderThatIsBehindStopsTheSender) {
  RunIn(GetParam(), []() -> Coro<> {
    std::size_t written = 0;
    ConnectionHandler flood = [&](Stream stream) -> Coro<> {
      const std::string block(64 * 1024, 'x');
      for (int i = 0; i < 256; ++i) {
        co_await stream.WriteAll(block);
        written += block.size();
      }
      stream.Close();
      co_await stream.WaitClosed();
    };
    Server server = co_await StartServer(flood, "127.0.0.1", 0, ServerTls());
    Stream stream =
        co_await OpenConnection("127.0.0.1", PortOf(server), ClientTls());
    stream.transport().PauseReading();
    for (int i = 0; i < 1000; ++i) co_await Yield();
    const std::size_t sent = written;
    EXPECT_LT(sent, 256u * 64 * 1024);
    stream.transport().ResumeReading();
    const std::string all = co_await stream.ReadAll();
    EXPECT_EQ(all.size(), 256u * 64 * 1024);
    EXPECT_EQ(written, all.size());
    EXPECT_TRUE(TlsInfoOf(stream)->close_notify_received);
  });
}

TEST_P(TlsTest, ReadsNoFurtherAheadThanItsLimits) {
  RunIn(GetParam(), []() -> Coro<> {
    constexpr std::size_t kSize = 2'000'000;
    ConnectionHandler flood = [](Stream stream) -> Coro<> {
      co_await stream.WriteAll(std::string(kSize, 'x'));
    };
    Server server = co_await StartServer(flood, "127.0.0.1", 0, ServerTls());
    Stream stream =
        co_await OpenConnection("127.0.0.1", PortOf(server), ClientTls());
    auto& tls = dynamic_cast<TlsProtocol&>(stream.transport());
    EXPECT_EQ(tls.GetReadBufferLimits().high, 256u * 1024);
    EXPECT_EQ(tls.GetReadBufferLimits().low, 64u * 1024);
    ReadBufferLimits limits;
    limits.low = 5'000;
    tls.SetReadBufferLimits(limits);
    EXPECT_EQ(tls.GetReadBufferLimits().high, 20'000u);
    limits.high = 4'999;
    EXPECT_THROW(tls.SetReadBufferLimits(limits), ValueError);
    tls.PauseReading();
    while (tls.GetReadBufferSize() < 20'000) co_await Sleep(1ms);
    co_await Sleep(5ms);
    // One more read is what there may be above.
    EXPECT_LE(tls.GetReadBufferSize(), 20'000u + 256 * 1024);
    tls.ResumeReading();
    EXPECT_EQ((co_await stream.ReadAll()).size(), kSize);
    EXPECT_EQ(tls.GetReadBufferSize(), 0u);
  });
}

// ---- Who the peer is

TEST_P(TlsTest, RefusesAnotherHostsCertificate) {
  RunIn(GetParam(), []() -> Coro<> {
    TlsOptions tls = ClientTls();
    tls.server_hostname = "example.org";
    const std::exception_ptr error = co_await RefusalOf(ServerTls(), tls);
    EXPECT_TRUE(IsException<CertificateVerificationError>(error));
    EXPECT_THAT(TextOf(error),
                HasSubstr("TLS handshake with example.org: hostname mismatch: "
                          "certificate \"CN = localhost\" for localhost, "
                          "127.0.0.1, signed by \"CN = rondo test CA\""));
    try {
      std::rethrow_exception(error);
    } catch (const CertificateVerificationError& e) {
      EXPECT_EQ(e.host(), "example.org");
      EXPECT_EQ(e.verify_message(), "hostname mismatch");
      EXPECT_EQ(e.reason(), "certificate verify failed");
    }
  });
}

TEST_P(TlsTest, RefusesAnAddressThatTheCertificateDoesNotHave) {
  RunIn(GetParam(), []() -> Coro<> {
    TlsOptions tls = ClientTls();
    tls.server_hostname = "10.1.2.3";
    const std::exception_ptr error = co_await RefusalOf(ServerTls(), tls);
    EXPECT_THAT(TextOf(error), HasSubstr("IP address mismatch"));
  });
}

TEST_P(TlsTest, RefusesAnUnknownAuthority) {
  RunIn(GetParam(), []() -> Coro<> {
    TlsSettings settings;
    settings.ca_pem = TestAuthority("another CA").certificate();
    const std::exception_ptr error =
        co_await RefusalOf(ServerTls(), ClientTls(settings));
    EXPECT_TRUE(IsException<CertificateVerificationError>(error));
    EXPECT_THAT(TextOf(error),
                HasSubstr("unable to get local issuer certificate"));
  });
}

TEST_P(TlsTest, TheServerSendsThoseThatCertifyIts) {
  RunIn(GetParam(), []() -> Coro<> {
    TestAuthority between("rondo test CA, department", Authority());
    const TestIdentity identity = between.Issue({"127.0.0.1"});
    TlsSettings settings;
    settings.key_pem = identity.key;
    settings.certificate_pem = identity.certificate;
    const std::exception_ptr error =
        co_await RefusalOf(ServerTls(settings), ClientTls());
    EXPECT_THAT(TextOf(error),
                HasSubstr("unable to get local issuer certificate"));
    settings.certificate_pem += between.certificate();
    const TlsInfo info = co_await InfoOf(ServerTls(settings), ClientTls());
    EXPECT_EQ(info.peer_certificate, identity.certificate);
  });
}

TEST_P(TlsTest, RefusesWhatTheLoopsClockSaysHasExpired) {
  const World world = GetParam();
  RunIn(world, [world]() -> Coro<> {
    // Simulated time begins in 2000.
    const TestValidity past = {.from = "19900101000000Z",
                               .until = "19991231235959Z"};
    const TestValidity only_then = {.from = "19991231000000Z",
                                    .until = "20000102000000Z"};
    TlsSettings settings = ServerSettings();
    const TestIdentity expired = Authority().Issue({"127.0.0.1"}, past);
    settings.certificate_pem = expired.certificate;
    settings.key_pem = expired.key;
    const std::exception_ptr error =
        co_await RefusalOf(ServerTls(settings), ClientTls());
    EXPECT_THAT(TextOf(error), HasSubstr("certificate has expired"));
    if (world == World::kReal) co_return;
    const TestIdentity now = Authority().Issue({"127.0.0.1"}, only_then);
    settings.certificate_pem = now.certificate;
    settings.key_pem = now.key;
    co_await InfoOf(ServerTls(settings), ClientTls());
    co_await Sleep(48h);
    const std::exception_ptr later =
        co_await RefusalOf(ServerTls(settings), ClientTls());
    EXPECT_THAT(TextOf(later), HasSubstr("certificate has expired"));
  });
}

TEST_P(TlsTest, WithoutVerificationAnyCertificateWillDo) {
  RunIn(GetParam(), []() -> Coro<> {
    TlsSettings settings;
    settings.verify = TlsVerify::kNone;
    TlsOptions tls = ClientTls(settings);
    tls.server_hostname = "";
    const TlsInfo info = co_await InfoOf(ServerTls(), tls);
    EXPECT_EQ(info.peer_subject, "CN = localhost");
  });
}

TEST_P(TlsTest, TheServerMayAskForTheClientsCertificate) {
  RunIn(GetParam(), []() -> Coro<> {
    TlsSettings server = ServerSettings();
    server.ca_pem = Authority().certificate();
    server.verify = TlsVerify::kOptional;
    std::vector<std::string> subjects;
    ConnectionHandler note = [&](Stream stream) -> Coro<> {
      subjects.push_back(TlsInfoOf(stream)->peer_subject);
      stream.Write("ok"s);
      co_return;
    };
    TlsSettings with = ClientSettings();
    const TestIdentity identity = Authority().Issue({"client.test"});
    with.certificate_pem = identity.certificate + Authority().certificate();
    with.key_pem = identity.key;
    Server listening =
        co_await StartServer(note, "127.0.0.1", 0, ServerTls(server));
    for (const TlsSettings& client : {ClientSettings(), with}) {
      Stream stream = co_await OpenConnection("127.0.0.1", PortOf(listening),
                                              ClientTls(client));
      EXPECT_EQ(co_await stream.ReadAll(), "ok");
    }
    EXPECT_THAT(subjects, testing::ElementsAre("", "CN = client.test"));
    server.verify = TlsVerify::kRequired;
    const std::exception_ptr error =
        co_await RefusalOf(ServerTls(server), ClientTls());
    EXPECT_TRUE(IsException<TlsError>(error));
    EXPECT_THAT(TextOf(error), HasSubstr("certificate required"));
    co_await InfoOf(ServerTls(server), ClientTls(with));
  });
}

// ---- What is agreed on

TEST_P(TlsTest, AgreesOnTheServersFirstProtocol) {
  RunIn(GetParam(), []() -> Coro<> {
    TlsSettings server = ServerSettings();
    TlsSettings client = ClientSettings();
    server.alpn = {"h2", "http/1.1"};
    client.alpn = {"http/1.1", "h2"};
    const TlsInfo both = co_await InfoOf(ServerTls(server), ClientTls(client));
    EXPECT_EQ(both.alpn, "h2");
    client.alpn = {"spdy"};
    const TlsInfo none = co_await InfoOf(ServerTls(server), ClientTls(client));
    EXPECT_EQ(none.alpn, "");
  });
}

TEST_P(TlsTest, TheServerChoosesByTheNameThatIsAskedFor) {
  RunIn(GetParam(), []() -> Coro<> {
    TlsSettings server = ServerSettings();
    server.choose =
        [](const std::string& name) -> std::shared_ptr<const TlsContext> {
      if (name == "unknown.test") throw RuntimeError("no such host");
      if (name != "other.test") return nullptr;
      TlsSettings other;
      const TestIdentity identity = Authority().Issue({name});
      other.certificate_pem = identity.certificate;
      other.key_pem = identity.key;
      return TlsContext::Server(other);
    };
    TlsOptions tls = ClientTls();
    tls.server_hostname = "localhost";
    const TlsInfo own = co_await InfoOf(ServerTls(server), tls);
    EXPECT_EQ(own.peer_subject, "CN = localhost");
    EXPECT_EQ(own.server_name, "localhost");
    tls.server_hostname = "other.test";
    const TlsInfo other = co_await InfoOf(ServerTls(server), tls);
    EXPECT_EQ(other.peer_subject, "CN = other.test");
    tls.server_hostname = "unknown.test";
    const std::exception_ptr error = co_await RefusalOf(ServerTls(server), tls);
    EXPECT_TRUE(IsException<TlsError>(error)) << TextOf(error);
  });
}

TEST_P(TlsTest, VersionsThatDoNotMeetFail) {
  RunIn(GetParam(), []() -> Coro<> {
    TlsSettings server = ServerSettings();
    server.max_version = TlsVersion::kTls12;
    TlsSettings client = ClientSettings();
    const TlsInfo info = co_await InfoOf(ServerTls(server), ClientTls(client));
    EXPECT_EQ(info.version, "TLSv1.2");
    client.min_version = TlsVersion::kTls13;
    const std::exception_ptr error =
        co_await RefusalOf(ServerTls(server), ClientTls(client));
    EXPECT_THAT(TextOf(error), HasSubstr("alert protocol version"));
  });
}

}  // namespace
}  // namespace rondo
