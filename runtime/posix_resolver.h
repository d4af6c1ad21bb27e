// The machine's resolver: getaddrinfo and getnameinfo.
#ifndef RONDO_RUNTIME_POSIX_RESOLVER_H_
#define RONDO_RUNTIME_POSIX_RESOLVER_H_

#include <string>
#include <system_error>
#include <vector>

#include "rondo/runtime/resolver.h"

namespace rondo {

// Blocks. What it finds is as /etc/nsswitch.conf says: files first, servers
// then. A host or service with a NUL in it is no name (EAI_NONAME).
class PosixResolver final : public Resolver {
 public:
  bool blocks() const override { return true; }
  std::error_code GetAddrInfo(const std::string& host,
                              const std::string& service,
                              const AddrInfoOptions& options,
                              std::vector<AddrInfo>* out) override;
  // EAI_FAMILY for the address of a Unix socket.
  std::error_code GetNameInfo(const SocketAddress& address,
                              const NameInfoFlags& flags,
                              NameInfo* out) override;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_POSIX_RESOLVER_H_
