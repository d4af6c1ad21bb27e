// What every part of one simulated network shares.
#ifndef RONDO_SIMNET_NETWORK_CONTEXT_H_
#define RONDO_SIMNET_NETWORK_CONTEXT_H_

#include <cstddef>
#include <list>
#include <set>
#include <string>
#include <string_view>

#include "rondo/replay/decisions.h"
#include "rondo/runtime/clock.h"
#include "rondo/simnet/event_queue.h"
#include "rondo/simnet/network_observer.h"
#include "rondo/simnet/segment.h"
#include "rondo/simnet/topology.h"

namespace rondo {

struct NetworkOptions {
  LinkOptions link = {};
  LinkOptions loopback = {std::chrono::microseconds(5),
                          std::chrono::microseconds(50)};
  // Small on purpose: back-pressure shows.
  std::size_t send_buffer = 64 * 1024;
  std::size_t receive_buffer = 128 * 1024;
  // Unacknowledged for so long, a connection breaks with ETIMEDOUT.
  Nanoseconds user_timeout = std::chrono::milliseconds(924'600);
  // Of Unix sockets, and what of UDP has arrived (net.core.wmem_default).
  std::size_t unix_buffer = 212992;
  std::size_t udp_buffer = 212992;
  // A Unix datagram socket holds one more than so many of others.
  int unix_datagrams = 10;
  // Names have an IPv6 address too, and so has no name (SimResolver).
  bool resolve_ipv6 = false;
  // How often a lost SYN is repeated: after 1, 3, 7, ... seconds.
  int syn_retries = 6;
};

namespace internal {

class TcpConnection;

struct NetworkContext {
  EventQueue& queue;
  Clock& clock;  // The true time.
  Decisions& decisions;
  NetworkObserver* observer;
  NetworkOptions options;
  Topology topology;
  SegmentPool pool;
  std::list<TcpConnection> connections;  // In order of creation.
  std::set<Identity> named_draws;        // Told to the observer.
  // Whether decisions are to be told what they are about.
  bool tells_meanings;

  // Tells the observer what `stream` is called, once.
  void NameDraws(Identity stream, std::string_view name,
                 std::string_view part) {
    if (observer == nullptr || !named_draws.insert(stream).second) return;
    observer->OnDrawStream(stream, std::string(name).append("/").append(part));
  }

  void Observe(NetworkEventKind kind, Identity host, Identity resource,
               std::uint64_t length, std::string_view text,
               std::string_view data = {}) {
    if (observer != nullptr) {
      observer->OnNetworkEvent({kind, host, resource, length, text, data});
    }
  }
};

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_SIMNET_NETWORK_CONTEXT_H_
