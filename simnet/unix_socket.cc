#include "rondo/simnet/unix_socket.h"

#include <cerrno>
#include <utility>

namespace rondo::internal {

UnixSocket::UnixSocket(NetworkContext& context, NetworkHost& host)
    : context_(context), host_(host) {
  settings_.send_buffer = context.options.unix_buffer;
  settings_.receive_buffer = context.options.unix_buffer;
}

SysResult UnixSocket::Bind(const SocketAddress& address) {
  if (address.family() != AddressFamily::kUnix) return -EINVAL;
  if (bound_) return host_.unix_names.BindAgain(address);
  SocketAddress name = address;
  const SysResult result = host_.unix_names.Bind(weak_from_this(), &name);
  if (result < 0) return result;
  bound_ = true;
  local_ = name;
  return 0;
}

SysResult UnixSocket::TakeError() {
  const int error = std::exchange(error_, 0);
  Changed();
  return error;
}

SysResult UnixSocket::LocalAddress(SocketAddress* address) const {
  *address = local_;
  return 0;
}

SysResult UnixSocket::SetOption(SocketOption option, int value) {
  if (IsTcpOption(option) || option == SocketOption::kIPv6Only ||
      option == SocketOption::kReusePort) {
    return -EOPNOTSUPP;
  }
  const SysResult result = settings_.Set(option, value);
  Changed();
  return result;
}

SysResult UnixSocket::GetOption(SocketOption option) const {
  if (IsTcpOption(option) || option == SocketOption::kIPv6Only) {
    return -EOPNOTSUPP;
  }
  return settings_.Get(option);
}

void UnixSocket::SetName(std::string name) const {
  name_ = std::move(name);
  id_ = HashName(name_);
}

}  // namespace rondo::internal
