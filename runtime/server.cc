#include "rondo/runtime/server.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <optional>
#include <system_error>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/get_addr_info.h"
#include "rondo/runtime/server_core.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/stream_protocol.h"

namespace rondo {
namespace internal {
namespace {

ServerCore& CoreOf(const std::shared_ptr<ServerCore>& core) {
  if (core == nullptr) throw RuntimeError("use of an empty Server");
  return *core;
}

// What it is said that a family or an address of it is not there.
bool FamilyIsMissing(const std::system_error& error) {
  return error.code() == std::errc::address_family_not_supported ||
         error.code() == std::errc::address_not_available;
}

Socket BindTo(const SocketAddress& address, const ServerOptions& options) {
  Network& network = NetworkOf(RunningCore());
  Socket socket = Socket::Stream(address.family());
  const auto check = [&](SysResult result, const char* call) {
    if (result < 0) ThrowSocketError(result, call, address.ToString());
  };
  const auto set = [&](SocketOption option) {
    check(network.SetOption(socket.fd(), option, 1), "setsockopt");
  };
  if (options.reuse_address) set(SocketOption::kReuseAddress);
  if (options.reuse_port) set(SocketOption::kReusePort);
  // What it accepts has these two from it.
  if (options.keep_alive) set(SocketOption::kKeepAlive);
  set(SocketOption::kNoDelay);
  RunningCore()->io->MarkOurs(socket.fd());
  // Else it would have the IPv4 port too, which another one of these may want.
  if (address.family() == AddressFamily::kIPv6) set(SocketOption::kIPv6Only);
  check(network.Bind(socket.fd(), address), "bind");
  return socket;
}

// One for each of `addresses`.
std::vector<Socket> BindAll(const std::vector<SocketAddress>& addresses,
                            const ServerOptions& options) {
  std::vector<Socket> sockets;
  std::optional<std::system_error> missing;
  for (const SocketAddress& address : addresses) {
    try {
      sockets.push_back(BindTo(address, options));
    } catch (const std::system_error& error) {
      if (!FamilyIsMissing(error)) throw;
      if (!missing.has_value()) missing = error;
    }
  }
  if (sockets.empty() && missing.has_value()) throw *missing;
  return sockets;
}

using SharedHandler = std::shared_ptr<const ConnectionHandler>;

// Runs the handler and keeps it alive meanwhile.
Coro<> ServeClient(SharedHandler handler, Stream stream) {
  co_await (*handler)(std::move(stream));
}

// Of a connection that a handler serves.
class ServedProtocol final
    : public StreamReaderProtocol,
      public std::enable_shared_from_this<ServedProtocol> {
 public:
  ServedProtocol(SharedHandler handler, std::size_t limit)
      : StreamReaderProtocol(std::make_shared<StreamReader>(limit)),
        handler_(std::move(handler)) {}

  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    StreamReaderProtocol::ConnectionMade(transport);
    const Task<> task = CreateTask(ServeClient(
        std::move(handler_), Stream(transport, shared_from_this())));
    AddDoneCallback(task.core(), HandleKind::kFutureDone, "client_connected",
                    [transport](FutureCore* done) {
                      if (!done->cancelled() && done->Exception() != nullptr) {
                        RunningCore()->Report(
                            "Unhandled exception in client_connected_cb",
                            done->Exception(), "server");
                      } else if (!done->cancelled()) {
                        return;
                      }
                      transport->Close();
                    });
  }

 private:
  SharedHandler handler_;
};

}  // namespace
}  // namespace internal

using internal::CoreOf;
using internal::OneHost;
using internal::ServerCore;

Coro<> Server::StartServing() {
  const std::shared_ptr<ServerCore> core = core_;
  CoreOf(core).StartServing();
  // Lets what was set up begin. Source: asyncio's start_serving.
  co_await Yield();
}

Coro<> Server::ServeForever() {
  const std::shared_ptr<ServerCore> core = core_;
  const Future<> stop = CoreOf(core).BeginForever();
  std::exception_ptr cancelled;
  try {
    co_await stop;
  } catch (const CancelledError&) {
    cancelled = std::current_exception();
  }
  core->Close();
  core->EndForever();
  if (!core->gone()) co_await core->WhenGone();
  std::rethrow_exception(cancelled);
}

void Server::Close() {
  if (core_ != nullptr) core_->Close();
}

Coro<> Server::WaitClosed() {
  const std::shared_ptr<ServerCore> core = core_;
  if (!CoreOf(core).gone()) co_await core->WhenGone();
}

void Server::CloseClients() {
  CoreOf(core_).ForEachClient([](Transport& client) { client.Close(); });
}

void Server::AbortClients() {
  CoreOf(core_).ForEachClient([](Transport& client) { client.Abort(); });
}

bool Server::is_serving() const { return core_ != nullptr && core_->serving(); }

std::vector<SocketAddress> Server::addresses() const {
  return core_ == nullptr ? std::vector<SocketAddress>() : core_->addresses();
}

namespace internal {

Listeners BindHosts(std::vector<std::string> hosts, std::uint16_t port,
                    ServerOptions options) {
  AddrInfoOptions hints;
  hints.family = options.family;
  hints.kind = SocketKind::kStream;
  hints.passive = true;
  std::vector<Coro<std::vector<SocketAddress>>> lookups;
  for (const std::string& host : hosts) {
    lookups.push_back(ResolveHost(host, port, hints));
  }
  const std::vector<std::vector<SocketAddress>> found =
      co_await Gather(std::move(lookups));
  std::vector<SocketAddress> addresses;
  for (const std::vector<SocketAddress>& some : found) {
    for (const SocketAddress& address : some) {
      if (std::find(addresses.begin(), addresses.end(), address) ==
          addresses.end()) {
        addresses.push_back(address);
      }
    }
  }
  co_return BindAll(addresses, options);
}

Listeners BoundSocket(Socket socket) {
  RequireStream(socket);
  std::vector<Socket> sockets;
  sockets.push_back(std::move(socket));
  co_return sockets;
}

Coro<Server> ServeOn(Listeners listeners, ConnectionStarter starter,
                     ProtocolFactory factory, ServerOptions options) {
  std::vector<Socket> sockets = co_await std::move(listeners);
  auto core = std::make_shared<ServerCore>(
      std::move(starter), std::move(factory), std::move(sockets), options);
  if (options.start_serving) {
    core->StartServing();
    co_await Yield();
  }
  // Connections hold the core as well; what the user holds closes it.
  ServerCore* const raw = core.get();
  co_return Server(std::shared_ptr<ServerCore>(
      raw, [core = std::move(core)](ServerCore*) { core->Close(); }));
}

ProtocolFactory StreamFactory(ConnectionHandler handler, std::size_t limit) {
  return
      [shared = std::make_shared<const ConnectionHandler>(std::move(handler)),
       limit] { return std::make_shared<ServedProtocol>(shared, limit); };
}

}  // namespace internal

using internal::BindHosts;
using internal::BoundSocket;
using internal::ServeOn;
using internal::StartConnection;
using internal::StreamFactory;

Coro<Server> CreateServer(ProtocolFactory factory, std::string host,
                          std::uint16_t port, ServerOptions options) {
  return CreateServer(std::move(factory), OneHost(std::move(host)), port,
                      options);
}

Coro<Server> CreateServer(ProtocolFactory factory,
                          std::vector<std::string> hosts, std::uint16_t port,
                          ServerOptions options) {
  return ServeOn(BindHosts(std::move(hosts), port, options), &StartConnection,
                 std::move(factory), options);
}

Coro<Server> CreateServer(ProtocolFactory factory, Socket socket,
                          ServerOptions options) {
  return ServeOn(BoundSocket(std::move(socket)), &StartConnection,
                 std::move(factory), options);
}

Coro<Server> StartServer(ConnectionHandler handler, std::string host,
                         std::uint16_t port, ServerOptions options) {
  return CreateServer(StreamFactory(std::move(handler), options.limit),
                      std::move(host), port, options);
}

Coro<Server> StartServer(ConnectionHandler handler,
                         std::vector<std::string> hosts, std::uint16_t port,
                         ServerOptions options) {
  return CreateServer(StreamFactory(std::move(handler), options.limit),
                      std::move(hosts), port, options);
}

Coro<Server> StartServer(ConnectionHandler handler, Socket socket,
                         ServerOptions options) {
  return CreateServer(StreamFactory(std::move(handler), options.limit),
                      std::move(socket), options);
}

}  // namespace rondo
