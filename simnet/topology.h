// The simulated world's hosts and the links between them.
#ifndef RONDO_SIMNET_TOPOLOGY_H_
#define RONDO_SIMNET_TOPOLOGY_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/identity.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/simnet/port_table.h"
#include "rondo/simnet/unix_names.h"

namespace rondo {

// One direction of a link. A segment takes `latency_min` plus a drawn part of
// what is left to `latency_max`. Datagrams may be lost, or come twice; so many
// of a million, as drawn.
struct LinkOptions {
  Nanoseconds latency_min = std::chrono::microseconds(100);
  Nanoseconds latency_max = std::chrono::microseconds(800);
  std::uint32_t datagrams_lost = 0;
  std::uint32_t datagrams_doubled = 0;
};

namespace internal {

// A host as the network has it. It stays when the host crashes.
struct NetworkHost {
  std::string name;
  Identity id = 0;
  int index = 0;
  SocketAddress address;   // 10.0.0.1, ...
  SocketAddress address6;  // fd00::1, ...
  bool isolated = false;
  bool down = false;
  PortTable ports;  // Of TCP.
  PortTable udp_ports;
  UnixNames unix_names;
  // How many connections, or sockets, of a name it has made.
  std::map<std::string, int> connects;

  // Its own, or a loopback address.
  bool Owns(const SocketAddress& ip) const;
  // Its address on the network that `other` is of.
  const SocketAddress& AddressFor(const SocketAddress& other) const {
    return other.family() == AddressFamily::kIPv4 ? address : address6;
  }
  // What the receiver at `to` sees as its address.
  SocketAddress SourceFor(const SocketAddress& to) const;
  // "NAME#k", k counted from 1.
  std::string Numbered(const std::string& base) {
    return base + "#" + std::to_string(++connects[base]);
  }
};

struct Link {
  NetworkHost* from;
  NetworkHost* to;
  LinkOptions options;
  bool cut = false;   // This one, by name.
  bool down = false;  // For that or any other reason. See UpdateLinks.
};

class Topology {
 public:
  Topology(const LinkOptions& link, const LinkOptions& loopback)
      : default_(link), loopback_(loopback) {}

  // REQUIRES: the name is new. Addresses are 10.0.0.1, 10.0.0.2, ... and
  // fd00::1, fd00::2, ...
  NetworkHost& AddHost(std::string_view name);
  // Null: unknown.
  NetworkHost* FindHost(std::string_view name);
  NetworkHost* FindHost(const SocketAddress& address);
  std::deque<NetworkHost>& hosts() { return hosts_; }

  // The link, made on first use. The reference stays valid.
  Link& Between(NetworkHost& from, NetworkHost& to);
  void SetDefault(const LinkOptions& options);

  // Calls `changed(link)` for each link whose `down` is not what `cut` and the
  // hosts say, after correcting it; in the order of the hosts' creation.
  template <typename Changed>
  void UpdateLinks(Changed changed) {
    for (auto& [key, link] : links_) {
      const bool down = IsDown(link);
      if (down == link.down) continue;
      link.down = down;
      changed(link);
    }
  }
  // Removes the cuts of links of `host`; of all hosts if it is null.
  void Uncut(const NetworkHost* host);

 private:
  static bool IsDown(const Link& link);

  LinkOptions default_;
  LinkOptions loopback_;
  std::deque<NetworkHost> hosts_;
  std::map<std::string, NetworkHost*, std::less<>> by_name_;
  std::map<std::pair<int, int>, Link> links_;  // By the hosts' indices.
};

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_SIMNET_TOPOLOGY_H_
