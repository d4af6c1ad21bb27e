// The names that one simulated host knows: the hosts, and the usual services.
#ifndef RONDO_SIMNET_SIM_RESOLVER_H_
#define RONDO_SIMNET_SIM_RESOLVER_H_

#include <string>
#include <system_error>
#include <vector>

#include "rondo/runtime/resolver.h"
#include "rondo/simnet/network_context.h"

namespace rondo {

// Answers at once, and always the same. "localhost" is the host itself, and so
// is no host (every address of it, if the query is passive); a name has an
// IPv4 address, and after that an IPv6 address if NetworkOptions::resolve_ipv6
// says so. The name of an address is its host's; loopback addresses are
// "localhost". After the host's crash every answer is EBADF.
class SimResolver final : public Resolver {
 public:
  SimResolver(internal::NetworkContext& context, internal::NetworkHost& host)
      : context_(context), host_(host) {}

  void GoInert() { inert_ = true; }

  bool blocks() const override { return false; }
  std::error_code GetAddrInfo(const std::string& host,
                              const std::string& service,
                              const AddrInfoOptions& options,
                              std::vector<AddrInfo>* out) override;
  std::error_code GetNameInfo(const SocketAddress& address,
                              const NameInfoFlags& flags,
                              NameInfo* out) override;

 private:
  // Of a host without regard to its family; empty: unknown.
  std::vector<SocketAddress> AddressesOf(const std::string& host,
                                         const AddrInfoOptions& options);
  // Empty: it has none.
  std::string NameOf(const SocketAddress& address);

  internal::NetworkContext& context_;
  internal::NetworkHost& host_;
  bool inert_ = false;
};

}  // namespace rondo

#endif  // RONDO_SIMNET_SIM_RESOLVER_H_
