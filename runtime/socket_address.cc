#include "rondo/runtime/socket_address.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace rondo {

SocketAddress SocketAddress::IPv4(std::array<std::uint8_t, 4> ip,
                                  std::uint16_t port) {
  SocketAddress address;
  std::copy(ip.begin(), ip.end(), address.ip_.begin());
  address.port_ = port;
  return address;
}

SocketAddress SocketAddress::IPv6(std::array<std::uint8_t, 16> ip,
                                  std::uint16_t port, std::uint32_t scope) {
  SocketAddress address;
  address.family_ = AddressFamily::kIPv6;
  address.ip_ = ip;
  address.port_ = port;
  address.scope_ = scope;
  return address;
}

SocketAddress SocketAddress::Unix(std::string path) {
  SocketAddress address;
  address.family_ = AddressFamily::kUnix;
  address.path_ = std::move(path);
  return address;
}

SocketAddress SocketAddress::UnixAbstract(std::string_view name) {
  return Unix(std::string(1, '\0').append(name));
}

std::optional<SocketAddress> SocketAddress::Parse(std::string_view host,
                                                  std::uint16_t port) {
  // inet_pton reads up to a NUL: what follows one must not be ignored.
  if (host.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string text(host);
  std::array<std::uint8_t, 4> ipv4;
  if (inet_pton(AF_INET, text.c_str(), ipv4.data()) == 1) {
    return IPv4(ipv4, port);
  }
  std::array<std::uint8_t, 16> ipv6;
  if (inet_pton(AF_INET6, text.c_str(), ipv6.data()) == 1) {
    return IPv6(ipv6, port);
  }
  return std::nullopt;
}

std::string_view SocketAddress::ip() const {
  const char* bytes = reinterpret_cast<const char*>(ip_.data());
  switch (family_) {
    case AddressFamily::kIPv4:
      return {bytes, 4};
    case AddressFamily::kIPv6:
      return {bytes, 16};
    case AddressFamily::kUnix:
      return {};
  }
  __builtin_unreachable();
}

bool SocketAddress::is_any() const {
  return family_ != AddressFamily::kUnix &&
         std::all_of(ip_.begin(), ip_.end(), [](auto b) { return b == 0; });
}

SocketAddress SocketAddress::WithPort(std::uint16_t port) const {
  SocketAddress address = *this;
  address.port_ = port;
  return address;
}

std::string SocketAddress::host() const {
  if (family_ == AddressFamily::kUnix) return "";
  std::array<char, INET6_ADDRSTRLEN> text;
  const int family = family_ == AddressFamily::kIPv4 ? AF_INET : AF_INET6;
  inet_ntop(family, ip_.data(), text.data(), text.size());
  std::string result(text.data());
  if (scope_ != 0) result += "%" + std::to_string(scope_);
  return result;
}

std::string SocketAddress::ToString() const {
  if (is_abstract()) return "unix:@" + path_.substr(1);
  if (family_ == AddressFamily::kUnix) return "unix:" + path_;
  const bool brackets = family_ == AddressFamily::kIPv6;
  return (brackets ? "[" + host() + "]:" : host() + ":") +
         std::to_string(port_);
}

}  // namespace rondo
