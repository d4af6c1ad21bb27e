// Connections of transports and protocols.
//
//   rondo::Connection c = co_await rondo::CreateConnection(
//       [] { return std::make_shared<Echo>(); }, "example.org", 80);
//   c.transport->Write("ping");
//
// Throws: std::system_error with the call and the address, or the name that
// could not be resolved; if several addresses have failed, each in its own way,
// one that tells all. RuntimeError without a running loop or network. What the
// factory throws.
// Cancellation: at once; the socket is closed.
// Source: asyncio create_connection, connect_accepted_socket.
#ifndef RONDO_RUNTIME_CONNECTIONS_H_
#define RONDO_RUNTIME_CONNECTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/get_addr_info.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/socket_transport.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/transport.h"

namespace rondo {

using ProtocolFactory = std::function<std::shared_ptr<Protocol>()>;

struct Connection {
  Connection() = default;
  Connection(std::shared_ptr<Transport> t, std::shared_ptr<Protocol> p)
      : transport(std::move(t)), protocol(std::move(p)) {}

  std::shared_ptr<Transport> transport;
  std::shared_ptr<Protocol> protocol;  // What the factory has made.
};

// A class: optional addresses have destructors, and g++ 12 destroys aggregates
// twice that are written where something is awaited.
struct ConnectionOptions {
  ConnectionOptions() = default;

  // Where the socket is bound before it connects: addresses of other families
  // cannot be reached from there.
  std::optional<HostPort> local;
  // Of several addresses the next is tried when the one before has failed; with
  // a delay (250 ms is usual) also when it has taken that long: whichever
  // answers first is it. Source: RFC 8305, "happy eyeballs".
  std::optional<Nanoseconds> happy_eyeballs_delay;
  // So many addresses of the first family come first, then the families take
  // turns. Not given: the order of the resolver; 1 with happy eyeballs.
  std::optional<std::size_t> interleave;
  // Of which family the addresses are to be.
  std::optional<AddressFamily> family;
  // If it fails, an ExceptionGroup of what every attempt has thrown.
  bool all_errors = false;
};

// Connects to a name or a numeric address; returns when the protocol has its
// transport.
Coro<Connection> CreateConnection(ProtocolFactory factory, std::string host,
                                  std::uint16_t port,
                                  ConnectionOptions options = {});

// The same with a stream socket that is connected already, by connecting or by
// being accepted. Throws: ValueError for any other kind.
Coro<Connection> CreateConnection(ProtocolFactory factory, Socket socket);

namespace internal {

// Makes `socket` non-blocking. Throws: ValueError if it is no stream socket.
void RequireStream(const Socket& socket);

// A connected stream socket to one of the host's addresses.
Coro<Socket> ConnectSocket(std::string host, std::uint16_t port,
                           ConnectionOptions options);

// Lets the families of `addresses` take turns, after the first
// `first_family_count` of the first.
std::vector<SocketAddress> Interleave(
    const std::vector<SocketAddress>& addresses,
    std::size_t first_family_count);

// Makes the transport and waits until the protocol has it.
Coro<Connection> StartConnection(ProtocolFactory factory, Socket socket,
                                 std::shared_ptr<ConnectionOwner> owner);
// That, or what does the same with something between the two.
using ConnectionStarter = std::function<Coro<Connection>(
    ProtocolFactory, Socket, std::shared_ptr<ConnectionOwner>)>;

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_CONNECTIONS_H_
