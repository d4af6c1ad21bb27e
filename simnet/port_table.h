// Who holds which port of a host.
#ifndef RONDO_SIMNET_PORT_TABLE_H_
#define RONDO_SIMNET_PORT_TABLE_H_

#include <cstdint>
#include <map>
#include <vector>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/identity.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/simnet/socket_settings.h"

namespace rondo::internal {

class SimSocket;

// How a socket has a port, or would have it.
struct PortClaim {
  SocketAddress address;
  unsigned sharing = 0;  // kShareAddress, kSharePort.
  bool ipv6_only = false;
};

// The rules are Linux's: two sockets may share a port if both have
// SO_REUSEPORT, or both have SO_REUSEADDR and neither listens, or their
// addresses have nothing in common; :: also means all of IPv4 unless it is
// IPv6 only. Connections hold the port of their listener, and for 60 s after
// the active close (TIME_WAIT) too.
//
// TCP has one table, UDP another, where nobody listens or waits.
//
// Sockets bound by name are kept one by one; those that came by a port without
// asking for it (accepted, or given one by connect) only as a count, which
// takes every address as equal.
class PortTable {
 public:
  static constexpr std::uint16_t kFirstEphemeral = 32768;
  static constexpr std::uint16_t kLastEphemeral = 60999;
  static constexpr Nanoseconds kTimeWait = std::chrono::seconds(60);

  // True if binding would fail with EADDRINUSE.
  bool InUse(const PortClaim& claim, Nanoseconds now) const;
  // The next free port, in ascending order from the last one; 0: none.
  std::uint16_t NextEphemeral(Nanoseconds now);

  void Bind(SimSocket* socket, const PortClaim& claim);
  void Unbind(SimSocket* socket, std::uint16_t port);
  // It has its port, which stays the same, in another way.
  void Rebind(SimSocket* socket, const PortClaim& claim);
  // False, and no change, if another socket listens there.
  bool Listen(SimSocket* socket, std::uint16_t port);
  void StopListening(SimSocket* socket, std::uint16_t port);
  // Null: nobody listens. An exact address wins over 0.0.0.0, and that over ::.
  // Of several with SO_REUSEPORT `flow` selects one.
  SimSocket* FindListener(const SocketAddress& address, Identity flow) const;

  // Of connections, which have it without a claim.
  void Hold(std::uint16_t port, unsigned sharing);
  void Release(std::uint16_t port, unsigned sharing);
  void KeepForTimeWait(std::uint16_t port, unsigned sharing, Nanoseconds now);

  struct Bound {
    SimSocket* socket;
    PortClaim claim;
    bool listening;

    // How well it fits to what comes for `address`; 0: not at all.
    int Fit(const SocketAddress& address) const;
  };
  // All that are bound to the port, in that order; null: none.
  const std::vector<Bound>* BoundTo(std::uint16_t port) const;

  void Clear() { ports_.clear(); }

 private:
  struct Port {
    std::vector<Bound> bound;
    // By what it is shared by.
    int held[4] = {};
    Nanoseconds time_wait[4] = {Nanoseconds(-1), Nanoseconds(-1),
                                Nanoseconds(-1), Nanoseconds(-1)};
  };

  std::map<std::uint16_t, Port> ports_;
  std::uint16_t last_ephemeral_ = kFirstEphemeral - 1;
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_PORT_TABLE_H_
