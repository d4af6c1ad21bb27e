#include "rondo/runtime/connections.h"

#include <algorithm>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"

namespace rondo {
namespace internal {
namespace {

// What is thrown if connecting has failed with each of `errors`, of which there
// is at least one.
std::system_error Combined(const std::vector<std::system_error>& errors) {
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

}  // namespace

Coro<Socket> ConnectSocket(std::string host, std::uint16_t port,
                           std::optional<SocketAddress> local) {
  const std::vector<SocketAddress> addresses = ResolveHost(host, port);
  std::vector<std::system_error> errors;
  for (const SocketAddress& address : addresses) {
    if (local.has_value() && local->family() != address.family()) continue;
    try {
      co_return co_await ConnectTo(address, local);
    } catch (const std::system_error& error) {
      errors.push_back(error);
    }
  }
  if (errors.empty()) {
    throw ValueError("no address of " + host + " is of the family of " +
                     local->ToString());
  }
  throw Combined(errors);
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
                                  std::optional<SocketAddress> local) {
  Socket socket =
      co_await internal::ConnectSocket(std::move(host), port, std::move(local));
  co_return co_await internal::StartConnection(std::move(factory),
                                               std::move(socket), nullptr);
}

Coro<Connection> CreateConnection(ProtocolFactory factory, Socket socket) {
  return internal::StartConnection(std::move(factory), std::move(socket),
                                   nullptr);
}

}  // namespace rondo
