#include "rondo/runtime/connections.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/exception_group.h"
#include "rondo/runtime/io_table.h"
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

using Addresses = std::vector<SocketAddress>;

// Binds a socket that is to connect to `address` to the first of `locals` that
// it can have.
void BindLocal(const Socket& socket, const SocketAddress& address,
               const Addresses& locals) {
  std::optional<std::system_error> refused;
  for (const SocketAddress& local : locals) {
    if (local.family() != address.family()) continue;
    const SysResult bound = NetworkOf(RunningCore()).Bind(socket.fd(), local);
    if (bound >= 0) return;
    refused = SocketError(bound, "bind", local.ToString());
  }
  if (refused.has_value()) throw *refused;
  ThrowSocketError(-EAFNOSUPPORT, "no local address of the family of",
                   address.ToString());
}

Coro<Addresses> ResolveLocal(const HostPort& local) {
  AddrInfoOptions hints;
  hints.kind = SocketKind::kStream;
  hints.passive = true;
  return local.Resolve(hints);
}

// In the order in which they are to be tried.
Addresses InOrder(Addresses addresses, const ConnectionOptions& options) {
  const std::size_t turns = options.interleave.value_or(
      options.happy_eyeballs_delay.has_value() ? 1 : 0);
  return turns == 0 ? std::move(addresses) : Interleave(addresses, turns);
}

// Whether who connects to `address` is connected to just that: not to what an
// address without a host, or without an interface, stands for.
bool IsExact(const SocketAddress& address) {
  return address.family() == AddressFamily::kIPv4 && !address.is_any();
}

// Connects, or adds to `errors` why not, and throws that.
Coro<Socket> Attempt(SocketAddress address, const Addresses* locals,
                     Errors* errors) {
  try {
    Socket socket = Socket::Stream(address.family());
    if (!locals->empty()) BindLocal(socket, address, *locals);
    co_await SockConnect(socket.fd(), address);
    if (IsExact(address)) {
      RunningCore()->io->NewOrigin(socket.fd()).peer = std::move(address);
    }
    co_return socket;
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

namespace {

// Who of `addresses` answers first, each asked `delay` after the one before;
// or what each has thrown in `errors`.
Coro<Socket> RaceTo(const Addresses* addresses, const Addresses* locals,
                    Nanoseconds delay, Errors* errors) {
  std::vector<std::function<Coro<Socket>()>> attempts;
  for (const SocketAddress& address : *addresses) {
    attempts.push_back([=] { return Attempt(address, locals, errors); });
  }
  Race<Socket> race = co_await StaggeredRace(std::move(attempts), delay);
  if (race.winner.has_value()) co_return std::move(*race.result);
  if (errors->empty()) std::rethrow_exception(race.errors.front());
  co_return Socket();
}

[[noreturn]] void ThrowAll(const Errors& errors) {
  std::vector<std::exception_ptr> members;
  for (const std::system_error& error : errors) {
    members.push_back(std::make_exception_ptr(error));
  }
  BaseExceptionGroup("CreateConnection failed", std::move(members)).Throw();
}

}  // namespace

Coro<Socket> ConnectSocket(std::string host, std::uint16_t port,
                           ConnectionOptions options) {
  AddrInfoOptions hints;
  hints.kind = SocketKind::kStream;
  hints.family = options.family;
  Addresses found;
  Addresses locals;
  const std::optional<SocketAddress> numeric = SocketAddress::Parse(host, port);
  if (numeric.has_value() && hints.Allows(*numeric)) {
    found.push_back(*numeric);
  } else {
    found = co_await ResolveHost(std::move(host), port, hints);
  }
  if (options.local.has_value()) locals = co_await ResolveLocal(*options.local);
  const Addresses addresses = InOrder(std::move(found), options);
  Errors errors;
  if (options.happy_eyeballs_delay.has_value()) {
    Socket socket = co_await RaceTo(&addresses, &locals,
                                    *options.happy_eyeballs_delay, &errors);
    if (socket) co_return socket;
  } else {
    for (const SocketAddress& address : addresses) {
      try {
        co_return co_await Attempt(address, &locals, &errors);
      } catch (const std::system_error&) {
        // It is in `errors`; the next one may answer.
      }
    }
  }
  if (options.all_errors) ThrowAll(errors);
  throw Combined(errors);
}

void RequireStream(const Socket& socket) {
  const SysResult kind = NetworkOf(RunningCore()).Adopt(socket.fd());
  if (kind == static_cast<SysResult>(DescriptorKind::kStream)) return;
  if (kind < 0 && kind != -EINVAL) ThrowSocketError(kind, "fcntl", "");
  throw ValueError("a stream socket was expected, and descriptor " +
                   std::to_string(socket.fd()) + " is none");
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
  internal::RequireStream(socket);
  co_return co_await internal::StartConnection(std::move(factory),
                                               std::move(socket), nullptr);
}

}  // namespace rondo
