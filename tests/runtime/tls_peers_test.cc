// TLS with programs that others have written: openssl and curl. A test whose
// program is not installed is skipped.
#include <array>
#include <cstdio>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/tls.h"
#include "rondo/tests/runtime/tls_fixtures.h"
#include "rondo/tests/support/peer_process.h"

namespace rondo {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace std::string_literals;

// What a shell's command prints.
std::string OutputOf(const std::string& command) {
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t n = fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), n);
  }
  pclose(pipe);
  return text;
}

std::string InFile(const std::string& name, const std::string& text) {
  const std::string path = testing::TempDir() + name;
  std::ofstream(path) << text;
  return path;
}

std::uint16_t PortOf(const Server& server) {
  return server.addresses().at(0).port();
}

// As the client of `openssl s_server -rev`, which turns lines around.
void TalkToOpenSsl(const std::string& version) {
  PeerProcess program({"openssl", "s_server", "-accept", "127.0.0.1:0", "-rev",
                       "-cert", InFile("peer.pem", LocalIdentity().certificate),
                       "-key", InFile("peer.key", LocalIdentity().key), "-alpn",
                       "rev", version});
  const std::string line = program.LineWith("ACCEPT");
  ASSERT_THAT(line, StartsWith("ACCEPT 127.0.0.1:"));
  const auto port =
      static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
  rondo::Run([port]() -> Coro<> {
    TlsSettings settings = ClientSettings();
    settings.alpn = {"rev"};
    TlsOptions tls = ClientTls(settings);
    tls.server_hostname = "localhost";
    Stream stream = co_await OpenConnection("127.0.0.1", port, tls);
    EXPECT_EQ(TlsInfoOf(stream)->alpn, "rev");
    co_await stream.WriteAll("rondo\n"s);
    EXPECT_EQ(co_await stream.ReadLine(), "odnor\n");
    // `-rev` ends the connection behind this line.
    co_await stream.WriteAll("CLOSE\n"s);
    EXPECT_EQ(co_await stream.ReadAll(), "");
    EXPECT_TRUE(TlsInfoOf(stream)->close_notify_received);
  });
}

TEST(TlsPeersTest, AClientOfOpenSslsServer) {
  if (!IsInstalled("openssl")) {
    GTEST_SKIP() << NotInstalled("openssl", "openssl");
  }
  TalkToOpenSsl("-tls1_3");
  TalkToOpenSsl("-tls1_2");
}

TEST(TlsPeersTest, AServerOfOpenSslsClient) {
  if (!IsInstalled("openssl")) {
    GTEST_SKIP() << NotInstalled("openssl", "openssl");
  }
  const std::string ca = InFile("peers_ca.pem", Authority().certificate());
  rondo::Run([ca]() -> Coro<> {
    ConnectionHandler greet = [](Stream stream) -> Coro<> {
      const std::string line = co_await stream.ReadLine();
      co_await stream.WriteAll("for " + TlsInfoOf(stream)->server_name + ": " +
                               line);
      stream.Close();
      co_await stream.WaitClosed();
    };
    Server server = co_await StartServer(greet, "127.0.0.1", 0, ServerTls());
    const std::string command =
        "echo hello | openssl s_client -connect 127.0.0.1:" +
        std::to_string(PortOf(server)) + " -servername localhost -CAfile " +
        ca +
        " -verify_return_error -verify_hostname localhost -quiet 2>/dev/null";
    const std::string reply = co_await ToThread(OutputOf, command);
    EXPECT_EQ(reply, "for localhost: hello\n");
  });
}

TEST(TlsPeersTest, RefusesToNegotiateAgain) {
  if (!IsInstalled("openssl")) {
    GTEST_SKIP() << NotInstalled("openssl", "openssl");
  }
  rondo::Run([]() -> Coro<> {
    ConnectionHandler hold = [](Stream stream) -> Coro<> {
      co_await stream.ReadAll();
    };
    Server server = co_await StartServer(hold, "127.0.0.1", 0, ServerTls());
    const std::string command =
        "echo R | openssl s_client -tls1_2 -connect 127.0.0.1:" +
        std::to_string(PortOf(server)) + " 2>&1";
    const std::string output = co_await ToThread(OutputOf, command);
    EXPECT_THAT(output, HasSubstr("RENEGOTIATING"));
    EXPECT_THAT(output, HasSubstr("no renegotiation"));
  });
}

TEST(TlsPeersTest, AServerOfCurl) {
  if (!IsInstalled("curl")) GTEST_SKIP() << NotInstalled("curl", "curl");
  const std::string ca = InFile("curl_ca.pem", Authority().certificate());
  rondo::Run([ca]() -> Coro<> {
    ConnectionHandler answer = [](Stream stream) -> Coro<> {
      const std::string request = co_await stream.ReadUntil("\r\n\r\n");
      EXPECT_THAT(request, StartsWith("GET /rondo HTTP/1.1\r\n"));
      const std::string body(300'000, 'r');
      co_await stream.WriteAll(
          "HTTP/1.1 200 OK\r\nConnection: close\r\n"
          "Content-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body);
      stream.Close();
      co_await stream.WaitClosed();
    };
    TlsSettings settings = ServerSettings();
    settings.alpn = {"http/1.1"};
    Server server =
        co_await StartServer(answer, "127.0.0.1", 0, ServerTls(settings));
    const std::string url =
        "https://127.0.0.1:" + std::to_string(PortOf(server)) + "/rondo";
    const std::string get = "curl --noproxy '*' --silent --show-error ";
    const std::string trusted =
        co_await ToThread(OutputOf, get + "--cacert " + ca + " " + url);
    EXPECT_EQ(trusted, std::string(300'000, 'r'));
    const std::string refused =
        co_await ToThread(OutputOf, get + url + " 2>&1");
    EXPECT_THAT(refused, HasSubstr("SSL certificate problem"));
  });
}

}  // namespace
}  // namespace rondo
