// Servers and the calls of the socket API, over real and simulated sockets.
#include "rondo/runtime/server.h"

#include <any>
#include <array>
#include <cerrno>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/network.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/transport.h"
#include "rondo/runtime/wait.h"
#include "rondo/tests/runtime/worlds.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

class ServerTest : public testing::TestWithParam<World> {};

INSTANTIATE_TEST_SUITE_P(Worlds, ServerTest,
                         testing::Values(World::kReal, World::kSimulated),
                         WorldName);

Coro<> Echo(Stream stream) {
  std::array<char, 1024> buffer;
  while (const std::size_t n = co_await stream.Read(buffer)) {
    co_await stream.WriteAll({buffer.data(), n});
  }
}

Coro<std::string> Ask(std::uint16_t port, std::string text) {
  Stream stream = co_await OpenConnection("127.0.0.1", port);
  co_await stream.WriteAll(text);
  stream.WriteEof();
  co_return co_await stream.ReadExactly(text.size());
}

Coro<int> ErrorOf(Coro<> coro) {
  const Outcome<> outcome = co_await AsOutcome(std::move(coro));
  try {
    outcome.Rethrow();
  } catch (const std::system_error& error) {
    co_return error.code().value();
  }
  co_return 0;
}

TEST_P(ServerTest, ServesManyClientsAtOnce) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(Echo, "127.0.0.1", 0);
    const std::uint16_t port = server.addresses().at(0).port();
    EXPECT_NE(port, 0);
    std::vector<Task<std::string>> clients;
    for (int i = 0; i < 50; ++i) {
      const std::string text(static_cast<std::size_t>(i * 100 + 1), 'x');
      clients.push_back(CreateTask(Ask(port, text)));
    }
    for (std::size_t i = 0; i < clients.size(); ++i) {
      std::string& answer = co_await clients[i];
      EXPECT_EQ(answer.size(), i * 100 + 1);
    }
  });
}

TEST_P(ServerTest, CloseEndsTheListeningNotTheConnections) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(Echo, "127.0.0.1", 0);
    const std::uint16_t port = server.addresses().at(0).port();
    const Task<> serving = CreateTask(server.ServeForever());
    Stream stream = co_await OpenConnection("127.0.0.1", port);
    co_await stream.WriteAll(std::string_view("a"));
    EXPECT_EQ(co_await stream.ReadExactly(1), "a");
    EXPECT_TRUE(server.is_serving());
    server.Close();
    server.Close();
    EXPECT_FALSE(server.is_serving());
    EXPECT_TRUE(server.addresses().empty());
    co_await stream.WriteAll(std::string_view("b"));
    EXPECT_EQ(co_await stream.ReadExactly(1), "b");
    EXPECT_FALSE(serving.done());  // As long as there are connections.
    stream.Close();
    std::vector<AnyFuture> ends = {serving};
    co_await Wait(std::move(ends));
    EXPECT_TRUE(serving.cancelled());
    co_await server.WaitClosed();
    const Outcome<std::string> refused =
        co_await AsOutcome(Ask(port, "too late"));
    EXPECT_THROW(refused.Rethrow(), std::system_error);
    const Outcome<> again = co_await AsOutcome(server.ServeForever());
    EXPECT_THROW(again.Rethrow(), RuntimeError);
  });
}

TEST_P(ServerTest, CancellingServeForeverClosesIt) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(Echo, "127.0.0.1", 0);
    Task<> serving = CreateTask(server.ServeForever());
    co_await Yield();
    serving.Cancel();
    co_await Yield();
    co_await Yield();
    EXPECT_TRUE(serving.cancelled());
    EXPECT_FALSE(server.is_serving());
  });
}

TEST_P(ServerTest, TheLastHandleClosesIt) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(Echo, "127.0.0.1", 0);
    const std::uint16_t port = server.addresses().at(0).port();
    server = Server();
    const Outcome<std::string> refused = co_await AsOutcome(Ask(port, "x"));
    EXPECT_THROW(refused.Rethrow(), std::system_error);
  });
}

TEST_P(ServerTest, AHandlersErrorIsReportedAndTheServerGoesOn) {
  RunIn(GetParam(), []() -> Coro<> {
    std::vector<std::string> reports;
    RunningLoop().SetExceptionHandler(
        [&](EventLoop&, const ExceptionReport& report) {
          reports.push_back(DescribeException(report.exception));
        });
    Server server = co_await StartServer(
        [](Stream stream) -> Coro<> {
          std::string line = co_await stream.ReadUntil('\n');
          if (line == "bad\n") throw std::runtime_error("bad client");
          co_await stream.WriteAll(line);
        },
        "127.0.0.1", 0);
    const std::uint16_t port = server.addresses().at(0).port();
    const Outcome<std::string> bad = co_await AsOutcome(Ask(port, "bad\n"));
    EXPECT_THROW(bad.Rethrow(), IncompleteReadError);
    EXPECT_EQ(co_await Ask(port, "good\n"), "good\n");
    EXPECT_THAT(reports, ElementsAre(HasSubstr("bad client")));
    RunningLoop().SetExceptionHandler({});
  });
}

TEST_P(ServerTest, TheHandlerLivesAsLongAsItsConnections) {
  auto held = std::make_shared<std::string>("held");
  RunIn(GetParam(), [&]() -> Coro<> {
    const std::weak_ptr<std::string> weak = held;
    // Named: g++ 12 destroys a closure twice that is written where it is
    // awaited.
    ConnectionHandler handler = [held =
                                     std::move(held)](Stream stream) -> Coro<> {
      co_await stream.ReadUntil('\n');
      co_await stream.WriteAll(*held);
    };
    Server server = co_await StartServer(std::move(handler), "127.0.0.1", 0);
    Stream stream =
        co_await OpenConnection("127.0.0.1", server.addresses().at(0).port());
    co_await Sleep(5ms);
    server = Server();
    EXPECT_FALSE(weak.expired());
    co_await stream.WriteAll(std::string_view("\n"));
    EXPECT_EQ(co_await stream.ReadExactly(4), "held");
    co_await Sleep(5ms);
    EXPECT_TRUE(weak.expired());
  });
}

// Notes what a client's transport is when it begins.
struct Client final : Protocol {
  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    const int fd = std::any_cast<int>(transport->GetExtraInfo("socket"));
    no_delay = internal::NetworkOf(internal::RunningCore())
                   .GetOption(fd, SocketOption::kNoDelay);
    peer = std::any_cast<SocketAddress>(transport->GetExtraInfo("peername"));
    local = std::any_cast<SocketAddress>(transport->GetExtraInfo("sockname"));
    made.SetResult();
  }
  void ConnectionLost(std::exception_ptr) override { lost.SetResult(); }

  Future<> made = CreateFuture();
  Future<> lost = CreateFuture();
  SysResult no_delay = -1;
  SocketAddress peer;
  SocketAddress local;
};

Socket ListeningSocket(SocketAddress* address) {
  Network& network = internal::NetworkOf(internal::RunningCore());
  Socket socket = Socket::Stream(AddressFamily::kIPv4);
  EXPECT_EQ(network.Bind(socket.fd(), SocketAddress::IPv4({127, 0, 0, 1}, 0)),
            0);
  EXPECT_EQ(network.Listen(socket.fd(), 5), 0);
  EXPECT_EQ(network.LocalAddress(socket.fd(), address), 0);
  return socket;
}

// The kernel has forgotten it: accepting has told.
TEST_P(ServerTest, AClientThatIsGoneWhenItIsAcceptedHasAnAddress) {
  RunIn(GetParam(), []() -> Coro<> {
    Network& network = internal::NetworkOf(internal::RunningCore());
    SocketAddress address;
    Socket listener = ListeningSocket(&address);
    Socket socket = Socket::Stream(AddressFamily::kIPv4);
    co_await SockConnect(socket.fd(), address);
    SocketAddress name;
    network.LocalAddress(socket.fd(), &name);
    network.SetOption(socket.fd(), SocketOption::kLinger, 0);
    socket.Close();
    co_await Sleep(5ms);
    const auto client = std::make_shared<Client>();
    ProtocolFactory factory = [client] { return client; };
    Server server =
        co_await CreateServer(std::move(factory), std::move(listener));
    co_await client->lost;
    EXPECT_NE(name.port(), 0);
    EXPECT_EQ(client->peer, name);
  });
}

// Whoever has made the listening socket, and also if the client was first.
TEST_P(ServerTest, WhatItAcceptsSendsWithoutDelay) {
  RunIn(GetParam(), []() -> Coro<> {
    SocketAddress address;
    Socket listener = ListeningSocket(&address);
    const Socket early = Socket::Stream(AddressFamily::kIPv4);
    co_await SockConnect(early.fd(), address);
    const auto first = std::make_shared<Client>();
    ProtocolFactory factory = [first] { return first; };
    Server given =
        co_await CreateServer(std::move(factory), std::move(listener));
    co_await first->made;
    EXPECT_EQ(first->no_delay, 1);

    const auto second = std::make_shared<Client>();
    factory = [second] { return second; };
    Server bound = co_await CreateServer(std::move(factory), "127.0.0.1", 0);
    const Socket late = Socket::Stream(AddressFamily::kIPv4);
    co_await SockConnect(late.fd(), bound.addresses().front());
    co_await second->made;
    EXPECT_EQ(second->no_delay, 1);
  });
}

// A server at all addresses has one of them for each client.
TEST_P(ServerTest, ItsClientsTransportsKnowTheirAddresses) {
  RunIn(GetParam(), []() -> Coro<> {
    for (const char* host : {"127.0.0.1", "0.0.0.0"}) {
      const auto client = std::make_shared<Client>();
      ProtocolFactory factory = [client] { return client; };
      Server server = co_await CreateServer(std::move(factory), host, 0);
      const std::uint16_t port = server.addresses().front().port();
      const SocketAddress address = SocketAddress::IPv4({127, 0, 0, 1}, port);
      const Socket socket = Socket::Stream(AddressFamily::kIPv4);
      co_await SockConnect(socket.fd(), address);
      co_await client->made;
      SocketAddress name;
      internal::NetworkOf(internal::RunningCore())
          .LocalAddress(socket.fd(), &name);
      EXPECT_EQ(client->peer, name) << host;
      EXPECT_EQ(client->local, address) << host;
    }
  });
}

TEST_P(ServerTest, AnAddressInUseIsNamed) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(Echo, "127.0.0.1", 0);
    const std::uint16_t port = server.addresses().at(0).port();
    const Outcome<Server> second =
        co_await AsOutcome(StartServer(Echo, "127.0.0.1", port));
    std::string what;
    try {
      second.Rethrow();
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code().value(), EADDRINUSE);
      what = error.what();
    }
    EXPECT_THAT(what, HasSubstr("127.0.0.1:" + std::to_string(port)));
  });
}

// ---- The calls of the socket API.

TEST_P(ServerTest, SocketCallsConnectSendReceiveAndCancel) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(Echo, "127.0.0.1", 0);
    const SocketAddress address = server.addresses().at(0);
    Socket socket = Socket::Stream(AddressFamily::kIPv4);
    co_await SockConnect(socket.fd(), address);

    std::array<char, 100> buffer;
    Task<std::size_t> receiver = CreateTask(SockRecvInto(socket.fd(), buffer));
    co_await Sleep(1ms);
    EXPECT_FALSE(receiver.done());
    receiver.Cancel();
    co_await Yield();
    EXPECT_TRUE(receiver.cancelled());

    co_await SockSendAll(socket.fd(), std::string_view("ping"));
    std::string got;
    while (got.size() < 4) {
      const std::size_t n = co_await SockRecvInto(socket.fd(), buffer);
      got.append(buffer.data(), n);
    }
    EXPECT_EQ(got, "ping");

    const int fd = socket.fd();
    socket.Close();
    EXPECT_FALSE(socket);
    EXPECT_EQ(co_await ErrorOf(SockSendAll(fd, std::string_view("x"))), EBADF);
  });
}

}  // namespace
}  // namespace rondo
