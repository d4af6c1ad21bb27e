#include "rondo/runtime/posix_resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "rondo/runtime/posix_address.h"

namespace rondo {
namespace {

using internal::PosixAddress;

// `result` is what a call has returned that had `errno` zero before.
std::error_code ErrorOf(int result) {
  if (result != EAI_SYSTEM) return ResolverError(result);
  return std::error_code(errno != 0 ? errno : EIO, std::generic_category());
}

int Flags(const AddrInfoOptions& options) {
  int flags = 0;
  if (options.passive) flags |= AI_PASSIVE;
  if (options.canonical_name) flags |= AI_CANONNAME;
  if (options.numeric_host) flags |= AI_NUMERICHOST;
  if (options.numeric_service) flags |= AI_NUMERICSERV;
  if (options.address_config) flags |= AI_ADDRCONFIG;
  if (options.v4_mapped) flags |= AI_V4MAPPED;
  if (options.all) flags |= AI_ALL;
  return flags;
}

int Flags(const NameInfoFlags& flags) {
  int result = 0;
  if (flags.numeric_host) result |= NI_NUMERICHOST;
  if (flags.numeric_service) result |= NI_NUMERICSERV;
  if (flags.name_required) result |= NI_NAMEREQD;
  if (flags.datagram) result |= NI_DGRAM;
  if (flags.no_fqdn) result |= NI_NOFQDN;
  return result;
}

addrinfo Hints(const AddrInfoOptions& options) {
  addrinfo hints = {};
  hints.ai_flags = Flags(options);
  hints.ai_family = options.family.has_value()
                        ? internal::PosixFamily(*options.family)
                        : AF_UNSPEC;
  if (options.kind.has_value()) {
    hints.ai_socktype =
        *options.kind == SocketKind::kStream ? SOCK_STREAM : SOCK_DGRAM;
  }
  return hints;
}

bool HasNul(const std::string& name) {
  return name.find('\0') != std::string::npos;
}

const char* OrNull(const std::string& name) {
  return name.empty() ? nullptr : name.c_str();
}

}  // namespace

std::error_code PosixResolver::GetAddrInfo(const std::string& host,
                                           const std::string& service,
                                           const AddrInfoOptions& options,
                                           std::vector<AddrInfo>* out) {
  if (HasNul(host) || HasNul(service)) return ResolverError(EAI_NONAME);
  const addrinfo hints = Hints(options);
  addrinfo* list = nullptr;
  errno = 0;
  // Neither is an error there, but a place here: port 0.
  const char* const port =
      host.empty() && service.empty() ? "0" : OrNull(service);
  const int result = getaddrinfo(OrNull(host), port, &hints, &list);
  if (result != 0) return ErrorOf(result);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list,
                                                             &freeaddrinfo);
  for (const addrinfo* info = list; info != nullptr; info = info->ai_next) {
    const bool stream = info->ai_socktype == SOCK_STREAM;
    if (info->ai_family != AF_INET && info->ai_family != AF_INET6) continue;
    if (!stream && info->ai_socktype != SOCK_DGRAM) continue;
    PosixAddress posix;
    posix.size = std::min<socklen_t>(info->ai_addrlen, posix.size);
    std::memcpy(&posix.storage, info->ai_addr, posix.size);
    out->emplace_back(stream ? SocketKind::kStream : SocketKind::kDatagram,
                      internal::FromPosix(posix));
    if (info->ai_canonname != nullptr) {
      out->back().canonical_name = info->ai_canonname;
    }
  }
  return std::error_code();
}

std::error_code PosixResolver::GetNameInfo(const SocketAddress& address,
                                           const NameInfoFlags& flags,
                                           NameInfo* out) {
  const auto posix = internal::ToPosix(address);
  if (!posix.has_value() || address.family() == AddressFamily::kUnix) {
    return ResolverError(EAI_FAMILY);
  }
  std::array<char, NI_MAXHOST> host;
  std::array<char, NI_MAXSERV> service;
  errno = 0;
  const int result =
      getnameinfo(posix->get(), posix->size, host.data(), host.size(),
                  service.data(), service.size(), Flags(flags));
  if (result != 0) return ErrorOf(result);
  *out = NameInfo(host.data(), service.data());
  return std::error_code();
}

}  // namespace rondo
