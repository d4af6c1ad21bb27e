// CPython's test_base_events.py: what is numeric already, create_connection,
// create_server, accepting.
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/get_addr_info.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/simulate.h"
#include "rondo/tests/conformance/endpoints.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/support/scripted_network.h"

namespace rondo::conformance {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

// ---- What is numeric already

AddrInfoOptions Hints(std::optional<AddressFamily> family,
                      std::optional<SocketKind> kind) {
  AddrInfoOptions options;
  options.family = family;
  options.kind = kind;
  return options;
}

// "" if somebody must be asked.
std::string IpaddrInfo(const std::string& host, const std::string& port,
                       std::optional<AddressFamily> family,
                       SocketKind kind = SocketKind::kStream) {
  std::vector<AddrInfo> found;
  internal::NumericAddrInfo(host, port, Hints(family, kind), &found);
  if (found.empty()) return "";
  EXPECT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, kind);
  return found[0].address.ToString();
}

constexpr auto kInet = AddressFamily::kIPv4;
constexpr auto kInet6 = AddressFamily::kIPv6;

// Adapted: protocols follow from kinds; without a kind there is one for each.
TEST(BaseEventTests, test_ipaddr_info) {
  EXPECT_EQ(IpaddrInfo("1.2.3.4", "1", kInet), "1.2.3.4:1");
  EXPECT_EQ(IpaddrInfo("1.2.3.4", "1", std::nullopt), "1.2.3.4:1");
  EXPECT_EQ(IpaddrInfo("1.2.3.4", "1", std::nullopt, SocketKind::kDatagram),
            "1.2.3.4:1");
  std::vector<AddrInfo> both;
  EXPECT_TRUE(internal::NumericAddrInfo(
      "1.2.3.4", "1", Hints(std::nullopt, std::nullopt), &both));
  EXPECT_THAT(both,
              ElementsAre(AddrInfo(SocketKind::kStream,
                                   SocketAddress::IPv4({1, 2, 3, 4}, 1)),
                          AddrInfo(SocketKind::kDatagram,
                                   SocketAddress::IPv4({1, 2, 3, 4}, 1))));
  EXPECT_EQ(IpaddrInfo("1.2.3.4", "1", kInet6), "");
  EXPECT_EQ(IpaddrInfo("::3", "1", kInet6), "[::3]:1");
  EXPECT_EQ(IpaddrInfo("::3", "1", std::nullopt), "[::3]:1");
  EXPECT_EQ(IpaddrInfo("::3", "1", kInet), "");
  EXPECT_EQ(IpaddrInfo("::3%lo0", "1", kInet6), "");
}

TEST(BaseEventTests, test_port_parameter_types) {
  EXPECT_EQ(IpaddrInfo("1.2.3.4", "", kInet), "1.2.3.4:0");
  EXPECT_EQ(IpaddrInfo("1.2.3.4", "1", kInet), "1.2.3.4:1");
  EXPECT_EQ(IpaddrInfo("1.2.3.4", "http", kInet), "");
  EXPECT_EQ(IpaddrInfo("1.2.3.4", "70000", kInet), "");
}

TEST(BaseEventLoopWithSelectorTests, test_getnameinfo) {
  ScriptedWorld world;
  world.names().hosts["abc"] = {"1.2.3.4"};
  world.Run([]() -> Coro<> {
    const NameInfo info =
        co_await GetNameInfo(SocketAddress::IPv4({1, 2, 3, 4}, 123));
    EXPECT_EQ(info, NameInfo("abc", "123"));
  });
}

// ---- create_connection

// What connecting to example.com:80 throws.
std::string ConnectError(ScriptedWorld& world, ConnectionOptions options = {}) {
  std::string what;
  world.Run([&]() -> Coro<> {
    const std::optional<std::system_error> error =
        co_await Raised<std::system_error>(
            CreateConnection(&MakeMyProto, "example.com", 80, options));
    what = error.has_value() ? error->what() : "nothing";
  });
  EXPECT_THAT(world.network().Open(), IsEmpty());
  return what;
}

TEST(BaseEventLoopWithSelectorTests, test_create_connection_multiple_errors) {
  ScriptedWorld world;
  world.names().hosts["example.com"] = {"107.6.106.82", "107.6.106.82"};
  world.network().Answer("socket", -EMFILE);
  world.network().Answer("socket", -ENOBUFS);
  EXPECT_EQ(ConnectError(world),
            "Multiple exceptions: socket: Too many open files, "
            "socket: No buffer space available: Too many open files");
}

// The socket is closed when connecting takes too long.
TEST(BaseEventLoopWithSelectorTests, test_create_connection_timeout) {
  ScriptedWorld world;
  world.network().Answer("connect", -EINPROGRESS);
  world.Run([]() -> Coro<> {
    const std::optional<TimeoutError> error = co_await Raised<TimeoutError>(
        WaitFor(CreateConnection(&MakeMyProto, "127.0.0.1", 80), 1s));
    EXPECT_TRUE(error.has_value());
  });
  EXPECT_THAT(world.network().calls, Contains("connect 127.0.0.1:80"));
  EXPECT_THAT(world.network().Open(), IsEmpty());
}

// A socket for datagrams.
Socket DatagramSocket(AddressFamily family = kInet) {
  return Socket(static_cast<int>(internal::NetworkOf(internal::RunningCore())
                                     .Socket(family, SocketKind::kDatagram)));
}

TEST(BaseEventLoopWithSelectorTests, test_create_connection_wrong_sock) {
  rondo::Run([]() -> Coro<> {
    const std::optional<ValueError> error = co_await Raised<ValueError>(
        CreateConnection(&MakeMyProto, DatagramSocket()));
    EXPECT_THAT(error->what(), HasSubstr("a stream socket was expected"));
  }());
}

TEST(BaseEventLoopWithSelectorTests, test_create_connection_no_getaddrinfo) {
  ScriptedWorld world;
  world.names().hosts["example.com"] = {};
  EXPECT_THAT(ConnectError(world), StartsWith("getaddrinfo example.com: "));
}

TEST(BaseEventLoopWithSelectorTests, test_create_connection_connect_err) {
  ScriptedWorld world;
  world.names().hosts["example.com"] = {"107.6.106.82"};
  world.network().Answer("connect", -ECONNREFUSED);
  EXPECT_EQ(ConnectError(world), "connect 107.6.106.82:80: Connection refused");
}

// And, [3.12], every error if all are wanted.
TEST(BaseEventLoopWithSelectorTests, test_create_connection_multiple) {
  ScriptedWorld world;
  world.names().hosts["example.com"] = {"0.0.0.1", "::1", "0.0.0.2"};
  ConnectionOptions options;
  options.family = kInet;
  world.network().Answer("connect", -ECONNREFUSED);
  world.network().Answer("connect", -ECONNREFUSED);
  EXPECT_THAT(ConnectError(world, options),
              StartsWith("Multiple exceptions: connect 0.0.0.1:80: Connection "
                         "refused, connect 0.0.0.2:80: Connection refused"));
  EXPECT_THAT(world.network().calls, Not(Contains(HasSubstr("ipv6"))));

  options.all_errors = true;
  world.network().Answer("connect", -ECONNREFUSED);
  world.network().Answer("connect", -ECONNREFUSED);
  world.Run([&]() -> Coro<> {
    const std::optional<ExceptionGroup> group = co_await Raised<ExceptionGroup>(
        CreateConnection(&MakeMyProto, "example.com", 80, options));
    EXPECT_EQ(group->exceptions().size(), 2u);
  });
}

TEST(BaseEventLoopWithSelectorTests,
     test_create_connection_multiple_errors_local_addr) {
  ScriptedWorld world;
  world.names().hosts["example.com"] = {"0.0.0.1", "0.0.0.2"};
  world.names().hosts["here"] = {"0.0.0.3"};
  world.network().Answer("bind", -EADDRINUSE);
  world.network().Answer("connect", -ECONNREFUSED);
  ConnectionOptions options;
  options.family = kInet;
  options.local = HostPort("here", 8080);
  EXPECT_THAT(
      ConnectError(world, options),
      StartsWith("Multiple exceptions: bind 0.0.0.3:8080: Address already in "
                 "use, connect 0.0.0.2:80: Connection refused"));
}

// Adapted: the machine's resolver, and only to where it leads.
TEST(BaseEventLoopWithSelectorTests, test_create_connection_ipv6_scope) {
  rondo::Run([]() -> Coro<> {
    const std::vector<AddrInfo> found =
        co_await GetAddrInfo("fe80::1%1", 80, Hints({}, SocketKind::kStream));
    EXPECT_EQ(found.at(0).address.ToString(), "[fe80::1%1]:80");
    EXPECT_EQ(found.at(0).address.scope(), 1u);
  }());
}

TEST(BaseEventLoopWithSelectorTests, test_create_connection_ip_addr) {
  ScriptedWorld world;
  for (const char* const host : {"1.2.3.4", "::1"}) {
    world.Run([&]() -> Coro<> {
      const Connection connection =
          co_await CreateConnection(&MakeMyProto, host, 80);
      connection.transport->Close();
      co_await ProtoOf(connection).done;
    });
  }
  EXPECT_THAT(world.network().calls,
              IsSupersetOf({"socket ipv4 stream", "connect 1.2.3.4:80",
                            "socket ipv6 stream", "connect [::1]:80"}));
  EXPECT_THAT(world.names().asked, IsEmpty());
  EXPECT_THAT(world.network().Open(), IsEmpty());
}

// Adapted: connections have numbers of ports; the names of services are
// GetAddrInfo's.
TEST(BaseEventLoopWithSelectorTests, test_create_connection_service_name) {
  Simulate([]() -> Coro<> {
    const std::vector<AddrInfo> found = co_await GetAddrInfo(
        "127.0.0.1", "http", Hints({}, SocketKind::kStream));
    EXPECT_EQ(found.at(0).address.ToString(), "127.0.0.1:80");
    const std::optional<std::system_error> unknown =
        co_await Raised<std::system_error>(
            GetAddrInfo("127.0.0.1", "nonsense"));
    EXPECT_STREQ(unknown->what(),
                 "getaddrinfo 127.0.0.1:nonsense: Servname not supported for "
                 "ai_socktype");
  }());
}

TEST(BaseEventLoopWithSelectorTests, test_create_connection_no_local_addr) {
  ScriptedWorld world;
  world.names().hosts["example.com"] = {"1.2.3.4"};
  world.names().hosts["here"] = {};
  ConnectionOptions options;
  options.local = HostPort("here", 8080);
  EXPECT_THAT(ConnectError(world, options), StartsWith("getaddrinfo here: "));
}

TEST(TestSelectorUtils, test_set_nodelay) {
  ScriptedWorld world;
  world.Run([]() -> Coro<> {
    const Connection connection =
        co_await CreateConnection(&MakeMyProto, "1.2.3.4", 80);
    connection.transport->Abort();
    co_await ProtoOf(connection).done;
  });
  EXPECT_THAT(world.network().calls, Contains("setsockopt nodelay 1"));
}

// ---- create_server

TEST(BaseEventLoopWithSelectorTests, test_create_server_wrong_sock) {
  rondo::Run([]() -> Coro<> {
    const std::optional<ValueError> error = co_await Raised<ValueError>(
        CreateServer(&MakeMyProto, DatagramSocket()));
    EXPECT_THAT(error->what(), HasSubstr("a stream socket was expected"));
  }());
}

TEST(BaseEventLoopWithSelectorTests, test_create_server_stream_bittype) {
  rondo::Run([]() -> Coro<> {
    Server server = co_await CreateServer(&MakeMyProto, Socket::Stream(kInet));
    server.Close();
    co_await server.WaitClosed();
  }());
}

TEST(BaseEventLoopWithSelectorTests, test_create_server_ipv6) {
  Simulate([]() -> Coro<> {
    Server server = co_await CreateServer(&MakeMyProto, "::1", 0);
    EXPECT_EQ(server.addresses().size(), 1u);
    server.Close();
    co_await server.WaitClosed();
  }());
}

// What CreateServer throws.
std::string ServerError(ScriptedWorld& world, std::string host,
                        ServerOptions options = {}) {
  std::string what;
  world.Run([&]() -> Coro<> {
    const std::optional<std::system_error> error =
        co_await Raised<std::system_error>(
            CreateServer(&MakeMyProto, host, 0, options));
    what = error.has_value() ? error->what() : "nothing";
  });
  EXPECT_THAT(world.network().Open(), IsEmpty());
  return what;
}

TEST(BaseEventLoopWithSelectorTests, test_create_server_empty_host) {
  ScriptedWorld world;
  world.names().hosts[""] = {};
  EXPECT_THAT(ServerError(world, ""), StartsWith("getaddrinfo: "));
  EXPECT_THAT(world.names().asked, ElementsAre(""));
}

TEST(BaseEventLoopWithSelectorTests, test_create_server_no_getaddrinfo) {
  ScriptedWorld world;
  world.names().hosts["python.org"] = {};
  EXPECT_THAT(ServerError(world, "python.org"),
              StartsWith("getaddrinfo python.org: "));
}

// Adapted: the system says that it does not know the option.
TEST(BaseEventLoopWithSelectorTests, test_create_server_nosoreuseport) {
  ScriptedWorld world;
  world.network().Answer("setsockopt reuseport 1", -ENOPROTOOPT);
  ServerOptions options;
  options.reuse_port = true;
  EXPECT_EQ(ServerError(world, "0.0.0.0", options),
            "setsockopt 0.0.0.0:0: Protocol not available");
}

TEST(BaseEventLoopWithSelectorTests, test_create_server_cant_bind) {
  ScriptedWorld world;
  world.network().Answer("bind", -EACCES);
  EXPECT_EQ(ServerError(world, "0.0.0.0"), "bind 0.0.0.0:0: Permission denied");
}

// ---- Accepting

TEST(BaseEventLoopWithSelectorTests, test_accept_connection_retry) {
  ScriptedWorld world;
  world.Run([&]() -> Coro<> {
    Server server = co_await CreateServer(&MakeMyProto, "0.0.0.0", 80);
    const int listener = world.network().Open().at(0);
    world.selector().SetReady(listener, kReadable);
    for (int i = 0; i < 3; ++i) co_await Yield();
    EXPECT_THAT(world.network().calls, Contains("accept"));
    EXPECT_THAT(world.network().Open(), ElementsAre(listener));
    EXPECT_TRUE(server.is_serving());
  });
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(BaseEventLoopWithSelectorTests, test_accept_connection_exception) {
  ScriptedWorld world;
  world.Run([&]() -> Coro<> {
    Server server = co_await CreateServer(&MakeMyProto, "0.0.0.0", 80);
    const int listener = world.network().Open().at(0);
    world.network().Answer("accept", -EMFILE);
    world.selector().SetReady(listener, kReadable);
    while (world.reports.empty()) co_await Yield();
    EXPECT_THAT(world.reports,
                ElementsAre(HasSubstr(
                    "socket.accept() out of system resource: "
                    "std::system_error: accept 0.0.0.0:80: Too many")));
    // Nobody is accepted for a second, then everybody who waits.
    world.network().Answer("accept", 0);
    co_await Sleep(999ms);
    EXPECT_FALSE(world.selector().watches(listener));
    co_await Sleep(1ms);
    for (int i = 0; i < 3; ++i) co_await Yield();
    EXPECT_TRUE(world.selector().watches(listener));
    EXPECT_EQ(world.network().Open().size(), 2u);
    world.selector().SetReady(listener, 0);
  });
  EXPECT_EQ(world.reports.size(), 1u);
}

}  // namespace
}  // namespace rondo::conformance
