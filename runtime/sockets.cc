#include "rondo/runtime/sockets.h"

#include <cerrno>
#include <string>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/sleep.h"

namespace rondo {
namespace internal {

Network& NetworkOf(LoopCore* core) {
  if (core->seams.network == nullptr) {
    throw RuntimeError("this event loop has no network");
  }
  return *core->seams.network;
}

std::system_error SocketError(SysResult result, std::string_view call,
                              std::string_view address) {
  std::string what(call);
  if (!address.empty()) what.append(" ").append(address);
  return std::system_error(static_cast<int>(-result), std::generic_category(),
                           what);
}

void ThrowSocketError(SysResult result, std::string_view call,
                      std::string_view address) {
  throw SocketError(result, call, address);
}

namespace {

bool WouldBlock(SysResult result) {
  return result == -EAGAIN || result == -EWOULDBLOCK || result == -EINPROGRESS;
}

std::string PeerOf(Network& network, int fd) {
  SocketAddress peer;
  return network.PeerAddress(fd, &peer) < 0 ? "" : peer.ToString();
}

// Calls `attempt` whenever `fd` is ready, until it does not block, and
// completes the future with its result.
template <class Attempt>
Future<SysResult> WhenReady(int fd, unsigned direction, std::string_view label,
                            Attempt attempt) {
  LoopCore* const core = RunningCore();
  Future<SysResult> done = CreateFuture<SysResult>();
  const Handle handle = Watch(
      core, fd, direction,
      [done, attempt]() mutable {
        if (done.done()) return;
        const SysResult result = attempt();
        if (!WouldBlock(result)) done.SetResult(result);
      },
      label);
  const bool reads = direction == kReadable;
  AddDoneCallback(
      done.core(), HandleKind::kFutureDone,
      core->watched
          ? IoLabel(core, reads ? "sock_read_done" : "sock_write_done", fd)
          : std::string(),
      [core, fd, direction, handle](FutureCore*) {
        // Unless it has been replaced meanwhile.
        if (!handle.cancelled()) core->io->Remove(fd, direction);
      });
  return done;
}

}  // namespace
}  // namespace internal

namespace {

// Whoever sends so much at once lets the loop have a turn: the peer's, before
// the kernel holds more than the processor's cache.
constexpr std::size_t kTurnBytes = 64 * 1024;

}  // namespace

using internal::NetworkOf;
using internal::RunningCore;
using internal::ThrowSocketError;

Socket::Socket(int fd) : core_(RunningCore()), fd_(fd) {
  if (fd >= 0) core_->io->Own(fd);
}

Socket Socket::Stream(AddressFamily family) {
  Network& network = NetworkOf(RunningCore());
  const SysResult fd = network.Socket(family, SocketKind::kStream);
  if (fd < 0) ThrowSocketError(fd, "socket", "");
  return Socket(static_cast<int>(fd));
}

void Socket::Close() {
  if (fd_ < 0) return;
  const int fd = std::exchange(fd_, -1);
  if (core_->closed) return;
  core_->io->Release(fd);
  core_->seams.network->Close(fd);
}

Coro<std::size_t> SockRecv(int fd, std::span<char> buffer) {
  Network& network = NetworkOf(RunningCore());
  SysResult result = network.Receive(fd, buffer);
  if (internal::WouldBlock(result)) {
    result = co_await internal::WhenReady(
        fd, kReadable, "sock_recv",
        [&network, fd, buffer] { return network.Receive(fd, buffer); });
  }
  if (result < 0) {
    ThrowSocketError(result, "recv", internal::PeerOf(network, fd));
  }
  co_return static_cast<std::size_t>(result);
}

Coro<> SockSendAll(int fd, std::span<const char> data) {
  Network& network = NetworkOf(RunningCore());
  // Sends what it can of what is left; -EAGAIN as long as something is.
  const auto send = [&network, &data, fd]() -> SysResult {
    const SysResult result = network.Send(fd, data);
    if (result < 0) return result;
    data = data.subspan(static_cast<std::size_t>(result));
    return data.empty() ? 0 : -EAGAIN;
  };
  if (data.empty()) co_return;
  const std::size_t size = data.size();
  SysResult result = send();
  if (internal::WouldBlock(result)) {
    result = co_await internal::WhenReady(fd, kWritable, "sock_sendall", send);
  } else if (result >= 0 && size >= kTurnBytes) {
    co_await Yield();
  }
  if (result < 0) {
    ThrowSocketError(result, "send", internal::PeerOf(network, fd));
  }
}

Coro<> SockConnect(int fd, SocketAddress address) {
  Network& network = NetworkOf(RunningCore());
  SysResult result = network.Connect(fd, address);
  if (internal::WouldBlock(result)) {
    result = co_await internal::WhenReady(
        fd, kWritable, "sock_connect",
        [&network, fd] { return -network.Error(fd); });
  }
  if (result < 0) ThrowSocketError(result, "connect", address.ToString());
}

Coro<Accepted> SockAccept(int fd) {
  Network& network = NetworkOf(RunningCore());
  // Here from the moment it is accepted: a cancellation that comes between
  // that and the resumption closes it.
  Accepted accepted;
  const auto accept = [&network, &accepted, fd] {
    const SysResult result = network.Accept(fd, &accepted.peer);
    if (result >= 0) accepted.socket = Socket(static_cast<int>(result));
    return result;
  };
  SysResult result = accept();
  if (internal::WouldBlock(result)) {
    result = co_await internal::WhenReady(fd, kReadable, "sock_accept", accept);
  }
  if (result < 0) ThrowSocketError(result, "accept", "");
  co_return accepted;
}

std::vector<SocketAddress> ResolveHost(std::string_view host,
                                       std::uint16_t port) {
  std::vector<SocketAddress> addresses;
  const SysResult result =
      NetworkOf(RunningCore()).Resolve(host, port, &addresses);
  if (result < 0) ThrowSocketError(result, "resolve", host);
  if (addresses.empty()) ThrowSocketError(-ENOENT, "resolve", host);
  return addresses;
}

}  // namespace rondo
