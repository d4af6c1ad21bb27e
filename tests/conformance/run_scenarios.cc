// A program's beginning and end: Runner, and a deadlock.
#include <chrono>
#include <string>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

Coro<> CleansUp(Env& env) {
  const Outcome<> slept = co_await AsOutcome(Pause(5s));
  if (slept.cancelled()) {
    env.Log("L1 cancelled");
    co_await Sleep(250ms);
    env.Log("L1 cleaned at ", env.t());
  }
  slept.Rethrow();
}

Coro<> Fails() {
  try {
    co_await Sleep(5s);
  } catch (const CancelledError&) {
    throw AppError("l2");
  }
}

// `keep` is the scenario's, which outlives the runner.
Coro<int> First(Env& env, std::vector<Task<>>& keep) {
  env.Log("first");
  keep.push_back(CreateTask(CleansUp(env), "L1"));
  keep.push_back(CreateTask(Fails(), "L2"));
  co_await Sleep(500ms);
  co_return 1;
}

Coro<int> Second(Env& env) {
  env.Log("second at ", env.t());
  co_return 2;
}

// Tasks that are left go on in the next Run, and are cancelled, in the order
// of creation, and waited for by Close; what they throw then is reported.
void RunnerShutdown(Env& env) {
  std::vector<Task<>> keep;
  Runner runner(env.loop());
  const int one = runner.Run(First(env, keep));
  env.Log("run ", one, " L1 done=", keep[0].done());
  const int two = runner.Run(Second(env));
  env.Log("run ", two);
  runner.Close();
  env.Log("closed ", env.loop().is_closed(), " at ", env.t());
  try {
    runner.Run(Second(env));
  } catch (const RuntimeError&) {
    env.Log(CaughtText());
  }
}

// Takes one lock and then the other, which are main's.
Coro<> Taker(Env& env, std::string name, int first, Lock& one, int second,
             Lock& other) {
  const LockGuard has_one = co_await one.Scoped();
  env.Log(name, " has ", first);
  co_await Sleep(250ms);
  const LockGuard has_other = co_await other.Scoped();
  env.Log(name, " has ", second);
}

// Two tasks take two locks in opposite orders. The selector finds that nothing
// can ever happen again: the run ends, and its iteration writes no line.
Coro<> DeadlockReport(Env& env) {
  Lock lock1;
  Lock lock2;
  const auto a = CreateTask(Taker(env, "A", 1, lock1, 2, lock2), "A");
  const auto b = CreateTask(Taker(env, "B", 2, lock2, 1, lock1), "B");
  co_await Gather(a, b);
}

}  // namespace

Scenarios RunScenarios() {
  return {{"deadlock_report", DeadlockReport},
          {"runner_shutdown", RunnerShutdown}};
}

}  // namespace rondo::conformance
