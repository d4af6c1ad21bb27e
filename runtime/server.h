// Server: accepts connections and runs a coroutine for each.
//
//   rondo::Coro<> Serve() {
//     rondo::Server server =
//         co_await rondo::StartServer(Echo, "127.0.0.1", 8888);
//     co_await server.ServeForever();
//   }
//
// Source: asyncio.start_server, asyncio.Server; differs: the last Server
// handle that dies closes the listening sockets.
#ifndef RONDO_RUNTIME_SERVER_H_
#define RONDO_RUNTIME_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/streams.h"

namespace rondo {
namespace internal {
class ServerCore;
}  // namespace internal

// Serves one client. An exception goes to the loop's exception handler.
using ConnectionHandler = std::function<Coro<>(Stream)>;

class Server {
 public:
  // Refers to nothing.
  Server() = default;
  explicit Server(std::shared_ptr<internal::ServerCore> core)
      : core_(std::move(core)) {}

  // Waits until the server is closed. Cancellation: closes it.
  Coro<> ServeForever();
  // Stops listening; connections go on. Idempotent.
  void Close();
  bool is_serving() const;
  // Where it listens, with the port that was chosen for port 0.
  std::vector<SocketAddress> addresses() const;

 private:
  std::shared_ptr<internal::ServerCore> core_;
};

// Listens on every address of `host` ("": all of IPv4). Each connection runs
// `handler` in a task of its own; the handler lives as long as any of them.
// Throws: std::system_error with the call and the address.
Coro<Server> StartServer(ConnectionHandler handler, std::string host,
                         std::uint16_t port, int backlog = 100);

}  // namespace rondo

#endif  // RONDO_RUNTIME_SERVER_H_
