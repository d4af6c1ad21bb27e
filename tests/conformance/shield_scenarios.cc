// Shield.
#include <chrono>
#include <string>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/shield.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

Coro<std::string> Inner(Env& env, std::string name, Nanoseconds delay,
                        std::string result, std::string error) {
  co_await Sleep(delay);
  env.Log(name, " end at ", env.t());
  if (!error.empty()) throw AppError(error);
  co_return result;
}

Coro<std::string> Waiter(Env& env, std::string name, Task<std::string> task) {
  try {
    const std::string result = co_await Shield(task);
    env.Log(name, " got ", result);
    co_return result;
  } catch (const CancelledError&) {
    env.Log(name, " saw ", CaughtText(), " at ", env.t());
    throw;
  } catch (const AppError&) {
    env.Log(name, " saw ", CaughtText(), " at ", env.t());
    throw;
  }
}

Coro<> CancelTheWaiter(Env& env) {
  const auto i1 = CreateTask(Inner(env, "I1", 1s, "i1", ""), "I1");
  Task<std::string> w1 = CreateTask(Waiter(env, "W1", i1), "W1");
  co_await Sleep(500ms);
  w1.Cancel();
  co_await WaitForAll(w1);
  env.Log("W1 ", StateText(w1), "; I1 ", StateText(i1));
  const std::string& result = co_await i1;
  env.Log("I1 ", result);
}

Coro<> InnerFails(Env& env) {
  const auto i2 = CreateTask(Inner(env, "I2", 500ms, "", "i2"), "I2");
  const Task<std::string> w2 = CreateTask(Waiter(env, "W2", i2), "W2");
  co_await WaitForAll(w2);
  env.Log("W2 ", StateText(w2));
}

Coro<> CancelTheInner(Env& env) {
  auto i3 = CreateTask(Inner(env, "I3", 1s, "i3", ""), "I3");
  const Task<std::string> w3 = CreateTask(Waiter(env, "W3", i3), "W3");
  co_await Sleep(250ms);
  i3.Cancel();
  co_await WaitForAll(w3);
  env.Log("W3 ", StateText(w3), "; I3 ", StateText(i3));
}

Coro<> InnerFailsAfterCancel(Env& env) {
  const auto i5 = CreateTask(Inner(env, "I5", 500ms, "", "i5"), "I5");
  Future<std::string> outer = Shield(i5);
  co_await Yield();
  env.Log("outer cancel ", outer.Cancel());
  co_await Sleep(1s);
  env.Log("I5 ", StateText(i5), "; outer ", StateText(outer));
}

// Cancelling the waiter leaves the inner task alone; failing and cancelling of
// the inner one go through; a finished future is its own shield.
Coro<> ShieldBasic(Env& env) {
  co_await CancelTheWaiter(env);
  co_await InnerFails(env);
  co_await CancelTheInner(env);
  Future<int> f4 = CreateFuture<int>();
  f4.SetResult(4);
  const Future<int> s4 = Shield(f4);
  env.Log("same ", s4 == f4);
  const int four = co_await s4;
  env.Log("f4 ", four);
  co_await InnerFailsAfterCancel(env);
}

}  // namespace

Scenarios ShieldScenarios() { return {{"shield_basic", ShieldBasic}}; }

}  // namespace rondo::conformance
