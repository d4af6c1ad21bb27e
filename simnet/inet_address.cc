#include "rondo/simnet/inet_address.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>

namespace rondo::internal {
namespace {

constexpr std::string_view kMappedPrefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);

}  // namespace

bool IsLoopback(const SocketAddress& address) {
  if (address.family() == AddressFamily::kIPv4) return address.ip()[0] == 127;
  return address.ip() == Loopback(AddressFamily::kIPv6, 0).ip();
}

SocketAddress Loopback(AddressFamily family, std::uint16_t port) {
  if (family == AddressFamily::kIPv4) {
    return SocketAddress::IPv4({127, 0, 0, 1}, port);
  }
  std::array<std::uint8_t, 16> ip = {};
  ip[15] = 1;
  return SocketAddress::IPv6(ip, port);
}

SocketAddress AnyAddress(AddressFamily family) {
  return family == AddressFamily::kIPv4 ? SocketAddress()
                                        : SocketAddress::IPv6({}, 0);
}

SysResult FromProgram(const SocketAddress& given, AddressFamily family,
                      bool ipv6_only, int only, SocketAddress* out) {
  if (given.family() != family) {
    // What is too short for the family is looked at no further.
    return given.family() == AddressFamily::kIPv6 ? -EAFNOSUPPORT : -EINVAL;
  }
  *out = given;
  if (family != AddressFamily::kIPv6 ||
      !given.ip().starts_with(kMappedPrefix)) {
    return 0;
  }
  if (ipv6_only) return only;
  std::array<std::uint8_t, 4> ip;
  std::copy_n(given.ip().begin() + kMappedPrefix.size(), 4, ip.begin());
  *out = SocketAddress::IPv4(ip, given.port());
  return 0;
}

SocketAddress ToProgram(const SocketAddress& address, AddressFamily family) {
  if (family != AddressFamily::kIPv6 ||
      address.family() == AddressFamily::kIPv6) {
    return address;
  }
  std::array<std::uint8_t, 16> ip;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), ip.begin());
  std::copy_n(address.ip().begin(), 4, ip.begin() + kMappedPrefix.size());
  return SocketAddress::IPv6(ip, address.port());
}

}  // namespace rondo::internal
