#include "rondo/runtime/posix_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>

namespace rondo::internal {

int PosixFamily(AddressFamily family) {
  switch (family) {
    case AddressFamily::kIPv4:
      return AF_INET;
    case AddressFamily::kIPv6:
      return AF_INET6;
    case AddressFamily::kUnix:
      return AF_UNIX;
  }
  return AF_UNSPEC;
}

std::optional<PosixAddress> ToPosix(const SocketAddress& address) {
  PosixAddress result;
  switch (address.family()) {
    case AddressFamily::kIPv4: {
      sockaddr_in in = {};
      in.sin_family = AF_INET;
      in.sin_port = htons(address.port());
      std::memcpy(&in.sin_addr, address.ip().data(), sizeof(in.sin_addr));
      std::memcpy(&result.storage, &in, sizeof(in));
      result.size = sizeof(in);
      return result;
    }
    case AddressFamily::kIPv6: {
      sockaddr_in6 in = {};
      in.sin6_family = AF_INET6;
      in.sin6_port = htons(address.port());
      std::memcpy(&in.sin6_addr, address.ip().data(), sizeof(in.sin6_addr));
      in.sin6_scope_id = address.scope();
      std::memcpy(&result.storage, &in, sizeof(in));
      result.size = sizeof(in);
      return result;
    }
    case AddressFamily::kUnix: {
      sockaddr_un un = {};
      un.sun_family = AF_UNIX;
      const std::string& path = address.path();
      // A path ends with a zero byte; an abstract name begins with one, and
      // no name has none.
      const bool is_path = !path.empty() && !address.is_abstract();
      const std::size_t length = path.size() + (is_path ? 1 : 0);
      if (length > sizeof(un.sun_path)) return std::nullopt;
      std::memcpy(un.sun_path, path.data(), path.size());
      std::memcpy(&result.storage, &un, sizeof(un));
      result.size =
          static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
      return result;
    }
  }
  return std::nullopt;
}

SocketAddress FromPosix(const PosixAddress& address) {
  switch (address.storage.ss_family) {
    case AF_INET: {
      sockaddr_in in = {};
      std::memcpy(&in, &address.storage, sizeof(in));
      std::array<std::uint8_t, 4> ip;
      std::memcpy(ip.data(), &in.sin_addr, ip.size());
      return SocketAddress::IPv4(ip, ntohs(in.sin_port));
    }
    case AF_INET6: {
      sockaddr_in6 in = {};
      std::memcpy(&in, &address.storage, sizeof(in));
      std::array<std::uint8_t, 16> ip;
      std::memcpy(ip.data(), &in.sin6_addr, ip.size());
      return SocketAddress::IPv6(ip, ntohs(in.sin6_port), in.sin6_scope_id);
    }
    case AF_UNIX: {
      sockaddr_un un = {};
      std::memcpy(&un, &address.storage, sizeof(un));
      const std::size_t start = offsetof(sockaddr_un, sun_path);
      if (address.size <= start) return SocketAddress::Unix("");
      std::string path(un.sun_path, address.size - start);
      if (path[0] != '\0') path.resize(std::strlen(path.c_str()));
      return SocketAddress::Unix(std::move(path));
    }
    default:
      return SocketAddress();
  }
}

}  // namespace rondo::internal
