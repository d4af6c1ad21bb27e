#include "rondo/runtime/server.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>
#include <utility>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/stream_protocol.h"

namespace rondo {
namespace internal {
namespace {

// Source: asyncio.constants.ACCEPT_RETRY_DELAY.
constexpr Nanoseconds kAcceptRetryDelay = std::chrono::seconds(1);

bool OutOfResources(SysResult result) {
  return result == -EMFILE || result == -ENFILE || result == -ENOBUFS ||
         result == -ENOMEM;
}

}  // namespace

class ServerCore final : public ConnectionOwner,
                         public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(ConnectionStarter starter, ProtocolFactory factory,
             const ServerOptions& options)
      : loop_(RunningCore()),
        starter_(std::move(starter)),
        factory_(std::move(factory)),
        options_(options) {}
  ServerCore(const ServerCore&) = delete;
  ServerCore& operator=(const ServerCore&) = delete;
  ~ServerCore() { Close(); }

  void Bind(const SocketAddress& address) {
    Network& network = NetworkOf(loop_);
    Socket socket = Socket::Stream(address.family());
    const auto check = [&](SysResult result, const char* call) {
      if (result < 0) ThrowSocketError(result, call, address.ToString());
    };
    const auto set = [&](SocketOption option) {
      check(network.SetOption(socket.fd(), option, 1), "setsockopt");
    };
    if (options_.reuse_address) set(SocketOption::kReuseAddress);
    if (options_.reuse_port) set(SocketOption::kReusePort);
    if (options_.keep_alive) set(SocketOption::kKeepAlive);
    check(network.Bind(socket.fd(), address), "bind");
    listeners_.push_back(std::move(socket));
  }

  void StartServing() {
    if (serving_) return;
    RequireOpen();
    serving_ = true;
    for (const Socket& listener : listeners_) {
      const SysResult result =
          NetworkOf(loop_).Listen(listener.fd(), options_.backlog);
      if (result < 0) {
        ThrowSocketError(result, "listen", AddressOf(listener).ToString());
      }
      Accept(listener.fd());
    }
  }

  void Close() {
    if (closed_) return;
    closed_ = true;
    serving_ = false;
    for (TimerHandle& retry : retries_) retry.Cancel();
    retries_.clear();
    listeners_.clear();
    if (forever_ && !forever_.done()) forever_.Cancel();
    WakeIfGone();
  }

  void RequireOpen() const {
    if (closed_) throw RuntimeError("server is closed");
  }

  // Done when the server is to stop.
  Future<> BeginForever() {
    if (forever_) throw RuntimeError("ServeForever is awaited already");
    StartServing();
    forever_ = CreateFuture();
    return forever_;
  }
  void EndForever() { forever_ = Future<>(); }

  bool gone() const { return closed_ && clients_.empty(); }
  Future<> WhenGone() {
    waiters_.push_back(CreateFuture());
    return waiters_.back();
  }

  void Attach(Transport* transport) override { clients_.push_back(transport); }
  void Detach(Transport* transport) override {
    std::erase(clients_, transport);
    WakeIfGone();
  }
  // What happens to one may be the end of others.
  std::vector<Transport*> clients() const { return clients_; }
  bool has(Transport* transport) const {
    return std::find(clients_.begin(), clients_.end(), transport) !=
           clients_.end();
  }

  bool serving() const { return serving_; }
  std::vector<SocketAddress> addresses() const {
    std::vector<SocketAddress> result;
    for (const Socket& socket : listeners_) result.push_back(AddressOf(socket));
    return result;
  }

 private:
  SocketAddress AddressOf(const Socket& socket) const {
    SocketAddress address;
    NetworkOf(loop_).LocalAddress(socket.fd(), &address);
    return address;
  }

  void WakeIfGone() {
    if (!gone()) return;
    for (Future<>& waiter : std::exchange(waiters_, {})) {
      if (!waiter.done()) waiter.SetResult();
    }
  }

  void Accept(int fd) {
    Watch(loop_, fd, kReadable, [this, fd] { AcceptReady(fd); }, "accept");
  }

  void AcceptReady(int fd) {
    for (int i = 0; i < options_.backlog; ++i) {
      const SysResult result = NetworkOf(loop_).Accept(fd, nullptr);
      if (result < 0) {
        if (OutOfResources(result)) BackOff(fd, result);
        return;
      }
      CreateTask(Greet(shared_from_this(), Socket(static_cast<int>(result))));
    }
  }

  // Source: _accept_connection2.
  static Coro<> Greet(std::shared_ptr<ServerCore> server, Socket socket) {
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

  // No descriptors are left: leaves the queue alone for a while.
  void BackOff(int fd, SysResult result) {
    loop_->Report("socket.accept() out of system resource",
                  std::make_exception_ptr(SocketError(result, "accept", "")),
                  "server");
    loop_->io->Remove(fd, kReadable);
    retries_.push_back(loop_->loop->CallLater(
        kAcceptRetryDelay, [this, fd] { Accept(fd); }, "accept_retry"));
  }

  LoopCore* loop_;
  ConnectionStarter starter_;
  ProtocolFactory factory_;
  const ServerOptions options_;
  std::vector<Socket> listeners_;
  std::vector<TimerHandle> retries_;
  std::vector<Transport*> clients_;  // In the order of their coming.
  std::vector<Future<>> waiters_;
  Future<> forever_;
  bool serving_ = false;
  bool closed_ = false;
};

namespace {

ServerCore& CoreOf(const std::shared_ptr<ServerCore>& core) {
  if (core == nullptr) throw RuntimeError("use of an empty Server");
  return *core;
}

Coro<std::vector<SocketAddress>> ResolveForServer(std::string host,
                                                  std::uint16_t port) {
  co_return ResolveHost(host.empty() ? "0.0.0.0" : host, port);
}

using SharedHandler = std::shared_ptr<const ConnectionHandler>;

// Runs the handler and keeps it alive meanwhile.
Coro<> ServeClient(SharedHandler handler, Stream stream) {
  co_await (*handler)(std::move(stream));
}

// Of a connection that a handler serves.
class ServedProtocol final
    : public StreamReaderProtocol,
      public std::enable_shared_from_this<ServedProtocol> {
 public:
  ServedProtocol(SharedHandler handler, std::size_t limit)
      : StreamReaderProtocol(std::make_shared<StreamReader>(limit)),
        handler_(std::move(handler)) {}

  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    StreamReaderProtocol::ConnectionMade(transport);
    const Task<> task = CreateTask(ServeClient(
        std::move(handler_), Stream(transport, shared_from_this())));
    AddDoneCallback(task.core(), HandleKind::kFutureDone, "client_connected",
                    [transport](FutureCore* done) {
                      if (!done->cancelled() && done->Exception() != nullptr) {
                        RunningCore()->Report(
                            "Unhandled exception in client_connected_cb",
                            done->Exception(), "server");
                      } else if (!done->cancelled()) {
                        return;
                      }
                      transport->Close();
                    });
  }

 private:
  SharedHandler handler_;
};

}  // namespace
}  // namespace internal

using internal::CoreOf;
using internal::ServerCore;

Coro<> Server::StartServing() {
  const std::shared_ptr<ServerCore> core = core_;
  CoreOf(core).StartServing();
  // Lets what was set up begin. Source: asyncio's start_serving.
  co_await Yield();
}

Coro<> Server::ServeForever() {
  const std::shared_ptr<ServerCore> core = core_;
  const Future<> stop = CoreOf(core).BeginForever();
  std::exception_ptr cancelled;
  try {
    co_await stop;
  } catch (const CancelledError&) {
    cancelled = std::current_exception();
  }
  core->Close();
  core->EndForever();
  if (!core->gone()) co_await core->WhenGone();
  std::rethrow_exception(cancelled);
}

void Server::Close() {
  if (core_ != nullptr) core_->Close();
}

Coro<> Server::WaitClosed() {
  const std::shared_ptr<ServerCore> core = core_;
  if (!CoreOf(core).gone()) co_await core->WhenGone();
}

void Server::CloseClients() {
  for (Transport* const client : CoreOf(core_).clients()) {
    if (core_->has(client)) client->Close();
  }
}

void Server::AbortClients() {
  for (Transport* const client : CoreOf(core_).clients()) {
    if (core_->has(client)) client->Abort();
  }
}

bool Server::is_serving() const { return core_ != nullptr && core_->serving(); }

std::vector<SocketAddress> Server::addresses() const {
  return core_ == nullptr ? std::vector<SocketAddress>() : core_->addresses();
}

namespace internal {

Coro<Server> CreateServerWith(ConnectionStarter starter,
                              ProtocolFactory factory, std::string host,
                              std::uint16_t port, ServerOptions options) {
  auto core = std::make_shared<ServerCore>(std::move(starter),
                                           std::move(factory), options);
  std::vector<Coro<std::vector<SocketAddress>>> lookups;
  lookups.push_back(ResolveForServer(std::move(host), port));
  const std::vector<std::vector<SocketAddress>> found =
      co_await Gather(std::move(lookups));
  for (const SocketAddress& address : found.front()) core->Bind(address);
  if (options.start_serving) {
    core->StartServing();
    co_await Yield();
  }
  // Connections hold the core as well; what the user holds closes it.
  ServerCore* const raw = core.get();
  co_return Server(std::shared_ptr<ServerCore>(
      raw, [core = std::move(core)](ServerCore*) { core->Close(); }));
}

ProtocolFactory StreamFactory(ConnectionHandler handler, std::size_t limit) {
  return
      [shared = std::make_shared<const ConnectionHandler>(std::move(handler)),
       limit] { return std::make_shared<ServedProtocol>(shared, limit); };
}

}  // namespace internal

Coro<Server> CreateServer(ProtocolFactory factory, std::string host,
                          std::uint16_t port, ServerOptions options) {
  return internal::CreateServerWith(&internal::StartConnection,
                                    std::move(factory), std::move(host), port,
                                    options);
}

Coro<Server> StartServer(ConnectionHandler handler, std::string host,
                         std::uint16_t port, ServerOptions options) {
  return CreateServer(
      internal::StreamFactory(std::move(handler), options.limit),
      std::move(host), port, options);
}

}  // namespace rondo
