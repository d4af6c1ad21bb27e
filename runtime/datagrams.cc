#include "rondo/runtime/datagrams.h"

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "rondo/runtime/datagram_transport.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/socket_file.h"
#include "rondo/runtime/task.h"

namespace rondo {
namespace {

void Check(SysResult result, const char* call, const std::string& address) {
  if (result < 0) internal::ThrowSocketError(result, call, address);
}

// Both of one family, where they are given.
struct Place {
  explicit Place(AddressFamily f) : family(f) {}

  AddressFamily family;
  std::optional<SocketAddress> local;
  std::optional<SocketAddress> remote;
};
using Places = std::vector<Place>;

Place& PlaceOf(AddressFamily family, Places* places) {
  for (Place& place : *places) {
    if (place.family == family) return place;
  }
  return places->emplace_back(family);
}

// The first of its family goes to `member` of the family's place.
void AddAddresses(const std::vector<SocketAddress>& addresses,
                  std::optional<SocketAddress> Place::* member,
                  Places* places) {
  for (const SocketAddress& address : addresses) {
    std::optional<SocketAddress>& found =
        PlaceOf(address.family(), places).*member;
    if (!found.has_value()) found = address;
  }
}

// In the order in which they are to be tried.
Coro<Places> FindPlaces(const DatagramOptions* options) {
  AddrInfoOptions hints;
  hints.kind = SocketKind::kDatagram;
  hints.family = options->family;
  Places places;
  if (options->local.has_value()) {
    hints.passive = true;
    const std::vector<SocketAddress> locals =
        co_await options->local->Resolve(hints);
    AddAddresses(locals, &Place::local, &places);
  }
  if (options->remote.has_value()) {
    hints.passive = false;
    const std::vector<SocketAddress> remotes =
        co_await options->remote->Resolve(hints);
    AddAddresses(remotes, &Place::remote, &places);
  }
  if (places.empty() && options->family.has_value()) {
    places.emplace_back(*options->family);
  }
  std::erase_if(places, [&](const Place& place) {
    return place.local.has_value() != options->local.has_value() ||
           place.remote.has_value() != options->remote.has_value();
  });
  co_return places;
}

[[noreturn]] void ThrowNoPlace(const DatagramOptions& options) {
  if (!options.local.has_value() || !options.remote.has_value()) {
    throw ValueError(
        "a datagram endpoint needs an address, a family, or a socket");
  }
  throw ValueError(options.local->ToString() + " and " +
                   options.remote->ToString() + " are of different families");
}

Socket MakeSocket(const Place& place, const DatagramOptions& options) {
  internal::LoopCore* const loop = internal::RunningCore();
  Network& network = internal::NetworkOf(loop);
  const std::string local = place.local ? place.local->ToString() : "";
  const std::string remote = place.remote ? place.remote->ToString() : "";
  const std::string& any = place.local ? local : remote;
  const SysResult fd = network.Socket(place.family, SocketKind::kDatagram);
  Check(fd, "socket", any);
  Socket socket(static_cast<int>(fd));
  const auto set = [&](SocketOption option) {
    Check(network.SetOption(socket.fd(), option, 1), "setsockopt", any);
  };
  if (options.reuse_port) set(SocketOption::kReusePort);
  if (options.allow_broadcast) set(SocketOption::kBroadcast);
  if (place.local.has_value()) {
    internal::RemoveStaleSocketFile(loop, *place.local);
    Check(network.Bind(socket.fd(), *place.local), "bind", local);
  }
  if (place.remote.has_value() && !options.allow_broadcast) {
    Check(network.Connect(socket.fd(), *place.remote), "connect", remote);
  }
  return socket;
}

Coro<DatagramEndpoint> Start(DatagramProtocolFactory factory, Socket socket,
                             std::optional<SocketAddress> remote) {
  std::shared_ptr<DatagramProtocol> protocol = factory();
  const Future<> waiter = CreateFuture();
  std::shared_ptr<DatagramTransport> transport =
      internal::DatagramSocketTransport::Start(std::move(socket), protocol,
                                               std::move(remote), waiter);
  try {
    co_await waiter;
  } catch (...) {
    transport->Close();
    throw;
  }
  co_return DatagramEndpoint(std::move(transport), std::move(protocol));
}

}  // namespace

DatagramOptions DatagramOptions::To(std::string host, std::uint16_t port) {
  DatagramOptions options;
  options.remote = HostPort(std::move(host), port);
  return options;
}

DatagramOptions DatagramOptions::At(std::string host, std::uint16_t port) {
  DatagramOptions options;
  options.local = HostPort(std::move(host), port);
  return options;
}

Coro<DatagramEndpoint> CreateDatagramEndpoint(DatagramProtocolFactory factory,
                                              DatagramOptions options) {
  const Places places = co_await FindPlaces(&options);
  if (places.empty()) ThrowNoPlace(options);
  std::optional<std::system_error> first;
  for (const Place& place : places) {
    Socket socket;
    try {
      socket = MakeSocket(place, options);
    } catch (const std::system_error& error) {
      if (!first.has_value()) first = error;
      continue;
    }
    co_return co_await Start(std::move(factory), std::move(socket),
                             place.remote);
  }
  throw *first;
}

Coro<DatagramEndpoint> CreateDatagramEndpoint(DatagramProtocolFactory factory,
                                              Socket socket) {
  Network& network = internal::NetworkOf(internal::RunningCore());
  const SysResult kind = network.Adopt(socket.fd());
  if (kind != static_cast<SysResult>(DescriptorKind::kDatagram)) {
    if (kind < 0 && kind != -EINVAL) Check(kind, "fcntl", "");
    throw ValueError("a socket for datagrams was expected, and descriptor " +
                     std::to_string(socket.fd()) + " is none");
  }
  SocketAddress peer;
  std::optional<SocketAddress> remote;
  if (network.PeerAddress(socket.fd(), &peer) >= 0) remote = peer;
  co_return co_await Start(std::move(factory), std::move(socket),
                           std::move(remote));
}

}  // namespace rondo
