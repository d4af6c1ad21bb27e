// A reply that nobody waits for any more is read by the next request.
//
// The users of a cache share a connection, one after the other; replies come
// in the order of the requests and do not say whose they are. A user who loses
// patience is cancelled between its request and its reply, and the connection
// goes on to the next user with a reply under way. From then on every reply is
// that to the request before.
//
// Source: redis/redis-py#2624, #2665, PR #2641.

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr int kPort = 6379;
constexpr rondo::Nanoseconds kPatience = 30ms;

// The cache: a line is a key, and the answer a line with its value.
rondo::Coro<> Answer(rondo::Stream stream) {
  try {
    for (;;) {
      const std::string key = co_await stream.ReadUntil('\n');
      const std::string value = "value of " + key;
      co_await stream.WriteAll(value);
    }
  } catch (const rondo::IncompleteReadError&) {
    // The client has hung up.
  } catch (const std::system_error&) {
    // It has done so with an answer under way.
  }
}

rondo::Coro<> Serve() {
  rondo::Server server = co_await rondo::StartServer(Answer, "", kPort);
  co_await server.ServeForever();
}

// A pool of one connection, for one user at a time.
template <bool kFixed>
class Cache {
 public:
  rondo::Coro<> Connect() {
    stream_ = co_await rondo::OpenConnection("server", kPort);
  }

  rondo::Coro<std::string> Get(std::string key) {
    if (!stream_.is_open()) co_await Connect();
    rondo::Outcome<std::string> value =
        co_await rondo::AsOutcome(Ask(std::move(key)));
    // The fix: whoever has not read the whole reply leaves no connection.
    if (kFixed && !value.ok()) stream_.Close();
    co_return value.Take();
  }

 private:
  rondo::Coro<std::string> Ask(std::string key) {
    key += '\n';
    co_await stream_.WriteAll(key);
    std::string value = co_await stream_.ReadUntil('\n');
    value.pop_back();
    co_return value;
  }

  rondo::Stream stream_;
};

// Looks `key` up, and can do without its value when that takes too long.
template <bool kFixed>
rondo::Coro<> LookUp(rondo::Simulation* sim, Cache<kFixed>* cache,
                     std::string key) {
  try {
    const std::string value =
        co_await rondo::WaitFor(cache->Get(key), kPatience);
    sim->Output(key + ": " + value);
    if (value != "value of " + key) {
      sim->Fail("wrong reply", "asked for " + key + ", got " + value);
    }
  } catch (const rondo::TimeoutError&) {
    sim->Output(key + ": too late");
  }
}

template <bool kFixed>
void UsersShareAConnection(rondo::Simulation& sim) {
  sim.SetLatency(5ms, 20ms);
  sim.AddHost("server", Serve);
  sim.Run([&sim]() -> rondo::Coro<> {
    co_await rondo::Sleep(1s);  // The server listens by then.
    Cache<kFixed> cache;
    co_await cache.Connect();
    for (const char* key : {"a", "b", "c", "d"}) {
      co_await LookUp(&sim, &cache, key);
    }
  });
}

}  // namespace

RONDO_SCENARIO(ResponseOffByOne) { UsersShareAConnection<false>(sim); }
RONDO_SCENARIO(ResponseOffByOneFixed) { UsersShareAConnection<true>(sim); }
