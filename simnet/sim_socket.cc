#include "rondo/simnet/sim_socket.h"

#include <cerrno>

namespace rondo::internal {

SysResult SimSocket::Bind(const SocketAddress&) { return -ENOTSOCK; }

SysResult SimSocket::Listen(int) { return -ENOTSOCK; }

SysResult SimSocket::Accept(std::shared_ptr<SimSocket>*, SocketAddress*) {
  return -ENOTSOCK;
}

SysResult SimSocket::Connect(const SocketAddress&) { return -ENOTSOCK; }

SysResult SimSocket::TakeError() { return -ENOTSOCK; }

SysResult SimSocket::Send(std::span<const char>) { return -ENOTSOCK; }

SysResult SimSocket::SendMessage(MessageParts) { return -ENOTSOCK; }

SysResult SimSocket::SendTo(std::span<const char>, const SocketAddress&) {
  return -ENOTSOCK;
}

SysResult SimSocket::Receive(std::span<char>) { return -ENOTSOCK; }

SysResult SimSocket::ReceiveFrom(std::span<char>, SocketAddress*, bool*) {
  return -ENOTSOCK;
}

SysResult SimSocket::Shutdown(ShutdownHow) { return -ENOTSOCK; }

SysResult SimSocket::SetOption(SocketOption, int) { return -ENOTSOCK; }

SysResult SimSocket::GetOption(SocketOption) const { return -ENOTSOCK; }

SysResult SimSocket::LocalAddress(SocketAddress*) const { return -ENOTSOCK; }

SysResult SimSocket::PeerAddress(SocketAddress*) const { return -ENOTSOCK; }

}  // namespace rondo::internal
