// The idle timer closes a connection that has just been checked out.
//
// An agent keeps the connections of finished requests and closes one that has
// been idle for five seconds. A connection leaves the list of free ones when
// its end is reported, a turn after it was closed; a request that comes in
// between gets a closed connection, and fails though nobody is at fault.
//
// Source: node-modules/agentkeepalive#23, #57.

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/streams.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""s;

constexpr int kPort = 80;
constexpr rondo::Nanoseconds kKeepAlive = 5s;
constexpr rondo::Nanoseconds kPollInterval = 5s;

rondo::Coro<> Answer(rondo::Stream stream) {
  try {
    for (;;) {
      const std::string request = co_await stream.ReadUntil('\n');
      const std::string reply = "200 " + request;
      co_await stream.WriteAll(reply);
    }
  } catch (const rondo::IncompleteReadError&) {
    // The client has hung up.
  }
}

rondo::Coro<> Serve() {
  rondo::Server server = co_await rondo::StartServer(Answer, "", kPort);
  co_await server.ServeForever();
}

struct Connection {
  Connection() = default;
  Connection(const Connection&) = delete;
  ~Connection() {
    idle.Cancel();
    closed.Cancel();
  }

  rondo::Stream stream;
  rondo::TimerHandle idle;
  rondo::Handle closed;
};

template <bool kFixed>
class Agent {
 public:
  rondo::Coro<std::string> Request(std::string path) {
    Connection* const connection = co_await CheckOut();
    path += '\n';
    co_await connection->stream.WriteAll(path);
    std::string reply = co_await connection->stream.ReadUntil('\n');
    CheckIn(connection);
    co_return reply;
  }

 private:
  rondo::Coro<Connection*> CheckOut() {
    if (!free_.empty()) {
      Connection* const connection = free_.front();
      free_.pop_front();
      connection->idle.Cancel();
      co_return connection;
    }
    rondo::Stream stream = co_await rondo::OpenConnection("server", kPort);
    connections_.push_back(std::make_unique<Connection>());
    connections_.back()->stream = std::move(stream);
    co_return connections_.back().get();
  }

  void CheckIn(Connection* connection) {
    free_.push_back(connection);
    connection->idle = rondo::RunningLoop().CallLater(
        kKeepAlive, [this, connection] { CloseIdle(connection); }, "idle");
  }

  void CloseIdle(Connection* connection) {
    connection->stream.Close();
    if (kFixed) {
      // The fix: nobody can get it any more, from now on.
      std::erase(free_, connection);
    } else {
      connection->closed = rondo::RunningLoop().CallSoon(
          [this, connection] { std::erase(free_, connection); }, "closed");
    }
  }

  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<Connection*> free_;
};

template <bool kFixed>
rondo::Coro<> Poll(rondo::Simulation* sim, Agent<kFixed>* agent,
                   std::string path) {
  for (int i = 0; i < 3; ++i) {
    const rondo::Outcome<std::string> reply =
        co_await rondo::AsOutcome(agent->Request(path));
    if (!reply.ok()) {
      sim->Fail("request failed", rondo::DescribeException(reply.exception()));
    }
    co_await rondo::Sleep(kPollInterval);
  }
}

template <bool kFixed>
void PollEveryKeepAlive(rondo::Simulation& sim) {
  sim.AddHost("server", Serve);
  sim.Run([&sim]() -> rondo::Coro<> {
    co_await rondo::Sleep(1s);  // The server listens by then.
    Agent<kFixed> agent;
    co_await Poll(&sim, &agent, "/status");
  });
}

}  // namespace

RONDO_SCENARIO(IdleTimerVersusCheckout) { PollEveryKeepAlive<false>(sim); }
RONDO_SCENARIO(IdleTimerVersusCheckoutFixed) { PollEveryKeepAlive<true>(sim); }
