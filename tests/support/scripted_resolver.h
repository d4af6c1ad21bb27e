// A resolver that knows what a test tells it, and what it was asked.
#ifndef RONDO_TESTS_SUPPORT_SCRIPTED_RESOLVER_H_
#define RONDO_TESTS_SUPPORT_SCRIPTED_RESOLVER_H_

#include <netdb.h>

#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "rondo/runtime/resolver.h"

namespace rondo {

class ScriptedResolver final : public Resolver {
 public:
  bool blocks() const override { return blocking; }

  // The addresses that `hosts` has, with the port, if it is a number. What is
  // not there is unknown.
  std::error_code GetAddrInfo(const std::string& host,
                              const std::string& service,
                              const AddrInfoOptions& options,
                              std::vector<AddrInfo>* out) override {
    asked.push_back(host);
    const auto found = hosts.find(host);
    if (found == hosts.end()) return ResolverError(EAI_NONAME);
    for (const std::string& ip : found->second) {
      internal::NumericAddrInfo(ip, service, options, out);
    }
    return std::error_code();
  }
  std::error_code GetNameInfo(const SocketAddress& address,
                              const NameInfoFlags&, NameInfo* out) override {
    asked.push_back(address.ToString());
    for (const auto& [name, ips] : hosts) {
      for (const std::string& ip : ips) {
        if (ip != address.host()) continue;
        *out = NameInfo(name, std::to_string(address.port()));
        return std::error_code();
      }
    }
    return ResolverError(EAI_NONAME);
  }

  bool blocking = false;
  std::map<std::string, std::vector<std::string>> hosts;
  std::vector<std::string> asked;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_SCRIPTED_RESOLVER_H_
