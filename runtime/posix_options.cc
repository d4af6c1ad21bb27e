#include "rondo/runtime/posix_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace rondo::internal {
namespace {

struct OptionName {
  int level;
  int name;
};

OptionName NameOf(SocketOption option) {
  switch (option) {
    case SocketOption::kReuseAddress:
      return {SOL_SOCKET, SO_REUSEADDR};
    case SocketOption::kReusePort:
      return {SOL_SOCKET, SO_REUSEPORT};
    case SocketOption::kBroadcast:
      return {SOL_SOCKET, SO_BROADCAST};
    case SocketOption::kIPv6Only:
      return {IPPROTO_IPV6, IPV6_V6ONLY};
    case SocketOption::kNoDelay:
      return {IPPROTO_TCP, TCP_NODELAY};
    case SocketOption::kKeepAlive:
      return {SOL_SOCKET, SO_KEEPALIVE};
    case SocketOption::kKeepIdle:
      return {IPPROTO_TCP, TCP_KEEPIDLE};
    case SocketOption::kKeepInterval:
      return {IPPROTO_TCP, TCP_KEEPINTVL};
    case SocketOption::kKeepCount:
      return {IPPROTO_TCP, TCP_KEEPCNT};
    case SocketOption::kUserTimeout:
      return {IPPROTO_TCP, TCP_USER_TIMEOUT};
    case SocketOption::kLinger:
      return {SOL_SOCKET, SO_LINGER};
    case SocketOption::kSendBuffer:
      return {SOL_SOCKET, SO_SNDBUF};
    case SocketOption::kReceiveBuffer:
      return {SOL_SOCKET, SO_RCVBUF};
  }
  return {};
}

}  // namespace

SysResult SetPosixOption(int fd, SocketOption option, int value) {
  const OptionName name = NameOf(option);
  linger seconds = {.l_onoff = value >= 0, .l_linger = value < 0 ? 0 : value};
  const bool is_linger = option == SocketOption::kLinger;
  const void* data = is_linger ? static_cast<const void*>(&seconds) : &value;
  const socklen_t size = is_linger ? sizeof(seconds) : sizeof(value);
  return setsockopt(fd, name.level, name.name, data, size) < 0 ? -errno : 0;
}

SysResult GetPosixOption(int fd, SocketOption option) {
  const OptionName name = NameOf(option);
  linger seconds = {};
  int value = 0;
  const bool is_linger = option == SocketOption::kLinger;
  void* data = is_linger ? static_cast<void*>(&seconds) : &value;
  socklen_t size = is_linger ? sizeof(seconds) : sizeof(value);
  if (getsockopt(fd, name.level, name.name, data, &size) < 0) return -errno;
  if (!is_linger) return value;
  return seconds.l_onoff != 0 ? seconds.l_linger : -1;
}

}  // namespace rondo::internal
