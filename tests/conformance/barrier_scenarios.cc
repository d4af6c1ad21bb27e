// Barriers.
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/runtime/barrier.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

Coro<> Party(Env& env, std::string name, Barrier& barrier, Nanoseconds delay) {
  if (delay > 0s) co_await Sleep(delay);
  try {
    const std::size_t index = co_await barrier.Wait();
    env.Log(name, " passed ", index, " at ", env.t());
  } catch (const BrokenBarrierError&) {
    env.Log(name, " broken at ", env.t());
  } catch (const CancelledError&) {
    env.Log(name, " cancelled");
    throw;
  }
}

std::vector<Task<>> Parties(Env& env, std::string_view names, Barrier& barrier,
                            Nanoseconds delay = {}) {
  return StartEach(names, [&](std::string name) {
    return Party(env, std::move(name), barrier, delay);
  });
}

Coro<> FillAndRefill(Env& env, Barrier& barrier) {
  std::vector<Task<>> abc = Parties(env, "AB", barrier);
  abc.push_back(Parties(env, "C", barrier, 500ms)[0]);
  co_await Sleep(250ms);
  env.Log("waiting ", barrier.n_waiting(), " of ", barrier.parties());
  co_await WaitForAll(abc);
  const std::vector<Task<>> def = Parties(env, "DEF", barrier);
  co_await WaitForAll(def);
}

Coro<> AbortAndReset(Env& env, Barrier& barrier) {
  const std::vector<Task<>> gh = Parties(env, "GH", barrier);
  co_await Yield();
  co_await barrier.Abort();
  co_await WaitForAll(gh);
  env.Log("broken ", barrier.broken());
  try {
    co_await barrier.Wait();
  } catch (const BrokenBarrierError&) {
    env.Log("main ", CaughtText());
  }
  co_await barrier.Reset();
  env.Log("broken ", barrier.broken());

  const std::vector<Task<>> i = Parties(env, "I", barrier);
  co_await Yield();
  co_await barrier.Reset();
  co_await WaitForAll(i);
  const std::vector<Task<>> jkl = Parties(env, "JKL", barrier);
  co_await WaitForAll(jkl);
}

Coro<> CancelAParty(Env& env, Barrier& barrier) {
  std::vector<Task<>> mn = Parties(env, "MN", barrier);
  co_await Yield();
  env.Log("waiting ", barrier.n_waiting());
  mn[1].Cancel();
  co_await WaitForAll(mn[1]);
  env.Log("waiting ", barrier.n_waiting());
  const std::vector<Task<>> op = Parties(env, "OP", barrier);
  co_await WaitForAll(mn[0], op[0], op[1]);
}

// Used twice; aborted and reset while tasks wait; a party that is cancelled.
Coro<> BarrierBasic(Env& env) {
  Barrier barrier(3);
  co_await FillAndRefill(env, barrier);
  co_await AbortAndReset(env, barrier);
  co_await CancelAParty(env, barrier);
}

}  // namespace

Scenarios BarrierScenarios() { return {{"barrier_basic", BarrierBasic}}; }

}  // namespace rondo::conformance
