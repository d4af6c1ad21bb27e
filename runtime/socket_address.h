// A socket's address, as a value: IPv4, IPv6 or that of a Unix socket.
#ifndef RONDO_RUNTIME_SOCKET_ADDRESS_H_
#define RONDO_RUNTIME_SOCKET_ADDRESS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rondo {

enum class AddressFamily { kIPv4, kIPv6, kUnix };

class SocketAddress {
 public:
  // 0.0.0.0:0.
  SocketAddress() = default;

  static SocketAddress IPv4(std::array<std::uint8_t, 4> ip, std::uint16_t port);
  // `scope`: the number of the interface that a link-local address is of.
  static SocketAddress IPv6(std::array<std::uint8_t, 16> ip, std::uint16_t port,
                            std::uint32_t scope = 0);
  // A path; empty: of a socket without a name.
  static SocketAddress Unix(std::string path);
  // A name that is no file (Linux). Two are the same if all bytes are.
  static SocketAddress UnixAbstract(std::string_view name);
  // Reads a numeric address ("10.0.0.1", "::1"); no value for anything else.
  static std::optional<SocketAddress> Parse(std::string_view host,
                                            std::uint16_t port);

  AddressFamily family() const { return family_; }
  std::uint16_t port() const { return port_; }
  std::uint32_t scope() const { return scope_; }
  // An abstract name comes after a NUL, as in Python.
  const std::string& path() const { return path_; }
  bool is_abstract() const { return !path_.empty() && path_[0] == '\0'; }
  // 4 or 16 bytes, network order.
  std::string_view ip() const;
  // True for 0.0.0.0 and ::.
  bool is_any() const;
  // Another port at the same place.
  SocketAddress WithPort(std::uint16_t port) const;

  // "10.0.0.1", "::1", "fe80::1%2"; empty for a Unix socket.
  std::string host() const;
  // "10.0.0.1:80", "[::1]:80", "[fe80::1%2]:80", "unix:/tmp/x", "unix:@x" for
  // an abstract name.
  std::string ToString() const;

  friend auto operator<=>(const SocketAddress&, const SocketAddress&) = default;

 private:
  AddressFamily family_ = AddressFamily::kIPv4;
  std::uint16_t port_ = 0;
  std::array<std::uint8_t, 16> ip_ = {};
  std::uint32_t scope_ = 0;
  std::string path_;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_SOCKET_ADDRESS_H_
