#include "rondo/simnet/udp_socket.h"

#include <cerrno>
#include <string_view>
#include <utility>

#include "rondo/simnet/buffer_charge.h"
#include "rondo/simnet/inet_address.h"

namespace rondo::internal {
namespace {

// The longest datagrams: 65535 bytes with the headers, which IPv6 does not
// count all.
constexpr std::size_t kMaxIPv4 = 65507;
constexpr std::size_t kMaxIPv6 = 65527;

}  // namespace

bool IsBroadcast(const SocketAddress& address) {
  return address.ip() == std::string_view("\xff\xff\xff\xff") ||
         address.ip() == std::string_view("\x0a\xff\xff\xff");
}

UdpSocket::UdpSocket(NetworkContext& context, NetworkHost& host,
                     AddressFamily family)
    : context_(context),
      host_(host),
      family_(family),
      local_(AnyAddress(family)) {
  settings_.send_buffer = context.options.udp_buffer;
  settings_.receive_buffer = context.options.udp_buffer;
}

// ---- Names and connecting.

PortClaim UdpSocket::Claim(const SocketAddress& address) const {
  return {address, settings_.sharing(), settings_.ipv6_only};
}

SysResult UdpSocket::Bind(const SocketAddress& address) {
  SocketAddress name;
  const SysResult result =
      FromProgram(address, family_, settings_.ipv6_only, -EINVAL, &name);
  if (result < 0) return result;
  if (!name.is_any() && !IsBroadcast(name) && !host_.Owns(name)) {
    return -EADDRNOTAVAIL;
  }
  if (local_.port() != 0) return -EINVAL;
  const Nanoseconds now = context_.clock.Now();
  if (name.port() == 0) {
    name = name.WithPort(host_.udp_ports.NextEphemeral(now));
    if (name.port() == 0) return -EADDRINUSE;
    name_ = host_.Numbered(host_.name + ":udp");
  } else if (host_.udp_ports.InUse(Claim(name), now)) {
    return -EADDRINUSE;
  } else {
    name_ = host_.name + ":" + std::to_string(name.port()) + "/udp";
  }
  id_ = HashName(name_);
  bound_to_address_ = !name.is_any();
  local_ = name;
  host_.udp_ports.Bind(this, Claim(local_));
  return 0;
}

SysResult UdpSocket::BindToAny() {
  if (local_.port() != 0) return 0;
  return Bind(AnyAddress(family_)) < 0 ? -EAGAIN : 0;
}

SysResult UdpSocket::Listen(int) { return -EOPNOTSUPP; }

SysResult UdpSocket::Accept(std::shared_ptr<SimSocket>*, SocketAddress*) {
  return -EOPNOTSUPP;
}

SysResult UdpSocket::Connect(const SocketAddress& address) {
  SysResult result = BindToAny();
  if (result < 0) return result;
  SocketAddress remote;
  result =
      FromProgram(address, family_, settings_.ipv6_only, -ENETUNREACH, &remote);
  if (result < 0) return result;
  if (IsBroadcast(remote) && !settings_.broadcast) return -EACCES;
  if (remote.is_any()) remote = Loopback(remote.family(), remote.port());
  connected_ = true;
  remote_ = remote;
  if (!bound_to_address_) {
    local_ = host_.SourceFor(remote).WithPort(local_.port());
    host_.udp_ports.Rebind(this, Claim(local_));
  }
  Changed();
  return 0;
}

SysResult UdpSocket::TakeError() {
  const int error = std::exchange(error_, 0);
  Changed();
  return error;
}

SysResult UdpSocket::LocalAddress(SocketAddress* address) const {
  *address = ToProgram(local_, family_);
  return 0;
}

SysResult UdpSocket::PeerAddress(SocketAddress* address) const {
  if (!connected_ || remote_.port() == 0) return -ENOTCONN;
  *address = ToProgram(remote_, family_);
  return 0;
}

// ---- Sending.

SysResult UdpSocket::SendMessage(MessageParts parts) {
  const SysResult result = BindToAny();
  if (result < 0) return result;
  const std::size_t size = SizeOf(parts);
  if (size > 0xffff) return -EMSGSIZE;
  if (!connected_) return -EDESTADDRREQ;
  return SendData(Join(parts, size), remote_);
}

SysResult UdpSocket::SendTo(std::span<const char> data,
                            const SocketAddress& to) {
  SysResult result = BindToAny();
  if (result < 0) return result;
  if (data.size() > 0xffff) return -EMSGSIZE;
  SocketAddress remote = to;
  // An IPv6 socket takes IPv4 addresses here.
  if (to.family() != AddressFamily::kIPv4 || family_ == AddressFamily::kIPv4) {
    result =
        FromProgram(to, family_, settings_.ipv6_only, -ENETUNREACH, &remote);
    if (result < 0) return result;
  } else if (settings_.ipv6_only) {
    return -ENETUNREACH;
  }
  if (remote.port() == 0) return -EINVAL;
  if (remote.is_any()) remote = Loopback(remote.family(), remote.port());
  return SendData(std::string(data.data(), data.size()), remote);
}

SysResult UdpSocket::Check(std::size_t size, const SocketAddress& to) {
  if (IsBroadcast(to) && !settings_.broadcast) return -EACCES;
  if (IsLoopback(local_) && !host_.Owns(to)) return -EINVAL;
  if (size > (to.family() == AddressFamily::kIPv4 ? kMaxIPv4 : kMaxIPv6)) {
    return -EMSGSIZE;
  }
  if (error_ != 0) return -TakeError();
  return (shutdown_ & kSendShut) != 0 ? -EPIPE : 0;
}

SysResult UdpSocket::SendData(std::string data, const SocketAddress& to) {
  const std::size_t size = data.size();
  const SysResult result = Check(size, to);
  if (result < 0) return result;
  context_.Observe(NetworkEventKind::kSend, host_.id, id_, size, name_, data);
  if (IsBroadcast(to)) {
    for (NetworkHost& peer : context_.topology.hosts()) {
      Dispatch(peer, to, data);
    }
    return static_cast<SysResult>(size);
  }
  NetworkHost* const peer =
      IsLoopback(to) ? &host_ : context_.topology.FindHost(to);
  if (peer == nullptr) {
    context_.Observe(NetworkEventKind::kDrop, host_.id, id_, size, name_);
  } else {
    Dispatch(*peer, to, std::move(data));
  }
  return static_cast<SysResult>(size);
}

void UdpSocket::Dispatch(NetworkHost& peer, const SocketAddress& to,
                         std::string data) {
  const auto [found, made] = routes_.try_emplace(peer.index);
  UdpRoute& route = found->second;
  if (made) {
    route.name = name_ + ">" + peer.name;
    route.id = HashName(route.name);
  }
  const SocketAddress from =
      local_.is_any() ? host_.SourceFor(to).WithPort(local_.port()) : local_;
  UdpPacket::Send(context_, route, host_, peer, from, to, std::move(data));
}

// ---- Receiving.

int UdpSocket::Fit(const PortTable::Bound& bound, const SocketAddress& from,
                   const SocketAddress& to) const {
  const int fit = bound.Fit(to);
  if (fit == 0 || !connected_) return fit;
  if (from.ip() != remote_.ip()) return 0;
  if (remote_.port() == 0) return fit + 3;  // Any port of its.
  return from.port() == remote_.port() ? fit + 6 : 0;
}

UdpSocket* UdpSocket::Find(NetworkHost& host, const SocketAddress& from,
                           const SocketAddress& to) {
  const std::vector<PortTable::Bound>* all = host.udp_ports.BoundTo(to.port());
  if (all == nullptr) return nullptr;
  int best = 1;
  std::vector<UdpSocket*> found;
  for (const PortTable::Bound& bound : *all) {
    auto* const socket = static_cast<UdpSocket*>(bound.socket);
    const int fit = socket->Fit(bound, from, to);
    if (fit < best) continue;
    if (fit > best) found.clear();
    best = fit;
    // Of those that only have SO_REUSEADDR the last one gets it.
    if ((bound.claim.sharing & kSharePort) == 0) found.clear();
    found.push_back(socket);
  }
  if (found.empty()) return nullptr;
  return found[HashName(from.ToString()) % found.size()];
}

UdpSocket::Arrival UdpSocket::Arrive(NetworkHost& host,
                                     const SocketAddress& from,
                                     const SocketAddress& to,
                                     const std::string& data) {
  if (IsBroadcast(to)) return ArriveAtAll(host, from, to, data);
  UdpSocket* const socket = Find(host, from, to);
  if (socket == nullptr) return Arrival::kNobody;
  return socket->Take(from, data);
}

UdpSocket::Arrival UdpSocket::ArriveAtAll(NetworkHost& host,
                                          const SocketAddress& from,
                                          const SocketAddress& to,
                                          const std::string& data) {
  const std::vector<PortTable::Bound>* all = host.udp_ports.BoundTo(to.port());
  if (all == nullptr) return Arrival::kNobody;
  Arrival result = Arrival::kNobody;
  for (const PortTable::Bound& bound : *all) {
    auto* const socket = static_cast<UdpSocket*>(bound.socket);
    if (socket->Fit(bound, from, to) > 0) result = socket->Take(from, data);
  }
  return result;
}

UdpSocket::Arrival UdpSocket::Take(const SocketAddress& from,
                                   std::string data) {
  const std::size_t charge = UdpCharge(data.size());
  // An empty buffer takes anything.
  if (charged_ > 0 && charged_ + charge > settings_.receive_buffer) {
    return Arrival::kNoRoom;
  }
  charged_ += charge;
  received_.push_back({std::move(data), from, charge});
  Changed();
  return Arrival::kTaken;
}

void UdpSocket::NotWanted(NetworkHost& host, const SocketAddress& from,
                          const SocketAddress& to) {
  UdpSocket* const socket = Find(host, to, from);
  if (socket == nullptr || !socket->connected_) return;
  socket->error_ = ECONNREFUSED;
  socket->Changed();
}

SysResult UdpSocket::ReceiveFrom(std::span<char> buffer, SocketAddress* from,
                                 bool* truncated) {
  if (error_ != 0) return -TakeError();
  if (received_.empty()) return -EAGAIN;
  Datagram datagram = std::move(received_.front());
  received_.pop_front();
  charged_ -= datagram.charge;
  Changed();
  datagram.from = ToProgram(datagram.from, family_);
  return datagram.Give(buffer, from, truncated);
}

SysResult UdpSocket::SetOption(SocketOption option, int value) {
  if (IsTcpOption(option)) return -ENOPROTOOPT;
  if (option == SocketOption::kIPv6Only) {
    if (family_ != AddressFamily::kIPv6) return -ENOPROTOOPT;
    if (local_.port() != 0) return -EINVAL;
  }
  const SysResult result = settings_.Set(option, value);
  host_.udp_ports.Rebind(this, Claim(local_));
  return result;
}

SysResult UdpSocket::GetOption(SocketOption option) const {
  if (IsTcpOption(option)) return -EOPNOTSUPP;
  if (option == SocketOption::kIPv6Only && family_ != AddressFamily::kIPv6) {
    return -EOPNOTSUPP;
  }
  return settings_.Get(option);
}

// ---- The end.

SysResult UdpSocket::Shutdown(ShutdownHow how) {
  if (how != ShutdownHow::kSend) shutdown_ |= kReceiveShut;
  if (how != ShutdownHow::kReceive) shutdown_ |= kSendShut;
  Changed();
  return connected_ ? 0 : -ENOTCONN;
}

void UdpSocket::Close() {
  Unpublish();
  host_.udp_ports.Unbind(this, local_.port());
}

// ---- Readiness: udp_poll.

unsigned UdpSocket::Readiness() const {
  if (error_ != 0 || shutdown_ == kBothShut) return kReadable | kWritable;
  const bool readable = !received_.empty() || (shutdown_ & kReceiveShut) != 0;
  return kWritable | (readable ? kReadable : 0u);
}

}  // namespace rondo::internal
