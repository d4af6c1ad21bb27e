// CurlMulti with nginx. Skipped if that is not installed.
#include "rondo/tests/examples/curl_multi.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/descriptors.h"
#include "rondo/tests/runtime/tls_fixtures.h"
#include "rondo/tests/support/nginx_server.h"
#include "rondo/tests/support/program.h"
#include "rondo/tests/support/random_bytes.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr int kFiles = 200;

std::string Content(int file) { return RandomBytes(file, 307 * file); }

std::string NameOf(int file) { return "file" + std::to_string(file); }

// Over plain connections, or TLS.
class CurlMultiTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!IsInstalled("nginx")) {
      GTEST_SKIP() << NotInstalled("nginx", "nginx");
    }
    nginx_ = GetParam() ? std::make_unique<NginxServer>(LocalIdentity())
                        : std::make_unique<NginxServer>();
    WriteFile(ScratchPath("ca.pem"), Authority().certificate());
    options_.ca_file = ScratchPath("ca.pem");
  }

  std::unique_ptr<NginxServer> nginx_;
  CurlOptions options_;
};

INSTANTIATE_TEST_SUITE_P(Connections, CurlMultiTest, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& info) {
                           return info.param ? "Tls" : "Plain";
                         });

TEST_P(CurlMultiTest, FetchesManyFilesAtOnce) {
  for (int i = 0; i < kFiles; ++i) nginx_->Put(NameOf(i), Content(i));
  for (const long connections : {0, 5}) {
    options_.max_connections = connections;
    rondo::Run([&]() -> Coro<> {
      const std::size_t before = CountDescriptors();
      {
        CurlMulti curl(options_);
        std::vector<Coro<CurlResponse>> fetches;
        for (int i = 0; i < kFiles; ++i) {
          fetches.push_back(curl.Fetch(nginx_->url() + "/" + NameOf(i)));
        }
        const std::vector<CurlResponse> files =
            co_await Gather(std::move(fetches));
        for (int i = 0; i < kFiles; ++i) {
          EXPECT_EQ(files[i].status, 200);
          EXPECT_TRUE(files[i].body == Content(i)) << i;
        }
        EXPECT_GT(curl.timeouts(), 0u);
        EXPECT_EQ(curl.transfers(), 0u);
      }
      EXPECT_EQ(CountDescriptors(), before);
    });
  }
}

TEST_P(CurlMultiTest, AFailureIsOfItsTransferOnly) {
  nginx_->Put("file", "content");
  const std::string nobody = "http://127.0.0.1:" + std::to_string(FreePort());
  rondo::Run([&]() -> Coro<> {
    CurlMulti curl(options_);
    std::vector<Coro<CurlResponse>> fetches;
    for (const std::string& url :
         {nginx_->url() + "/file", nginx_->url() + "/missing",
          nginx_->url() + "/drop", nobody + "/", std::string("nonsense://a/"),
          nginx_->url() + "/chunked/file"}) {
      fetches.push_back(curl.Fetch(url));
    }
    const std::vector<Outcome<CurlResponse>> ends =
        co_await GatherOutcomes(std::move(fetches));
    EXPECT_EQ(ends[0].value().body, "content");
    EXPECT_EQ(ends[1].value().status, 404);
    EXPECT_THAT(DescribeException(ends[2].exception()),
                HasSubstr("/drop: Empty reply from server"));
    EXPECT_THAT(DescribeException(ends[3].exception()),
                HasSubstr(nobody + "/: Failed to connect"));
    EXPECT_THAT(DescribeException(ends[4].exception()),
                HasSubstr("nonsense://a/: Protocol \"nonsense\" not"));
    EXPECT_EQ(ends[5].value().body, "content");
    EXPECT_EQ(curl.transfers(), 0u);
  });
}

// A server that never answers, and counts its connections, which `open` must
// outlive.
ConnectionHandler KeepQuiet(int* open) {
  return [open](Stream stream) -> Coro<> {
    ++*open;
    co_await stream.ReadAll();
    --*open;
  };
}

std::string UrlOf(const Server& server) {
  return "http://127.0.0.1:" + std::to_string(server.addresses().at(0).port()) +
         "/";
}

TEST(CurlMultiTimeTest, ACancelledTransferClosesItsConnection) {
  rondo::Run([]() -> Coro<> {
    int open = 0;
    ConnectionHandler quiet = KeepQuiet(&open);
    Server server = co_await StartServer(std::move(quiet), "127.0.0.1", 0);
    CurlMulti curl;
    Task<CurlResponse> one = CreateTask(curl.Fetch(UrlOf(server)));
    Task<CurlResponse> two = CreateTask(curl.Fetch(UrlOf(server)));
    while (open < 2) co_await Sleep(1ms);
    one.Cancel();
    while (open > 1) co_await Sleep(1ms);
    EXPECT_TRUE(one.cancelled());
    EXPECT_FALSE(two.done());
    EXPECT_EQ(curl.transfers(), 1u);
    two.Cancel();
    server.Close();
    co_await server.WaitClosed();
    EXPECT_TRUE(two.cancelled());
    EXPECT_EQ(curl.transfers(), 0u);
  });
}

TEST(CurlMultiTimeTest, ATransferEndsInTime) {
  rondo::Run([]() -> Coro<> {
    int open = 0;
    ConnectionHandler quiet = KeepQuiet(&open);
    Server server = co_await StartServer(std::move(quiet), "127.0.0.1", 0);
    CurlOptions options;
    options.timeout = 50ms;
    CurlMulti curl(options);
    const Outcome<CurlResponse> end =
        co_await AsOutcome(curl.Fetch(UrlOf(server)));
    EXPECT_THAT(DescribeException(end.exception()), HasSubstr("timed out"));
    server.Close();
    co_await server.WaitClosed();
  });
}

}  // namespace
}  // namespace rondo
