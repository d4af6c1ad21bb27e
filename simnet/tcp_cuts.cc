// The connection's half that has to do with what does not arrive: partitions,
// crashes, SO_KEEPALIVE.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "rondo/simnet/tcp_connection.h"
#include "rondo/simnet/tcp_socket.h"

namespace rondo::internal {

// ---- Partitions and crashes.

void TcpConnection::LinkDown(const Link& link) {
  for (TcpFlow& flow : flows_) {
    if (flow.link == &link) {
      SimEvent* event = context_.queue.TakeAll(flow.segments);
      while (event != nullptr) {
        SimEvent* next = event->next;
        Lose(flow, static_cast<Segment*>(event));
        event = next;
      }
    }
    if (flows_[1 - flow.from].link == &link && !flow.acks.empty()) {
      context_.queue.Clear(flow.acks);
      flow.reported = flow.acked;  // LinkUp makes up for it.
      StartTimeout(flow, context_.clock.Now());
    }
  }
  for (const int side : {0, 1}) WatchPeer(side);
}

void TcpConnection::Lose(TcpFlow& flow, Segment* segment) {
  const SegmentKind kind = segment->kind;
  if (kind == SegmentKind::kData || kind == SegmentKind::kFin ||
      kind == SegmentKind::kHandshakeAck) {
    return Hold(flow, segment);
  }
  context_.pool.Delete(segment);
  Observe(NetworkEventKind::kDrop, hosts_[flow.from], 0);
  if (kind == SegmentKind::kSynAck && ends_[1] != nullptr) {
    ends_[1]->AbandonHandshake();
    ends_[1] = nullptr;
  }
  if (kind == SegmentKind::kSyn || kind == SegmentKind::kSynAck) SynLost();
}

void TcpConnection::Hold(TcpFlow& flow, Segment* segment) {
  const TcpSocket* sender = ends_[flow.from].get();
  // A host that crashed, or an end that gave up, repeats nothing.
  if (sender == nullptr || sender->state() == TcpSocket::State::kClosed) {
    context_.pool.Delete(segment);
    return;
  }
  if (flow.held.empty()) {
    Observe(NetworkEventKind::kHold, hosts_[flow.from], segment->size);
  }
  if (segment->kind != SegmentKind::kHandshakeAck) {
    StartTimeout(flow, segment->sent);
  }
  flow.held.Append(segment);
}

void TcpConnection::StartTimeout(TcpFlow& flow, Nanoseconds since) {
  if (!flow.timer.empty()) {
    const auto* timer = static_cast<const Segment*>(flow.timer.head);
    if (timer->kind != SegmentKind::kKeepAlive) return;
    context_.queue.Clear(flow.timer);  // What is unacknowledged is its probe.
  }
  const TcpSocket* socket = ends_[flow.from].get();
  const int own = socket != nullptr ? socket->settings().user_timeout : 0;
  const Nanoseconds timeout =
      own > 0 ? std::chrono::milliseconds(own) : context_.options.user_timeout;
  context_.queue.Schedule(flow.timer,
                          context_.pool.New(SegmentKind::kTimer, &flow),
                          std::max(since + timeout, context_.clock.Now()));
}

// ---- SO_KEEPALIVE.

Nanoseconds TcpConnection::KeepAliveTime(int side) const {
  const SocketSettings& settings = ends_[side]->settings();
  const Nanoseconds idle = std::chrono::seconds(settings.keep_idle);
  const Nanoseconds interval = std::chrono::seconds(settings.keep_interval);
  if (Reachable()) {
    const Nanoseconds late = context_.clock.Now() - (last_arrival_ + idle) +
                             interval - Nanoseconds(1);
    return last_arrival_ + idle +
           std::max(late / interval, std::int64_t{0}) * interval;
  }
  // TCP_USER_TIMEOUT takes the place of the number of probes.
  const Nanoseconds own = std::chrono::milliseconds(settings.user_timeout);
  const std::int64_t probes =
      settings.user_timeout == 0
          ? settings.keep_count
          : std::max((own - idle + interval - Nanoseconds(1)) / interval,
                     std::int64_t{1});
  return std::max(last_arrival_ + idle + probes * interval,
                  context_.clock.Now());
}

void TcpConnection::WatchPeer(int side) {
  TcpFlow& flow = flows_[side];
  if (!flow.timer.empty() &&
      static_cast<const Segment*>(flow.timer.head)->kind ==
          SegmentKind::kKeepAlive) {
    context_.queue.Clear(flow.timer);
  }
  const TcpSocket* socket = ends_[side].get();
  if (!Alive(socket) || !socket->settings().keep_alive || !flow.timer.empty() ||
      (Reachable() && Alive(ends_[1 - side].get()))) {
    return;
  }
  context_.queue.Schedule(flow.timer,
                          context_.pool.New(SegmentKind::kKeepAlive, &flow),
                          KeepAliveTime(side));
}

void TcpConnection::ArriveKeepAlive(TcpFlow& flow) {
  TcpSocket* socket = ends_[flow.from].get();
  if (!Alive(socket)) return;
  if (Reachable()) return SendControl(SegmentKind::kData, flow);
  Observe(NetworkEventKind::kTimeout, hosts_[flow.from], 0);
  Forget(flow.from);
  socket->Fail(ETIMEDOUT);
}

void TcpConnection::LinkUp(const Link& link) {
  for (TcpFlow& flow : flows_) {
    if (flow.link == &link && !flow.held.empty()) Resume(flow);
    if (flows_[1 - flow.from].link == &link && flow.acked < flow.accepted) {
      SendAck(flow);
    }
  }
  for (const int side : {0, 1}) WatchPeer(side);
}

void TcpConnection::Resume(TcpFlow& flow) {
  context_.queue.Clear(flow.timer);
  SegmentList held;
  std::swap(held, flow.held);
  const Nanoseconds now = context_.clock.Now();
  const Nanoseconds again = NextRetransmission(held.front()->sent, now);
  while (!held.empty()) {
    Segment* const segment = held.PopFront();
    context_.queue.Schedule(
        flow.segments, segment,
        again + Latency(*flow.link, flow, flow.segments, segment->kind));
  }
}

void TcpConnection::HostDown(const NetworkHost& host) {
  for (const int side : {0, 1}) {
    if (hosts_[side] != &host) continue;
    Forget(side);
    if (ends_[side] != nullptr) ends_[side]->Vanish();
  }
}

}  // namespace rondo::internal
