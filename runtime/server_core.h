// What the handles of a server share: its listening sockets, and who is
// connected.
//
// Source: asyncio.base_events.Server, BaseSelectorEventLoop._accept_connection.
#ifndef RONDO_RUNTIME_SERVER_CORE_H_
#define RONDO_RUNTIME_SERVER_CORE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/container/btree_map.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/server_options.h"
#include "rondo/runtime/socket_address.h"
#include "rondo/runtime/socket_file.h"
#include "rondo/runtime/socket_transport.h"
#include "rondo/runtime/sockets.h"

namespace rondo::internal {

class ServerCore final : public ConnectionOwner,
                         public std::enable_shared_from_this<ServerCore> {
 public:
  // `sockets`: bound.
  ServerCore(ConnectionStarter starter, ProtocolFactory factory,
             std::vector<Socket> sockets, const ServerOptions& options);
  ServerCore(const ServerCore&) = delete;
  ServerCore& operator=(const ServerCore&) = delete;
  ~ServerCore() { Close(); }

  // See Server.
  void StartServing();
  void Close();
  bool serving() const { return serving_; }
  std::vector<SocketAddress> addresses() const;

  // Done when ServeForever is to end.
  Future<> BeginForever();
  void EndForever() { forever_ = Future<>(); }

  // Closed, and the last connection is gone.
  bool gone() const { return closed_ && clients_.empty(); }
  Future<> WhenGone();

  // ConnectionOwner
  std::uint64_t Attach(Transport* transport) override {
    clients_.emplace(++last_client_, transport);
    return last_client_;
  }
  void Detach(std::uint64_t number) override;

  // Calls `f` with each client's transport, in the order of their coming. What
  // happens to one may be the end of others.
  template <class F>
  void ForEachClient(F f) {
    const std::uint64_t last = last_client_;
    for (auto client = clients_.begin();
         client != clients_.end() && client->first <= last;) {
      const std::uint64_t number = client->first;
      f(*client->second);
      client = clients_.upper_bound(number);
    }
  }

 private:
  struct Listener {
    Socket socket;
    bool ours = false;      // See IoTable::MarkOurs.
    SocketAddress address;  // Of ours.
    SocketFile file;
    TimerHandle retry;
  };

  SocketAddress AddressOf(const Listener& listener) const;
  void WakeIfGone();

  void Accept(Listener* listener);
  // Accepts what waits, up to a backlog of it.
  void AcceptReady(Listener* listener);
  // No resources are left: leaves the queue alone for a while.
  void BackOff(Listener* listener, SysResult result);
  static Coro<> Greet(std::shared_ptr<ServerCore> server, Socket socket);

  LoopCore* loop_;
  ConnectionStarter starter_;
  ProtocolFactory factory_;
  const ServerOptions options_;
  std::deque<Listener> listeners_;
  absl::btree_map<std::uint64_t, Transport*> clients_;  // By number.
  std::uint64_t last_client_ = 0;
  std::vector<Future<>> waiters_;
  Future<> forever_;
  bool serving_ = false;
  bool closed_ = false;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_SERVER_CORE_H_
