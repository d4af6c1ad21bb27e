// CPython's test_base_events.py: create_datagram_endpoint.
#include <any>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/datagrams.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sockets.h"
#include "rondo/tests/conformance/endpoints.h"
#include "rondo/tests/conformance/raised.h"
#include "rondo/tests/support/scripted_network.h"

namespace rondo::conformance {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr auto kInet = AddressFamily::kIPv4;

Network& RunningNetwork() {
  return internal::NetworkOf(internal::RunningCore());
}

// What CreateDatagramEndpoint throws.
std::string EndpointError(ScriptedWorld& world, DatagramOptions options) {
  std::string what;
  world.Run([&]() -> Coro<> {
    const std::optional<std::system_error> error =
        co_await Raised<std::system_error>(
            CreateDatagramEndpoint(&MakeMyDatagramProto, options));
    what = error.has_value() ? error->what() : "nothing";
  });
  EXPECT_THAT(world.network().Open(), IsEmpty());
  return what;
}

// Closes it and waits until it is.
Coro<> CloseEndpoint(DatagramEndpoint endpoint) {
  endpoint.transport->Close();
  co_await ProtoOf(endpoint).done;
  EXPECT_EQ(ProtoOf(endpoint).state, "CLOSED");
}

DatagramOptions OfFamily(AddressFamily family) {
  DatagramOptions options;
  options.family = family;
  return options;
}

TEST(BaseEventLoopWithSelectorTests, test_create_datagram_endpoint_wrong_sock) {
  rondo::Run([]() -> Coro<> {
    const std::optional<ValueError> error = co_await Raised<ValueError>(
        CreateDatagramEndpoint(&MakeMyDatagramProto, Socket::Stream(kInet)));
    EXPECT_THAT(error->what(),
                HasSubstr("a socket for datagrams was expected"));
  }());
}

TEST(BaseEventLoopWithSelectorTests,
     test_create_datagram_endpoint_no_addrinfo) {
  ScriptedWorld world;
  world.names().hosts["localhost"] = {};
  EXPECT_THAT(EndpointError(world, DatagramOptions::At("localhost", 0)),
              StartsWith("getaddrinfo localhost: "));
}

TEST(BaseEventLoopWithSelectorTests,
     test_create_datagram_endpoint_connect_err) {
  ScriptedWorld world;
  world.network().Answer("connect", -ENETUNREACH);
  EXPECT_EQ(EndpointError(world, DatagramOptions::To("127.0.0.1", 0)),
            "connect 127.0.0.1:0: Network is unreachable");
}

TEST(BaseEventLoopWithSelectorTests,
     test_create_datagram_endpoint_allow_broadcast) {
  ScriptedWorld world;
  world.Run([]() -> Coro<> {
    DatagramOptions options = DatagramOptions::To("127.0.0.1", 0);
    options.allow_broadcast = true;
    co_await CloseEndpoint(
        co_await CreateDatagramEndpoint(&MakeMyDatagramProto, options));
  });
  EXPECT_THAT(world.network().calls, Not(Contains(HasSubstr("connect"))));
}

TEST(BaseEventLoopWithSelectorTests, test_create_datagram_endpoint_socket_err) {
  ScriptedWorld world;
  world.network().Answer("socket", -EMFILE);
  world.network().Answer("socket", -EMFILE);
  EXPECT_EQ(EndpointError(world, OfFamily(kInet)),
            "socket: Too many open files");
  EXPECT_EQ(EndpointError(world, DatagramOptions::At("127.0.0.1", 0)),
            "socket 127.0.0.1:0: Too many open files");
}

TEST(BaseEventLoopWithSelectorTests,
     test_create_datagram_endpoint_no_matching_family) {
  ScriptedWorld world;
  world.Run([]() -> Coro<> {
    DatagramOptions options = DatagramOptions::To("127.0.0.1", 0);
    options.local = HostPort("::1", 0);
    const std::optional<ValueError> error = co_await Raised<ValueError>(
        CreateDatagramEndpoint(&MakeMyDatagramProto, options));
    EXPECT_STREQ(error->what(),
                 "[::1]:0 and 127.0.0.1:0 are of different families");
  });
}

TEST(BaseEventLoopWithSelectorTests,
     test_create_datagram_endpoint_noaddr_nofamily) {
  ScriptedWorld world;
  world.Run([]() -> Coro<> {
    const std::optional<ValueError> error = co_await Raised<ValueError>(
        CreateDatagramEndpoint(&MakeMyDatagramProto, DatagramOptions()));
    EXPECT_THAT(error->what(), HasSubstr("needs an address, a family"));
  });
}

TEST(BaseEventLoopWithSelectorTests, test_create_datagram_endpoint_cant_bind) {
  ScriptedWorld world;
  world.network().Answer("bind", -EACCES);
  DatagramOptions options = DatagramOptions::At("127.0.0.1", 0);
  options.family = kInet;
  EXPECT_EQ(EndpointError(world, options),
            "bind 127.0.0.1:0: Permission denied");
}

TEST(BaseEventLoopWithSelectorTests, test_create_datagram_endpoint_sock) {
  rondo::Run([]() -> Coro<> {
    Network& network = RunningNetwork();
    Socket socket(
        static_cast<int>(network.Socket(kInet, SocketKind::kDatagram)));
    network.Bind(socket.fd(), SocketAddress::IPv4({127, 0, 0, 1}, 0));
    co_await CloseEndpoint(co_await CreateDatagramEndpoint(&MakeMyDatagramProto,
                                                           std::move(socket)));
  }());
}

TEST(BaseEventLoopWithSelectorTests, test_create_datagram_endpoint_sock_unix) {
  rondo::Run([]() -> Coro<> {
    const DatagramEndpoint endpoint = co_await CreateDatagramEndpoint(
        &MakeMyDatagramProto, OfFamily(AddressFamily::kUnix));
    EXPECT_EQ(AddressInfo(*endpoint.transport, "sockname").family(),
              AddressFamily::kUnix);
    co_await CloseEndpoint(endpoint);
  }());
}

TEST(BaseEventLoopWithSelectorTests,
     test_create_datagram_endpoint_existing_sock_unix) {
  const UnixSocketPath path;
  rondo::Run([&]() -> Coro<> {
    const SocketAddress address = SocketAddress::Unix(path.path());
    Network& network = RunningNetwork();
    Socket old(static_cast<int>(
        network.Socket(AddressFamily::kUnix, SocketKind::kDatagram)));
    EXPECT_EQ(network.Bind(old.fd(), address), 0);
    old.Close();
    EXPECT_TRUE(path.exists());
    DatagramOptions options;
    options.local = address;
    co_await CloseEndpoint(
        co_await CreateDatagramEndpoint(&MakeMyDatagramProto, options));
  }());
}

// Socket options are not applied unless asked for.
TEST(BaseEventLoopWithSelectorTests, test_create_datagram_endpoint_sockopts) {
  rondo::Run([]() -> Coro<> {
    DatagramOptions options = DatagramOptions::At("127.0.0.1", 0);
    for (const bool asked : {false, true}) {
      options.reuse_port = asked;
      options.allow_broadcast = asked;
      const DatagramEndpoint endpoint =
          co_await CreateDatagramEndpoint(&MakeMyDatagramProto, options);
      const int fd =
          std::any_cast<int>(endpoint.transport->GetExtraInfo("socket"));
      Network& network = RunningNetwork();
      EXPECT_EQ(network.GetOption(fd, SocketOption::kReuseAddress), 0);
      EXPECT_EQ(network.GetOption(fd, SocketOption::kReusePort), asked);
      EXPECT_EQ(network.GetOption(fd, SocketOption::kBroadcast), asked);
      co_await CloseEndpoint(endpoint);
    }
  }());
}

// Adapted: the system says that it does not know the option.
TEST(BaseEventLoopWithSelectorTests,
     test_create_datagram_endpoint_nosoreuseport) {
  ScriptedWorld world;
  world.network().Answer("setsockopt reuseport 1", -ENOPROTOOPT);
  DatagramOptions options = DatagramOptions::At("127.0.0.1", 0);
  options.reuse_port = true;
  EXPECT_EQ(EndpointError(world, options),
            "setsockopt 127.0.0.1:0: Protocol not available");
}

TEST(BaseEventLoopWithSelectorTests, test_create_datagram_endpoint_ip_addr) {
  ScriptedWorld world;
  world.Run([]() -> Coro<> {
    DatagramOptions options = DatagramOptions::At("1.2.3.4", 0);
    options.reuse_port = true;
    co_await CloseEndpoint(
        co_await CreateDatagramEndpoint(&MakeMyDatagramProto, options));
  });
  EXPECT_THAT(world.names().asked, IsEmpty());
  EXPECT_THAT(world.network().calls,
              ElementsAre("socket ipv4 datagram", "setsockopt reuseport 1",
                          "bind 1.2.3.4:0"));
}

}  // namespace
}  // namespace rondo::conformance
