// Events.
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

Coro<> Waiter(Env& env, std::string name, Event& event) {
  env.Log(name, " waits");
  try {
    co_await event.Wait();
  } catch (const CancelledError&) {
    env.Log(name, " cancelled");
    throw;
  }
  env.Log(name, " woke at ", env.t(), " set=", event.is_set());
}

std::vector<Task<>> Waiters(Env& env, std::string_view names, Event& event) {
  return StartEach(names, [&](std::string name) {
    return Waiter(env, std::move(name), event);
  });
}

Coro<> Timed(Env& env, Event& event) {
  try {
    co_await WaitFor(AsCoro(event.Wait()), 500ms);
  } catch (const TimeoutError&) {
    env.Log("I ", CaughtText(), " at ", env.t());
  }
}

// Wakes in the order of waiting; waiting for a set event takes no turn. Set and
// cleared in one step, it wakes everybody all the same. A cancelled waiter, and
// one with a time limit.
Coro<> EventBasic(Env& env) {
  Event event;
  const std::vector<Task<>> abc = Waiters(env, "ABC", event);
  co_await Yield();
  event.Set();
  co_await event.Wait();
  env.Log("wait ", true);
  co_await WaitForAll(abc);
  event.Clear();

  const std::vector<Task<>> de = Waiters(env, "DE", event);
  co_await Yield();
  event.Set();
  event.Clear();
  co_await WaitForAll(de);

  std::vector<Task<>> fgh = Waiters(env, "FGH", event);
  co_await Yield();
  fgh[1].Cancel();
  event.Set();
  co_await WaitForAll(fgh);
  event.Clear();

  co_await CreateTask(Timed(env, event), "I");
  event.Set();
  env.Log("set=", event.is_set());
}

}  // namespace

Scenarios EventScenarios() { return {{"event_basic", EventBasic}}; }

}  // namespace rondo::conformance
