// One end of a Unix stream socket on a simulated host.
//
// Nothing travels: what one end sends the other can receive at once. A send
// counts against the sender's buffer until the receiver has taken the last
// byte of the piece that it went into.
//
// Source: Linux's unix_stream_connect, unix_stream_sendmsg,
// unix_stream_read_generic, unix_shutdown, unix_release_sock, unix_poll, whose
// order of tests it keeps.
#ifndef RONDO_SIMNET_UNIX_STREAM_H_
#define RONDO_SIMNET_UNIX_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "rondo/simnet/unix_socket.h"

namespace rondo::internal {

class UnixStream final : public UnixSocket {
 public:
  UnixStream(NetworkContext& context, NetworkHost& host)
      : UnixSocket(context, host) {}
  ~UnixStream() override;

  static std::pair<std::shared_ptr<UnixStream>, std::shared_ptr<UnixStream>>
  MakePair(NetworkContext& context, NetworkHost& host);

  // SimSocket.
  DescriptorKind kind() const override { return DescriptorKind::kStream; }
  SysResult Listen(int backlog) override;
  SysResult Accept(std::shared_ptr<SimSocket>* child,
                   SocketAddress* peer) override;
  SysResult Connect(const SocketAddress& address) override;
  SysResult SendMessage(MessageParts parts) override;
  SysResult SendTo(std::span<const char> data,
                   const SocketAddress& to) override;
  SysResult Receive(std::span<char> buffer) override;
  SysResult ReceiveFrom(std::span<char> buffer, SocketAddress* from,
                        bool* truncated) override;
  SysResult Shutdown(ShutdownHow how) override;
  SysResult PeerAddress(SocketAddress* address) const override;
  void Close() override;
  void Vanish() override;
  // "n1>/run/x#1>" and "n1>/run/x#1<" for the two ends of a connection,
  // "n1:pair#1>" and "<" of a pair, "n1:/run/x" of a listener, else empty.
  SocketName name() const override { return {id_, name_}; }

 private:
  enum class State : std::uint8_t { kUnconnected, kListening, kConnected };

  struct Piece {
    std::string data;
    std::size_t charge;
    std::size_t read = 0;
  };

  unsigned Readiness() const override;
  // Its peer's name, also if that has gone.
  const SocketAddress& remote() const {
    return peer_ != nullptr ? peer_->local_ : remote_;
  }
  void Pair(UnixStream* peer);
  std::size_t Take(std::span<char> buffer);
  // It is gone: its peer learns it. `unread`: and is reset.
  void Leave(bool unread);

  State state_ = State::kUnconnected;
  SocketAddress remote_ = SocketAddress::Unix("");  // Of a peer that has gone.
  UnixStream* peer_ = nullptr;                      // Null: none, or gone.
  std::size_t charged_ = 0;  // What of its own is not received yet.
  std::deque<Piece> received_;
  int backlog_ = 0;
  std::deque<std::shared_ptr<UnixStream>> pending_;
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_UNIX_STREAM_H_
