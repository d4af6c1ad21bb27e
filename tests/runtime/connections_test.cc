#include "rondo/runtime/connections.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/streams.h"
#include "rondo/tests/runtime/worlds.h"

namespace rondo {
namespace {

using internal::Interleave;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

SocketAddress V4(std::uint8_t n) {
  return SocketAddress::IPv4({10, 0, 0, n}, 80);
}
SocketAddress V6(std::uint8_t n) {
  std::array<std::uint8_t, 16> ip = {0xfd};
  ip[15] = n;
  return SocketAddress::IPv6(ip, 80);
}

TEST(InterleaveTest, LetsTheFamiliesTakeTurns) {
  const std::vector<SocketAddress> addresses = {V6(1), V6(2), V6(3), V4(1),
                                                V4(2), V4(3), V4(4), V6(4)};
  EXPECT_THAT(
      Interleave(addresses, 1),
      ElementsAre(V6(1), V4(1), V6(2), V4(2), V6(3), V4(3), V6(4), V4(4)));
  EXPECT_THAT(
      Interleave(addresses, 2),
      ElementsAre(V6(1), V6(2), V4(1), V6(3), V4(2), V6(4), V4(3), V4(4)));
  EXPECT_THAT(Interleave({V4(1), V4(2)}, 3), ElementsAre(V4(1), V4(2)));
  EXPECT_THAT(Interleave({}, 1), IsEmpty());
}

class ConnectionsTest : public testing::TestWithParam<World> {};

INSTANTIATE_TEST_SUITE_P(Worlds, ConnectionsTest,
                         testing::Values(World::kReal, World::kSimulated),
                         WorldName);

Coro<> Nothing(Stream) { co_return; }

ProtocolFactory Plain() {
  return [] { return std::make_shared<Protocol>(); };
}

TEST_P(ConnectionsTest, AConnectionComesFromWhereItWasBound) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(Nothing, "127.0.0.1", 0);
    ConnectionOptions options;
    options.local = SocketAddress::Parse("127.0.0.1", 0);
    const Connection connection = co_await CreateConnection(
        Plain(), "127.0.0.1", server.addresses().at(0).port(), options);
    const SocketAddress local = std::any_cast<SocketAddress>(
        connection.transport->GetExtraInfo("sockname"));
    EXPECT_EQ(local.host(), "127.0.0.1");
    connection.transport->Abort();
  });
}

// As the kernel has it, not as it was asked for.
TEST_P(ConnectionsTest, AConnectionToNoHostIsToThisOne) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(Nothing, "127.0.0.1", 0);
    const SocketAddress address = server.addresses().front();
    const Connection connection =
        co_await CreateConnection(Plain(), "0.0.0.0", address.port());
    const SocketAddress peer = std::any_cast<SocketAddress>(
        connection.transport->GetExtraInfo("peername"));
    EXPECT_EQ(peer, address);
    connection.transport->Abort();
  });
}

TEST_P(ConnectionsTest, ALocalAddressOfAnotherFamilyIsRefused) {
  RunIn(GetParam(), []() -> Coro<> {
    ConnectionOptions options;
    options.local = SocketAddress::Parse("::1", 0);
    const Outcome<Connection> outcome =
        co_await AsOutcome(CreateConnection(Plain(), "127.0.0.1", 80, options));
    std::string what;
    try {
      outcome.Rethrow();
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code(), std::errc::address_family_not_supported);
      what = error.what();
    }
    EXPECT_THAT(what, HasSubstr("of the family of 127.0.0.1:80"));
  });
}

TEST_P(ConnectionsTest, HappyEyeballsConnectsToTheOneAddressThereIs) {
  RunIn(GetParam(), []() -> Coro<> {
    Server server = co_await StartServer(Nothing, "127.0.0.1", 0);
    ConnectionOptions options;
    options.happy_eyeballs_delay = 250ms;
    const std::uint16_t port = server.addresses().at(0).port();
    const Connection connection =
        co_await CreateConnection(Plain(), "127.0.0.1", port, options);
    connection.transport->Abort();
    server.Close();
    const Outcome<Connection> refused = co_await AsOutcome(
        CreateConnection(Plain(), "127.0.0.1", port, options));
    std::string what;
    try {
      refused.Rethrow();
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code().value(), ECONNREFUSED);
      what = error.what();
    }
    EXPECT_THAT(what, HasSubstr("connect 127.0.0.1:" + std::to_string(port)));
  });
}

TEST_P(ConnectionsTest, WhatTheFactoryThrowsClosesTheSocket) {
  RunIn(GetParam(), []() -> Coro<> {
    Future<std::string> rest = CreateFuture<std::string>();
    ConnectionHandler handler = [rest](Stream stream) mutable -> Coro<> {
      rest.SetResult(co_await stream.ReadAll());
    };
    Server server = co_await StartServer(std::move(handler), "127.0.0.1", 0);
    ProtocolFactory factory = []() -> std::shared_ptr<Protocol> {
      throw ValueError("no protocol");
    };
    const Outcome<Connection> outcome = co_await AsOutcome(CreateConnection(
        std::move(factory), "127.0.0.1", server.addresses().at(0).port()));
    EXPECT_THROW(outcome.Rethrow(), ValueError);
    EXPECT_EQ(co_await rest, "");
  });
}

}  // namespace
}  // namespace rondo
