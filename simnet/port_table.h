// Who holds which port of a host.
#ifndef RONDO_SIMNET_PORT_TABLE_H_
#define RONDO_SIMNET_PORT_TABLE_H_

#include <cstdint>
#include <map>
#include <vector>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/socket_address.h"

namespace rondo::internal {

class TcpSocket;

// The rules are Linux's: two sockets may share a port if both have
// SO_REUSEADDR and neither listens; connections hold the port of their
// listener, and for 60 s after the active close (TIME_WAIT) too.
//
// Sockets bound by name are kept one by one; those that came by a port without
// asking for it (accepted, or given one by connect) only as a count, which
// takes every address as equal.
class PortTable {
 public:
  static constexpr std::uint16_t kFirstEphemeral = 32768;
  static constexpr std::uint16_t kLastEphemeral = 60999;
  static constexpr Nanoseconds kTimeWait = std::chrono::seconds(60);

  // True if binding to `address` would fail with EADDRINUSE.
  bool InUse(const SocketAddress& address, bool reuse, Nanoseconds now) const;
  // The next free port, in ascending order from the last one; 0: none.
  std::uint16_t NextEphemeral(Nanoseconds now);

  void Bind(TcpSocket* socket, const SocketAddress& address, bool reuse);
  void Unbind(TcpSocket* socket, std::uint16_t port);
  // False, and no change, if another socket listens there.
  bool Listen(TcpSocket* socket, std::uint16_t port);
  void StopListening(TcpSocket* socket, std::uint16_t port);
  // Null: nobody listens. An exact address wins over 0.0.0.0.
  TcpSocket* FindListener(const SocketAddress& address) const;

  void Hold(std::uint16_t port, bool reuse);
  void Release(std::uint16_t port, bool reuse);
  void KeepForTimeWait(std::uint16_t port, bool reuse, Nanoseconds now);

  void Clear() { ports_.clear(); }

 private:
  struct Bound {
    TcpSocket* socket;
    SocketAddress address;
    bool reuse;
    bool listening;
  };
  struct Port {
    std::vector<Bound> bound;
    // By `reuse`.
    int held[2] = {0, 0};
    Nanoseconds time_wait[2] = {Nanoseconds(-1), Nanoseconds(-1)};
  };

  std::map<std::uint16_t, Port> ports_;
  std::uint16_t last_ephemeral_ = kFirstEphemeral - 1;
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_PORT_TABLE_H_
