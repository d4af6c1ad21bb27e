#include "rondo/runtime/resolver.h"

#include <netdb.h>

#include <charconv>

namespace rondo {
namespace {

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "resolver"; }
  std::string message(int code) const override { return gai_strerror(code); }
};

}  // namespace

const std::error_category& ResolverCategory() {
  static const Category category;
  return category;
}

namespace internal {

std::optional<std::uint16_t> NumericPort(const std::string& service) {
  if (service.empty()) return 0;
  std::uint16_t port = 0;
  const char* const end = service.data() + service.size();
  const auto [rest, error] = std::from_chars(service.data(), end, port);
  if (error != std::errc() || rest != end) return std::nullopt;
  return port;
}

void AppendAddrInfo(const SocketAddress& address,
                    const AddrInfoOptions& options,
                    std::vector<AddrInfo>* out) {
  for (const SocketKind kind : {SocketKind::kStream, SocketKind::kDatagram}) {
    if (options.kind.value_or(kind) == kind) out->emplace_back(kind, address);
  }
}

bool NumericAddrInfo(const std::string& host, const std::string& service,
                     const AddrInfoOptions& options,
                     std::vector<AddrInfo>* out) {
  const std::optional<std::uint16_t> port = NumericPort(service);
  if (!port.has_value()) return false;
  const auto address = SocketAddress::Parse(host, *port);
  if (!address.has_value()) return false;
  if (!options.Allows(*address)) return false;
  const std::size_t first = out->size();
  AppendAddrInfo(*address, options, out);
  if (options.canonical_name) (*out)[first].canonical_name = host;
  return true;
}

}  // namespace internal
}  // namespace rondo
