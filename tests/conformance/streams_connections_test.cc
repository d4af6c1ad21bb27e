// CPython's test_streams.py, what needs connections. The servers of its clients
// are threads whose sockets block.
#include <fcntl.h>

#include <any>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/stream_protocol.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/tls.h"
#include "rondo/tests/conformance/on_sockets.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/runtime/tls_fixtures.h"
#include "rondo/tests/support/blocking_peer.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;
using namespace std::string_literals;

std::uint16_t PortOf(const Server& server) {
  return server.addresses().at(0).port();
}

// Source: test_utils.run_test_server. `tls`: null for a plain one.
PeerProgram HttpServer(std::shared_ptr<const TlsContext> tls = nullptr) {
  return [tls](BlockingSocket& socket) {
    if (tls != nullptr) socket.StartTls(tls);
    std::string request;
    while (!request.ends_with("\r\n\r\n")) {
      const std::string some = socket.Receive(1000);
      if (some.empty()) return;
      request += some;
    }
    socket.Send(
        "HTTP/1.0 200 OK\r\nContent-type: text/plain\r\n"
        "Content-Length: 12\r\n\r\nTest message");
    if (tls != nullptr) socket.SendCloseNotify();
  };
}

Coro<> AskAndReadLine(Stream& stream) {
  stream.Write("GET / HTTP/1.0\r\n\r\n"s);
  EXPECT_EQ(co_await stream.ReadLine(), "HTTP/1.0 200 OK\r\n");
}

Coro<> AskAndRead(Stream& stream) {
  co_await AskAndReadLine(stream);
  EXPECT_THAT(co_await stream.ReadAll(), EndsWith("\r\n\r\nTest message"));
}

// Runs `body` with a stream to that server; nothing may be reported.
template <class F>
void WithHttpServer(F body) {
  const PeerServer httpd(HttpServer());
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                Stream stream =
                    co_await OpenConnection("127.0.0.1", httpd.port());
                co_await body(stream);
              }),
              IsEmpty());
}

TEST(StreamTests, test_open_connection) {
  WithHttpServer([](Stream& stream) -> Coro<> {
    co_await AskAndRead(stream);
    stream.Close();
  });
}

// Adapted: a Stream knows its loop.
TEST(StreamTests, test_open_connection_no_loop_ssl) {
  const PeerServer httpd(HttpServer(TlsContext::Server(ServerSettings())));
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                Stream stream = co_await OpenConnection(
                    "127.0.0.1", httpd.port(), ClientTls());
                stream.Write("GET / HTTP/1.0\r\n\r\n"s);
                EXPECT_THAT(co_await stream.ReadAll(),
                            EndsWith("\r\n\r\nTest message"));
                stream.Close();
              }),
              IsEmpty());
}

TEST(StreamTests, test_open_connection_error) {
  WithHttpServer([](Stream& stream) -> Coro<> {
    stream.protocol().ConnectionLost(
        std::make_exception_ptr(ZeroDivisionError()));
    EXPECT_TRUE(
        (co_await Raised<ZeroDivisionError>(stream.ReadAll())).has_value());
    stream.Close();
    co_await Yield();
  });
}

TEST(StreamTests, test_wait_closed_on_close) {
  WithHttpServer([](Stream& stream) -> Coro<> {
    co_await AskAndRead(stream);
    EXPECT_TRUE(stream.is_open());
    stream.Close();
    EXPECT_FALSE(stream.is_open());
    co_await stream.WaitClosed();
  });
}

TEST(StreamTests, test_wait_closed_on_close_with_unread_data) {
  WithHttpServer([](Stream& stream) -> Coro<> {
    co_await AskAndReadLine(stream);
    stream.Close();
    co_await stream.WaitClosed();
  });
}

TEST(StreamTests, test_async_writer_api) {
  WithHttpServer([](Stream& stream) -> Coro<> {
    StreamWriter writer = stream.writer();
    writer.Write("GET / HTTP/1.0\r\n\r\n"s);
    EXPECT_EQ(co_await stream.ReadLine(), "HTTP/1.0 200 OK\r\n");
    EXPECT_THAT(co_await stream.ReadAll(), EndsWith("\r\n\r\nTest message"));
    writer.Close();
    co_await writer.WaitClosed();
  });
}

TEST(StreamTests, test_async_writer_api_exception_after_close) {
  WithHttpServer([](Stream& stream) -> Coro<> {
    co_await AskAndRead(stream);
    stream.Close();
    stream.Write("data"s);
    const std::optional<std::system_error> error =
        co_await Raised<std::system_error>(stream.Drain());
    EXPECT_EQ(error.value().code(), std::errc::connection_reset);
  });
}

TEST(StreamTests, test_eof_feed_when_closing_writer) {
  WithHttpServer([](Stream& stream) -> Coro<> {
    stream.Close();
    co_await stream.WaitClosed();
    EXPECT_TRUE(stream.AtEof());
    EXPECT_EQ(co_await stream.ReadAll(), "");
  });
}

// Adapted: a Stream that dies closes: there is nothing to warn of.
TEST(StreamTests, test_unclosed_resource_warnings) {
  WithHttpServer([](Stream& stream) -> Coro<> {
    co_await AskAndRead(stream);
    const std::shared_ptr<Transport> transport = stream.writer().transport();
    EXPECT_FALSE(transport->is_closing());
    stream = Stream();
    EXPECT_TRUE(transport->is_closing());
  });
}

// Adapted: a Stream may outlive its loop, whose end has closed the socket.
TEST(StreamTests, test_loop_is_closed_resource_warnings) {
  Stream left;
  int fd = -1;
  WithHttpServer([&](Stream& stream) -> Coro<> {
    co_await AskAndRead(stream);
    left = std::move(stream);
    fd = left.fd();
  });
  EXPECT_EQ(left.fd(), -1);
  EXPECT_EQ(fcntl(fd, F_GETFD), -1);
}

TEST(StreamTests, test_drain_raises) {
  const PeerServer server([](BlockingSocket& socket) { socket.Close(); });
  EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                auto client = [&]() -> Coro<> {
                  Stream stream =
                      co_await OpenConnection("127.0.0.1", server.port());
                  for (;;) {
                    stream.Write("foo\n"s);
                    co_await stream.Drain();
                  }
                };
                const std::optional<std::system_error> error =
                    co_await Raised<std::system_error>(client());
                const std::error_code code = error.value().code();
                EXPECT_TRUE(code == std::errc::connection_reset ||
                            code == std::errc::connection_aborted ||
                            code == std::errc::broken_pipe)
                    << code;
              }),
              IsEmpty());
}

// ---- Servers

Coro<> EchoLine(Stream stream) {
  const std::string line = co_await stream.ReadLine();
  stream.Write(line);
  co_await stream.Drain();
  stream.Close();
  co_await stream.WaitClosed();
}

// Adapted: the second handler makes a task of its own; the server has a port of
// its own, not a socket.
TEST(StreamTests, test_start_server) {
  const std::vector<ConnectionHandler> handlers = {
      EchoLine, [](Stream stream) -> Coro<> {
        CreateTask(EchoLine(std::move(stream)));
        co_return;
      }};
  for (const ConnectionHandler& handler : handlers) {
    EXPECT_THAT(RunOnSockets([&]() -> Coro<> {
                  Server server = co_await StartServer(handler, "127.0.0.1", 0);
                  Stream stream =
                      co_await OpenConnection("127.0.0.1", PortOf(server));
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

Coro<> EchoLinesTwice(Stream stream) {
  StreamWriter writer = stream.writer();
  const std::string first = co_await stream.ReadLine();
  writer.Write(first);
  co_await writer.Drain();
  EXPECT_FALSE(writer.GetExtraInfo("sslcontext").has_value());
  co_await writer.StartTls(ServerTls());
  EXPECT_TRUE(writer.GetExtraInfo("sslcontext").has_value());
  const std::string second = co_await stream.ReadLine();
  writer.Write(second);
  co_await writer.Drain();
  writer.Close();
  co_await writer.WaitClosed();
}

TEST(StreamTests, test_start_tls) {
  EXPECT_THAT(
      RunOnSockets([]() -> Coro<> {
        Server server = co_await StartServer(EchoLinesTwice, "127.0.0.1", 0);
        Stream stream = co_await OpenConnection("127.0.0.1", PortOf(server));
        StreamWriter writer = stream.writer();
        writer.Write("hello world 1!\n"s);
        co_await writer.Drain();
        EXPECT_EQ(co_await stream.ReadLine(), "hello world 1!\n");
        EXPECT_FALSE(writer.GetExtraInfo("sslcontext").has_value());
        TlsOptions tls = ClientTls();
        tls.server_hostname = "localhost";
        co_await writer.StartTls(tls);
        EXPECT_EQ(std::any_cast<std::shared_ptr<const TlsContext>>(
                      writer.GetExtraInfo("sslcontext")),
                  tls.context);
        writer.Write("hello world 2!\n"s);
        co_await writer.Drain();
        EXPECT_EQ(co_await stream.ReadLine(), "hello world 2!\n");
        writer.Close();
        co_await writer.WaitClosed();
        server.Close();
        co_await server.WaitClosed();
      }),
      IsEmpty());
}

// What is reported when a server's handler is this.
std::vector<std::string> ReportsOf(const ConnectionHandler& handler) {
  return RunOnSockets([&]() -> Coro<> {
    Server server = co_await StartServer(handler, "127.0.0.1", 0);
    Stream stream = co_await OpenConnection("127.0.0.1", PortOf(server));
    stream.Write("test msg"s);
    co_await stream.Drain();
    stream.Close();
    co_await stream.WaitClosed();
    server.Close();
    co_await server.WaitClosed();
  });
}

TEST(StreamTests, test_unhandled_exception) {
  EXPECT_THAT(ReportsOf([](Stream) -> Coro<> {
                throw std::runtime_error("test");
                co_return;
              }),
              ElementsAre("Unhandled exception in client_connected_cb"));
}

TEST(StreamTests, test_unhandled_cancel) {
  EXPECT_THAT(ReportsOf([](Stream) -> Coro<> {
                CurrentTask().Cancel();
                co_return;
              }),
              IsEmpty());
}

// Adapted: the Stream of a handler dies with it, and closes.
TEST(StreamTests, test_unclosed_server_resource_warnings) {
  EXPECT_THAT(ReportsOf([](Stream) -> Coro<> { co_return; }), IsEmpty());
}

}  // namespace
}  // namespace rondo::conformance
