// http_server as a program of its own, with clients that others have written:
// curl, openssl, wrk, ab. A test whose client is not installed is skipped.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/tests/runtime/descriptors.h"
#include "rondo/tests/runtime/tls_fixtures.h"
#include "rondo/tests/support/peer_process.h"
#include "rondo/tests/support/program.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Words = std::vector<std::string>;

// The server, over plain connections or TLS.
class HttpPeersTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    const char* const program = std::getenv("HTTP_SERVER");
    ASSERT_NE(program, nullptr) << "HTTP_SERVER must be http_server's path";
    Words words = {program, "0"};
    if (tls()) {
      WriteFile(ScratchPath("cert.pem"), LocalIdentity().certificate);
      WriteFile(ScratchPath("cert.key"), LocalIdentity().key);
      WriteFile(ScratchPath("ca.pem"), Authority().certificate());
      words.insert(words.end(),
                   {ScratchPath("cert.pem"), ScratchPath("cert.key")});
    }
    server_ = std::make_unique<PeerProcess>(words);
    const std::string line = server_->LineWith("listening on 127.0.0.1:");
    ASSERT_NE(line, "") << server_->output();
    port_ = line.substr(line.rfind(':') + 1);
    descriptors_ = CountDescriptors(server_->pid());
  }

  // It still lives, has closed all connections, and ends when it is told to.
  void TearDown() override {
    if (server_ == nullptr || IsSkipped()) return;
    // The last close of a client that has just ended may still be under way.
    for (int i = 0; i < 1000 && descriptors() != descriptors_; ++i) {
      // tidy: allow(sleep) There is no loop here, and the server is another's.
      std::this_thread::sleep_for(10ms);
    }
    EXPECT_EQ(descriptors(), descriptors_);
    server_->Signal(tls() ? SIGINT : SIGTERM);
    EXPECT_EQ(server_->Wait(), 0) << server_->output();
    EXPECT_EQ(server_->LineWith("stopped"), "stopped") << server_->output();
  }

  bool tls() const { return GetParam(); }
  std::size_t descriptors() const { return CountDescriptors(server_->pid()); }
  std::string Url(const std::string& path) const {
    return (tls() ? "https://127.0.0.1:" : "http://127.0.0.1:") + port_ + path;
  }

  std::string Curl(const Words& arguments) {
    Words all = {"-q",           "--noproxy", "*",          "--silent",
                 "--show-error", "--http1.1", "--max-time", "60"};
    if (tls()) all.insert(all.end(), {"--cacert", ScratchPath("ca.pem")});
    all.insert(all.end(), arguments.begin(), arguments.end());
    const ProgramResult result = RunProgram("/usr/bin/curl", all);
    EXPECT_EQ(result.code, 0) << result.err;
    return result.out;
  }
  // The status, and how many bytes of a body there were.
  std::string CurlStatus(Words arguments) {
    arguments.insert(arguments.end(),
                     {"--output", ScratchPath("body"), "--write-out",
                      "%{http_code} %{size_download}"});
    return Curl(arguments);
  }

  std::unique_ptr<PeerProcess> server_;
  std::string port_;
  std::size_t descriptors_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Connections, HttpPeersTest, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& info) {
                           return info.param ? "Tls" : "Plain";
                         });

TEST_P(HttpPeersTest, Curl) {
  if (!IsInstalled("curl")) GTEST_SKIP() << NotInstalled("curl", "curl");
  EXPECT_EQ(Curl({Url("/")}), "hello\n");
  EXPECT_EQ(Curl({Url("/bytes/10000000")}), std::string(10'000'000, 'r'));
  EXPECT_EQ(CurlStatus({Url("/nothing")}), "404 21");
  EXPECT_EQ(CurlStatus({"--head", Url("/bytes/1000")}), "200 0");
  EXPECT_EQ(CurlStatus({"--request", "DELETE", Url("/")}), "405 22");
}

TEST_P(HttpPeersTest, CurlKeepsConnectionsAlive) {
  if (!IsInstalled("curl")) GTEST_SKIP() << NotInstalled("curl", "curl");
  const std::string connects =
      Curl({"--write-out", "%{num_connects};", Url("/"), Url("/bytes/100000"),
            Url("/nothing"), Url("/")});
  EXPECT_THAT(connects, StartsWith("hello\n1;r"));
  EXPECT_THAT(connects, EndsWith("hello\n0;"));
}

TEST_P(HttpPeersTest, CurlUploads) {
  if (!IsInstalled("curl")) GTEST_SKIP() << NotInstalled("curl", "curl");
  const std::string much(5'000'000, 'u');
  WriteFile(ScratchPath("upload"), much);
  const std::string file = "@" + ScratchPath("upload");
  EXPECT_EQ(Curl({"--data-binary", file, Url("/echo")}), much);
  EXPECT_EQ(Curl({"--data-binary", file, "--header",
                  "Transfer-Encoding: chunked", Url("/echo")}),
            much);
  // It does not send the body before it is told to.
  const ProgramResult verbose = RunProgram(
      "/usr/bin/curl",
      {"-q", "--noproxy", "*", "--verbose", "--insecure", "--silent",
       "--expect100-timeout", "60", "--header", "Expect: 100-continue",
       "--data-binary", file, "--output", ScratchPath("body"), Url("/echo")});
  EXPECT_THAT(verbose.err, HasSubstr("< HTTP/1.1 100 Continue"));
  EXPECT_EQ(ReadFile(ScratchPath("body")), much);
}

TEST_P(HttpPeersTest, CurlIsRefused) {
  if (!IsInstalled("curl")) GTEST_SKIP() << NotInstalled("curl", "curl");
  WriteFile(ScratchPath("big"), std::string(70'000'000, 'b'));
  const std::string file = "@" + ScratchPath("big");
  // Also if it does not wait to be told to send it.
  EXPECT_THAT(CurlStatus({"--data-binary", file, Url("/echo")}),
              StartsWith("413 "));
  EXPECT_THAT(
      CurlStatus({"--header", "A: " + std::string(40'000, 'a'), Url("/")}),
      StartsWith("431 "));
  EXPECT_THAT(CurlStatus({"--header", "Host:", Url("/")}), StartsWith("400 "));
}

class HttpTlsPeersTest : public HttpPeersTest {};

INSTANTIATE_TEST_SUITE_P(Tls, HttpTlsPeersTest, testing::Values(true));

TEST_P(HttpTlsPeersTest, OpenSslPipelines) {
  if (!IsInstalled("openssl")) {
    GTEST_SKIP() << NotInstalled("openssl", "openssl");
  }
  WriteFile(ScratchPath("requests"),
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
            "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
            "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            "Content-Length: 6\r\n\r\nposted");
  const std::string command =
      "openssl s_client -quiet -verify_return_error -alpn http/1.1 -CAfile " +
      ScratchPath("ca.pem") + " -connect 127.0.0.1:" + port_ + " < " +
      ScratchPath("requests");
  const ProgramResult result = RunProgram("/bin/sh", {"-c", command});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\r\n\r\nhello\nHTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(result.out, EndsWith("\r\n\r\nposted"));
}

TEST_P(HttpPeersTest, Wrk) {
  if (!IsInstalled("wrk")) GTEST_SKIP() << NotInstalled("wrk", "wrk");
  // A slow machine may be through with no request, and has more time then.
  for (const char* const duration : {"1s", "4s", "16s"}) {
    const ProgramResult result = RunProgram(
        "/usr/bin/wrk", {"--threads", "1", "--connections", "50", "--duration",
                         duration, Url("/bytes/2000")});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr(" requests in "));
    EXPECT_THAT(result.out, Not(HasSubstr("Non-2xx")));
    EXPECT_THAT(result.out, Not(HasSubstr("Socket errors")));
    if (result.out.find("\n  0 requests in ") == std::string::npos) return;
  }
  ADD_FAILURE() << "no request was answered";
}

TEST_P(HttpPeersTest, Ab) {
  if (!IsInstalled("ab")) GTEST_SKIP() << NotInstalled("ab", "apache2-utils");
  for (const bool keep_alive : {false, true}) {
    Words words = {"-q", "-n", "500", "-c", "20", "-s", "60"};
    if (keep_alive) words.push_back("-k");
    words.push_back(Url("/bytes/2000"));
    const ProgramResult result = RunProgram("/usr/bin/ab", words);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("Complete requests:      500\n"));
    EXPECT_THAT(result.out, HasSubstr("Failed requests:        0\n"));
    EXPECT_THAT(result.out, Not(HasSubstr("Non-2xx")));
    if (keep_alive) {
      EXPECT_THAT(result.out, HasSubstr("Keep-Alive requests:    500\n"));
    }
  }
}

}  // namespace
}  // namespace rondo
