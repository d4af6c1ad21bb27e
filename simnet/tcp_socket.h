// One end of TCP on a simulated host: what the kernel calls a sock.
//
// It is written after Linux's inet_stream_connect, tcp_sendmsg, tcp_recvmsg,
// tcp_poll, tcp_reset and tcp_close, and keeps their order of tests, since
// that order is what a program sees of it.
#ifndef RONDO_SIMNET_TCP_SOCKET_H_
#define RONDO_SIMNET_TCP_SOCKET_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>

#include "rondo/runtime/network.h"
#include "rondo/simnet/network_context.h"
#include "rondo/simnet/sim_selector.h"

namespace rondo::internal {

class TcpConnection;

class TcpSocket : public std::enable_shared_from_this<TcpSocket> {
 public:
  enum class State : std::uint8_t {
    kClosed,  // Never connected, or no more.
    kListen,
    kSynSent,
    kSynReceived,
    kEstablished,  // And on until both directions have ended.
  };

  TcpSocket(NetworkContext& context, NetworkHost& host);

  // The calls of Network.
  SysResult Bind(const SocketAddress& address);
  SysResult Listen(int backlog);
  SysResult Accept(std::shared_ptr<TcpSocket>* child);
  SysResult Connect(const SocketAddress& address);
  SysResult TakeError();
  SysResult Send(std::span<const char> data);
  SysResult Receive(std::span<char> buffer);
  SysResult Shutdown(ShutdownHow how);
  SysResult SetOption(SocketOption option, int value);
  SysResult PeerAddress(SocketAddress* address) const;
  void Close();

  // It has a descriptor from now on, and `selector` is told its readiness.
  void Attach(SimSelector* selector, int fd);
  // Its host crashed: it is gone without a word.
  void Vanish();

  State state() const { return state_; }
  // True if no program can reach it: closed, or crashed.
  bool orphan() const { return orphan_; }
  const SocketAddress& local() const { return local_; }
  const SocketAddress& peer() const { return peer_; }
  const NetworkHost& host() const { return host_; }
  std::size_t send_buffer() const { return send_buffer_; }
  std::size_t receive_buffer() const { return receive_buffer_; }

  // What it is in traces: "n1>n2:80#1>" or "n1>n2:80#1<" for the two ends of a
  // connection, "n2:80" of a listener, empty before.
  SocketName name() const;

  // For the connection. A listener: has it room for one more?
  bool CanTakeSyn() const;
  std::shared_ptr<TcpSocket> NewChild(TcpConnection* connection,
                                      const SocketAddress& local,
                                      const SocketAddress& peer);
  // Closed, or shut both ways: data is answered with a reset.
  bool RefusesData() const;
  void Connected();            // The client's end: SYN-ACK has come.
  bool HandshakeDone();        // The child's; false: its listener is gone.
  void AbandonHandshake();     // The child's: it never was.
  void PeerFinished();         // FIN has come.
  void PeerReset();            // RST has come.
  void Fail(int error);        // It gave up.
  void Ended(bool time_wait);  // Both directions have ended.
  void Changed();              // Its readiness may have.

 private:
  struct Listener {
    int backlog = 0;
    int half_open = 0;
    std::deque<std::shared_ptr<TcpSocket>> ready;
  };
  // The `socket->state` of Linux, beside the `sk_state`.
  enum class Phase : std::uint8_t {
    kUnconnected,
    kConnecting,
    kConnected,
    kDisconnecting,  // Shut down after a failed attempt: for good.
  };

  static constexpr unsigned kReceiveShut = 1;
  static constexpr unsigned kSendShut = 2;
  static constexpr unsigned kBothShut = 3;

  unsigned Readiness() const;
  // Takes the pending error as a result; `otherwise` if there is none.
  SysResult ErrorOr(int otherwise);
  // Leaves the state for kClosed; what the port is owed is settled.
  void EnterClosed(bool time_wait);
  void StopListening();
  void ReleasePort();
  SysResult StartConnecting(SocketAddress address);
  // As new, but for its error and its name if it was bound.
  void Disconnect();

  NetworkContext& context_;
  NetworkHost& host_;
  SimSelector* selector_ = nullptr;
  int fd_ = -1;

  State state_ = State::kClosed;
  Phase phase_ = Phase::kUnconnected;
  std::uint8_t shutdown_ = 0;
  bool done_ = false;  // The end of what the peer sends was seen.
  bool reuse_ = false;
  bool bound_ = false;  // By Bind or Listen: holds the port until closed.
  bool holds_ = false;  // Holds it without asking, while connected.
  bool orphan_ = false;
  std::uint8_t side_ = 0;
  int error_ = 0;  // sk_err: told once.
  SocketAddress local_;
  SocketAddress peer_;
  std::size_t send_buffer_;
  std::size_t receive_buffer_;
  TcpConnection* connection_ = nullptr;
  std::unique_ptr<Listener> listener_;
  mutable std::string name_;  // Made when it is asked for.
  mutable Identity name_id_ = 0;
  std::weak_ptr<TcpSocket> parent_;  // A child's listener.
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_TCP_SOCKET_H_
