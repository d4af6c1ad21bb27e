#include "rondo/simnet/sim_resolver.h"

#include <netdb.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rondo/simnet/inet_address.h"

namespace rondo {
namespace {

using internal::AnyAddress;
using internal::Loopback;

struct Service {
  std::string_view name;
  std::uint16_t port;
};

// The machine's own /etc/services is not asked: it is another's elsewhere.
constexpr Service kServices[] = {
    {"echo", 7},    {"discard", 9}, {"ftp", 21},    {"ssh", 22},
    {"telnet", 23}, {"smtp", 25},   {"domain", 53}, {"http", 80},
    {"pop3", 110},  {"ntp", 123},   {"imap2", 143}, {"ldap", 389},
    {"https", 443}, {"imaps", 993}, {"pop3s", 995}, {"mysql", 3306},
    {"amqp", 5672},
};

std::optional<std::uint16_t> PortOf(const std::string& service,
                                    bool numeric_only) {
  const std::optional<std::uint16_t> number = internal::NumericPort(service);
  if (number.has_value() || numeric_only) return number;
  for (const Service& known : kServices) {
    if (known.name == service) return known.port;
  }
  return std::nullopt;
}

std::string ServiceOf(std::uint16_t port) {
  for (const Service& known : kServices) {
    if (known.port == port) return std::string(known.name);
  }
  return std::to_string(port);
}

// Those of the family that is asked for.
std::vector<SocketAddress> OfFamily(const std::vector<SocketAddress>& addresses,
                                    const AddrInfoOptions& options) {
  std::vector<SocketAddress> result;
  std::vector<SocketAddress> mapped;
  for (const SocketAddress& address : addresses) {
    const AddressFamily family = options.family.value_or(address.family());
    if (address.family() == family) {
      result.push_back(address);
    } else if (family == AddressFamily::kIPv6) {
      mapped.push_back(internal::ToProgram(address, family));
    }
  }
  if (options.v4_mapped && (options.all || result.empty())) {
    result.insert(result.end(), mapped.begin(), mapped.end());
  }
  return result;
}

}  // namespace

std::vector<SocketAddress> SimResolver::AddressesOf(
    const std::string& host, const AddrInfoOptions& options) {
  if (const auto numeric = SocketAddress::Parse(host, 0)) return {*numeric};
  if (options.numeric_host && !host.empty()) return {};
  const bool any = host.empty() && options.passive;
  const bool self = host.empty() || host == "localhost";
  const internal::NetworkHost* const known =
      self ? &host_ : context_.topology.FindHost(host);
  if (known == nullptr) return {};
  std::vector<SocketAddress> result;
  const auto add = [&](const SocketAddress& address) {
    const AddressFamily family = address.family();
    result.push_back(any    ? AnyAddress(family)
                     : self ? Loopback(family, 0)
                            : address);
  };
  add(known->address);
  if (context_.options.resolve_ipv6) add(known->address6);
  return result;
}

std::error_code SimResolver::GetAddrInfo(const std::string& host,
                                         const std::string& service,
                                         const AddrInfoOptions& options,
                                         std::vector<AddrInfo>* out) {
  if (inert_) return std::error_code(EBADF, std::generic_category());
  const auto port = PortOf(service, options.numeric_service);
  if (!port.has_value()) {
    return ResolverError(options.numeric_service ? EAI_NONAME : EAI_SERVICE);
  }
  const std::vector<SocketAddress> known = AddressesOf(host, options);
  if (known.empty()) return ResolverError(EAI_NONAME);
  const std::vector<SocketAddress> addresses = OfFamily(known, options);
  if (addresses.empty()) return ResolverError(EAI_ADDRFAMILY);
  const std::size_t first = out->size();
  for (const SocketAddress& address : addresses) {
    internal::AppendAddrInfo(address.WithPort(*port), options, out);
  }
  if (options.canonical_name) (*out)[first].canonical_name = host;
  return std::error_code();
}

std::string SimResolver::NameOf(const SocketAddress& address) {
  if (internal::IsLoopback(address)) return "localhost";
  const internal::NetworkHost* const host = context_.topology.FindHost(address);
  return host == nullptr ? "" : host->name;
}

std::error_code SimResolver::GetNameInfo(const SocketAddress& address,
                                         const NameInfoFlags& flags,
                                         NameInfo* out) {
  if (inert_) return std::error_code(EBADF, std::generic_category());
  if (address.family() == AddressFamily::kUnix) {
    return ResolverError(EAI_FAMILY);
  }
  std::string name;
  if (!flags.numeric_host) name = NameOf(address);
  if (name.empty() && flags.name_required) return ResolverError(EAI_NONAME);
  if (name.empty()) name = address.host();
  *out = NameInfo(std::move(name), flags.numeric_service
                                       ? std::to_string(address.port())
                                       : ServiceOf(address.port()));
  return std::error_code();
}

}  // namespace rondo
