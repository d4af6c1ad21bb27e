#include "rondo/simnet/udp_path.h"

#include <memory>
#include <string_view>
#include <utility>

#include "rondo/simnet/udp_socket.h"

namespace rondo::internal {
namespace {

constexpr std::string_view kPartNames[] = {"",       "lost",  "latency",
                                           "double", "again", "note"};

}  // namespace

void UdpPacket::Send(NetworkContext& context, UdpRoute& route,
                     NetworkHost& host, NetworkHost& peer,
                     const SocketAddress& from, const SocketAddress& to,
                     std::string data) {
  const std::uint64_t number = route.packets++;
  const auto make = [&](std::string bytes) {
    std::unique_ptr<UdpPacket> packet(
        new UdpPacket(context, route, host, peer, number));
    packet->from_ = from;
    packet->to_ = to;
    packet->data_ = std::move(bytes);
    return packet;
  };
  const Link& link = context.topology.Between(host, peer);
  std::unique_ptr<UdpPacket> packet = make(std::move(data));
  if (link.down || packet->Happens(Part::kLost, link.options.datagrams_lost)) {
    return packet->Observe(NetworkEventKind::kDrop, host);
  }
  const Nanoseconds latency = packet->Latency(Part::kLatency, link.options);
  if (packet->Happens(Part::kDoubled, link.options.datagrams_doubled)) {
    std::unique_ptr<UdpPacket> copy = make(packet->data_);
    const Nanoseconds again = copy->Latency(Part::kAgain, link.options);
    copy.release()->Travel(Part::kAgain, again);
  }
  packet.release()->Travel(Part::kEvent, latency);
}

std::uint64_t UdpPacket::Draw(Part part, std::uint64_t n) {
  const auto index = static_cast<std::uint64_t>(part);
  const Identity stream = Combine(route_, index);
  context_.NameDraws(stream, name_, kPartNames[index]);
  return context_.decisions.Draw(stream, number_, n);
}

bool UdpPacket::Happens(Part part, std::uint32_t of_a_million) {
  constexpr std::uint64_t kMillion = 1'000'000;
  // The dull answer, 0, is no.
  return of_a_million > 0 && Draw(part, kMillion) >= kMillion - of_a_million;
}

Nanoseconds UdpPacket::Latency(Part part, const LinkOptions& options) {
  const Nanoseconds range = options.latency_max - options.latency_min;
  if (range <= Nanoseconds(0)) return options.latency_min;
  if (context_.tells_meanings) {
    const std::string what = "latency of datagram " + std::to_string(number_) +
                             " of " + name_ + (is_note_ ? ", refused" : "");
    context_.decisions.TellMeaning({what, options.latency_min});
  }
  return options.latency_min +
         Nanoseconds(Draw(part, static_cast<std::uint64_t>(range.count()) + 1));
}

// It owns itself from now on.
void UdpPacket::Travel(Part part, Nanoseconds latency) {
  stream_.id = Combine(Combine(route_, static_cast<std::uint64_t>(part)),
                       Combine(HashName("packet"), number_));
  stream_.host = is_note_ ? host_.id : peer_.id;
  stream_.resource = route_;
  stream_.label = name_;
  context_.queue.Schedule(stream_, this, context_.clock.Now() + latency);
}

void UdpPacket::Happen() {
  const std::unique_ptr<UdpPacket> self(this);
  NetworkHost& there = is_note_ ? host_ : peer_;
  if (context_.topology.Between(is_note_ ? peer_ : host_, there).down) {
    return Observe(NetworkEventKind::kDrop, there);
  }
  if (is_note_) {
    UdpSocket::NotWanted(there, from_, to_);
  } else {
    Deliver();
  }
}

void UdpPacket::Deliver() {
  switch (UdpSocket::Arrive(peer_, from_, to_, data_)) {
    case UdpSocket::Arrival::kTaken:
      return Observe(NetworkEventKind::kDeliver, peer_);
    case UdpSocket::Arrival::kNoRoom:
      return Observe(NetworkEventKind::kDrop, peer_);
    case UdpSocket::Arrival::kNobody:
      Observe(NetworkEventKind::kRefuse, peer_);
      return Refuse();
  }
}

void UdpPacket::Refuse() {
  const Link& back = context_.topology.Between(peer_, host_);
  if (back.down || IsBroadcast(to_)) return;
  const UdpRoute route{route_, name_, 0};
  std::unique_ptr<UdpPacket> note(
      new UdpPacket(context_, route, host_, peer_, number_));
  note->is_note_ = true;
  note->from_ = from_;
  note->to_ = to_;
  const Nanoseconds latency = note->Latency(Part::kNote, back.options);
  note.release()->Travel(Part::kNote, latency);
}

void UdpPacket::Observe(NetworkEventKind kind, const NetworkHost& host) {
  context_.Observe(kind, host.id, route_, data_.size(), name_);
}

}  // namespace rondo::internal
