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
#include "rondo/simnet/port_table.h"
#include "rondo/simnet/sim_socket.h"
#include "rondo/simnet/socket_settings.h"

namespace rondo::internal {

class TcpConnection;

class TcpSocket final : public SimSocket,
                        public std::enable_shared_from_this<TcpSocket> {
 public:
  enum class State : std::uint8_t {
    kClosed,  // Never connected, or no more.
    kListen,
    kSynSent,
    kSynReceived,
    kEstablished,  // And on until both directions have ended.
  };

  // `family` is kIPv4 or kIPv6.
  TcpSocket(NetworkContext& context, NetworkHost& host, AddressFamily family);

  // SimSocket.
  DescriptorKind kind() const override { return DescriptorKind::kStream; }
  SysResult Bind(const SocketAddress& address) override;
  SysResult Listen(int backlog) override;
  SysResult Accept(std::shared_ptr<SimSocket>* child,
                   SocketAddress* peer) override;
  SysResult Connect(const SocketAddress& address) override;
  SysResult TakeError() override;
  SysResult Send(std::span<const char> data) override;
  SysResult SendMessage(MessageParts parts) override;
  SysResult SendTo(std::span<const char> data,
                   const SocketAddress& to) override;
  SysResult Receive(std::span<char> buffer) override;
  SysResult ReceiveFrom(std::span<char> buffer, SocketAddress* from,
                        bool* truncated) override;
  SysResult Shutdown(ShutdownHow how) override;
  SysResult SetOption(SocketOption option, int value) override;
  SysResult GetOption(SocketOption option) const override;
  SysResult LocalAddress(SocketAddress* address) const override;
  SysResult PeerAddress(SocketAddress* address) const override;
  void Close() override;
  void Vanish() override;
  // "n1>n2:80#1>" or "n1>n2:80#1<" for the two ends of a connection, "n2:80"
  // of a listener, empty before.
  SocketName name() const override;

  State state() const { return state_; }
  // True if no program can reach it: closed, or crashed.
  bool orphan() const { return orphan_; }
  const NetworkHost& host() const { return host_; }
  const SocketSettings& settings() const { return settings_; }
  std::size_t send_buffer() const { return settings_.send_buffer; }
  std::size_t receive_buffer() const { return settings_.receive_buffer; }

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
  // Its readiness may have.
  void Changed() { Publish(Readiness()); }

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

  unsigned Readiness() const override;
  // How it has `address`, or would have it.
  PortClaim Claim(const SocketAddress& address) const;
  void HoldPort();
  // Takes the pending error as a result; `otherwise` if there is none.
  SysResult ErrorOr(int otherwise);
  // Leaves the state for kClosed; what the port is owed is settled.
  void EnterClosed(bool time_wait);
  void StopListening();
  void ReleasePort();
  SysResult StartConnecting(const SocketAddress& address);
  // As new, but for its error and its name if it was bound.
  void Disconnect();

  NetworkContext& context_;
  NetworkHost& host_;
  const AddressFamily family_;
  State state_ = State::kClosed;
  Phase phase_ = Phase::kUnconnected;
  std::uint8_t shutdown_ = 0;
  bool done_ = false;   // The end of what the peer sends was seen.
  bool bound_ = false;  // By Bind or Listen: holds the port until closed.
  bool holds_ = false;  // Holds it without asking, while connected.
  bool orphan_ = false;
  std::uint8_t side_ = 0;
  std::uint8_t sharing_ = 0;  // How it holds.
  int error_ = 0;             // sk_err: told once.
  SocketAddress local_;
  SocketAddress peer_;
  SocketSettings settings_;
  TcpConnection* connection_ = nullptr;
  std::unique_ptr<Listener> listener_;
  mutable std::string name_;  // Made when it is asked for.
  mutable Identity name_id_ = 0;
  std::weak_ptr<TcpSocket> parent_;  // A child's listener.
};

// Connected, and not reset.
inline bool Alive(const TcpSocket* socket) {
  return socket != nullptr && socket->state() == TcpSocket::State::kEstablished;
}

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_TCP_SOCKET_H_
