#include "rondo/runtime/socket_address.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace rondo {
namespace {

TEST(SocketAddressTest, DefaultIsAnyIPv4Address) {
  const SocketAddress address;
  EXPECT_EQ(address.family(), AddressFamily::kIPv4);
  EXPECT_TRUE(address.is_any());
  EXPECT_EQ(address.ToString(), "0.0.0.0:0");
}

TEST(SocketAddressTest, IPv4KeepsBytesAndPort) {
  const SocketAddress address = SocketAddress::IPv4({10, 0, 0, 1}, 80);
  EXPECT_EQ(address.family(), AddressFamily::kIPv4);
  EXPECT_EQ(address.port(), 80);
  EXPECT_EQ(address.ip(), std::string_view("\x0a\0\0\x01", 4));
  EXPECT_FALSE(address.is_any());
  EXPECT_EQ(address.ToString(), "10.0.0.1:80");
}

TEST(SocketAddressTest, IPv6KeepsBytesAndPort) {
  const SocketAddress address = SocketAddress::IPv6(
      {0x20, 0x01, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}, 65535);
  EXPECT_EQ(address.family(), AddressFamily::kIPv6);
  EXPECT_EQ(address.ip().size(), 16u);
  EXPECT_EQ(address.ip().back(), '\x07');
  EXPECT_FALSE(address.is_any());
  EXPECT_EQ(address.ToString(), "[2001:db8::7]:65535");
  EXPECT_TRUE(SocketAddress::IPv6({}, 1).is_any());
}

TEST(SocketAddressTest, UnixKeepsPath) {
  const SocketAddress address = SocketAddress::Unix("/tmp/x");
  EXPECT_EQ(address.family(), AddressFamily::kUnix);
  EXPECT_EQ(address.path(), "/tmp/x");
  EXPECT_EQ(address.port(), 0);
  EXPECT_EQ(address.ip(), "");
  EXPECT_FALSE(address.is_any());
  EXPECT_EQ(address.ToString(), "unix:/tmp/x");
}

TEST(SocketAddressTest, AbstractNamesAndNoName) {
  const SocketAddress address = SocketAddress::UnixAbstract("x");
  EXPECT_TRUE(address.is_abstract());
  EXPECT_EQ(address.path(), std::string_view("\0x", 2));
  EXPECT_EQ(address.ToString(), "unix:@x");
  EXPECT_FALSE(SocketAddress::Unix("x").is_abstract());
  EXPECT_FALSE(SocketAddress::Unix("").is_abstract());
  EXPECT_NE(address, SocketAddress::Unix("x"));
}

TEST(SocketAddressTest, ScopesAndPorts) {
  const SocketAddress address = SocketAddress::IPv6({0xfe, 0x80}, 80, 2);
  EXPECT_EQ(address.scope(), 2u);
  EXPECT_EQ(address.ToString(), "[fe80::%2]:80");
  EXPECT_EQ(address.WithPort(81).ToString(), "[fe80::%2]:81");
  EXPECT_NE(address, SocketAddress::IPv6({0xfe, 0x80}, 80));
}

TEST(SocketAddressTest, ParsesNumericAddresses) {
  EXPECT_EQ(SocketAddress::Parse("10.0.0.1", 80),
            SocketAddress::IPv4({10, 0, 0, 1}, 80));
  EXPECT_EQ(SocketAddress::Parse("::1", 80),
            SocketAddress::IPv6(
                {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 80));
}

TEST(SocketAddressTest, WritesWhatItParsed) {
  for (const std::string_view host :
       {"0.0.0.0", "255.255.255.255", "::", "2001:db8::7", "::ffff:1.2.3.4"}) {
    const std::optional<SocketAddress> address = SocketAddress::Parse(host, 1);
    ASSERT_TRUE(address.has_value()) << host;
    EXPECT_NE(address->ToString().find(host), std::string::npos) << host;
  }
}

TEST(SocketAddressTest, ParsesNothingElse) {
  for (const std::string_view host :
       {"", "localhost", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1 ",
        "10.0.0.1:80", "[::1]", "fe80::1%lo", ":::", "0x7f.1"}) {
    EXPECT_EQ(SocketAddress::Parse(host, 80), std::nullopt) << host;
  }
  EXPECT_EQ(SocketAddress::Parse(std::string_view("1.2.3.4\0x", 9), 80),
            std::nullopt);
}

TEST(SocketAddressTest, OrdersByFamilyThenPortThenBytes) {
  const SocketAddress a = SocketAddress::IPv4({10, 0, 0, 2}, 80);
  EXPECT_EQ(a, SocketAddress::IPv4({10, 0, 0, 2}, 80));
  EXPECT_LT(a, SocketAddress::IPv4({10, 0, 0, 1}, 81));
  EXPECT_LT(a, SocketAddress::IPv4({10, 0, 0, 3}, 80));
  EXPECT_LT(a, SocketAddress::IPv6({}, 0));
  EXPECT_LT(SocketAddress::IPv6({}, 0), SocketAddress::Unix("/a"));
  EXPECT_LT(SocketAddress::Unix("/a"), SocketAddress::Unix("/b"));
}

}  // namespace
}  // namespace rondo
