#include "rondo/runtime/sockets.h"

#include <algorithm>
#include <cerrno>
#include <string>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/io.h"

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

Network& NetworkFor(int fd) { return NetworkOf(CoreFor(fd)); }

bool WouldBlock(SysResult result) {
  return result == -EAGAIN || result == -EWOULDBLOCK;
}

std::string PeerOf(Network& network, int fd) {
  SocketAddress peer;
  return network.PeerAddress(fd, &peer) < 0 ? "" : peer.ToString();
}

namespace {

// Watches `fd` until `done` is.
template <class T, class F>
void WatchUntil(const Future<T>& done, int fd, unsigned direction,
                std::string_view label, F callback) {
  LoopCore* const core = RunningCore();
  const Handle handle = Watch(core, fd, direction, std::move(callback), label);
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
}

// Calls `attempt` whenever `fd` is ready, until it does not block, and
// completes the future with its result.
template <class Attempt>
Future<SysResult> WhenReady(int fd, unsigned direction, std::string_view label,
                            Attempt attempt) {
  Future<SysResult> done = CreateFuture<SysResult>();
  WatchUntil(done, fd, direction, label, [done, attempt]() mutable {
    if (done.done()) return;
    const SysResult result = attempt();
    if (!WouldBlock(result)) done.SetResult(result);
  });
  return done;
}

// A receiving call. If another one comes between what it has received and its
// caller, that one has it.
class Receiver final : public Receiving {
 public:
  using Call = SysResult (*)(Network&, int, std::span<char>, SocketAddress*,
                             bool*);

  Receiver(int fd, std::span<char> buffer, Call call)
      : io_(CoreFor(fd)->io),
        network_(NetworkOf(RunningCore())),
        fd_(fd),
        buffer_(buffer),
        call_(call) {}
  Receiver(const Receiver&) = delete;
  ~Receiver() {
    if (io_->receiving(fd_) == this) io_->SetReceiving(fd_, nullptr);
  }

  // What somebody has not seen who was cancelled, or the call.
  SysResult Attempt() {
    const Unseen* const kept = io_->Kept(fd_);
    if (kept != nullptr) [[unlikely]] {
      return TakeKept();
    }
    return call_(network_, fd_, buffer_, &from, &truncated);
  }
  // Waits for it.
  Coro<SysResult> Wait(std::string_view label) {
    do {
      const Future<SysResult> done = WhenReady(
          fd_, kReadable, label, [this] { return AttemptForLater(); });
      try {
        co_await done;
      } catch (const CancelledError&) {
        if (io_->receiving(fd_) == this) io_->Kept(fd_);
        throw;
      }
      if (io_->receiving(fd_) == this) io_->SetReceiving(fd_, nullptr);
      if (std::exchange(given_up_, false)) result_ = Attempt();
    } while (WouldBlock(result_));
    co_return result_;
  }

  Network& network() { return network_; }
  SocketAddress from;
  bool truncated = false;

 private:
  bool is_datagram() {
    return network_.Adopt(fd_) ==
           static_cast<SysResult>(DescriptorKind::kDatagram);
  }

  SysResult AttemptForLater() {
    result_ = Attempt();
    if (!WouldBlock(result_)) io_->SetReceiving(fd_, this);
    return result_;
  }

  SysResult TakeKept() {
    Unseen& kept = *io_->Kept(fd_);
    const SysResult result = kept.result;
    if (result < 0) {
      io_->DropKept(fd_);
      return result;
    }
    const std::size_t n = std::min(buffer_.size(), kept.data.size());
    std::copy_n(kept.data.data(), n, buffer_.data());
    from = kept.from;
    truncated = kept.truncated;
    const bool rest = n < kept.data.size();
    if (rest && !is_datagram()) {
      kept.data.erase(0, n);
    } else {
      truncated = truncated || rest;
      io_->DropKept(fd_);
    }
    return static_cast<SysResult>(n);
  }

  void GiveUp() override {
    given_up_ = true;
    if (result_ == 0 && !is_datagram()) return;  // The end stays.
    std::string data;
    if (result_ > 0) {
      data.assign(buffer_.data(), static_cast<std::size_t>(result_));
    }
    io_->Keep(fd_, Unseen(result_, std::move(data), from, truncated));
  }

  IoTable* const io_;
  Network& network_;
  const int fd_;
  const std::span<char> buffer_;
  const Call call_;
  SysResult result_ = 0;
  bool given_up_ = false;
};

}  // namespace

Future<> SockReady(int fd, unsigned direction, std::string_view label) {
  Future<> done = CreateFuture();
  LoopCore* const core = RunningCore();
  WatchUntil(done, fd, direction, label, [core, done, fd, direction]() mutable {
    if (done.done()) return;
    core->io->Remove(fd, direction);
    done.SetResult();
  });
  return done;
}

}  // namespace internal

using internal::NetworkFor;
using internal::NetworkOf;
using internal::PeerOf;
using internal::Receiver;
using internal::RunningCore;
using internal::ThrowSocketError;
using internal::WhenReady;
using internal::WouldBlock;

namespace {

Socket Make(AddressFamily family, SocketKind kind) {
  const SysResult fd = NetworkOf(RunningCore()).Socket(family, kind);
  if (fd < 0) ThrowSocketError(fd, "socket", "");
  return Socket(static_cast<int>(fd));
}

}  // namespace

Socket::Socket(int fd) : core_(RunningCore()), fd_(fd) {
  core_->io->Own(fd, this);
}

Socket Socket::Stream(AddressFamily family) {
  return Make(family, SocketKind::kStream);
}

Socket Socket::Datagram(AddressFamily family) {
  return Make(family, SocketKind::kDatagram);
}

void Socket::CloseOpen() {
  const int fd = std::exchange(fd_, -1);
  core_->io->Release(fd);
  core_->seams.network->Close(fd);
}

Coro<std::size_t> SockRecvInto(int fd, std::span<char> buffer) {
  Receiver receiver(
      fd, buffer,
      [](Network& network, int fd, std::span<char> buffer, SocketAddress*,
         bool*) { return network.Receive(fd, buffer); });
  SysResult result = receiver.Attempt();
  if (WouldBlock(result)) result = co_await receiver.Wait("sock_recv");
  if (result < 0) {
    ThrowSocketError(result, "recv", PeerOf(receiver.network(), fd));
  }
  co_return static_cast<std::size_t>(result);
}

Coro<std::string> SockRecv(int fd, std::size_t n) {
  std::string data(n, '\0');
  data.resize(co_await SockRecvInto(fd, data));
  co_return data;
}

Coro<ReceivedFromInto> SockRecvFromInto(int fd, std::span<char> buffer) {
  Receiver receiver(fd, buffer,
                    [](Network& network, int fd, std::span<char> buffer,
                       SocketAddress* from, bool* truncated) {
                      return network.ReceiveFrom(fd, buffer, from, truncated);
                    });
  SysResult result = receiver.Attempt();
  if (WouldBlock(result)) result = co_await receiver.Wait("sock_recvfrom");
  if (result < 0) {
    ThrowSocketError(result, "recvfrom", PeerOf(receiver.network(), fd));
  }
  co_return ReceivedFromInto(static_cast<std::size_t>(result),
                             std::move(receiver.from), receiver.truncated);
}

Coro<ReceivedFrom> SockRecvFrom(int fd, std::size_t n) {
  std::string data(n, '\0');
  ReceivedFromInto received = co_await SockRecvFromInto(fd, data);
  data.resize(received.size);
  co_return ReceivedFrom(std::move(data), std::move(received.from),
                         received.truncated);
}

Coro<> SockSendAll(int fd, std::span<const char> data) {
  Network& network = NetworkFor(fd);
  // Sends what it can of what is left; -EAGAIN as long as something is.
  const auto send = [&network, &data, fd]() -> SysResult {
    const SysResult result = network.Send(fd, data);
    if (result < 0) return result;
    data = data.subspan(static_cast<std::size_t>(result));
    return data.empty() ? 0 : -EAGAIN;
  };
  if (data.empty()) co_return;
  SysResult result = send();
  if (WouldBlock(result)) {
    result = co_await WhenReady(fd, kWritable, "sock_sendall", send);
  }
  if (result < 0) ThrowSocketError(result, "send", PeerOf(network, fd));
}

Coro<std::size_t> SockSendTo(int fd, std::span<const char> data,
                             SocketAddress to) {
  Network& network = NetworkFor(fd);
  const auto send = [&network, &to, fd, data] {
    return network.SendTo(fd, data, to);
  };
  SysResult result = send();
  if (WouldBlock(result)) {
    result = co_await WhenReady(fd, kWritable, "sock_sendto", send);
  }
  if (result < 0) ThrowSocketError(result, "sendto", to.ToString());
  co_return static_cast<std::size_t>(result);
}

Coro<> SockConnect(int fd, SocketAddress address) {
  Network& network = NetworkFor(fd);
  SysResult result = network.Connect(fd, address);
  // EALREADY: a call that was cancelled has begun. EAGAIN is none of these: a
  // Unix socket's listener has no room, and nothing goes on.
  if (result == -EINPROGRESS || result == -EALREADY) {
    const auto error = [&network, fd] { return -network.Error(fd); };
    result = co_await WhenReady(fd, kWritable, "sock_connect", error);
  }
  if (result < 0) ThrowSocketError(result, "connect", address.ToString());
}

Coro<Accepted> SockAccept(int fd) {
  Network& network = NetworkFor(fd);
  // Here from the moment it is accepted: a cancellation that comes between
  // that and the resumption closes it.
  Accepted accepted;
  const auto accept = [&network, &accepted, fd] {
    const SysResult result = network.Accept(fd, &accepted.peer);
    if (result >= 0) accepted.socket = Socket(static_cast<int>(result));
    return result;
  };
  SysResult result = accept();
  if (WouldBlock(result)) {
    result = co_await WhenReady(fd, kReadable, "sock_accept", accept);
  }
  if (result < 0) ThrowSocketError(result, "accept", "");
  co_return accepted;
}

}  // namespace rondo
