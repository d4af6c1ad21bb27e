// A Unix datagram socket on a simulated host.
//
// Nothing travels, nothing is lost: a send that finds no room is -EAGAIN. A
// socket holds 11 datagrams of others, and any number of the one that it is
// connected to, as far as that one's send buffer goes.
//
// Source: Linux's unix_dgram_connect, unix_dgram_sendmsg,
// __skb_try_recv_datagram, unix_dgram_poll, whose order of tests it keeps.
#ifndef RONDO_SIMNET_UNIX_DATAGRAM_H_
#define RONDO_SIMNET_UNIX_DATAGRAM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rondo/simnet/datagram.h"
#include "rondo/simnet/unix_socket.h"

namespace rondo::internal {

class UnixDatagram final : public UnixSocket {
 public:
  UnixDatagram(NetworkContext& context, NetworkHost& host)
      : UnixSocket(context, host) {}
  ~UnixDatagram() override;

  static std::pair<std::shared_ptr<UnixDatagram>, std::shared_ptr<UnixDatagram>>
  MakePair(NetworkContext& context, NetworkHost& host);

  // SimSocket.
  DescriptorKind kind() const override { return DescriptorKind::kDatagram; }
  SysResult Bind(const SocketAddress& address) override;
  SysResult Listen(int backlog) override;
  SysResult Accept(std::shared_ptr<SimSocket>* child,
                   SocketAddress* peer) override;
  SysResult Connect(const SocketAddress& address) override;
  SysResult SendMessage(MessageParts parts) override;
  SysResult SendTo(std::span<const char> data,
                   const SocketAddress& to) override;
  SysResult Receive(std::span<char> buffer) override {
    return ReceiveFrom(buffer, nullptr, nullptr);
  }
  SysResult ReceiveFrom(std::span<char> buffer, SocketAddress* from,
                        bool* truncated) override;
  SysResult Shutdown(ShutdownHow how) override;
  SysResult PeerAddress(SocketAddress* address) const override;
  void Close() override;
  void Vanish() override;
  // "n1:/run/x" if it is bound, "n1:pair#1>" and "<" of a pair, else
  // "n1:unix#1", counted in the order in which they were asked for.
  SocketName name() const override;

 private:
  struct Received {
    Datagram datagram;
    std::shared_ptr<UnixDatagram> sender;  // It may be closed.
  };

  unsigned Readiness() const override;
  SysResult Find(const SocketAddress& address,
                 std::shared_ptr<UnixDatagram>* socket) const;
  // To `other`, which may be closed.
  SysResult Deliver(std::string data,
                    const std::shared_ptr<UnixDatagram>& other);
  SysResult MaySend(std::size_t size);
  // As many of others as it takes.
  bool HoldsEnough() const;
  // Null: to nobody.
  void ConnectTo(std::shared_ptr<UnixDatagram> other);
  // No longer connected to `old`: what it has received is lost.
  void Disconnected(UnixDatagram& old);
  void Drop();
  static void Settle(Received* received);
  void TellSenders();

  bool closed_ = false;
  std::shared_ptr<UnixDatagram> peer_;  // If connected; it may be closed.
  std::size_t charged_ = 0;             // What of its own is not received yet.
  std::deque<Received> received_;
  // Those that are connected to it, in that order.
  std::vector<UnixDatagram*> senders_;
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_UNIX_DATAGRAM_H_
