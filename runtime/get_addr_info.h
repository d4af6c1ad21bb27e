// GetAddrInfo, GetNameInfo: names to addresses, and back.
//
//   std::vector<rondo::AddrInfo> found =
//       co_await rondo::GetAddrInfo("example.org", "https");
//
// What is numeric already is answered at once, by nobody; the rest by the
// network's resolver: where that blocks, on a thread of the loop's default
// executor, and at once in a simulation. Connections, servers and datagram
// endpoints resolve by these.
//
// Throws: std::system_error of ResolverCategory (its codes are EAI_ constants)
// with the call and the name; RuntimeError without a running loop, a network,
// or an executor.
// Cancellation: at once; a lookup that has begun goes on, and is dropped.
// Source: asyncio getaddrinfo, getnameinfo, base_events._ensure_resolved,
// _ipaddr_info; differs: GetAddrInfo itself needs no thread for what is
// numeric.
#ifndef RONDO_RUNTIME_GET_ADDR_INFO_H_
#define RONDO_RUNTIME_GET_ADDR_INFO_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/resolver.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/socket_types.h"

namespace rondo {

// `service` is a name ("https") or a number. Empty: no host is this one, no
// service is port 0.
Coro<std::vector<AddrInfo>> GetAddrInfo(std::string host, std::string service,
                                        AddrInfoOptions options = {});
Coro<std::vector<AddrInfo>> GetAddrInfo(std::string host, std::uint16_t port,
                                        AddrInfoOptions options = {});

Coro<NameInfo> GetNameInfo(SocketAddress address, NameInfoFlags flags = {});

// Where something is: an address, or a host (a name or a numeric address) and a
// port, which become one or more addresses when they are used.
class HostPort {
 public:
  HostPort(SocketAddress address) : address_(std::move(address)) {}
  HostPort(std::string host, std::uint16_t port)
      : address_(SocketAddress::Parse(host, port)),
        host_(std::move(host)),
        port_(port) {}

  // No value: a name.
  const std::optional<SocketAddress>& address() const { return address_; }
  // "n1:80", "10.0.0.1:80", "unix:/tmp/x".
  std::string ToString() const;

  // Its addresses: at least one.
  Coro<std::vector<SocketAddress>> Resolve(AddrInfoOptions options) const;

 private:
  std::optional<SocketAddress> address_;
  std::string host_;
  std::uint16_t port_ = 0;
};

namespace internal {

// At least one. REQUIRES: `options` have a kind.
Coro<std::vector<SocketAddress>> ResolveHost(std::string host,
                                             std::uint16_t port,
                                             AddrInfoOptions options);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_GET_ADDR_INFO_H_
