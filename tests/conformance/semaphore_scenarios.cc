// Semaphores.
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/semaphore.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

Coro<> User(Env& env, std::string name, Semaphore& semaphore) {
  try {
    co_await semaphore.Acquire();
  } catch (const CancelledError&) {
    env.Log(name, " cancelled");
    throw;
  }
  env.Log(name, " in at ", env.t());
  co_await Sleep(500ms);
  semaphore.Release();
}

std::vector<Task<>> Users(Env& env, std::string_view names,
                          Semaphore& semaphore) {
  return StartEach(names, [&](std::string name) {
    return User(env, std::move(name), semaphore);
  });
}

Coro<> NewcomersQueueUp(Env& env) {
  Semaphore semaphore(1);
  co_await semaphore.Acquire();
  const std::vector<Task<>> fgh = Users(env, "FGH", semaphore);
  co_await Yield();
  semaphore.Release();
  semaphore.Release();
  co_await semaphore.Acquire();
  env.Log("main in at ", env.t());
  semaphore.Release();
  co_await WaitForAll(fgh);
}

Coro<> CancelAWaiter(Env& env) {
  Semaphore semaphore(1);
  co_await semaphore.Acquire();
  std::vector<Task<>> ij = Users(env, "IJ", semaphore);
  co_await Yield();
  ij[0].Cancel();
  semaphore.Release();
  co_await WaitForAll(ij);
}

Coro<> CancelAWokenWaiter(Env& env) {
  Semaphore semaphore(1);
  co_await semaphore.Acquire();
  std::vector<Task<>> kl = Users(env, "KL", semaphore);
  co_await Yield();
  semaphore.Release();
  kl[0].Cancel();
  co_await WaitForAll(kl);
  env.Log("4 locked=", semaphore.locked());
}

Coro<> Misuse(Env& env) {
  BoundedSemaphore bounded(1);
  co_await bounded.Acquire();
  env.Log("5 locked=", bounded.locked());
  bounded.Release();
  try {
    bounded.Release();
  } catch (const ValueError&) {
    env.Log("5 ", CaughtText());
  }
  try {
    Semaphore negative(-1);
  } catch (const ValueError&) {
    env.Log("5 ", CaughtText());
  }
}

// First come first served, for newcomers too. A cancelled waiter leaves the
// permit to the next, also if it had been handed to it. Released too often;
// made of less than nothing.
Coro<> SemaphoreFifo(Env& env) {
  Semaphore semaphore(2);
  const std::vector<Task<>> five = Users(env, "ABCDE", semaphore);
  co_await WaitForAll(five);
  co_await NewcomersQueueUp(env);
  co_await CancelAWaiter(env);
  co_await CancelAWokenWaiter(env);
  co_await Misuse(env);
}

}  // namespace

Scenarios SemaphoreScenarios() { return {{"semaphore_fifo", SemaphoreFifo}}; }

}  // namespace rondo::conformance
