// What is under way between UDP sockets: packets, each for itself.
//
// A packet takes its link's latency, and none waits for another: they arrive
// in any order. It may be lost or come twice (LinkOptions); a cut link loses
// what is sent into it and what arrives from it. Where nobody has the port, a
// note of that goes back, which only a connected socket sees.
#ifndef RONDO_SIMNET_UDP_PATH_H_
#define RONDO_SIMNET_UDP_PATH_H_

#include <cstdint>
#include <string>

#include "rondo/runtime/socket_address.h"
#include "rondo/simnet/event_queue.h"
#include "rondo/simnet/network_context.h"

namespace rondo::internal {

// What a socket sends to one host. Its numbers are drawn from streams of its
// own, by the number of the packet.
struct UdpRoute {
  Identity id = 0;
  std::string name;  // "n1:53/udp>n2".
  std::uint64_t packets = 0;
};

// A packet, or the note that one was not wanted.
class UdpPacket final : public SimEvent {
 public:
  // Sends `data` on its way. `from` is the address that the receiver sees.
  static void Send(NetworkContext& context, UdpRoute& route, NetworkHost& host,
                   NetworkHost& peer, const SocketAddress& from,
                   const SocketAddress& to, std::string data);

  void Happen() override;
  void Discard() override { delete this; }

 private:
  enum class Part { kEvent, kLost, kLatency, kDoubled, kAgain, kNote };

  UdpPacket(NetworkContext& context, const UdpRoute& route, NetworkHost& host,
            NetworkHost& peer, std::uint64_t number)
      : context_(context),
        host_(host),
        peer_(peer),
        route_(route.id),
        number_(number),
        name_(route.name) {}

  // One of `n` for this packet.
  std::uint64_t Draw(Part part, std::uint64_t n);
  bool Happens(Part part, std::uint32_t of_a_million);
  Nanoseconds Latency(Part part, const LinkOptions& options);
  void Travel(Part part, Nanoseconds latency);
  void Deliver();
  void Refuse();
  void Observe(NetworkEventKind kind, const NetworkHost& host);

  NetworkContext& context_;
  NetworkHost& host_;  // Where it comes from, and where it goes to.
  NetworkHost& peer_;
  const Identity route_;
  const std::uint64_t number_;
  const std::string name_;
  EventStream stream_;
  bool is_note_ = false;
  SocketAddress from_;
  SocketAddress to_;
  std::string data_;
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_UDP_PATH_H_
