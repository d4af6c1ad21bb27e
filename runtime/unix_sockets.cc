#include "rondo/runtime/unix_sockets.h"

#include <memory>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/socket_file.h"
#include "rondo/runtime/stream_protocol.h"

namespace rondo {
namespace internal {

Coro<Socket> ConnectUnixSocket(std::string path) {
  const SocketAddress address = UnixAddress(path);
  Socket socket = Socket::Stream(AddressFamily::kUnix);
  co_await SockConnect(socket.fd(), address);
  co_return socket;
}

Listeners BindUnix(std::string path) {
  const SocketAddress address = UnixAddress(path);
  LoopCore* const loop = RunningCore();
  Socket socket = Socket::Stream(AddressFamily::kUnix);
  RemoveStaleSocketFile(loop, address);
  const SysResult bound = NetworkOf(loop).Bind(socket.fd(), address);
  if (bound < 0) ThrowSocketError(bound, "bind", address.ToString());
  std::vector<Socket> sockets;
  sockets.push_back(std::move(socket));
  co_return sockets;
}

void RequireUnixStream(const Socket& socket) {
  RequireStream(socket);
  SocketAddress address;
  const SysResult result =
      NetworkOf(RunningCore()).LocalAddress(socket.fd(), &address);
  if (result < 0) ThrowSocketError(result, "getsockname", "");
  if (address.family() != AddressFamily::kUnix) {
    throw ValueError("a Unix stream socket was expected, and " +
                     address.ToString() + " is none");
  }
}

Listeners BoundUnixSocket(Socket socket) {
  RequireUnixStream(socket);
  std::vector<Socket> sockets;
  sockets.push_back(std::move(socket));
  co_return sockets;
}

}  // namespace internal

using internal::ServeOn;
using internal::StartConnection;
using internal::StreamFactory;

Coro<Connection> CreateUnixConnection(ProtocolFactory factory,
                                      std::string path) {
  Socket socket = co_await internal::ConnectUnixSocket(std::move(path));
  co_return co_await StartConnection(std::move(factory), std::move(socket),
                                     nullptr);
}

Coro<Connection> CreateUnixConnection(ProtocolFactory factory, Socket socket) {
  internal::RequireUnixStream(socket);
  co_return co_await StartConnection(std::move(factory), std::move(socket),
                                     nullptr);
}

Coro<Stream> OpenUnixConnection(std::string path, std::size_t limit) {
  const auto protocol = std::make_shared<StreamReaderProtocol>(
      std::make_shared<StreamReader>(limit));
  ProtocolFactory factory = [protocol] { return protocol; };
  const Connection connection =
      co_await CreateUnixConnection(std::move(factory), std::move(path));
  co_return Stream(connection.transport, protocol);
}

Coro<Server> CreateUnixServer(ProtocolFactory factory, std::string path,
                              ServerOptions options) {
  return ServeOn(internal::BindUnix(std::move(path)), &StartConnection,
                 std::move(factory), options);
}

Coro<Server> CreateUnixServer(ProtocolFactory factory, Socket socket,
                              ServerOptions options) {
  return ServeOn(internal::BoundUnixSocket(std::move(socket)), &StartConnection,
                 std::move(factory), options);
}

Coro<Server> StartUnixServer(ConnectionHandler handler, std::string path,
                             ServerOptions options) {
  return CreateUnixServer(StreamFactory(std::move(handler), options.limit),
                          std::move(path), options);
}

Coro<Server> StartUnixServer(ConnectionHandler handler, Socket socket,
                             ServerOptions options) {
  return CreateUnixServer(StreamFactory(std::move(handler), options.limit),
                          std::move(socket), options);
}

}  // namespace rondo
