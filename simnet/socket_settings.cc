#include "rondo/simnet/socket_settings.h"

#include <algorithm>
#include <cerrno>
#include <climits>

namespace rondo::internal {
namespace {

SysResult SetWithin(int value, int least, int most, int* out) {
  if (value < least || value > most) return -EINVAL;
  *out = value;
  return 0;
}

SysResult SetFlag(int value, bool* out) {
  *out = value != 0;
  return 0;
}

SysResult SetSize(int value, std::size_t* out) {
  *out = static_cast<std::size_t>(std::max(value, 1));
  return 0;
}

}  // namespace

SysResult SocketSettings::Set(SocketOption option, int value) {
  constexpr int kMaxSeconds = 32767;
  switch (option) {
    case SocketOption::kReuseAddress:
      return SetFlag(value, &reuse_address);
    case SocketOption::kReusePort:
      return SetFlag(value, &reuse_port);
    case SocketOption::kBroadcast:
      return SetFlag(value, &broadcast);
    case SocketOption::kIPv6Only:
      return SetFlag(value, &ipv6_only);
    case SocketOption::kNoDelay:
      return SetFlag(value, &no_delay);
    case SocketOption::kKeepAlive:
      return SetFlag(value, &keep_alive);
    case SocketOption::kKeepIdle:
      return SetWithin(value, 1, kMaxSeconds, &keep_idle);
    case SocketOption::kKeepInterval:
      return SetWithin(value, 1, kMaxSeconds, &keep_interval);
    case SocketOption::kKeepCount:
      return SetWithin(value, 1, 127, &keep_count);
    case SocketOption::kUserTimeout:
      return SetWithin(value, 0, INT_MAX, &user_timeout);
    case SocketOption::kLinger:
      linger = std::max(value, -1);
      return 0;
    case SocketOption::kSendBuffer:
      return SetSize(value, &send_buffer);
    case SocketOption::kReceiveBuffer:
      return SetSize(value, &receive_buffer);
  }
  return -ENOPROTOOPT;
}

SysResult SocketSettings::Get(SocketOption option) const {
  switch (option) {
    case SocketOption::kReuseAddress:
      return reuse_address;
    case SocketOption::kReusePort:
      return reuse_port;
    case SocketOption::kBroadcast:
      return broadcast;
    case SocketOption::kIPv6Only:
      return ipv6_only;
    case SocketOption::kNoDelay:
      return no_delay;
    case SocketOption::kKeepAlive:
      return keep_alive;
    case SocketOption::kKeepIdle:
      return keep_idle;
    case SocketOption::kKeepInterval:
      return keep_interval;
    case SocketOption::kKeepCount:
      return keep_count;
    case SocketOption::kUserTimeout:
      return user_timeout;
    case SocketOption::kLinger:
      return linger;
    case SocketOption::kSendBuffer:
      return static_cast<SysResult>(send_buffer);
    case SocketOption::kReceiveBuffer:
      return static_cast<SysResult>(receive_buffer);
  }
  return -ENOPROTOOPT;
}

bool IsTcpOption(SocketOption option) {
  return option == SocketOption::kNoDelay ||
         option == SocketOption::kKeepIdle ||
         option == SocketOption::kKeepInterval ||
         option == SocketOption::kKeepCount ||
         option == SocketOption::kUserTimeout;
}

}  // namespace rondo::internal
