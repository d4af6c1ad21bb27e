// Timeouts over a block of code.
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/timeouts.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

// Runs `body` under `scope`, which outlives it; logs what leaves the block.
template <class F>
Coro<> Show(Env& env, int part, TimeoutScope& scope, F body) {
  const Nanoseconds start = env.now();
  std::string text = "ok";
  try {
    co_await WithTimeout(scope, std::move(body));
  } catch (const std::exception&) {
    text = CaughtText();
  }
  env.Log(part, " ", text, " expired=", scope.expired(), " after ",
          SpanText(env.now() - start));
}

template <class F>
Coro<> ShowAfter(Env& env, int part, std::optional<Nanoseconds> delay, F body) {
  TimeoutScope scope = TimeoutScope::After(delay);
  co_await Show(env, part, scope, std::move(body));
}

auto Sleeping(Nanoseconds delay) {
  return [delay](TimeoutScope&) { return Pause(delay); };
}

Coro<> Reschedules(Env& env, TimeoutScope& scope) {
  co_await Sleep(500ms);
  scope.Reschedule(env.now() + 1s);
  co_await Sleep(750ms);
  env.Log("6 still fine");
  co_await Sleep(1s);
}

Coro<> InnerFirst(Env& env) {
  try {
    co_await WithTimeout(1s, Sleeping(5s));
  } catch (const TimeoutError&) {
    env.Log("7 inner ", CaughtText(), " at ", env.t());
  }
  co_await Sleep(500ms);
}

Coro<> OuterFirst(Env& env) {
  TimeoutScope inner = TimeoutScope::After(2s);
  try {
    co_await WithTimeout(inner, Sleeping(5s));
  } catch (...) {
    env.Log("7 inner expired=", inner.expired());
    throw;
  }
}

Coro<> Swallows(Env& env) {
  try {
    co_await Sleep(5s);
  } catch (const CancelledError&) {
    env.Log("10 swallowed");
  }
}

Coro<> Forever(Env& env) {
  TimeoutScope scope = TimeoutScope::After(std::nullopt);
  co_await Show(env, 3, scope, Sleeping(250ms));
  env.Log("3 when=", scope.when().has_value() ? "a deadline" : "None");
}

Coro<> UseTwice(Env& env) {
  TimeoutScope scope = TimeoutScope::At(1s);
  co_await Show(env, 8, scope, Sleeping(1s));
  try {
    scope.Reschedule(100s);
  } catch (const RuntimeError&) {
    env.Log("9 ", CaughtText());
  }
  try {
    co_await WithTimeout(scope, Sleeping(0s));
  } catch (const RuntimeError&) {
    env.Log("9 ", CaughtText());
  }
}

// In time, too late, without a limit; a deadline that is over (a callback, not
// a timer) around an await and around none; rescheduling; nesting; a scope
// used twice; a body that swallows the cancellation.
Coro<> TimeoutContext(Env& env) {
  co_await ShowAfter(env, 1, 1s, Sleeping(500ms));
  co_await ShowAfter(env, 2, 500ms, Sleeping(2s));
  co_await Forever(env);
  co_await ShowAfter(env, 4, 0s, Sleeping(0s));
  const auto no_suspend = [&env](TimeoutScope&) -> Coro<> {
    env.Log("5 body");
    co_return;
  };
  co_await ShowAfter(env, 5, 0s, no_suspend);
  const auto reschedules = [&env](TimeoutScope& scope) {
    return Reschedules(env, scope);
  };
  co_await ShowAfter(env, 6, 1s, reschedules);
  const auto inner_first = [&env](TimeoutScope&) { return InnerFirst(env); };
  co_await ShowAfter(env, 7, 2s, inner_first);
  const auto outer_first = [&env](TimeoutScope&) { return OuterFirst(env); };
  co_await ShowAfter(env, 7, 1s, outer_first);
  co_await UseTwice(env);
  const auto swallows = [&env](TimeoutScope&) { return Swallows(env); };
  co_await ShowAfter(env, 10, 500ms, swallows);
  env.Log("cancelling ", CurrentTask().cancelling());
}

Coro<> Worker(Env& env, std::string name) {
  TimeoutScope scope = TimeoutScope::After(1s);
  try {
    co_await WithTimeout(scope, Sleeping(5s));
  } catch (...) {
    env.Log(name, " ", CaughtText(), " at ", env.t(),
            " expired=", scope.expired(),
            " cancelling=", CurrentTask().cancelling());
    throw;
  }
}

Coro<> CatchesInside(Env& env) {
  TimeoutScope scope = TimeoutScope::After(1s);
  const auto body = [&env](TimeoutScope&) -> Coro<> {
    const Outcome<> slept = co_await AsOutcome(Pause(5s));
    if (!slept.cancelled()) co_return;
    env.Log("W4 inside at ", env.t());
    co_await Sleep(250ms);
  };
  co_await WithTimeout(scope, body);
  env.Log("W4 after at ", env.t(), " expired=", scope.expired(),
          " cancelling=", CurrentTask().cancelling());
}

// The timeout takes back its own request only: if somebody else has cancelled
// the task as well, before or after it, CancelledError leaves the block.
Coro<> TimeoutVsCancel(Env& env) {
  EventLoop& loop = env.loop();
  Task<> w1 = CreateTask(Worker(env, "W1"), "W1");
  co_await Sleep(500ms);
  w1.Cancel();
  co_await WaitForAll(w1);
  env.Log("W1 ", StateText(w1));

  Task<> w2 = CreateTask(Worker(env, "W2"), "W2");
  co_await Yield();
  const auto kill2 = [&env, w2]() mutable { env.Log("kill W2 ", w2.Cancel()); };
  loop.CallAt(1500ms, kill2, "kill2");
  co_await WaitForAll(w2);
  env.Log("W2 ", StateText(w2));

  Task<> w3;  // Made after its timer.
  loop.CallAt(
      2500ms, [&env, &w3] { env.Log("kill W3 ", w3.Cancel()); }, "kill3");
  w3 = CreateTask(Worker(env, "W3"), "W3");
  co_await WaitForAll(w3);
  env.Log("W3 ", StateText(w3));

  const Task<> w4 = CreateTask(CatchesInside(env), "W4");
  co_await WaitForAll(w4);
  env.Log("W4 ", StateText(w4));
}

}  // namespace

Scenarios TimeoutScenarios() {
  return {{"timeout_context", TimeoutContext},
          {"timeout_vs_cancel", TimeoutVsCancel}};
}

}  // namespace rondo::conformance
