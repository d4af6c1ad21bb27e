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
#include <vector>

#include "rondo/runtime/connections.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/stream_reader.h"
#include "rondo/runtime/streams.h"

namespace rondo {
namespace internal {
class ServerCore;
}  // namespace internal

// Serves one client. The stream closes when it dies. An exception goes to the
// loop's exception handler.
using ConnectionHandler = std::function<Coro<>(Stream)>;

struct ServerOptions {
  // How many connections may wait to be accepted.
  int backlog = 100;
  // An address may be bound again while old connections of it linger; several
  // sockets may be bound to it, of one or more processes.
  bool reuse_address = true;
  bool reuse_port = false;
  bool keep_alive = false;
  // Whether to listen at once, or to wait for StartServing.
  bool start_serving = true;
  // Of the streams (stream_reader.h).
  std::size_t limit = StreamReader::kDefaultLimit;
};

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

// Binds every address of `host` ("": all of IPv4). Each connection gets a
// protocol from `factory`.
// Throws: std::system_error with the call and the address.
Coro<Server> CreateServer(ProtocolFactory factory, std::string host,
                          std::uint16_t port, ServerOptions options = {});

// The same with streams: each connection runs `handler` in a task of its own;
// the handler lives as long as any of them.
Coro<Server> StartServer(ConnectionHandler handler, std::string host,
                         std::uint16_t port, ServerOptions options = {});

namespace internal {

// CreateServer, whose connections `starter` starts.
Coro<Server> CreateServerWith(ConnectionStarter starter,
                              ProtocolFactory factory, std::string host,
                              std::uint16_t port, ServerOptions options);
// The protocols of StartServer.
ProtocolFactory StreamFactory(ConnectionHandler handler, std::size_t limit);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_SERVER_H_
