#include "rondo/simnet/tcp_connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "rondo/simnet/inet_address.h"
#include "rondo/simnet/tcp_socket.h"

namespace rondo::internal {
namespace {

std::string Name(Topology& topology, NetworkHost& host,
                 const SocketAddress& remote) {
  const NetworkHost* peer =
      IsLoopback(remote) ? &host : topology.FindHost(remote);
  return host.Numbered(host.name + ">" +
                       (peer != nullptr
                            ? peer->name + ":" + std::to_string(remote.port())
                            : remote.ToString()));
}

}  // namespace

TcpConnection* TcpConnection::Start(NetworkContext& context,
                                    const std::shared_ptr<TcpSocket>& client,
                                    NetworkHost& host,
                                    const SocketAddress& local,
                                    const SocketAddress& remote) {
  TcpConnection& connection =
      context.connections.emplace_back(context, host, local, remote);
  connection.self_ = std::prev(context.connections.end());
  connection.ends_[0] = client;
  connection.Observe(NetworkEventKind::kConnect, &host, 0);
  connection.SendSyn();
  return &connection;
}

bool TcpConnection::Exists(const NetworkContext& context,
                           const NetworkHost& host, const SocketAddress& local,
                           const SocketAddress& remote) {
  const auto is_alive = [&](const TcpConnection& connection) {
    const TcpSocket* end = connection.ends_[0].get();
    return connection.hosts_[0] == &host && connection.local_ == local &&
           connection.remote_ == remote && end != nullptr &&
           end->state() != TcpSocket::State::kClosed;
  };
  return std::ranges::any_of(context.connections, is_alive);
}

TcpConnection::TcpConnection(NetworkContext& context, NetworkHost& host,
                             const SocketAddress& local,
                             const SocketAddress& remote)
    : context_(context),
      name_(Name(context.topology, host, remote)),
      id_(HashName(name_)),
      hosts_{&host, nullptr},
      local_(local),
      remote_(remote),
      first_syn_(context.clock.Now()) {
  for (int side : {0, 1}) {
    TcpFlow& flow = flows_[side];
    flow.connection = this;
    flow.from = side;
    flow.id = Combine(id_, static_cast<Identity>(side));
    std::uint64_t part = 0;
    for (EventStream* stream : {&flow.segments, &flow.acks, &flow.timer}) {
      stream->id = Combine(flow.id, part++);
      stream->resource = id_;
      stream->label = name_;
    }
    flow.timer.is_timer = true;
  }
}

TcpConnection::~TcpConnection() {
  for (TcpFlow& flow : flows_) {
    context_.queue.Clear(flow.segments);
    context_.queue.Clear(flow.acks);
    context_.queue.Clear(flow.timer);
    flow.held.Clear();
    flow.queue.Clear();
  }
}

// ---- The handshake.

void TcpConnection::SendSyn() {
  if (hosts_[1] == nullptr) {
    hosts_[1] =
        IsLoopback(remote_) ? hosts_[0] : context_.topology.FindHost(remote_);
    if (hosts_[1] == nullptr) return SynLost();
    for (int side : {0, 1}) {
      TcpFlow& flow = flows_[side];
      flow.link = &context_.topology.Between(*hosts_[side], *hosts_[1 - side]);
      flow.segments.host = hosts_[1 - side]->id;
      flow.acks.host = flow.timer.host = hosts_[side]->id;
    }
  }
  if (flows_[0].down()) return SynLost();
  SendControl(SegmentKind::kSyn, flows_[0]);
}

void TcpConnection::SynLost() {
  Observe(NetworkEventKind::kDrop, hosts_[0], 0);
  if (ends_[0] == nullptr || ends_[0]->state() != TcpSocket::State::kSynSent) {
    return;
  }
  TcpFlow& flow = flows_[0];
  if (!flow.timer.empty()) return;
  context_.queue.Schedule(
      flow.timer, context_.pool.New(SegmentKind::kTimer, &flow),
      NextSyn(first_syn_, context_.clock.Now(), context_.options.syn_retries));
}

void TcpConnection::ArriveSyn() {
  auto* listener =
      static_cast<TcpSocket*>(hosts_[1]->ports.FindListener(remote_, id_));
  if (listener == nullptr) {
    Observe(NetworkEventKind::kRefuse, hosts_[1], 0);
    SendControl(SegmentKind::kReset, flows_[1]);
    return;
  }
  if (!listener->CanTakeSyn()) return SynLost();
  ends_[1] = listener->NewChild(this, remote_, local_);
  if (!flows_[1].down()) return SendControl(SegmentKind::kSynAck, flows_[1]);
  ends_[1]->AbandonHandshake();
  ends_[1] = nullptr;
  SynLost();
}

void TcpConnection::ArriveSynAck() {
  TcpSocket* client = ends_[0].get();
  if (client == nullptr || client->state() != TcpSocket::State::kSynSent) {
    return SendReset(0);
  }
  context_.queue.Clear(flows_[0].timer);
  SendControl(SegmentKind::kHandshakeAck, flows_[0]);
  client->Connected();
}

void TcpConnection::ArriveHandshakeAck() {
  if (ends_[1] == nullptr ||
      ends_[1]->state() != TcpSocket::State::kSynReceived) {
    return;
  }
  if (ends_[1]->HandshakeDone()) {
    Observe(NetworkEventKind::kAccept, hosts_[1], 0);
    return;
  }
  SendReset(1);
}

// ---- Sending.

SysResult TcpConnection::Send(int side, std::span<const char> data) {
  TcpFlow& flow = flows_[side];
  const std::size_t capacity = ends_[side]->send_buffer();
  const std::size_t used = flow.used();
  if (used >= capacity) return -EAGAIN;
  const std::size_t taken = std::min(data.size(), capacity - used);
  for (std::size_t done = 0; done < taken;) {
    const std::size_t size = std::min(taken - done, SegmentPool::kMaxPayload);
    Segment* segment = context_.pool.New(SegmentKind::kData, &flow, size);
    std::memcpy(segment->payload(), data.data() + done, size);
    Transmit(flow, segment);
    done += size;
  }
  flow.written += taken;
  Observe(NetworkEventKind::kSend, hosts_[side], taken,
          std::string_view(data.data(), taken));
  return static_cast<SysResult>(taken);
}

bool TcpConnection::Writable(int side) const {
  return flows_[side].Writable(ends_[side]->send_buffer());
}

void TcpConnection::SendControl(SegmentKind kind, TcpFlow& flow) {
  Transmit(flow, context_.pool.New(kind, &flow));
}

void TcpConnection::Transmit(TcpFlow& flow, Segment* segment) {
  segment->sent = context_.clock.Now();
  if (flow.down()) return Hold(flow, segment);
  context_.queue.Schedule(
      flow.segments, segment,
      segment->sent + Latency(*flow.link, flow, flow.segments, segment->kind));
}

void TcpConnection::SendFin(int side) {
  TcpFlow& flow = flows_[side];
  if (flow.fin_sent) return;
  flow.fin_sent = true;
  SendControl(SegmentKind::kFin, flow);
}

void TcpConnection::SendReset(int side) {
  Forget(side);
  TcpFlow& flow = flows_[side];
  if (flow.down()) {
    Observe(NetworkEventKind::kDrop, hosts_[side], 0);
  } else {
    SendControl(SegmentKind::kReset, flow);
  }
}

void TcpConnection::Forget(int side) {
  flows_[side].held.Clear();
  context_.queue.Clear(flows_[side].timer);
}

Nanoseconds TcpConnection::Latency(const Link& link, TcpFlow& flow,
                                   const EventStream& stream,
                                   SegmentKind kind) {
  const LinkOptions& options = link.options;
  const Nanoseconds range = options.latency_max - options.latency_min;
  if (range <= Nanoseconds(0)) return options.latency_min;
  const bool acks = &stream == &flow.acks;
  std::uint64_t& k = acks ? flow.ack_draws : flow.draws;
  if (k == 0 && context_.observer != nullptr) {
    context_.observer->OnDrawStream(
        stream.id, name_ + (flow.from == 0 ? "/there/" : "/back/") +
                       (acks ? "acks" : "segments"));
  }
  if (context_.tells_meanings) {
    const std::string what = LatencyMeaning(link, name_, k, kind);
    context_.decisions.TellMeaning({what, options.latency_min});
  }
  const auto n = static_cast<std::uint64_t>(range.count()) + 1;
  return options.latency_min +
         Nanoseconds(context_.decisions.Draw(stream.id, k++, n));
}

// ---- Arriving.

void TcpConnection::Arrive(Segment* segment) {
  TcpFlow& flow = *segment->flow;
  const SegmentKind kind = segment->kind;
  if (kind == SegmentKind::kData) {
    last_arrival_ = segment->time;
    ArriveData(flow, segment);
  } else {
    const std::uint64_t value = segment->value;
    if (kind < SegmentKind::kTimer) last_arrival_ = segment->time;
    context_.pool.Delete(segment);
    switch (kind) {
      case SegmentKind::kSyn:
        ArriveSyn();
        break;
      case SegmentKind::kSynAck:
        ArriveSynAck();
        break;
      case SegmentKind::kHandshakeAck:
        ArriveHandshakeAck();
        break;
      case SegmentKind::kFin:
        ArriveFin(flow);
        break;
      case SegmentKind::kReset:
        ArriveReset(flow);
        break;
      case SegmentKind::kAck:
        ArriveAck(flow, value);
        break;
      case SegmentKind::kTimer:
        ArriveTimer(flow);
        break;
      case SegmentKind::kKeepAlive:
        ArriveKeepAlive(flow);
        break;
      case SegmentKind::kData:
        break;
    }
  }
  if (Over()) context_.connections.erase(self_);
}

void TcpConnection::ArriveData(TcpFlow& flow, Segment* segment) {
  TcpSocket* receiver = ends_[1 - flow.from].get();
  if (!Alive(receiver) || receiver->RefusesData()) {
    context_.pool.Delete(segment);
    // Nobody can read it any more. A sender that knows needs no telling.
    if (Alive(receiver)) receiver->PeerReset();
    if (Alive(ends_[flow.from].get())) SendReset(1 - flow.from);
    return;
  }
  if (segment->size == 0) return context_.pool.Delete(segment);  // A probe.
  Observe(NetworkEventKind::kDeliver, hosts_[1 - flow.from], segment->size);
  flow.arrived += segment->size;
  flow.queue.Append(segment);
  OpenDoor(flow);
  receiver->Changed();
}

void TcpConnection::ArriveFin(TcpFlow& flow) {
  if (!Alive(ends_[1 - flow.from].get())) return;
  flow.fin_arrived = true;
  if (flow.finished()) FinishDirection(flow);
}

// The receiver has taken everything up to the FIN, and now the FIN itself.
void TcpConnection::FinishDirection(TcpFlow& flow) {
  const int to = 1 - flow.from;
  Observe(NetworkEventKind::kFinish, hosts_[to], 0);
  ends_[to]->PeerFinished();
  if (!flows_[to].finished()) return;
  // Both have ended: this side's own end had arrived before, so it was the
  // first to close, and keeps its port for a while.
  ends_[to]->Ended(true);
  if (ends_[flow.from] != nullptr) ends_[flow.from]->Ended(false);
}

void TcpConnection::ArriveReset(TcpFlow& flow) {
  const int to = 1 - flow.from;
  TcpSocket* receiver = ends_[to].get();
  if (receiver == nullptr || receiver->state() == TcpSocket::State::kClosed) {
    return;
  }
  Observe(NetworkEventKind::kReset, hosts_[to], 0);
  Forget(to);
  if (receiver->state() == TcpSocket::State::kSynReceived) {
    receiver->AbandonHandshake();
    ends_[to] = nullptr;
    return;
  }
  receiver->PeerReset();
}

void TcpConnection::ArriveAck(TcpFlow& flow, std::uint64_t value) {
  flow.acked = std::max(flow.acked, value);
  if (flow.acked == flow.accepted && flow.held.empty() && !flow.timer.empty()) {
    context_.queue.Clear(flow.timer);
    WatchPeer(flow.from);
  }
  if (ends_[flow.from] != nullptr) ends_[flow.from]->Changed();
}

void TcpConnection::ArriveTimer(TcpFlow& flow) {
  TcpSocket* socket = ends_[flow.from].get();
  if (socket == nullptr || socket->state() == TcpSocket::State::kClosed) return;
  if (socket->state() == TcpSocket::State::kSynSent) {
    const Nanoseconds end =
        SynTimeout(first_syn_, context_.options.syn_retries);
    if (context_.clock.Now() < end) return SendSyn();
  }
  Observe(NetworkEventKind::kTimeout, hosts_[flow.from], 0);
  Forget(flow.from);
  socket->Fail(ETIMEDOUT);
}

// ---- Receiving.

std::size_t TcpConnection::Read(int side, std::span<char> buffer) {
  TcpFlow& flow = flows_[1 - side];
  const std::size_t size = flow.Read(buffer);
  if (flow.blocked()) OpenDoor(flow);
  return size;
}

void TcpConnection::OpenDoor(TcpFlow& flow) {
  const TcpSocket* receiver = ends_[1 - flow.from].get();
  if (!Alive(receiver) || !flow.Accept(receiver->receive_buffer())) return;
  Acknowledge(flow);
  if (flow.finished()) FinishDirection(flow);
}

// The sender learns at once what it cannot see yet; if it waits for room, or
// the way back is cut, the acknowledgement travels.
void TcpConnection::Acknowledge(TcpFlow& flow) {
  const TcpSocket* sender = ends_[flow.from].get();
  if (sender == nullptr || sender->orphan()) return;
  if (flows_[1 - flow.from].down()) {
    StartTimeout(flow, context_.clock.Now());
  } else if (Writable(flow.from)) {
    flow.acked = flow.accepted;
  } else if (!flow.blocked() ||
             flow.accepted - flow.reported >= sender->send_buffer() / 8) {
    SendAck(flow);
  }
}

void TcpConnection::SendAck(TcpFlow& flow) {
  const Link& link = *flows_[1 - flow.from].link;
  Segment* segment = context_.pool.New(SegmentKind::kAck, &flow);
  segment->sent = context_.clock.Now();
  segment->value = flow.reported = flow.accepted;
  context_.queue.Schedule(
      flow.acks, segment,
      segment->sent + Latency(link, flow, flow.acks, SegmentKind::kAck));
}

// ---- The end.

void TcpConnection::Detach(int side) {
  Forget(side);
  ends_[side] = nullptr;
  if (Over()) context_.connections.erase(self_);
}

void TcpConnection::EndClosed(int side) {
  if (ends_[side] != nullptr &&
      ends_[side]->state() == TcpSocket::State::kClosed) {
    Forget(side);
  }
  if (Over()) context_.connections.erase(self_);
}

bool TcpConnection::Over() const {
  for (const auto& end : ends_) {
    if (end != nullptr && !end->orphan()) return false;
  }
  for (const TcpFlow& flow : flows_) {
    if (!flow.segments.empty() || !flow.timer.empty() || !flow.held.empty()) {
      return false;
    }
  }
  return true;
}

void TcpConnection::Observe(NetworkEventKind kind, const NetworkHost* host,
                            std::uint64_t length, std::string_view data) {
  context_.Observe(kind, host != nullptr ? host->id : 0, id_, length, name_,
                   data);
}

}  // namespace rondo::internal
