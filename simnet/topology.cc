#include "rondo/simnet/topology.h"

#include <array>
#include <cstdint>
#include <stdexcept>

#include "rondo/simnet/inet_address.h"

namespace rondo::internal {

bool NetworkHost::Owns(const SocketAddress& ip) const {
  return IsLoopback(ip) || ip.ip() == AddressFor(ip).ip();
}

SocketAddress NetworkHost::SourceFor(const SocketAddress& to) const {
  return IsLoopback(to) ? Loopback(to.family(), 0) : AddressFor(to);
}

NetworkHost& Topology::AddHost(std::string_view name) {
  if (by_name_.contains(name)) {
    throw std::invalid_argument("a host of that name exists: " +
                                std::string(name));
  }
  const int index = static_cast<int>(hosts_.size());
  const auto number = static_cast<std::uint32_t>(index + 1);
  const std::array<std::uint8_t, 4> ip = {
      10, static_cast<std::uint8_t>(number >> 16),
      static_cast<std::uint8_t>(number >> 8),
      static_cast<std::uint8_t>(number)};
  NetworkHost& host = hosts_.emplace_back();
  host.name = name;
  host.id = HashName(name);
  host.index = index;
  host.address = SocketAddress::IPv4(ip, 0);
  host.address6 = SocketAddress::IPv6(
      {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ip[1], ip[2], ip[3]}, 0);
  by_name_.emplace(host.name, &host);
  return host;
}

NetworkHost* Topology::FindHost(std::string_view name) {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

NetworkHost* Topology::FindHost(const SocketAddress& address) {
  const std::string_view ip = address.ip();
  if (ip.size() < 4) return nullptr;
  const std::string_view last = ip.substr(ip.size() - 3);
  const std::size_t number = static_cast<std::uint8_t>(last[0]) << 16 |
                             static_cast<std::uint8_t>(last[1]) << 8 |
                             static_cast<std::uint8_t>(last[2]);
  if (number == 0 || number > hosts_.size()) return nullptr;
  NetworkHost& host = hosts_[number - 1];
  return host.AddressFor(address).ip() == ip ? &host : nullptr;
}

Link& Topology::Between(NetworkHost& from, NetworkHost& to) {
  const auto [found, made] =
      links_.try_emplace({from.index, to.index},
                         Link{&from, &to, &from == &to ? loopback_ : default_});
  if (made) found->second.down = IsDown(found->second);
  return found->second;
}

void Topology::SetDefault(const LinkOptions& options) {
  default_ = options;
  for (auto& [key, link] : links_) {
    if (link.from != link.to) link.options = options;
  }
}

void Topology::Uncut(const NetworkHost* host) {
  for (auto& [key, link] : links_) {
    if (host == nullptr || link.from == host || link.to == host) {
      link.cut = false;
    }
  }
}

bool Topology::IsDown(const Link& link) {
  if (link.from->down || link.to->down) return true;
  if (link.from == link.to) return false;  // No partition reaches loopback.
  return link.cut || link.from->isolated || link.to->isolated;
}

}  // namespace rondo::internal
