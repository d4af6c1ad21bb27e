#include "rondo/runtime/server.h"

#include <cerrno>
#include <exception>
#include <utility>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/sleep.h"

namespace rondo {
namespace internal {
namespace {

using SharedHandler = std::shared_ptr<const ConnectionHandler>;

// Source: asyncio.constants.ACCEPT_RETRY_DELAY.
constexpr Nanoseconds kAcceptRetryDelay = std::chrono::seconds(1);

bool OutOfResources(SysResult result) {
  return result == -EMFILE || result == -ENFILE || result == -ENOBUFS ||
         result == -ENOMEM;
}

// Runs the handler and keeps it alive meanwhile.
Coro<> ServeClient(SharedHandler handler, Stream stream) {
  try {
    co_await (*handler)(std::move(stream));
  } catch (const std::exception&) {
    RunningLoop().CallExceptionHandler(
        {"Unhandled exception in client_connected_cb", std::current_exception(),
         CurrentTask().name()});
  }
}

}  // namespace

class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(ConnectionHandler handler, int backlog)
      : loop_(RunningCore()),
        handler_(std::make_shared<const ConnectionHandler>(std::move(handler))),
        backlog_(backlog),
        closed_(CreateFuture()) {}
  ServerCore(const ServerCore&) = delete;
  ServerCore& operator=(const ServerCore&) = delete;
  ~ServerCore() { Close(); }

  void Listen(const SocketAddress& address) {
    Network& network = NetworkOf(loop_);
    Socket socket = Socket::Stream(address.family());
    const auto check = [&](SysResult result, const char* call) {
      if (result < 0) ThrowSocketError(result, call, address.ToString());
    };
    check(network.SetOption(socket.fd(), SocketOption::kReuseAddress, 1),
          "setsockopt");
    if (address.family() == AddressFamily::kIPv6) {
      check(network.SetOption(socket.fd(), SocketOption::kIPv6Only, 1),
            "setsockopt");
    }
    check(network.Bind(socket.fd(), address), "bind");
    check(network.Listen(socket.fd(), backlog_), "listen");
    listeners_.push_back(std::move(socket));
    Accept(listeners_.back().fd());
  }

  void Close() {
    for (TimerHandle& retry : retries_) retry.Cancel();
    retries_.clear();
    listeners_.clear();
    if (!closed_.done()) closed_.SetResult();
  }

  bool serving() const { return !closed_.done(); }
  const Future<>& closed() const { return closed_; }
  std::vector<SocketAddress> addresses() const {
    std::vector<SocketAddress> result;
    for (const Socket& socket : listeners_) {
      SocketAddress address;
      NetworkOf(loop_).LocalAddress(socket.fd(), &address);
      result.push_back(address);
    }
    return result;
  }

 private:
  void Accept(int fd) {
    Watch(loop_, fd, kReadable, [this, fd] { AcceptReady(fd); }, "accept");
  }

  void AcceptReady(int fd) {
    Network& network = NetworkOf(loop_);
    for (int i = 0; i < backlog_; ++i) {
      const SysResult result = network.Accept(fd, nullptr);
      if (result < 0) {
        if (OutOfResources(result)) BackOff(fd, result);
        return;
      }
      Socket socket(static_cast<int>(result));
      // The connection's name is the task's: the same in every schedule.
      const std::string name(network.Name(socket.fd()).name);
      CreateTask(ServeClient(handler_, Stream(std::move(socket))), name);
    }
  }

  // No descriptors are left: leaves the queue alone for a while.
  void BackOff(int fd, SysResult result) {
    loop_->loop->CallExceptionHandler(
        {"socket.accept() out of system resource",
         std::make_exception_ptr(std::system_error(
             static_cast<int>(-result), std::generic_category(), "accept")),
         "server"});
    loop_->io->Remove(fd, kReadable);
    retries_.push_back(loop_->loop->CallLater(
        kAcceptRetryDelay, [this, fd] { Accept(fd); }, "accept_retry"));
  }

  LoopCore* loop_;
  SharedHandler handler_;
  int backlog_;
  std::vector<Socket> listeners_;
  std::vector<TimerHandle> retries_;
  Future<> closed_;
};

}  // namespace internal

Coro<> Server::ServeForever() {
  if (core_ == nullptr || !core_->serving()) {
    throw RuntimeError("server is closed");
  }
  try {
    co_await Future<>(core_->closed());
  } catch (const CancelledError&) {
    core_->Close();
    throw;
  }
}

void Server::Close() {
  if (core_ != nullptr) core_->Close();
}

bool Server::is_serving() const { return core_ != nullptr && core_->serving(); }

std::vector<SocketAddress> Server::addresses() const {
  return core_ == nullptr ? std::vector<SocketAddress>() : core_->addresses();
}

Coro<Server> StartServer(ConnectionHandler handler, std::string host,
                         std::uint16_t port, int backlog) {
  if (host.empty()) host = "0.0.0.0";
  auto core =
      std::make_shared<internal::ServerCore>(std::move(handler), backlog);
  for (const SocketAddress& address : ResolveHost(host, port)) {
    core->Listen(address);
  }
  // Let what was set up begin. Source: asyncio's create_server.
  co_await Yield();
  co_return Server(std::move(core));
}

}  // namespace rondo
