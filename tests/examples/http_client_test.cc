// Against a server that says what it is told, in the simulated network.
#include "rondo/tests/examples/http_client.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/simulate.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::uint16_t kPort = 80;

// Answers each request with the next of `replies`, a byte at a time, and ends
// the connection behind the last.
Coro<Server> StartScript(std::vector<std::string> replies) {
  ConnectionHandler say = [replies](Stream stream) -> Coro<> {
    for (const std::string& reply : replies) {
      const std::string request = co_await stream.ReadUntil("\r\n\r\n");
      EXPECT_THAT(request, HasSubstr("\r\nHost: localhost:80\r\n"));
      for (const char byte : reply) {
        co_await stream.WriteAll({&byte, 1});
        co_await Yield();
      }
    }
  };
  return StartServer(std::move(say), "localhost", kPort);
}

// The response to GET / if the server says `reply`.
Outcome<HttpResponse> ResponseTo(const std::string& reply,
                                 HttpLimits limits = {},
                                 const std::string& method = "GET") {
  return Simulate([&]() -> Coro<Outcome<HttpResponse>> {
    std::vector<std::string> script = {reply};
    Server server = co_await StartScript(std::move(script));
    HttpClient client =
        co_await HttpClient::Connect("localhost", kPort, limits);
    co_return co_await AsOutcome(client.Send(HttpRequest(method, "/")));
  });
}

std::string BodyOf(const std::string& reply) {
  return ResponseTo(reply).Take().body;
}

std::string ErrorOf(const std::string& reply, HttpLimits limits = {}) {
  const Outcome<HttpResponse> outcome = ResponseTo(reply, limits);
  return outcome.ok() ? "none" : DescribeException(outcome.exception());
}

TEST(HttpClientTest, ReadsABodyToWhereverItEnds) {
  EXPECT_EQ(BodyOf("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
            "hello");
  EXPECT_EQ(BodyOf("HTTP/1.1 200 OK\r\n\r\nto the end"), "to the end");
  EXPECT_EQ(BodyOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
                   "5;with=extension\r\nhello\r\n0A\r\n, world!!!\r\n"
                   "0\r\nTrailer: is dropped\r\n\r\n"),
            "hello, world!!!");
  EXPECT_EQ(BodyOf("HTTP/1.1 204 No Content\r\n\r\n"), "");
  EXPECT_EQ(BodyOf("HTTP/1.1 100 Continue\r\n\r\n"
                   "HTTP/1.1 200 OK\r\ncontent-length:  2 \r\n\r\nok"),
            "ok");
}

TEST(HttpClientTest, HasTheFieldsOfTheResponse) {
  const HttpResponse response =
      ResponseTo(
          "HTTP/1.0 404 There Is None\r\nA: 1\r\nList: one,  Two\r\n"
          "a: 2\r\nList: three\r\n\r\n")
          .Take();
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.reason, "There Is None");
  EXPECT_EQ(response.minor, 0);
  EXPECT_EQ(*response.fields.Find("A"), "1");
  EXPECT_TRUE(response.fields.Lists("list", "two"));
  EXPECT_TRUE(response.fields.Lists("list", "three"));
  EXPECT_FALSE(response.fields.Lists("list", "thre"));
  EXPECT_EQ(response.fields.Find("b"), nullptr);
}

TEST(HttpClientTest, AResponseToHeadHasNoBody) {
  const std::string reply = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
  EXPECT_EQ(ResponseTo(reply, {}, "HEAD").Take().body, "");
}

struct Malformed {
  const char* reply;
  const char* error;
};

TEST(HttpClientTest, SaysWhatIsWrongWithAResponse) {
  const Malformed cases[] = {
      {"", "closed the connection without an answer to GET /"},
      {"HTTP/1.1 200 OK\r\nConte", "the connection has ended inside a head"},
      {"SSH-2.0-OpenSSH_9.2\r\n\r\n", "not a status line"},
      {"HTTP/1.1  200 OK\r\n\r\n", "not a status"},
      {"HTTP/1.1 2x0 OK\r\n\r\n", "not a status"},
      {"HTTP/1.1 2000 OK\r\n\r\n", "not a status"},
      {"HTTP/1.1 99\r\n\r\n", "not a status"},
      {"HTTP/2.0 200 OK\r\n\r\n", "HTTP/2.0 is not spoken here"},
      {"HTTP/one 200 OK\r\n\r\n", "not a version of HTTP"},
      {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "has no ':': \"no colon\""},
      {"HTTP/1.1 200 OK\r\nA: b\r\n continued: c\r\n\r\n",
       "not the name of a header field"},
      {"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", "a head has control characters"},
      {"HTTP/1.1 200 OK\nA: b\n\r\n\r\n", "a head has control characters"},
      {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
       "not a Content-Length: \"-1\""},
      {"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", "not a Content-Length"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
       "not a Content-Length that is too great"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
       "several Content-Lengths"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
       "Transfer-Encoding: chunked\r\n\r\n",
       "Content-Length and Transfer-Encoding"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
       "Transfer-Encoding gzip is not understood"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
       "the connection has ended inside a body: 4 of 5 bytes have come"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
       "not a chunk: \"x\""},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n",
       "a chunk is longer than it says"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
       "the connection has ended inside a chunk: 2 of 5 bytes have come"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
       "the connection has ended between chunks"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
       "fffffffffffffffff\r\n",
       "not a chunk that is too great"},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n",
       "goes over to another protocol, unasked"},
  };
  for (const Malformed& wrong : cases) {
    EXPECT_THAT(ErrorOf(wrong.reply), HasSubstr(wrong.error)) << wrong.reply;
  }
}

TEST(HttpClientTest, KeepsToItsLimits) {
  const HttpLimits limits = {.head = 1000, .body = 10};
  EXPECT_THAT(
      ErrorOf("HTTP/1.1 200 OK\r\nA: " + std::string(2000, 'a') + "\r\n\r\n",
              limits),
      HasSubstr("a head is longer than"));
  for (const char* const body :
       {"Content-Length: 11\r\n\r\nhello world", "\r\nhello world",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n"}) {
    EXPECT_THAT(ErrorOf("HTTP/1.1 200 OK\r\n" + std::string(body), limits),
                HasSubstr("a body is longer than 10 bytes"));
  }
}

// The same connection, as long as the server leaves it open.
TEST(HttpClientTest, IsUsedUntilTheServerCloses) {
  Simulate([]() -> Coro<> {
    const std::string one = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none";
    const std::string two =
        "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 3\r\n\r\ntwo";
    std::vector<std::string> script = {one, two};
    Server server = co_await StartScript(std::move(script));
    HttpClient client = co_await HttpClient::Connect("localhost", kPort);
    EXPECT_EQ((co_await client.Get("/")).body, "one");
    EXPECT_TRUE(client.is_open());
    EXPECT_EQ((co_await client.Get("/")).body, "two");
    EXPECT_FALSE(client.is_open());
    const Outcome<HttpResponse> third = co_await AsOutcome(client.Get("/"));
    EXPECT_THAT(DescribeException(third.exception()),
                HasSubstr("the connection to localhost:80 is closed"));
  });
}

TEST(HttpClientTest, OneThatWasCancelledClosesTheConnection) {
  Simulate([]() -> Coro<> {
    ConnectionHandler mute = [](Stream stream) -> Coro<> {
      co_await stream.ReadAll();
    };
    Server server = co_await StartServer(std::move(mute), "localhost", kPort);
    HttpClient client = co_await HttpClient::Connect("localhost", kPort);
    Task<HttpResponse> first = CreateTask(client.Get("/"));
    co_await Sleep(1s);
    const Outcome<HttpResponse> second = co_await AsOutcome(client.Get("/"));
    EXPECT_TRUE(IsException<RuntimeError>(second.exception()));
    EXPECT_TRUE(client.is_open());
    first.Cancel();
    co_await Yield();
    co_await Yield();
    EXPECT_TRUE(first.cancelled());
    EXPECT_FALSE(client.is_open());
    server.Close();
    co_await server.WaitClosed();
  });
}

}  // namespace
}  // namespace rondo
