#include "rondo/runtime/get_addr_info.h"

#include <netdb.h>

#include <memory>
#include <string_view>
#include <system_error>

#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/task.h"

namespace rondo {
namespace {

// A class with a constructor, as everything that a coroutine returns.
template <class T>
struct Answer {
  Answer() {}

  std::error_code error;
  T value;
};

[[noreturn]] void ThrowResolverError(std::error_code error,
                                     std::string_view call,
                                     std::string_view name) {
  std::string what(call);
  if (!name.empty()) what.append(" ").append(name);
  throw std::system_error(error, what);
}

template <class T>
T ValueOf(Answer<T> answer, std::string_view call, std::string_view name) {
  if (answer.error) ThrowResolverError(answer.error, call, name);
  return std::move(answer.value);
}

// Has `ask`, a function that returns an Answer, called where it may block.
template <class Ask>
Coro<std::invoke_result_t<Ask>> AskResolver(std::shared_ptr<Resolver> resolver,
                                            Ask ask) {
  if (!resolver->blocks()) co_return ask();
  Future<std::invoke_result_t<Ask>> asked = RunInExecutor(std::move(ask));
  co_return co_await std::move(asked);
}

std::shared_ptr<Resolver> RunningResolver() {
  return internal::NetworkOf(internal::RunningCore()).resolver();
}

}  // namespace

Coro<std::vector<AddrInfo>> GetAddrInfo(std::string host, std::string service,
                                        AddrInfoOptions options) {
  using Found = Answer<std::vector<AddrInfo>>;
  const std::shared_ptr<Resolver> resolver = RunningResolver();
  Found found;
  if (internal::NumericAddrInfo(host, service, options, &found.value)) {
    co_return std::move(found.value);
  }
  auto ask = [resolver, host, service, options] {
    Found answer;
    answer.error = resolver->GetAddrInfo(host, service, options, &answer.value);
    return answer;
  };
  found = co_await AskResolver(resolver, std::move(ask));
  if (found.error == ResolverError(EAI_SERVICE)) host.append(":" + service);
  co_return ValueOf(std::move(found), "getaddrinfo", host);
}

Coro<std::vector<AddrInfo>> GetAddrInfo(std::string host, std::uint16_t port,
                                        AddrInfoOptions options) {
  return GetAddrInfo(std::move(host), std::to_string(port), options);
}

Coro<NameInfo> GetNameInfo(SocketAddress address, NameInfoFlags flags) {
  const std::shared_ptr<Resolver> resolver = RunningResolver();
  if (flags.numeric_host && flags.numeric_service && !flags.name_required &&
      address.family() != AddressFamily::kUnix) {
    co_return NameInfo(address.host(), std::to_string(address.port()));
  }
  auto ask = [resolver, address, flags] {
    Answer<NameInfo> answer;
    answer.error = resolver->GetNameInfo(address, flags, &answer.value);
    return answer;
  };
  Answer<NameInfo> found = co_await AskResolver(resolver, std::move(ask));
  co_return ValueOf(std::move(found), "getnameinfo", address.ToString());
}

std::string HostPort::ToString() const {
  if (address_.has_value()) return address_->ToString();
  return host_ + ":" + std::to_string(port_);
}

Coro<std::vector<SocketAddress>> HostPort::Resolve(
    AddrInfoOptions options) const {
  if (!address_.has_value()) {
    return internal::ResolveHost(host_, port_, options);
  }
  return [](SocketAddress address,
            AddrInfoOptions asked) -> Coro<std::vector<SocketAddress>> {
    if (!asked.Allows(address)) {
      ThrowResolverError(ResolverError(EAI_ADDRFAMILY), "getaddrinfo",
                         address.ToString());
    }
    std::vector<SocketAddress> one;
    one.push_back(std::move(address));
    co_return one;
  }(*address_, options);
}

namespace internal {

Coro<std::vector<SocketAddress>> ResolveHost(std::string host,
                                             std::uint16_t port,
                                             AddrInfoOptions options) {
  const std::vector<AddrInfo> found = co_await GetAddrInfo(host, port, options);
  if (found.empty()) {
    ThrowResolverError(ResolverError(EAI_NODATA), "getaddrinfo", host);
  }
  std::vector<SocketAddress> addresses;
  for (const AddrInfo& info : found) addresses.push_back(info.address);
  co_return addresses;
}

}  // namespace internal
}  // namespace rondo
