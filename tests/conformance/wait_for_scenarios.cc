// WaitFor.
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

Coro<std::string> Work(Env& env, Nanoseconds delay) {
  env.Log("work start");
  co_await Sleep(delay);
  co_return "w";
}

// Logs how `coro` ends and how long it took.
template <class T>
Coro<> Show(Env& env, int part, Coro<T> coro) {
  const Nanoseconds start = env.now();
  const Outcome<T> outcome = co_await AsOutcome(std::move(coro));
  env.Log(
      part, " ",
      outcome.ok() ? Text(outcome.value()) : ExceptionText(outcome.exception()),
      " after ", SpanText(env.now() - start));
}

Coro<std::string> CleansUp(Env& env) {
  const Outcome<> slept = co_await AsOutcome(Pause(10s));
  if (slept.cancelled()) {
    env.Log("T6 cleanup");
    co_await Sleep(1s);
  }
  slept.Rethrow();
  co_return "";
}

Coro<std::string> ReturnsAllTheSame() {
  try {
    co_await Sleep(10s);
  } catch (const CancelledError&) {
  }
  co_return "late";
}

Coro<std::string> FailsInstead() {
  try {
    co_await Sleep(10s);
  } catch (const CancelledError&) {
    throw AppError("t8");
  }
  co_return "";
}

Coro<std::string> Fails() {
  co_await Sleep(250ms);
  throw AppError("t9");
  co_return "";
}

// In time, too late, without a limit, with a limit of zero, and children that
// clean up, return a result or fail when they are cancelled, or fail in time.
Coro<> WaitForBasic(Env& env) {
  co_await Show(env, 1, WaitFor(Work(env, 500ms), 1s));
  const Task<std::string> t2 = CreateTask(Work(env, 2s), "T2");
  co_await Show(env, 2, WaitFor(t2, 1s));
  env.Log("T2 ", StateText(t2));
  co_await Show(env, 3, WaitFor(Work(env, 250ms), std::nullopt));
  Future<int> f4 = CreateFuture<int>();
  f4.SetResult(4);
  co_await Show(env, 4, WaitFor(f4, 0s));
  co_await Show(env, 5, WaitFor(Work(env, 1s), 0s));
  const Task<std::string> t6 = CreateTask(CleansUp(env), "T6");
  co_await Show(env, 6, WaitFor(t6, 500ms));
  const Task<std::string> t7 = CreateTask(ReturnsAllTheSame(), "T7");
  co_await Show(env, 7, WaitFor(t7, 500ms));
  const Task<std::string> t8 = CreateTask(FailsInstead(), "T8");
  co_await Show(env, 8, WaitFor(t8, 500ms));
  const Task<std::string> t9 = CreateTask(Fails(), "T9");
  co_await Show(env, 9, WaitFor(t9, 1s));
}

Coro<std::string> Waiter(Env& env, std::string name, Future<std::string> future,
                         Nanoseconds limit) {
  const Outcome<std::string> outcome =
      co_await AsOutcome(WaitFor(future, limit));
  if (outcome.ok()) {
    env.Log(name, " got ", outcome.value(), " at ", env.t());
  } else {
    env.Log(name, " saw ", ExceptionText(outcome.exception()), " at ", env.t());
  }
  co_return outcome.value();
}

Task<std::string> Spawn(Env& env, std::string name, Future<std::string> future,
                        Nanoseconds limit) {
  return CreateTask(Waiter(env, name, future, limit), name);
}

// Completion, timeout and cancellation in one iteration. The timeout and the
// cancellation win, also over a result that was there first. A result for the
// future that a cancelled WaitFor has cancelled is an error: it ends main.
Coro<> WaitForRace(Env& env) {
  EventLoop& loop = env.loop();
  Future<std::string> f1 = CreateFuture<std::string>();
  loop.CallAt(1s, [f1]() mutable { f1.SetResult("r1"); }, "fin1");
  const Task<std::string> w1 = Spawn(env, "W1", f1, 1s);
  co_await WaitForAll(w1);
  env.Log("W1 ", StateText(w1));

  Future<std::string> f2 = CreateFuture<std::string>();
  const auto fin2 = [&env, f2]() mutable {
    if (f2.done()) {
      env.Log("f2 already done");
    } else {
      f2.SetResult("r2");
    }
  };
  const Task<std::string> w2 = Spawn(env, "W2", f2, 1s);
  co_await Yield();
  loop.CallAt(2s, fin2, "fin2");
  co_await WaitForAll(w2);
  env.Log("W2 ", StateText(w2));

  Future<std::string> f3 = CreateFuture<std::string>();
  Task<std::string> w3 = Spawn(env, "W3", f3, 10s);
  co_await Yield();
  f3.SetResult("r3");
  env.Log("cancel W3 ", w3.Cancel());
  co_await WaitForAll(w3);
  env.Log("W3 ", StateText(w3), " cancelling=", w3.cancelling());

  Future<std::string> f4 = CreateFuture<std::string>();
  Task<std::string> w4 = Spawn(env, "W4", f4, 10s);
  co_await Yield();
  env.Log("cancel W4 ", w4.Cancel());
  f4.SetResult("r4");  // Throws InvalidStateError.
  env.Log("not reached");
}

}  // namespace

Scenarios WaitForScenarios() {
  return {{"wait_for_basic", WaitForBasic}, {"wait_for_race", WaitForRace}};
}

}  // namespace rondo::conformance
