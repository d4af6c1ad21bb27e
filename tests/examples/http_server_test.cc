// In virtual time, with requests as bytes.
#include "rondo/tests/examples/http_server.h"

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/streams.h"
#include "rondo/simnet/simulate.h"
#include "rondo/tests/examples/http_client.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::uint16_t kPort = 80;

// "/slow" takes 5 s, "/broken" throws; else method, target and body.
Coro<HttpResponse> Answer(HttpRequest request) {
  if (request.target == "/slow") co_await Sleep(5s);
  if (request.target == "/broken") throw std::runtime_error("broken");
  co_return HttpResponse(
      200, request.method + " " + request.target + " " + request.body + "\n");
}

HttpServerOptions Small() {
  HttpServerOptions options;
  options.limits = {.head = 1000, .body = 100};
  return options;
}

// All that a server says to a client that sends `bytes` and no more.
std::string RepliesTo(const std::string& bytes,
                      const HttpServerOptions& options = Small()) {
  return Simulate([&]() -> Coro<std::string> {
    RunningLoop().SetExceptionHandler(
        [](EventLoop&, const ExceptionReport&) {});
    HttpServer server =
        co_await StartHttpServer(Answer, "localhost", kPort, options);
    Stream stream = co_await OpenConnection("localhost", kPort);
    co_await stream.WriteAll(bytes);
    co_return co_await stream.ReadAll();
  });
}

std::string StatusOf(const std::string& bytes) {
  const std::string reply = RepliesTo(bytes);
  return reply.substr(0, reply.find('\r'));
}

TEST(HttpServerTest, AnswersWithLengthAndDate) {
  const std::string reply =
      RepliesTo("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\nContent-Length: 8\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\n"));
  EXPECT_THAT(reply, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(reply, EndsWith("\r\n\r\nGET /a \n"));
}

TEST(HttpServerTest, AnswersWhatIsPipelinedInItsOrder) {
  const std::string reply = RepliesTo(
      "\r\nPOST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
      "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nth\r\n3\r\nree\r\n0\r\n\r\n"
      "GET /4 HTTP/1.0\r\n\r\n"
      "GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::size_t one = reply.find("POST /1 one\n");
  const std::size_t two = reply.find("GET /slow \n");
  const std::size_t three = reply.find("POST /3 three\n");
  EXPECT_LT(one, two);
  EXPECT_LT(two, three);
  EXPECT_THAT(reply, EndsWith("GET /4 \n"));
}

TEST(HttpServerTest, HeadHasTheLengthAndNoBody) {
  const std::string reply =
      RepliesTo("HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(reply, HasSubstr("\r\nContent-Length: 9\r\n"));
  EXPECT_THAT(reply, EndsWith("\r\n\r\n"));
}

TEST(HttpServerTest, RefusesWhatIsWrong) {
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(StatusOf("nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(StatusOf("GET  / HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(StatusOf("GET / HTTP/3.0\r\n\r\n"),
            "HTTP/1.1 505 HTTP Version Not Supported");
  EXPECT_EQ(
      StatusOf("GET / HTTP/1.1\r\nA: " + std::string(5000, 'a') + "\r\n\r\n"),
      "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(
      StatusOf(post + "Content-Length: 101\r\n\r\n" + std::string(101, 'b')),
      "HTTP/1.1 413 Content Too Large");
  EXPECT_EQ(StatusOf(post + "Transfer-Encoding: chunked\r\n\r\n65\r\n" +
                     std::string(101, 'b')),
            "HTTP/1.1 413 Content Too Large");
  EXPECT_EQ(StatusOf(post + "Content-Length: 3\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n"),
            "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(StatusOf(post + "Transfer-Encoding: gzip\r\n\r\n"),
            "HTTP/1.1 501 Not Implemented");
  EXPECT_EQ(StatusOf(post + "Expect: the-worst\r\nContent-Length: 1\r\n\r\n"),
            "HTTP/1.1 417 Expectation Failed");
  EXPECT_EQ(StatusOf("GET /broken HTTP/1.1\r\nHost: a\r\nConnection: close"
                     "\r\n\r\n"),
            "HTTP/1.1 500 Internal Server Error");
}

TEST(HttpServerTest, TellsWhoAsksToGoOn) {
  Simulate([]() -> Coro<> {
    HttpServer server =
        co_await StartHttpServer(Answer, "localhost", kPort, Small());
    Stream stream = co_await OpenConnection("localhost", kPort);
    const std::string head =
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n";
    const std::string fits = head + "Content-Length: 5\r\n\r\n";
    co_await stream.WriteAll(fits);
    EXPECT_EQ(co_await stream.ReadUntil("\r\n\r\n"),
              "HTTP/1.1 100 Continue\r\n\r\n");
    co_await stream.WriteAll(std::string_view("hello"));
    EXPECT_THAT(co_await stream.ReadUntil("\n"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(co_await stream.ReadUntil("hello\n"), HasSubstr("POST / "));
    const std::string too_long = head + "Content-Length: 101\r\n\r\n";
    co_await stream.WriteAll(too_long);
    EXPECT_THAT(co_await stream.ReadAll(), StartsWith("HTTP/1.1 413"));
  });
}

TEST(HttpServerTest, ARequestMustComeInTime) {
  HttpServerOptions options = Small();
  options.head_timeout = 10s;
  EXPECT_EQ(RepliesTo("", options), "");
  EXPECT_THAT(RepliesTo("GET / HTTP/1.1\r\nHo", options),
              StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_THAT(RepliesTo("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                        "\r\nhel",
                        options),
              StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
}

TEST(HttpServerTest, AResponseMustBeReadInTime) {
  Simulate([]() -> Coro<> {
    HttpServerOptions options;
    options.write_timeout = 10s;
    HttpHandler large = [](HttpRequest) -> Coro<HttpResponse> {
      co_return HttpResponse(200, std::string(20'000'000, 'l'));
    };
    HttpServer server =
        co_await StartHttpServer(std::move(large), "localhost", kPort, options);
    Stream stream = co_await OpenConnection("localhost", kPort);
    stream.transport().PauseReading();
    co_await stream.WriteAll(
        std::string_view("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    const Nanoseconds before = RunningLoop().time();
    co_await Sleep(5s);
    co_await server.Stop(100s);
    EXPECT_EQ((RunningLoop().time() - before) / 1s, 10);
  });
}

// Who waits for a request is cut off, who waits for a response gets it, and
// who waits too long does not.
TEST(HttpServerTest, StopsWhenTheLastResponseIsOut) {
  for (const Nanoseconds grace : {10s, 3s}) {
    Simulate([grace]() -> Coro<> {
      HttpServer server =
          co_await StartHttpServer(Answer, "localhost", kPort, Small());
      Stream idle = co_await OpenConnection("localhost", kPort);
      Stream begun = co_await OpenConnection("localhost", kPort);
      Stream busy = co_await OpenConnection("localhost", kPort);
      co_await begun.WriteAll(std::string_view("GET / HT"));
      co_await busy.WriteAll(
          std::string_view("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"));
      co_await Sleep(1s);
      const Nanoseconds before = RunningLoop().time();
      co_await server.Stop(grace);
      const Nanoseconds took = RunningLoop().time() - before;
      EXPECT_EQ(co_await idle.ReadAll(), "");
      EXPECT_EQ(co_await begun.ReadAll(), "");
      const std::string reply = co_await busy.ReadAll();
      if (grace < 4s) {
        EXPECT_EQ(reply, "");
        EXPECT_EQ(took / 1s, 3);
      } else {
        EXPECT_THAT(reply, AllOf(HasSubstr("Connection: close"),
                                 EndsWith("GET /slow \n")));
        EXPECT_LT(took, 5s);
      }
    });
  }
}

}  // namespace
}  // namespace rondo
