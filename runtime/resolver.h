// The seam through which host names become addresses, and addresses names.
//
// Every Network has one (network.h): `PosixResolver` asks the machine, a
// simulation's knows its hosts. Programs use GetAddrInfo and GetNameInfo
// (get_addr_info.h).
//
// Thread-safety: if it blocks, any thread may ask, several at a time, and it
// may outlive its network. If not, the loop's thread only.
// Source: getaddrinfo(3), getnameinfo(3), RFC 3493.
#ifndef RONDO_RUNTIME_RESOLVER_H_
#define RONDO_RUNTIME_RESOLVER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/socket_types.h"

namespace rondo {

struct AddrInfo {
  AddrInfo() = default;
  AddrInfo(SocketKind k, SocketAddress a) : kind(k), address(std::move(a)) {}

  SocketKind kind = SocketKind::kStream;
  SocketAddress address;
  // Of the first one, if it was asked for.
  std::string canonical_name;

  friend bool operator==(const AddrInfo&, const AddrInfo&) = default;
};

// Which addresses are asked for. What is not given may be any; each address
// then comes once for each kind.
struct AddrInfoOptions {
  std::optional<AddressFamily> family = std::nullopt;
  std::optional<SocketKind> kind = std::nullopt;
  // No host is every address of this one, to bind to, rather than its loopback
  // addresses, to connect to.
  bool passive = false;
  bool canonical_name = false;
  // The host, the service are no names.
  bool numeric_host = false;
  bool numeric_service = false;
  // Only of families of which the machine has an address itself.
  bool address_config = false;
  // A host without IPv6 addresses has its IPv4 addresses as such, or all of
  // both.
  bool v4_mapped = false;
  bool all = false;

  // Whether `address` is of a family that is asked for.
  bool Allows(const SocketAddress& address) const {
    return family.value_or(address.family()) == address.family();
  }
};

struct NameInfo {
  NameInfo() = default;
  NameInfo(std::string h, std::string s)
      : host(std::move(h)), service(std::move(s)) {}

  std::string host;
  std::string service;

  friend bool operator==(const NameInfo&, const NameInfo&) = default;
};

struct NameInfoFlags {
  bool numeric_host = false;
  bool numeric_service = false;
  // An address without a name is an error, rather than its own name.
  bool name_required = false;
  // The service is one of datagrams.
  bool datagram = false;
  // Of hosts of the machine's own domain the name only.
  bool no_fqdn = false;
};

// Of codes that are EAI_ constants; the messages are those of gai_strerror.
const std::error_category& ResolverCategory();
inline std::error_code ResolverError(int code) {
  return std::error_code(code, ResolverCategory());
}

class Resolver {
 public:
  virtual ~Resolver() = default;

  // Whether it may take long: then the loop's executor asks.
  virtual bool blocks() const = 0;

  // Appends the addresses of `host` and `service`, the best first. Either may
  // be empty: not given. Returns one of ResolverCategory, or a system error.
  virtual std::error_code GetAddrInfo(const std::string& host,
                                      const std::string& service,
                                      const AddrInfoOptions& options,
                                      std::vector<AddrInfo>* out) = 0;
  virtual std::error_code GetNameInfo(const SocketAddress& address,
                                      const NameInfoFlags& flags,
                                      NameInfo* out) = 0;
};

namespace internal {

// The port that `service` is a number of; 0 if it is empty. No value: a name.
std::optional<std::uint16_t> NumericPort(const std::string& service);

// Answers without asking anybody if `host` is a numeric address of the family
// that is asked for, and `service` a number or empty; else appends nothing.
bool NumericAddrInfo(const std::string& host, const std::string& service,
                     const AddrInfoOptions& options,
                     std::vector<AddrInfo>* out);

// `address` for each kind that is asked for.
void AppendAddrInfo(const SocketAddress& address,
                    const AddrInfoOptions& options, std::vector<AddrInfo>* out);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_RESOLVER_H_
