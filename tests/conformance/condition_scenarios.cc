// Conditions.
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/runtime/condition.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

Coro<> Worker(Env& env, std::string name, Condition& condition) {
  const LockGuard guard = co_await condition.Scoped();
  env.Log(name, " waits");
  try {
    co_await condition.Wait();
  } catch (const CancelledError&) {
    env.Log(name, " cancelled at ", env.t(), " locked=", condition.locked());
    throw;
  }
  env.Log(name, " woke at ", env.t());
  co_await Sleep(250ms);
}

std::vector<Task<>> Workers(Env& env, std::string_view names,
                            Condition& condition) {
  return StartEach(names, [&](std::string name) {
    return Worker(env, std::move(name), condition);
  });
}

Coro<> NotifySome(Env& env, Condition& condition) {
  const std::vector<Task<>> abc = Workers(env, "ABC", condition);
  co_await Yield();
  {
    const LockGuard guard = co_await condition.Scoped();
    condition.Notify(2);
    env.Log("notified");
    co_await Sleep(250ms);
  }
  co_await WaitForAll(abc[0], abc[1]);
  {
    const LockGuard guard = co_await condition.Scoped();
    condition.NotifyAll();
  }
  co_await WaitForAll(abc);
}

Coro<> CancelAWaiter(Env& env, Condition& condition) {
  std::vector<Task<>> de = Workers(env, "DE", condition);
  co_await Yield();
  {
    const LockGuard guard = co_await condition.Scoped();
    de[0].Cancel();
    co_await Sleep(500ms);
    env.Log("main releases at ", env.t());
  }
  co_await WaitForAll(de[0]);
  env.Log("D ", StateText(de[0]));
  {
    const LockGuard guard = co_await condition.Scoped();
    condition.Notify();
  }
  co_await WaitForAll(de[1]);
}

Coro<> WaitForTwo(Env& env, Condition& condition, int& n) {
  const LockGuard guard = co_await condition.Scoped();
  co_await condition.WaitFor([&n] { return n >= 2; });
  env.Log("P sees ", n, " at ", env.t());
}

Coro<> Predicate(Env& env, Condition& condition) {
  int n = 0;
  const Task<> waiter = CreateTask(WaitForTwo(env, condition, n), "P");
  co_await Yield();
  for (int i = 0; i < 2; ++i) {
    {
      const LockGuard guard = co_await condition.Scoped();
      ++n;
      condition.NotifyAll();
    }
    co_await Sleep(250ms);
  }
  co_await waiter;
}

// Who is notified goes on when it has the lock, in the order of waiting; so
// does who is cancelled. A predicate. Without the lock it is an error.
Coro<> ConditionBasic(Env& env) {
  Condition condition;
  co_await NotifySome(env, condition);
  co_await CancelAWaiter(env, condition);
  co_await Predicate(env, condition);
  try {
    co_await condition.Wait();
  } catch (const RuntimeError&) {
    env.Log("4 ", CaughtText());
  }
  try {
    condition.Notify();
  } catch (const RuntimeError&) {
    env.Log("4 ", CaughtText());
  }
}

}  // namespace

Scenarios ConditionScenarios() { return {{"condition_basic", ConditionBasic}}; }

}  // namespace rondo::conformance
