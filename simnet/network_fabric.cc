#include "rondo/simnet/network_fabric.h"

#include <stdexcept>
#include <string>

#include "rondo/simnet/tcp_connection.h"

namespace rondo {

using internal::Link;
using internal::NetworkHost;
using internal::TcpConnection;

NetworkFabric::NetworkFabric(EventQueue& queue, Clock& clock,
                             Decisions& decisions, NetworkObserver* observer,
                             const NetworkOptions& options)
    : context_{queue,     clock,
               decisions, observer,
               options,   internal::Topology(options.link, options.loopback),
               {},        {},
               {},        decisions.wants_meanings()} {}

NetworkFabric::~NetworkFabric() {
  // Connections clear their streams, which needs the pool.
  context_.connections.clear();
}

NetworkHost& NetworkFabric::Get(std::string_view name) {
  NetworkHost* host = context_.topology.FindHost(name);
  if (host == nullptr) {
    throw std::out_of_range("no such host: " + std::string(name));
  }
  return *host;
}

SimNetwork& NetworkFabric::AddHost(std::string_view name) {
  NetworkHost& host = context_.topology.AddHost(name);
  networks_.push_back(std::make_unique<SimNetwork>(context_, host));
  current_.push_back(networks_.back().get());
  return *networks_.back();
}

SimNetwork& NetworkFabric::host(std::string_view name) {
  return *current_[Get(name).index];
}

void NetworkFabric::SetDefaultLink(const LinkOptions& options) {
  context_.topology.SetDefault(options);
}

void NetworkFabric::SetLink(std::string_view a, std::string_view b,
                            const LinkOptions& options) {
  SetLinkOneWay(a, b, options);
  SetLinkOneWay(b, a, options);
}

void NetworkFabric::SetLinkOneWay(std::string_view from, std::string_view to,
                                  const LinkOptions& options) {
  context_.topology.Between(Get(from), Get(to)).options = options;
}

void NetworkFabric::LinksChanged() {
  std::vector<const Link*> changed;
  context_.topology.UpdateLinks([&](const Link& link) {
    context_.Observe(
        link.down ? NetworkEventKind::kPartition : NetworkEventKind::kHeal,
        link.from->id, link.to->id, 0, link.to->name);
    changed.push_back(&link);
  });
  for (const Link* link : changed) {
    for (TcpConnection& connection : context_.connections) {
      link->down ? connection.LinkDown(*link) : connection.LinkUp(*link);
    }
  }
  context_.connections.remove_if(
      [](const TcpConnection& connection) { return connection.Over(); });
}

void NetworkFabric::Partition(std::string_view host) {
  Get(host).isolated = true;
  LinksChanged();
}

void NetworkFabric::Partition(std::string_view a, std::string_view b) {
  context_.topology.Between(Get(a), Get(b)).cut = true;
  context_.topology.Between(Get(b), Get(a)).cut = true;
  LinksChanged();
}

void NetworkFabric::PartitionOneWay(std::string_view from,
                                    std::string_view to) {
  context_.topology.Between(Get(from), Get(to)).cut = true;
  LinksChanged();
}

void NetworkFabric::Heal() {
  for (NetworkHost& host : context_.topology.hosts()) host.isolated = false;
  context_.topology.Uncut(nullptr);
  LinksChanged();
}

void NetworkFabric::Heal(std::string_view host) {
  NetworkHost& healed = Get(host);
  healed.isolated = false;
  context_.topology.Uncut(&healed);
  LinksChanged();
}

void NetworkFabric::Heal(std::string_view a, std::string_view b) {
  context_.topology.Between(Get(a), Get(b)).cut = false;
  context_.topology.Between(Get(b), Get(a)).cut = false;
  LinksChanged();
}

void NetworkFabric::HostDown(std::string_view name) {
  NetworkHost& host = Get(name);
  if (host.down) return;
  host.down = true;
  context_.Observe(NetworkEventKind::kHostDown, host.id, 0, 0, host.name);
  current_[host.index]->GoInert();
  for (TcpConnection& connection : context_.connections) {
    connection.HostDown(host);
  }
  host.ports.Clear();
  host.udp_ports.Clear();
  host.unix_names.DropSockets();
  LinksChanged();
}

SimNetwork& NetworkFabric::HostUp(std::string_view name) {
  NetworkHost& host = Get(name);
  if (!host.down) throw std::logic_error("the host is up: " + host.name);
  host.down = false;
  networks_.push_back(std::make_unique<SimNetwork>(context_, host));
  current_[host.index] = networks_.back().get();
  context_.Observe(NetworkEventKind::kHostUp, host.id, 0, 0, host.name);
  LinksChanged();
  return *current_[host.index];
}

}  // namespace rondo
