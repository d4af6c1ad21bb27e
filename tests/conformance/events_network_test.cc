// CPython's test_events.py: connections, servers and datagrams of
// EventLoopTestsMixin.
#include <algorithm>
#include <any>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/get_addr_info.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/simnet/simulate.h"
#include "rondo/simnet/simulation.h"
#include "rondo/tests/conformance/endpoints.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/support/scripted_network.h"

namespace rondo::conformance {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

Network& RunningNetwork() {
  return internal::NetworkOf(internal::RunningCore());
}

// A socket that listens at 127.0.0.1, and where.
Socket Listening(SocketAddress* address) {
  Network& network = RunningNetwork();
  Socket socket = Socket::Stream(AddressFamily::kIPv4);
  EXPECT_EQ(network.Bind(socket.fd(), *SocketAddress::Parse("127.0.0.1", 0)),
            0);
  EXPECT_EQ(network.Listen(socket.fd(), 1), 0);
  EXPECT_EQ(network.LocalAddress(socket.fd(), address), 0);
  return socket;
}

// A port that nobody has.
std::uint16_t UnusedPort() {
  SocketAddress address;
  const Socket socket = Listening(&address);
  return address.port();
}

// Serves everybody with a greeting.
Coro<Server> GreetingServer() {
  ConnectionHandler greet = [](Stream stream) -> Coro<> {
    co_await stream.WriteAll(std::string_view("hello"));
  };
  return StartServer(std::move(greet), "127.0.0.1", 0);
}

TEST(EventLoopTestsMixin, test_create_connection) {
  rondo::Run([]() -> Coro<> {
    Server server = co_await GreetingServer();
    const Connection connection = co_await CreateConnection(
        &MakeMyProto, "127.0.0.1", server.addresses().at(0).port());
    EXPECT_EQ(AddressInfo(*connection.transport, "sockname").host(),
              "127.0.0.1");
    co_await ProtoOf(connection).done;
    EXPECT_EQ(ProtoOf(connection).nbytes, 5u);
  }());
}

TEST(EventLoopTestsMixin, test_create_connection_local_addr) {
  rondo::Run([]() -> Coro<> {
    Server server = co_await GreetingServer();
    const std::uint16_t port = UnusedPort();
    ConnectionOptions options;
    options.local = HostPort("127.0.0.1", port);
    const Connection connection = co_await CreateConnection(
        &MakeMyProto, "127.0.0.1", server.addresses().at(0).port(), options);
    EXPECT_EQ(AddressInfo(*connection.transport, "sockname").port(), port);
    connection.transport->Abort();
  }());
}

// What connecting to example.com from "here" throws, in which `here` is.
std::string ErrorFrom(ScriptedWorld& world, std::vector<std::string> here) {
  world.names().hosts["example.com"] = {"1.2.3.4"};
  world.names().hosts["here"] = std::move(here);
  std::string what;
  world.Run([&]() -> Coro<> {
    ConnectionOptions options;
    options.local = HostPort("here", 7);
    const std::optional<std::system_error> error =
        co_await Raised<std::system_error>(
            CreateConnection(&MakeMyProto, "example.com", 80, options));
    what = error.has_value() ? error->what() : "nothing";
  });
  return what;
}

TEST(EventLoopTestsMixin,
     test_create_connection_local_addr_skip_different_family) {
  ScriptedWorld world;
  world.network().Answer("connect", -ECONNREFUSED);
  EXPECT_EQ(ErrorFrom(world, {"::1", "127.0.0.1"}),
            "connect 1.2.3.4:80: Connection refused");
  EXPECT_THAT(world.network().calls, Contains("bind 127.0.0.1:7"));
  EXPECT_THAT(world.network().calls, Not(Contains(HasSubstr("::1"))));
}

TEST(EventLoopTestsMixin, test_create_connection_local_addr_nomatch_family) {
  ScriptedWorld world;
  EXPECT_EQ(ErrorFrom(world, {"::1"}),
            "no local address of the family of 1.2.3.4:80: Address family not "
            "supported by protocol");
}

TEST(EventLoopTestsMixin, test_create_connection_local_addr_in_use) {
  rondo::Run([]() -> Coro<> {
    Server server = co_await GreetingServer();
    const SocketAddress address = server.addresses().at(0);
    ConnectionOptions options;
    options.local = address;
    const std::optional<std::system_error> error =
        co_await Raised<std::system_error>(CreateConnection(
            &MakeMyProto, address.host(), address.port(), options));
    EXPECT_EQ(error->code(), std::errc::address_in_use);
    EXPECT_THAT(error->what(), HasSubstr(address.ToString()));
  }());
}

TEST(EventLoopTestsMixin, test_connect_accepted_socket) {
  rondo::Run([]() -> Coro<> {
    SocketAddress address;
    const Socket listener = Listening(&address);
    Stream client = co_await OpenConnection(address.host(), address.port());
    co_await client.WriteAll(std::string_view("test data"));
    Accepted accepted = co_await SockAccept(listener.fd());
    const Connection connection =
        co_await CreateConnection(&MakeMyProto, std::move(accepted.socket));
    MyProto& proto = ProtoOf(connection);
    while (proto.nbytes < 9) co_await Yield();
    connection.transport->Write(std::string_view("roger"));
    std::string response = co_await client.ReadExactly(5);
    EXPECT_EQ(response, "roger");
    client.Close();
    co_await proto.done;
    EXPECT_EQ(proto.state, "CLOSED");
  }());
}

void ServeMultipleHosts(std::vector<std::string> hosts,
                        std::vector<std::string> bound) {
  ScriptedWorld world;
  world.Run([&]() -> Coro<> {
    Server server = co_await CreateServer(&MakeMyProto, hosts, 80);
    std::vector<std::string> found;
    for (const SocketAddress& address : server.addresses()) {
      found.push_back(address.host());
    }
    EXPECT_EQ(found, bound);
  });
}

TEST(EventLoopTestsMixin, test_create_server_multiple_hosts_ipv4) {
  ServeMultipleHosts({"1.2.3.4", "5.6.7.8", "1.2.3.4"}, {"1.2.3.4", "5.6.7.8"});
}

TEST(EventLoopTestsMixin, test_create_server_multiple_hosts_ipv6) {
  ServeMultipleHosts({"::1", "::2", "::1"}, {"::1", "::2"});
}

TEST(EventLoopTestsMixin, test_create_server) {
  rondo::Run([]() -> Coro<> {
    const auto proto = std::make_shared<MyProto>();
    ProtocolFactory factory = [proto] { return proto; };
    Server server = co_await CreateServer(std::move(factory), "0.0.0.0", 0);
    EXPECT_EQ(server.addresses().size(), 1u);
    const SocketAddress address = server.addresses().at(0);
    EXPECT_EQ(address.host(), "0.0.0.0");
    Stream client = co_await OpenConnection("127.0.0.1", address.port());
    co_await client.WriteAll(std::string_view("xxx"));
    co_await proto->connected;
    EXPECT_EQ(proto->state, "CONNECTED");
    while (proto->nbytes == 0) co_await Yield();
    EXPECT_EQ(proto->nbytes, 3u);
    EXPECT_EQ(AddressInfo(*proto->transport, "sockname").port(),
              address.port());
    EXPECT_EQ(AddressInfo(*proto->transport, "peername").host(), "127.0.0.1");
    proto->transport->Close();
    co_await proto->done;
    EXPECT_EQ(proto->state, "CLOSED");
  }());
}

// Adapted: a server's sockets are its own; what it asks for is seen.
TEST(EventLoopTestsMixin, test_create_server_reuse_port) {
  for (const bool reuse_port : {false, true}) {
    ScriptedWorld world;
    world.Run([&]() -> Coro<> {
      ServerOptions options;
      options.reuse_port = reuse_port;
      Server server =
          co_await CreateServer(&MakeMyProto, "0.0.0.0", 0, options);
      EXPECT_EQ(server.addresses().size(), 1u);
    });
    const auto& calls = world.network().calls;
    EXPECT_EQ(std::count(calls.begin(), calls.end(), "setsockopt reuseport 1"),
              reuse_port);
  }
}

TEST(EventLoopTestsMixin, test_create_server_sock) {
  rondo::Run([]() -> Coro<> {
    SocketAddress address;
    Socket socket = Listening(&address);
    const auto proto = std::make_shared<MyProto>();
    ProtocolFactory factory = [proto] { return proto; };
    Server server =
        co_await CreateServer(std::move(factory), std::move(socket));
    EXPECT_THAT(server.addresses(), ElementsAre(address));
    Stream client = co_await OpenConnection(address.host(), address.port());
    co_await client.WriteAll(std::string_view("xxx"));
    co_await proto->connected;
    client.Close();
    co_await proto->done;
    EXPECT_EQ(proto->nbytes, 3u);
  }());
}

TEST(EventLoopTestsMixin, test_create_server_addr_in_use) {
  rondo::Run([]() -> Coro<> {
    SocketAddress address;
    Socket socket = Listening(&address);
    Server server = co_await CreateServer(&MakeMyProto, std::move(socket));
    const std::optional<std::system_error> error =
        co_await Raised<std::system_error>(
            CreateServer(&MakeMyProto, address.host(), address.port()));
    EXPECT_EQ(error->code(), std::errc::address_in_use);
    EXPECT_THAT(error->what(), HasSubstr("bind " + address.ToString()));
  }());
}

// Adapted: on simulated hosts, where there is IPv6 everywhere.
TEST(EventLoopTestsMixin, test_create_server_dual_stack) {
  SimulationOptions options;
  options.resolve_ipv6 = true;
  Simulation sim(options);
  sim.Run([]() -> Coro<> {
    ConnectionHandler greet = [](Stream stream) -> Coro<> {
      co_await stream.WriteAll(stream.peer_address().host());
    };
    Server server = co_await StartServer(std::move(greet), "", 7777);
    EXPECT_EQ(server.addresses().size(), 2u);
    for (const char* const host : {"127.0.0.1", "::1"}) {
      Stream client = co_await OpenConnection(host, 7777);
      EXPECT_EQ(co_await client.ReadAll(), host);
    }
  });
}

TEST(EventLoopTestsMixin, test_server_close) {
  rondo::Run([]() -> Coro<> {
    Server server = co_await CreateServer(&MakeMyProto, "0.0.0.0", 0);
    const std::uint16_t port = server.addresses().at(0).port();
    Stream client = co_await OpenConnection("127.0.0.1", port);
    co_await client.WriteAll(std::string_view("xxx"));
    client.Close();
    server.Close();
    const std::optional<std::system_error> error =
        co_await Raised<std::system_error>(OpenConnection("127.0.0.1", port));
    EXPECT_EQ(error->code(), std::errc::connection_refused);
  }());
}

// ---- Datagrams

// Answers "resp:" and what it is sent.
class Responder final : public DatagramProtocol {
 public:
  void ConnectionMade(std::shared_ptr<DatagramTransport> t) override {
    transport_ = std::move(t);
  }
  void DatagramReceived(std::span<const char> data,
                        const SocketAddress& from) override {
    nbytes += data.size();
    transport_->SendTo("resp:" + std::string(data.data(), data.size()), from);
  }
  void ConnectionLost(std::exception_ptr) override { transport_ = nullptr; }

  std::size_t nbytes = 0;

 private:
  std::shared_ptr<DatagramTransport> transport_;
};

Coro<> TalkByDatagrams(std::string host) {
  DatagramProtocolFactory respond = [] {
    return std::make_shared<Responder>();
  };
  const DatagramEndpoint server = co_await CreateDatagramEndpoint(
      std::move(respond), DatagramOptions::At(host, 0));
  const SocketAddress address = AddressInfo(*server.transport, "sockname");
  const NameInfo name = co_await GetNameInfo(
      address, {.numeric_host = true, .numeric_service = true});
  EXPECT_EQ(name, NameInfo(host, std::to_string(address.port())));

  const DatagramEndpoint client = co_await CreateDatagramEndpoint(
      &MakeMyDatagramProto, DatagramOptions::To(host, address.port()));
  MyDatagramProto& proto = ProtoOf(client);
  EXPECT_EQ(proto.state, "INITIALIZED");
  EXPECT_EQ(proto.transport, client.transport);
  client.transport->SendTo(std::string_view("xxx"));
  while (proto.nbytes == 0) co_await Sleep(Nanoseconds(1));
  EXPECT_EQ(static_cast<Responder&>(*server.protocol).nbytes, 3u);
  EXPECT_EQ(proto.nbytes, 8u);
  client.transport->Close();
  co_await proto.done;
  EXPECT_EQ(proto.state, "CLOSED");
  server.transport->Close();
}

TEST(EventLoopTestsMixin, test_create_datagram_endpoint) {
  rondo::Run(TalkByDatagrams("127.0.0.1"));
}

TEST(EventLoopTestsMixin, test_create_datagram_endpoint_ipv6) {
  Simulate(TalkByDatagrams("::1"));
}

TEST(EventLoopTestsMixin, test_create_datagram_endpoint_sock) {
  rondo::Run([]() -> Coro<> {
    AddrInfoOptions hints;
    hints.kind = SocketKind::kDatagram;
    const std::vector<AddrInfo> infos =
        co_await GetAddrInfo("127.0.0.1", 0, hints);
    Network& network = RunningNetwork();
    Socket socket(static_cast<int>(
        network.Socket(infos.at(0).address.family(), infos.at(0).kind)));
    EXPECT_EQ(network.Bind(socket.fd(), infos.at(0).address), 0);
    const DatagramEndpoint endpoint = co_await CreateDatagramEndpoint(
        &MakeMyDatagramProto, std::move(socket));
    endpoint.transport->Close();
    co_await ProtoOf(endpoint).done;
  }());
}

// What nobody receives is no error of the endpoint's but the next one's.
TEST(EventLoopTestsMixin, test_datagram_send_to_non_listening_address) {
  rondo::Run([]() -> Coro<> {
    const std::uint16_t nobody = UnusedPort();
    const DatagramEndpoint endpoint = co_await CreateDatagramEndpoint(
        &MakeMyDatagramProto, DatagramOptions::To("127.0.0.1", nobody));
    MyDatagramProto& proto = ProtoOf(endpoint);
    endpoint.transport->SendTo(std::string_view("a"));
    while (proto.errors.empty()) co_await Yield();
    EXPECT_EQ(proto.state, "INITIALIZED");
    endpoint.transport->Close();
    co_await proto.done;
  }());
}

}  // namespace
}  // namespace rondo::conformance
