// Server: accepts connections and gives each a protocol, or a stream.
//
//   rondo::Coro<> Serve() {
//     rondo::Server server =
//         co_await rondo::StartServer(Echo, "127.0.0.1", 8888);
//     co_await server.ServeForever();
//   }
//
// Source: asyncio.Server, create_server, start_server; differs: the last
// Server handle that dies closes the listening sockets.
#ifndef RONDO_RUNTIME_SERVER_H_
#define RONDO_RUNTIME_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/connections.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/server_options.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"

namespace rondo {
namespace internal {
class ServerCore;
}  // namespace internal

// Serves one client. The stream closes when it dies. An exception goes to the
// loop's exception handler.
using ConnectionHandler = std::function<Coro<>(Stream)>;

class Server {
 public:
  // Refers to nothing.
  Server() = default;
  explicit Server(std::shared_ptr<internal::ServerCore> core)
      : core_(std::move(core)) {}

  // Begins to listen. Idempotent. Throws: RuntimeError if it is closed.
  Coro<> StartServing();
  // Listens until it is cancelled, and closes then, or until somebody else
  // closes it: then it throws CancelledError. Throws: RuntimeError if closed,
  // or if it is awaited already.
  Coro<> ServeForever();
  // Stops listening; connections go on. Idempotent.
  void Close();
  // Waits until it is closed and the last connection is gone.
  Coro<> WaitClosed();
  // Close, or abort, the transports of all connections.
  void CloseClients();
  void AbortClients();

  bool is_serving() const;
  // Where it listens, with the port that was chosen for port 0.
  std::vector<SocketAddress> addresses() const;

 private:
  std::shared_ptr<internal::ServerCore> core_;
};

// Binds every address of `host`, a name or a numeric address; of "", all of
// this machine's. Each has a socket of its own, one of IPv6 takes IPv6 only,
// and for port 0 a port of its own. Each connection gets a protocol from
// `factory`.
// Throws: std::system_error with the call and the address, or the name that
// could not be resolved. Families that the machine does not have are left out,
// unless there is no other.
Coro<Server> CreateServer(ProtocolFactory factory, std::string host,
                          std::uint16_t port, ServerOptions options = {});
// The addresses of several hosts, each once.
Coro<Server> CreateServer(ProtocolFactory factory,
                          std::vector<std::string> hosts, std::uint16_t port,
                          ServerOptions options = {});
// A stream socket that is bound already. Throws: ValueError for another kind.
Coro<Server> CreateServer(ProtocolFactory factory, Socket socket,
                          ServerOptions options = {});

// The same with streams: each connection runs `handler` in a task of its own;
// the handler lives as long as any of them.
Coro<Server> StartServer(ConnectionHandler handler, std::string host,
                         std::uint16_t port, ServerOptions options = {});
Coro<Server> StartServer(ConnectionHandler handler,
                         std::vector<std::string> hosts, std::uint16_t port,
                         ServerOptions options = {});
Coro<Server> StartServer(ConnectionHandler handler, Socket socket,
                         ServerOptions options = {});

namespace internal {

// Bound sockets, to be.
using Listeners = Coro<std::vector<Socket>>;
Listeners BindHosts(std::vector<std::string> hosts, std::uint16_t port,
                    ServerOptions options);
Listeners BoundSocket(Socket socket);
inline std::vector<std::string> OneHost(std::string host) {
  std::vector<std::string> hosts;
  hosts.push_back(std::move(host));
  return hosts;
}

// A server whose connections `starter` starts.
Coro<Server> ServeOn(Listeners listeners, ConnectionStarter starter,
                     ProtocolFactory factory, ServerOptions options);
// The protocols of StartServer.
ProtocolFactory StreamFactory(ConnectionHandler handler, std::size_t limit);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_SERVER_H_
