// A UDP socket on a simulated host.
//
// Source: Linux's udp_sendmsg, __skb_recv_udp, udp_poll, ip4_datagram_connect,
// whose order of tests it keeps.
#ifndef RONDO_SIMNET_UDP_SOCKET_H_
#define RONDO_SIMNET_UDP_SOCKET_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "rondo/simnet/datagram.h"
#include "rondo/simnet/network_context.h"
#include "rondo/simnet/port_table.h"
#include "rondo/simnet/sim_socket.h"
#include "rondo/simnet/socket_settings.h"
#include "rondo/simnet/udp_path.h"

namespace rondo::internal {

// 255.255.255.255, and that of all hosts, 10.255.255.255.
bool IsBroadcast(const SocketAddress& address);

class UdpSocket final : public SimSocket {
 public:
  // `family` is kIPv4 or kIPv6.
  UdpSocket(NetworkContext& context, NetworkHost& host, AddressFamily family);

  // SimSocket.
  DescriptorKind kind() const override { return DescriptorKind::kDatagram; }
  SysResult Bind(const SocketAddress& address) override;
  SysResult Listen(int backlog) override;
  SysResult Accept(std::shared_ptr<SimSocket>* child,
                   SocketAddress* peer) override;
  SysResult Connect(const SocketAddress& address) override;
  SysResult TakeError() override;
  SysResult Send(std::span<const char> data) override {
    return SendMessage({&data, 1});
  }
  SysResult SendMessage(MessageParts parts) override;
  SysResult SendTo(std::span<const char> data,
                   const SocketAddress& to) override;
  SysResult Receive(std::span<char> buffer) override {
    return ReceiveFrom(buffer, nullptr, nullptr);
  }
  SysResult ReceiveFrom(std::span<char> buffer, SocketAddress* from,
                        bool* truncated) override;
  SysResult Shutdown(ShutdownHow how) override;
  SysResult SetOption(SocketOption option, int value) override;
  SysResult GetOption(SocketOption option) const override;
  SysResult LocalAddress(SocketAddress* address) const override;
  SysResult PeerAddress(SocketAddress* address) const override;
  void Close() override;
  void Vanish() override { Unpublish(); }
  // "n1:53/udp"; with a port that it has not asked for "n1:udp#1"; empty
  // before it has one.
  SocketName name() const override { return {id_, name_}; }

  enum class Arrival { kTaken, kNoRoom, kNobody };
  // For packets: one has come to `host`.
  static Arrival Arrive(NetworkHost& host, const SocketAddress& from,
                        const SocketAddress& to, const std::string& data);
  // What was sent from `from` to `to` found nobody.
  static void NotWanted(NetworkHost& host, const SocketAddress& from,
                        const SocketAddress& to);

 private:
  static constexpr unsigned kReceiveShut = 1;
  static constexpr unsigned kSendShut = 2;
  static constexpr unsigned kBothShut = 3;

  // Who of `host` gets what comes from `from` to `to`; null: nobody.
  static UdpSocket* Find(NetworkHost& host, const SocketAddress& from,
                         const SocketAddress& to);
  static Arrival ArriveAtAll(NetworkHost& host, const SocketAddress& from,
                             const SocketAddress& to, const std::string& data);

  unsigned Readiness() const override;
  void Changed() { Publish(Readiness()); }
  PortClaim Claim(const SocketAddress& address) const;
  SysResult BindToAny();
  SysResult SendData(std::string data, const SocketAddress& to);
  SysResult Check(std::size_t size, const SocketAddress& to);
  void Dispatch(NetworkHost& peer, const SocketAddress& to, std::string data);
  Arrival Take(const SocketAddress& from, std::string data);
  // How well it fits; 0: not at all.
  int Fit(const PortTable::Bound& bound, const SocketAddress& from,
          const SocketAddress& to) const;

  NetworkContext& context_;
  NetworkHost& host_;
  const AddressFamily family_;
  bool bound_to_address_ = false;  // By Bind, not by Connect.
  bool connected_ = false;
  std::uint8_t shutdown_ = 0;
  int error_ = 0;  // Told once.
  SocketSettings settings_;
  SocketAddress local_;
  SocketAddress remote_;
  std::deque<Datagram> received_;
  std::size_t charged_ = 0;         // By what was received.
  std::map<int, UdpRoute> routes_;  // By the host's index.
  std::string name_;
  Identity id_ = 0;
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_UDP_SOCKET_H_
