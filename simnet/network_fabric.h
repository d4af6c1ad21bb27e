// The simulated network: hosts, links, partitions, and all that is under way.
//
// Example:
//   EventQueue queue;
//   VirtualTime time;
//   VirtualClock clock(time);
//   NetworkFabric fabric(queue, clock, decisions);
//   SimNetwork& n1 = fabric.AddHost("n1");  // 10.0.0.1
//   SimNetwork& n2 = fabric.AddHost("n2");  // 10.0.0.2
//   fabric.Partition("n1", "n2");           // Until Heal.
//
// The fabric schedules events and never runs them: whoever owns the queue pops
// them, moves the time and lets them happen.
//
// All names are of hosts that exist; others throw std::out_of_range.
//
// Thread-safety: one run, one thread.
#ifndef RONDO_SIMNET_NETWORK_FABRIC_H_
#define RONDO_SIMNET_NETWORK_FABRIC_H_

#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "rondo/replay/decisions.h"
#include "rondo/runtime/clock.h"
#include "rondo/simnet/event_queue.h"
#include "rondo/simnet/network_context.h"
#include "rondo/simnet/network_observer.h"
#include "rondo/simnet/sim_network.h"

namespace rondo {

class NetworkFabric {
 public:
  // All outlive it. `clock` tells the true time. `observer` may be null.
  NetworkFabric(EventQueue& queue, Clock& clock, Decisions& decisions,
                NetworkObserver* observer = nullptr,
                const NetworkOptions& options = {});
  ~NetworkFabric();
  NetworkFabric(const NetworkFabric&) = delete;
  NetworkFabric& operator=(const NetworkFabric&) = delete;

  // Throws: std::invalid_argument if the name is taken.
  SimNetwork& AddHost(std::string_view name);
  SimNetwork& host(std::string_view name);

  // What is under way keeps the latency that it was given.
  void SetDefaultLink(const LinkOptions& options);
  // Both directions; one.
  void SetLink(std::string_view a, std::string_view b,
               const LinkOptions& options);
  void SetLinkOneWay(std::string_view from, std::string_view to,
                     const LinkOptions& options);

  // A partition keeps segments back, also those under way: what was sent
  // arrives after Heal, as TCP would send it again, unless the end that waits
  // for an acknowledgement gives up before. Datagrams are lost. Nobody is told.
  void Partition(std::string_view host);  // From every other host.
  void Partition(std::string_view a, std::string_view b);
  void PartitionOneWay(std::string_view from, std::string_view to);
  void Heal();                       // Everything.
  void Heal(std::string_view host);  // All that involves it.
  void Heal(std::string_view a, std::string_view b);

  // The host crashes: its SimNetwork goes inert, nothing more is sent, and
  // what arrives is lost (its peers will repeat it).
  void HostDown(std::string_view name);
  // It is back, with nothing of what it had: a new SimNetwork. Segments of old
  // connections are answered with a reset. The old SimNetwork stays valid.
  SimNetwork& HostUp(std::string_view name);

 private:
  internal::NetworkHost& Get(std::string_view name);
  void LinksChanged();

  internal::NetworkContext context_;
  std::deque<std::unique_ptr<SimNetwork>> networks_;  // All boots'.
  std::vector<SimNetwork*> current_;                  // By the host's index.
};

}  // namespace rondo

#endif  // RONDO_SIMNET_NETWORK_FABRIC_H_
