// Connections and servers of Unix sockets.
//
//   rondo::Server server = co_await rondo::StartUnixServer(Echo, "/run/echo");
//   rondo::Stream stream = co_await rondo::OpenUnixConnection("/run/echo");
//
// A path names a file; after a NUL it is an abstract name, which is none
// (Linux). In a simulation the names are the host's own.
//
// Throws: std::system_error with the call and the path; ValueError for an empty
// path, one with a NUL inside, or a socket that is no Unix stream socket. What
// the factory throws.
// Cancellation: at once; the socket is closed.
// Source: asyncio create_unix_connection, create_unix_server,
// open_unix_connection, start_unix_server.
#ifndef RONDO_RUNTIME_UNIX_SOCKETS_H_
#define RONDO_RUNTIME_UNIX_SOCKETS_H_

#include <cstddef>
#include <string>

#include "rondo/runtime/connections.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/stream_reader.h"
#include "rondo/runtime/streams.h"

namespace rondo {

// As CreateConnection (connections.h), OpenConnection (streams.h).
Coro<Connection> CreateUnixConnection(ProtocolFactory factory,
                                      std::string path);
Coro<Connection> CreateUnixConnection(ProtocolFactory factory, Socket socket);
Coro<Stream> OpenUnixConnection(
    std::string path, std::size_t limit = StreamReader::kDefaultLimit);

// As CreateServer, StartServer (server.h). A socket that somebody has left at
// `path` is removed before, whether anybody listens to it or not; any other
// file is an error. When it stops listening, the server removes the file if it
// is still its own (ServerOptions::cleanup_socket).
Coro<Server> CreateUnixServer(ProtocolFactory factory, std::string path,
                              ServerOptions options = {});
Coro<Server> CreateUnixServer(ProtocolFactory factory, Socket socket,
                              ServerOptions options = {});
Coro<Server> StartUnixServer(ConnectionHandler handler, std::string path,
                             ServerOptions options = {});
Coro<Server> StartUnixServer(ConnectionHandler handler, Socket socket,
                             ServerOptions options = {});

namespace internal {

// A connected socket.
Coro<Socket> ConnectUnixSocket(std::string path);
Listeners BindUnix(std::string path);
// Throws: ValueError if it is no Unix stream socket.
void RequireUnixStream(const Socket& socket);
Listeners BoundUnixSocket(Socket socket);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_UNIX_SOCKETS_H_
