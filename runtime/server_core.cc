#include "rondo/runtime/server_core.h"

#include <cerrno>
#include <exception>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/task.h"

namespace rondo::internal {
namespace {

// Source: asyncio.constants.ACCEPT_RETRY_DELAY.
constexpr Nanoseconds kAcceptRetryDelay = std::chrono::seconds(1);

bool OutOfResources(SysResult result) {
  return result == -EMFILE || result == -ENFILE || result == -ENOBUFS ||
         result == -ENOMEM;
}

// Nobody waits (any more).
bool NobodyThere(SysResult result) {
  return result == -EAGAIN || result == -EWOULDBLOCK || result == -EINTR ||
         result == -ECONNABORTED;
}

}  // namespace

ServerCore::ServerCore(ConnectionStarter starter, ProtocolFactory factory,
                       std::vector<Socket> sockets,
                       const ServerOptions& options)
    : loop_(RunningCore()),
      starter_(std::move(starter)),
      factory_(std::move(factory)),
      options_(options) {
  for (Socket& socket : sockets) {
    Listener& listener = listeners_.emplace_back();
    if (options_.cleanup_socket) listener.file = SocketFile(loop_, socket);
    listener.socket = std::move(socket);
  }
}

void ServerCore::StartServing() {
  if (serving_) return;
  if (closed_) throw RuntimeError("server is closed");
  serving_ = true;
  for (Listener& listener : listeners_) {
    const int fd = listener.socket.fd();
    const SysResult result = NetworkOf(loop_).Listen(fd, options_.backlog);
    if (result < 0) {
      ThrowSocketError(result, "listen", AddressOf(listener).ToString());
    }
    listener.ours = loop_->io->ours(fd);
    if (listener.ours) listener.address = AddressOf(listener);
    Accept(&listener);
  }
}

void ServerCore::Close() {
  if (closed_) return;
  closed_ = true;
  serving_ = false;
  for (Listener& listener : listeners_) {
    listener.retry.Cancel();
    listener.socket.Close();
    listener.file.Remove();
  }
  listeners_.clear();
  if (forever_ && !forever_.done()) forever_.Cancel();
  WakeIfGone();
}

std::vector<SocketAddress> ServerCore::addresses() const {
  std::vector<SocketAddress> result;
  for (const Listener& listener : listeners_) {
    result.push_back(AddressOf(listener));
  }
  return result;
}

Future<> ServerCore::BeginForever() {
  if (forever_) throw RuntimeError("ServeForever is awaited already");
  StartServing();
  forever_ = CreateFuture();
  return forever_;
}

Future<> ServerCore::WhenGone() {
  waiters_.push_back(CreateFuture());
  return waiters_.back();
}

void ServerCore::Detach(std::uint64_t number) {
  clients_.erase(number);
  WakeIfGone();
}

SocketAddress ServerCore::AddressOf(const Listener& listener) const {
  SocketAddress address;
  NetworkOf(loop_).LocalAddress(listener.socket.fd(), &address);
  return address;
}

void ServerCore::WakeIfGone() {
  if (!gone()) return;
  for (Future<>& waiter : std::exchange(waiters_, {})) {
    if (!waiter.done()) waiter.SetResult();
  }
}

void ServerCore::Accept(Listener* listener) {
  Watch(
      loop_, listener->socket.fd(), kReadable,
      [this, listener] { AcceptReady(listener); }, "accept");
}

void ServerCore::AcceptReady(Listener* listener) {
  const int fd = listener->socket.fd();
  const std::shared_ptr<ServerCore> keep = shared_from_this();
  // One more than wait: even a backlog of 0 lets one in.
  for (int i = 0; i <= options_.backlog; ++i) {
    SocketAddress peer;
    const SysResult result = NetworkOf(loop_).Accept(fd, &peer);
    if (NobodyThere(result)) return;
    if (OutOfResources(result)) return BackOff(listener, result);
    if (result < 0) {
      ThrowSocketError(result, "accept", AddressOf(*listener).ToString());
    }
    Socket socket(static_cast<int>(result));
    Origin& origin = loop_->io->NewOrigin(socket.fd());
    origin.peer = std::move(peer);
    if (listener->ours) {
      origin.no_delay = true;
      // The host's only address for it, unless it listens at all of them.
      if (!listener->address.is_any()) origin.local = listener->address;
    }
    CreateTask(Greet(keep, std::move(socket)));
    if (closed_) return;  // By an eager task; the listener is gone.
  }
}

// Source: _accept_connection2.
Coro<> ServerCore::Greet(std::shared_ptr<ServerCore> server, Socket socket) {
  LoopCore* const loop = server->loop_;
  try {
    co_await server->starter_(server->factory_, std::move(socket), server);
  } catch (const std::exception&) {
    if (loop->debug) {
      loop->Report("Error on transport creation for incoming connection",
                   std::current_exception(), "server");
    }
  }
}

void ServerCore::BackOff(Listener* listener, SysResult result) {
  loop_->Report("socket.accept() out of system resource",
                std::make_exception_ptr(SocketError(
                    result, "accept", AddressOf(*listener).ToString())),
                "server");
  if (closed_) return;  // By the handler; the listener is gone.
  loop_->io->Remove(listener->socket.fd(), kReadable);
  listener->retry = loop_->loop->CallLater(
      kAcceptRetryDelay, [this, listener] { Accept(listener); },
      "accept_retry");
}

}  // namespace rondo::internal
