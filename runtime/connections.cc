#include "rondo/runtime/connections.h"

#include <algorithm>
#include <deque>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/staggered.h"

namespace rondo {
namespace internal {
namespace {

using Errors = std::vector<std::system_error>;

// What is thrown if connecting has failed with each of `errors`, of which there
// is at least one.
std::system_error Combined(const Errors& errors) {
  const auto same = [&](const std::system_error& error) {
    return std::string_view(error.what()) == errors.front().what();
  };
  if (std::all_of(errors.begin(), errors.end(), same)) return errors.front();
  std::string text = "Multiple exceptions";
  for (const std::system_error& error : errors) {
    text.append(&error == &errors.front() ? ": " : ", ").append(error.what());
  }
  return std::system_error(errors.front().code(), text);
}

Coro<Socket> ConnectTo(SocketAddress address,
                       std::optional<SocketAddress> local) {
  Socket socket = Socket::Stream(address.family());
  if (local.has_value()) {
    const SysResult bound = NetworkOf(RunningCore()).Bind(socket.fd(), *local);
    if (bound < 0) ThrowSocketError(bound, "bind", local->ToString());
  }
  co_await SockConnect(socket.fd(), address);
  co_return socket;
}

// Those of the family that `local` has, if it is given.
std::vector<SocketAddress> Usable(const std::string& host, std::uint16_t port,
                                  const ConnectionOptions& options) {
  std::vector<SocketAddress> addresses = ResolveHost(host, port);
  if (options.local.has_value()) {
    const AddressFamily family = options.local->family();
    std::erase_if(addresses, [&](const SocketAddress& address) {
      return address.family() != family;
    });
    if (addresses.empty()) {
      throw ValueError("no address of " + host + " is of the family of " +
                       options.local->ToString());
    }
  }
  const std::size_t turns = options.interleave.value_or(
      options.happy_eyeballs_delay.has_value() ? 1 : 0);
  return turns == 0 ? addresses : Interleave(addresses, turns);
}

// Connects, or adds to `errors` why not, and throws that.
Coro<Socket> Attempt(SocketAddress address, std::optional<SocketAddress> local,
                     Errors* errors) {
  try {
    co_return co_await ConnectTo(std::move(address), std::move(local));
  } catch (const std::system_error& error) {
    errors->push_back(error);
    throw;
  }
}

}  // namespace

std::vector<SocketAddress> Interleave(
    const std::vector<SocketAddress>& addresses,
    std::size_t first_family_count) {
  std::vector<std::deque<SocketAddress>> families;  // As they come.
  for (const SocketAddress& address : addresses) {
    const auto same = [&](const std::deque<SocketAddress>& family) {
      return family.front().family() == address.family();
    };
    const auto found = std::find_if(families.begin(), families.end(), same);
    if (found != families.end()) {
      found->push_back(address);
    } else {
      families.push_back({address});
    }
  }
  std::vector<SocketAddress> result;
  const auto take = [&](std::deque<SocketAddress>& family) {
    if (family.empty()) return;
    result.push_back(std::move(family.front()));
    family.pop_front();
  };
  for (std::size_t i = 1; i < first_family_count && !families.empty(); ++i) {
    take(families.front());
  }
  while (result.size() < addresses.size()) {
    for (std::deque<SocketAddress>& family : families) take(family);
  }
  return result;
}

Coro<Socket> ConnectSocket(std::string host, std::uint16_t port,
                           ConnectionOptions options) {
  const std::vector<SocketAddress> addresses = Usable(host, port, options);
  Errors errors;
  if (!options.happy_eyeballs_delay.has_value()) {
    for (const SocketAddress& address : addresses) {
      try {
        co_return co_await Attempt(address, options.local, &errors);
      } catch (const std::system_error&) {
        // It is in `errors`; the next one may answer.
      }
    }
    throw Combined(errors);
  }
  std::vector<std::function<Coro<Socket>()>> attempts;
  for (const SocketAddress& address : addresses) {
    attempts.push_back(
        [&, address] { return Attempt(address, options.local, &errors); });
  }
  Race<Socket> race =
      co_await StaggeredRace(std::move(attempts), options.happy_eyeballs_delay);
  if (race.winner.has_value()) co_return std::move(*race.result);
  if (!errors.empty()) throw Combined(errors);
  std::rethrow_exception(race.errors.front());
}

Coro<Connection> StartConnection(ProtocolFactory factory, Socket socket,
                                 std::shared_ptr<ConnectionOwner> owner) {
  std::shared_ptr<Protocol> protocol = factory();
  const Future<> waiter = CreateFuture();
  std::shared_ptr<Transport> transport = SocketTransport::Start(
      std::move(socket), protocol, waiter, std::move(owner));
  try {
    co_await waiter;
  } catch (...) {
    transport->Close();
    throw;
  }
  co_return Connection(std::move(transport), std::move(protocol));
}

}  // namespace internal

Coro<Connection> CreateConnection(ProtocolFactory factory, std::string host,
                                  std::uint16_t port,
                                  ConnectionOptions options) {
  Socket socket = co_await internal::ConnectSocket(std::move(host), port,
                                                   std::move(options));
  co_return co_await internal::StartConnection(std::move(factory),
                                               std::move(socket), nullptr);
}

Coro<Connection> CreateConnection(ProtocolFactory factory, Socket socket) {
  return internal::StartConnection(std::move(factory), std::move(socket),
                                   nullptr);
}

}  // namespace rondo
