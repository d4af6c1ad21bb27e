// What Unix sockets of streams and of datagrams have in common on a simulated
// host: their names, options and errors.
#ifndef RONDO_SIMNET_UNIX_SOCKET_H_
#define RONDO_SIMNET_UNIX_SOCKET_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "rondo/simnet/network_context.h"
#include "rondo/simnet/sim_socket.h"
#include "rondo/simnet/socket_settings.h"

namespace rondo::internal {

class UnixSocket : public SimSocket,
                   public std::enable_shared_from_this<UnixSocket> {
 public:
  // SimSocket.
  SysResult Bind(const SocketAddress& address) override;
  SysResult TakeError() override;
  SysResult Send(std::span<const char> data) override {
    return SendMessage({&data, 1});
  }
  SysResult SetOption(SocketOption option, int value) override;
  SysResult GetOption(SocketOption option) const override;
  SysResult LocalAddress(SocketAddress* address) const override;

 protected:
  static constexpr unsigned kReceiveShut = 1;
  static constexpr unsigned kSendShut = 2;
  static constexpr unsigned kBothShut = 3;

  UnixSocket(NetworkContext& context, NetworkHost& host);

  void Changed() { Publish(Readiness()); }
  // What it is in traces.
  void SetName(std::string name) const;

  NetworkContext& context_;
  NetworkHost& host_;
  std::uint8_t shutdown_ = 0;
  int error_ = 0;
  SocketSettings settings_;
  SocketAddress local_ = SocketAddress::Unix("");
  bool bound_ = false;
  mutable std::string name_;
  mutable Identity id_ = 0;
};

}  // namespace rondo::internal

#endif  // RONDO_SIMNET_UNIX_SOCKET_H_
