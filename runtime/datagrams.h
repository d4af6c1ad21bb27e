// Datagram endpoints: UDP, and Unix sockets of datagrams.
//
//   rondo::DatagramEndpoint e = co_await rondo::CreateDatagramEndpoint(
//       [] { return std::make_shared<Pinger>(); },
//       rondo::DatagramOptions::To("10.0.0.1", 53));
//   e.transport->SendTo("ping");
//
// Throws: std::system_error with the call and the address, or the name that
// could not be resolved; ValueError without an address or a family, with
// addresses of which no two are of one family, or for a socket of another kind.
// What the factory throws.
// Cancellation: at once; the socket is closed.
// Source: asyncio create_datagram_endpoint, _SelectorDatagramTransport;
// differs: of several addresses of one family the first is taken, not the last.
#ifndef RONDO_RUNTIME_DATAGRAMS_H_
#define RONDO_RUNTIME_DATAGRAMS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/get_addr_info.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/transport.h"

namespace rondo {

using DatagramProtocolFactory =
    std::function<std::shared_ptr<DatagramProtocol>()>;

struct DatagramOptions {
  DatagramOptions() = default;
  // Connected to a host.
  static DatagramOptions To(std::string host, std::uint16_t port);
  // Bound to one's own address; "": to all of them.
  static DatagramOptions At(std::string host, std::uint16_t port);

  // Where the endpoint is bound. Not given: the system chooses at the first
  // datagram. A socket that was left at the path of a Unix socket is removed.
  std::optional<HostPort> local;
  // Its peer: only that one's datagrams are received, and SendTo needs no
  // address.
  std::optional<HostPort> remote;
  // Of which family it is to be. Needed if there are no addresses.
  std::optional<AddressFamily> family;
  bool reuse_port = false;
  // May send to broadcast addresses; then `remote` is only where SendTo sends.
  bool allow_broadcast = false;
};

struct DatagramEndpoint {
  DatagramEndpoint() = default;
  DatagramEndpoint(std::shared_ptr<DatagramTransport> t,
                   std::shared_ptr<DatagramProtocol> p)
      : transport(std::move(t)), protocol(std::move(p)) {}

  std::shared_ptr<DatagramTransport> transport;
  std::shared_ptr<DatagramProtocol> protocol;
};

// Returns when the protocol has its transport. Of several addresses it has the
// first, or first two of one family, with which it works.
Coro<DatagramEndpoint> CreateDatagramEndpoint(DatagramProtocolFactory factory,
                                              DatagramOptions options);

// The same with a socket for datagrams, bound or connected as it is.
Coro<DatagramEndpoint> CreateDatagramEndpoint(DatagramProtocolFactory factory,
                                              Socket socket);

}  // namespace rondo

#endif  // RONDO_RUNTIME_DATAGRAMS_H_
