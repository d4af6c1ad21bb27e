// Connections over TLS: what connections.h, streams.h, server.h and
// unix_sockets.h have, with one more argument.
//
//   rondo::Stream stream = co_await rondo::OpenConnection(
//       "example.org", 443, rondo::TlsOptions(rondo::TlsContext::Client()));
//
//   rondo::Server server = co_await rondo::StartServer(
//       Echo, "", 443, rondo::TlsOptions(rondo::TlsContext::Server(settings)));
//
// Each returns when the handshake is over. A server's handshakes that fail are
// reported in debug mode only.
//
// Throws: also TlsError, CertificateVerificationError if the peer is not whom
// it should be, std::system_error (ECONNABORTED) for a handshake that takes too
// long; ValueError for a context of the other side.
// Cancellation: at once; the connection is broken off.
// Source: asyncio, `ssl=` and start_tls.
#ifndef RONDO_RUNTIME_TLS_H_
#define RONDO_RUNTIME_TLS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rondo/runtime/connections.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/tls_context.h"
#include "rondo/runtime/tls_protocol.h"
#include "rondo/runtime/transport.h"
#include "rondo/runtime/unix_sockets.h"

namespace rondo {

Coro<Connection> CreateConnection(ProtocolFactory factory, std::string host,
                                  std::uint16_t port, TlsOptions tls,
                                  ConnectionOptions options = {});

// Of a connected socket: the side is the context's. A client needs a
// server_hostname, unless it checks none.
Coro<Connection> CreateConnection(ProtocolFactory factory, Socket socket,
                                  TlsOptions tls);

Coro<Stream> OpenConnection(std::string host, std::uint16_t port,
                            TlsOptions tls,
                            std::size_t limit = StreamReader::kDefaultLimit);

Coro<Server> CreateServer(ProtocolFactory factory, std::string host,
                          std::uint16_t port, TlsOptions tls,
                          ServerOptions options = {});

Coro<Server> CreateServer(ProtocolFactory factory,
                          std::vector<std::string> hosts, std::uint16_t port,
                          TlsOptions tls, ServerOptions options = {});
Coro<Server> CreateServer(ProtocolFactory factory, Socket socket,
                          TlsOptions tls, ServerOptions options = {});

Coro<Server> StartServer(ConnectionHandler handler, std::string host,
                         std::uint16_t port, TlsOptions tls,
                         ServerOptions options = {});

// Unix sockets have no host: a client needs a server_hostname, unless it checks
// none.
Coro<Connection> CreateUnixConnection(ProtocolFactory factory, std::string path,
                                      TlsOptions tls);
Coro<Stream> OpenUnixConnection(
    std::string path, TlsOptions tls,
    std::size_t limit = StreamReader::kDefaultLimit);
Coro<Server> CreateUnixServer(ProtocolFactory factory, std::string path,
                              TlsOptions tls, ServerOptions options = {});
Coro<Server> StartUnixServer(ConnectionHandler handler, std::string path,
                             TlsOptions tls, ServerOptions options = {});

// Goes over to TLS in an open connection: returns the transport that
// `protocol`, which keeps its place and is told nothing, is to use from now on.
// The side is the context's. If it fails, the connection is closed, and
// `protocol` told.
Coro<std::shared_ptr<Transport>> StartTls(std::shared_ptr<Transport> transport,
                                          std::shared_ptr<Protocol> protocol,
                                          TlsOptions tls);

// Stream::StartTls (streams.h) is the same of a stream. What the peer has sent
// already and nobody has read is taken for the beginning of its handshake:
// nothing that was said in the clear is read as if it had been secret.

// What is known of the connection. Throws: ValueError if it has no TLS.
std::shared_ptr<const TlsInfo> TlsInfoOf(const Stream& stream);

}  // namespace rondo

#endif  // RONDO_RUNTIME_TLS_H_
