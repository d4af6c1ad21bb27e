// CPython's test_streams.py, what needs Unix sockets.
// Adapted, all: the server of the clients is one of ours, not a thread.
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/stream_protocol.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/tls.h"
#include "rondo/runtime/unix_sockets.h"
#include "rondo/tests/conformance/endpoints.h"
#include "rondo/tests/conformance/on_sockets.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/runtime/tls_fixtures.h"

namespace rondo::conformance {
namespace {

using testing::EndsWith;
using testing::IsEmpty;
using namespace std::string_literals;

// Source: test_utils.run_test_unix_server.
Coro<> AnswerOnce(Stream stream) {
  std::string line;
  while (line != "\r\n") {
    line = co_await stream.ReadLine();
    if (line.empty()) co_return;
  }
  co_await stream.WriteAll(
      "HTTP/1.0 200 OK\r\nContent-type: text/plain\r\n"
      "Content-Length: 12\r\n\r\nTest message"s);
}

// Runs `body` with a stream to that server; nothing may be reported.
template <class F>
void WithUnixServer(F body) {
  const UnixSocketPath path;
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                Server httpd =
                    co_await StartUnixServer(AnswerOnce, path.path());
                Stream stream = co_await OpenUnixConnection(path.path());
                co_await body(stream);
                httpd.Close();
                co_await httpd.WaitClosed();
              }),
              IsEmpty());
}

TEST(StreamTests, test_open_unix_connection) {
  WithUnixServer([](Stream& stream) -> Coro<> {
    stream.Write("GET / HTTP/1.0\r\n\r\n"s);
    EXPECT_EQ(co_await stream.ReadLine(), "HTTP/1.0 200 OK\r\n");
    EXPECT_THAT(co_await stream.ReadAll(), EndsWith("\r\n\r\nTest message"));
    stream.Close();
  });
}

TEST(StreamTests, test_open_unix_connection_no_loop_ssl) {
  const UnixSocketPath path;
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                TlsOptions tls = ClientTls();
                tls.server_hostname = "localhost";
                Server httpd = co_await StartUnixServer(AnswerOnce, path.path(),
                                                        ServerTls());
                Stream stream =
                    co_await OpenUnixConnection(path.path(), std::move(tls));
                stream.Write("GET / HTTP/1.0\r\n\r\n"s);
                EXPECT_THAT(co_await stream.ReadAll(),
                            EndsWith("\r\n\r\nTest message"));
                stream.Close();
                httpd.Close();
                co_await httpd.WaitClosed();
              }),
              IsEmpty());
}

TEST(StreamTests, test_open_unix_connection_error) {
  WithUnixServer([](Stream& stream) -> Coro<> {
    stream.protocol().ConnectionLost(
        std::make_exception_ptr(ZeroDivisionError()));
    EXPECT_TRUE(
        (co_await Raised<ZeroDivisionError>(stream.ReadAll())).has_value());
    stream.Close();
    co_await Yield();
  });
}

Coro<> EchoLine(Stream stream) {
  const std::string line = co_await stream.ReadLine();
  stream.Write(line);
  co_await stream.Drain();
  stream.Close();
  co_await stream.WaitClosed();
}

TEST(StreamTests, test_start_unix_server) {
  const std::vector<ConnectionHandler> handlers = {
      EchoLine, [](Stream stream) -> Coro<> {
        CreateTask(EchoLine(std::move(stream)));
        co_return;
      }};
  const UnixSocketPath path;
  for (const ConnectionHandler& handler : handlers) {
    EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                  Server server =
                      co_await StartUnixServer(handler, path.path());
                  Stream stream = co_await OpenUnixConnection(path.path());
                  stream.Write("hello world!\n"s);
                  EXPECT_EQ(co_await stream.ReadLine(), "hello world!\n");
                  stream.Close();
                  co_await stream.WaitClosed();
                  server.Close();
                  co_await server.WaitClosed();
                }),
                IsEmpty());
  }
}

}  // namespace
}  // namespace rondo::conformance
