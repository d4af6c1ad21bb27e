// HttpClient with a server that others have written. Skipped if there is no
// nginx.
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/run.h"
#include "rondo/tests/examples/http_client.h"
#include "rondo/tests/runtime/descriptors.h"
#include "rondo/tests/runtime/tls_fixtures.h"
#include "rondo/tests/support/nginx_server.h"
#include "rondo/tests/support/random_bytes.h"

namespace rondo {
namespace {

using testing::HasSubstr;

// Over plain connections, or TLS.
class NginxTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!IsInstalled("nginx")) {
      GTEST_SKIP() << NotInstalled("nginx", "nginx");
    }
    nginx_ = tls() ? std::make_unique<NginxServer>(LocalIdentity())
                   : std::make_unique<NginxServer>();
  }

  bool tls() const { return GetParam(); }
  Coro<HttpClient> Connect() {
    if (tls()) {
      return HttpClient::Connect("127.0.0.1", nginx_->port(), ClientTls());
    }
    return HttpClient::Connect("127.0.0.1", nginx_->port());
  }

  std::unique_ptr<NginxServer> nginx_;
};

INSTANTIATE_TEST_SUITE_P(Connections, NginxTest, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& info) {
                           return info.param ? "Tls" : "Plain";
                         });

TEST_P(NginxTest, AnswersOnOneConnection) {
  const std::string page = RandomBytes(1, 3000);
  nginx_->Put("page", page);
  rondo::Run([&]() -> Coro<> {
    HttpClient client = co_await Connect();
    const HttpResponse whole = co_await client.Get("/page");
    EXPECT_EQ(whole.status, 200);
    EXPECT_EQ(*whole.fields.Find("content-length"), "3000");
    EXPECT_EQ(whole.body, page);
    const HttpResponse head = co_await client.Head("/page");
    EXPECT_EQ(*head.fields.Find("content-length"), "3000");
    EXPECT_EQ(head.body, "");
    const HttpResponse missing = co_await client.Get("/missing");
    EXPECT_EQ(missing.status, 404);
    EXPECT_THAT(missing.body, HasSubstr("404 Not Found"));
    HttpRequest range("GET", "/page");
    range.fields.Add("Range", "bytes=10-19");
    const HttpResponse part = co_await client.Send(range);
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, page.substr(10, 10));
    EXPECT_TRUE(client.is_open());
    co_await client.Close();
  });
}

TEST_P(NginxTest, SendsChunks) {
  const std::string page = RandomBytes(1, 1'000'000);
  nginx_->Put("page", page);
  rondo::Run([&]() -> Coro<> {
    HttpClient client = co_await Connect();
    for (int i = 0; i < 3; ++i) {
      const HttpResponse response = co_await client.Get("/chunked/page");
      EXPECT_EQ(*response.fields.Find("transfer-encoding"), "chunked");
      EXPECT_EQ(response.fields.Find("content-length"), nullptr);
      EXPECT_TRUE(response.body == page);
    }
  });
}

TEST_P(NginxTest, SendsALargeFile) {
  const std::string large = RandomBytes(1, 20'000'000);
  nginx_->Put("large", large);
  rondo::Run([&]() -> Coro<> {
    HttpClient client = co_await Connect();
    const HttpResponse response = co_await client.Get("/large");
    EXPECT_EQ(response.body.size(), large.size());
    EXPECT_TRUE(response.body == large);
  });
}

TEST_P(NginxTest, KeepsOpenWhatItIsAskedTo) {
  nginx_->Put("page", "page");
  rondo::Run([&]() -> Coro<> {
    HttpClient client = co_await Connect();
    for (int i = 0; i < 300; ++i) {
      EXPECT_EQ((co_await client.Get("/page")).body, "page");
    }
    HttpRequest last("GET", "/page");
    last.fields.Add("Connection", "close");
    EXPECT_EQ((co_await client.Send(last)).body, "page");
    EXPECT_FALSE(client.is_open());
    HttpClient old = co_await Connect();
    HttpRequest ancient("GET", "/page");
    ancient.minor = 0;
    EXPECT_EQ((co_await old.Send(ancient)).body, "page");
    EXPECT_FALSE(old.is_open());
  });
}

TEST_P(NginxTest, ManyAtOnceLeaveNothingOpen) {
  const std::string page = RandomBytes(1, 50'000);
  nginx_->Put("page", page);
  std::size_t before = 0;
  rondo::Run([&]() -> Coro<> {
    before = CountDescriptors();
    const auto fetch = [&]() -> Coro<std::string> {
      HttpClient client = co_await Connect();
      HttpResponse response = co_await client.Get("/page");
      co_await client.Close();
      co_return std::move(response.body);
    };
    std::vector<Coro<std::string>> fetches;
    for (int i = 0; i < 100; ++i) fetches.push_back(fetch());
    const std::vector<std::string> pages = co_await Gather(std::move(fetches));
    for (const std::string& got : pages) EXPECT_TRUE(got == page);
    EXPECT_EQ(CountDescriptors(), before);
  });
}

TEST_P(NginxTest, GoesWithoutAnAnswer) {
  rondo::Run([&]() -> Coro<> {
    HttpClient client = co_await Connect();
    const Outcome<HttpResponse> outcome =
        co_await AsOutcome(client.Get("/drop"));
    EXPECT_THAT(DescribeException(outcome.exception()),
                HasSubstr("has closed the connection without an answer to "
                          "GET /drop"));
    EXPECT_FALSE(client.is_open());
  });
}

}  // namespace
}  // namespace rondo
