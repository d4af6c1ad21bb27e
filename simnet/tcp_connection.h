// One TCP connection at flow level: what is under way between two sockets.
//
// There are no packets to lose and repeat; what an application can see of loss
// is time. Each direction is a stream of segments that arrive in order, each
// after its link's latency. A cut link holds them back; when it comes up they
// arrive as the next retransmission would have brought them (RTO 200 ms,
// doubling). Handshakes, resets, full buffers and their acknowledgements are
// as the kernel has them; an acknowledgement travels only when somebody waits
// for it, or a cut keeps it back.
//
// A connection ends itself when both its sockets have been closed and nothing
// is under way.
//
// Source: the research page on Linux's behaviour; RFC 9293 for the states.
#ifndef RONDO_SIMNET_TCP_CONNECTION_H_
#define RONDO_SIMNET_TCP_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>

#include "rondo/runtime/network.h"
#include "rondo/simnet/network_context.h"
#include "rondo/simnet/segment.h"
#include "rondo/simnet/tcp_flow.h"

namespace rondo::internal {

class TcpSocket;

class TcpConnection {
 public:
  // Takes its place in `context.connections`. `local` has its port.
  static TcpConnection* Start(NetworkContext& context,
                              const std::shared_ptr<TcpSocket>& client,
                              NetworkHost& host, const SocketAddress& local,
                              const SocketAddress& remote);

  // True if `host` has a connection with these addresses.
  static bool Exists(const NetworkContext& context, const NetworkHost& host,
                     const SocketAddress& local, const SocketAddress& remote);

  TcpConnection(NetworkContext& context, NetworkHost& host,
                const SocketAddress& local, const SocketAddress& remote);
  ~TcpConnection();
  TcpConnection(const TcpConnection&) = delete;
  TcpConnection& operator=(const TcpConnection&) = delete;

  // "n1>n2:80#1": who asked, whom, and for which time.
  const std::string& name() const { return name_; }
  Identity id() const { return id_; }

  // For the socket of `side`.
  SysResult Send(int side, std::span<const char> data);
  bool Writable(int side) const;
  // How many bytes `side` can read; whether any wait, also at the door.
  std::size_t Readable(int side) const { return flows_[1 - side].readable(); }
  bool HasUnread(int side) const {
    return flows_[1 - side].arrived != flows_[1 - side].consumed;
  }
  std::size_t Read(int side, std::span<char> buffer);
  void SendFin(int side);
  bool FinSent(int side) const { return flows_[side].fin_sent; }
  // Says so to the other side and forgets what was to be sent again.
  void SendReset(int side);
  // `side` has no use for its timers and held segments any more.
  void Forget(int side);
  // The socket of `side` was closed; or it goes on to another connection. It
  // may be the end of this one.
  void EndClosed(int side);
  void Detach(int side);
  // Nobody has it and nothing is under way: it can be erased.
  bool Over() const;

  // For the fabric: `link` went down, and what is upon it is lost, for now or
  // for good; it came up; `host` went down.
  void LinkDown(const Link& link);
  void LinkUp(const Link& link);
  void HostDown(const NetworkHost& host);

  // `side` wants to know whether its peer is alive, by SO_KEEPALIVE. While it
  // is, and can be reached, that is not seen, and no probe is sent.
  void WatchPeer(int side);

  // For segments. Takes it over.
  void Arrive(Segment* segment);

 private:
  void SendSyn();
  void SynLost();
  void ArriveSyn();
  void ArriveSynAck();
  void ArriveHandshakeAck();
  void ArriveData(TcpFlow& flow, Segment* segment);
  void ArriveFin(TcpFlow& flow);
  void ArriveReset(TcpFlow& flow);
  void ArriveAck(TcpFlow& flow, std::uint64_t value);
  void ArriveTimer(TcpFlow& flow);
  void ArriveKeepAlive(TcpFlow& flow);

  void SendControl(SegmentKind kind, TcpFlow& flow);
  void Transmit(TcpFlow& flow, Segment* segment);
  void Lose(TcpFlow& flow, Segment* segment);
  void Hold(TcpFlow& flow, Segment* segment);
  void Resume(TcpFlow& flow);
  void StartTimeout(TcpFlow& flow, Nanoseconds since);
  bool Reachable() const { return !flows_[0].down() && !flows_[1].down(); }
  // When `side` has probed its peer in vain, or for the first time from now on.
  Nanoseconds KeepAliveTime(int side) const;
  // Takes what fits from the door into the receive buffer.
  void OpenDoor(TcpFlow& flow);
  void Acknowledge(TcpFlow& flow);
  void SendAck(TcpFlow& flow);
  void FinishDirection(TcpFlow& flow);
  // Drawn from the stream's numbers. `stream` is one of `flow`.
  Nanoseconds Latency(const Link& link, TcpFlow& flow,
                      const EventStream& stream, SegmentKind kind);
  void Observe(NetworkEventKind kind, const NetworkHost* host,
               std::uint64_t length, std::string_view data = {});

  NetworkContext& context_;
  std::list<TcpConnection>::iterator self_;
  std::string name_;
  Identity id_ = 0;
  NetworkHost* hosts_[2];  // hosts_[1] is null while nobody has the address.
  SocketAddress local_;    // As side 0 sees them.
  SocketAddress remote_;
  std::shared_ptr<TcpSocket> ends_[2];
  TcpFlow flows_[2];  // flows_[i] is from side i to the other.
  Nanoseconds first_syn_{0};
  Nanoseconds last_arrival_{0};  // Of anything, at either side.
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_TCP_CONNECTION_H_
