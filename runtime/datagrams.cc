#include "rondo/runtime/datagrams.h"

#include <string>

#include "rondo/runtime/datagram_transport.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/task.h"

namespace rondo {
namespace {

SocketAddress Numeric(std::string_view host, std::uint16_t port) {
  const auto address = SocketAddress::Parse(host, port);
  if (!address.has_value()) {
    throw ValueError("\"" + std::string(host) + "\" is no numeric address");
  }
  return *address;
}

void Check(SysResult result, const char* call, const SocketAddress& address) {
  if (result < 0) {
    internal::ThrowSocketError(result, call, address.ToString());
  }
}

Socket MakeSocket(const DatagramOptions& options) {
  if (!options.local.has_value() && !options.remote.has_value()) {
    throw ValueError("a datagram endpoint needs an address, or a socket");
  }
  const SocketAddress& first =
      options.local.has_value() ? *options.local : *options.remote;
  if (options.remote.has_value() &&
      options.remote->family() != first.family()) {
    throw ValueError(first.ToString() + " and " + options.remote->ToString() +
                     " are of different families");
  }
  Network& network = internal::NetworkOf(internal::RunningCore());
  const SysResult fd = network.Socket(first.family(), SocketKind::kDatagram);
  Check(fd, "socket", first);
  Socket socket(static_cast<int>(fd));
  const auto set = [&](SocketOption option) {
    Check(network.SetOption(socket.fd(), option, 1), "setsockopt", first);
  };
  if (options.reuse_port) set(SocketOption::kReusePort);
  if (options.allow_broadcast) set(SocketOption::kBroadcast);
  if (options.local.has_value()) {
    Check(network.Bind(socket.fd(), *options.local), "bind", *options.local);
  }
  if (options.remote.has_value() && !options.allow_broadcast) {
    Check(network.Connect(socket.fd(), *options.remote), "connect",
          *options.remote);
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

DatagramOptions DatagramOptions::To(std::string_view host, std::uint16_t port) {
  DatagramOptions options;
  options.remote = Numeric(host, port);
  return options;
}

DatagramOptions DatagramOptions::At(std::string_view host, std::uint16_t port) {
  DatagramOptions options;
  options.local = Numeric(host, port);
  return options;
}

Coro<DatagramEndpoint> CreateDatagramEndpoint(DatagramProtocolFactory factory,
                                              DatagramOptions options) {
  Socket socket = MakeSocket(options);
  co_return co_await Start(std::move(factory), std::move(socket),
                           options.remote);
}

Coro<DatagramEndpoint> CreateDatagramEndpoint(DatagramProtocolFactory factory,
                                              Socket socket) {
  SocketAddress peer;
  const SysResult result = internal::NetworkOf(internal::RunningCore())
                               .PeerAddress(socket.fd(), &peer);
  std::optional<SocketAddress> remote;
  if (result >= 0) remote = peer;
  return Start(std::move(factory), std::move(socket), std::move(remote));
}

}  // namespace rondo
