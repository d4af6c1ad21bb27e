// Locks.
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

Coro<> User(Env& env, std::string name, Lock& lock) {
  env.Log(name, " wants");
  try {
    co_await lock.Acquire();
  } catch (const CancelledError&) {
    env.Log(name, " cancelled");
    throw;
  }
  env.Log(name, " has at ", env.t());
  co_await Sleep(250ms);
  lock.Release();
  env.Log(name, " released");
}

std::vector<Task<>> Users(Env& env, std::string_view names, Lock& lock) {
  return StartEach(names, [&](std::string name) {
    return User(env, std::move(name), lock);
  });
}

// First come first served: a free lock that was promised is not taken by a
// newcomer. A waiter that is cancelled leaves, also if it was woken already;
// then the next one is woken. Releasing a free lock is an error.
Coro<> LockFifo(Env& env) {
  Lock lock;
  co_await lock.Acquire();
  const std::vector<Task<>> abc = Users(env, "ABC", lock);
  co_await Yield();
  env.Log("locked ", lock.locked());
  lock.Release();
  env.Log("locked ", lock.locked());
  co_await lock.Acquire();
  env.Log("main again at ", env.t());
  lock.Release();
  co_await WaitForAll(abc);

  co_await lock.Acquire();
  std::vector<Task<>> def = Users(env, "DEF", lock);
  co_await Yield();
  def[1].Cancel();
  lock.Release();
  co_await WaitForAll(def);
  env.Log("2 locked ", lock.locked());

  co_await lock.Acquire();
  std::vector<Task<>> gh = Users(env, "GH", lock);
  co_await Yield();
  lock.Release();
  gh[0].Cancel();
  co_await WaitForAll(gh);
  env.Log("3 locked ", lock.locked());
  try {
    lock.Release();
  } catch (const RuntimeError&) {
    env.Log("4 ", CaughtText());
  }
}

}  // namespace

Scenarios LockScenarios() { return {{"lock_fifo", LockFifo}}; }

}  // namespace rondo::conformance
