// Task groups: success, cancellation of the owner, failures.
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/exception_group.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/task_group.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

Coro<int> Work(int value, Nanoseconds delay) {
  co_await Sleep(delay);
  co_return value;
}

Coro<> SleepAndLog(Env& env) {
  co_await Sleep(500ms);
  env.Log("T5 end at ", env.t());
}

Coro<> SleepAndCreate(Env& env, TaskGroup& group) {
  co_await Sleep(250ms);
  group.CreateTask(SleepAndLog(env), "T5");
}

Coro<> TwoTasks(Env& env) {
  Task<int> t1;
  Task<int> t2;
  const auto body = [&](TaskGroup& group) -> Coro<> {
    t1 = group.CreateTask(Work(1, 500ms), "T1");
    t2 = group.CreateTask(Work(2, 250ms), "T2");
    env.Log("body");
    co_return;
  };
  co_await WithTaskGroup(body);
  env.Log("1 ", t1.result(), " ", t2.result(), " at ", env.t());
}

Coro<> DoneBeforeTheBody(Env& env) {
  Task<int> t3;
  const auto body = [&](TaskGroup& group) -> Coro<> {
    t3 = group.CreateTask([]() -> Coro<int> { co_return 3; }, "T3");
    co_await Sleep(250ms);
  };
  co_await WithTaskGroup(body);
  env.Log("3 ", t3.result(), " at ", env.t());
}

Coro<> Nested(Env& env, TaskGroup& outer) {
  const auto inner_body = [](TaskGroup& inner) -> Coro<> {
    inner.CreateTask(Work(7, 500ms), "T7");
    co_return;
  };
  const auto outer_body = [&](TaskGroup& group) -> Coro<> {
    group.CreateTask(Work(6, 1s), "T6");
    co_await WithTaskGroup(inner_body);
    env.Log("5 inner done at ", env.t());
  };
  co_await WithTaskGroup(outer, outer_body);
  env.Log("5 outer done at ", env.t());
}

void RefusesATask(Env& env, TaskGroup& group) {
  try {
    group.CreateTask(Work(0, 0s));
  } catch (const RuntimeError&) {
    env.Log("6 ", CaughtText());
  }
}

// Groups that succeed: two tasks; none; a task that ends before the body does;
// a child that makes another one while the group waits; nesting; CreateTask
// outside the block.
Coro<> TaskGroupBasic(Env& env) {
  co_await TwoTasks(env);

  const auto nothing = [](TaskGroup&) -> Coro<> { co_return; };
  co_await WithTaskGroup(nothing);
  env.Log("2 at ", env.t());

  co_await DoneBeforeTheBody(env);

  const auto grows = [&env](TaskGroup& group) -> Coro<> {
    group.CreateTask(SleepAndCreate(env, group), "T4");
    co_return;
  };
  co_await WithTaskGroup(grows);
  env.Log("4 at ", env.t());

  TaskGroup outer;
  co_await Nested(env, outer);

  TaskGroup never_entered;
  RefusesATask(env, never_entered);
  RefusesATask(env, outer);
}

struct ChildSpec {
  ChildSpec(std::string n, Nanoseconds d, std::string e = {},
            std::string c = {}, Nanoseconds u = 0ns)
      : name(std::move(n)),
        delay(d),
        error(std::move(e)),
        on_cancel(std::move(c)),
        clean_up(u) {}

  std::string name;
  Nanoseconds delay;
  std::string error;      // What it throws when it has slept; empty: nothing.
  std::string on_cancel;  // What it throws instead of CancelledError.
  Nanoseconds clean_up;   // How long that takes, when it is cancelled.
};

Coro<> Child(Env& env, ChildSpec spec) {
  const Outcome<> slept = co_await AsOutcome(Pause(spec.delay));
  if (slept.cancelled()) {
    env.Log(spec.name, " cancelled at ", env.t());
    if (spec.clean_up > 0ns) {
      co_await Sleep(spec.clean_up);
      env.Log(spec.name, " cleaned at ", env.t());
    }
    if (!spec.on_cancel.empty()) throw AppError(spec.on_cancel);
  }
  slept.Rethrow();
  if (!spec.error.empty()) throw AppError(spec.error);
}

using ChildSpecs = std::vector<ChildSpec>;

Coro<> Owner(Env& env, std::string name, ChildSpecs specs, Nanoseconds delay) {
  const auto body = [&](TaskGroup& group) -> Coro<> {
    for (const ChildSpec& spec : specs) {
      group.CreateTask(Child(env, spec), spec.name);
    }
    if (delay > 0ns) co_await Sleep(delay);
  };
  try {
    co_await WithTaskGroup(body);
  } catch (...) {
    env.Log(name, " ", CaughtText(), " at ", env.t(),
            " cancelling=", CurrentTask().cancelling());
    throw;
  }
}

// Runs a group in a task of its own, which is cancelled after each delay.
Coro<> CancelOwner(Env& env, std::string name, ChildSpecs specs,
                   Nanoseconds body_delay, std::vector<Nanoseconds> cancels) {
  Task<> owner =
      CreateTask(Owner(env, name, std::move(specs), body_delay), name);
  for (const Nanoseconds delay : cancels) {
    if (delay > 0ns) co_await Sleep(delay);
    env.Log("cancel ", name, " ", owner.Cancel());
  }
  co_await WaitForAll(owner);
  env.Log(name, " ", StateText(owner), " at ", env.t());
}

// The owner is cancelled in the body, while the group waits, once more while
// it waits for a clean-up, after a child has failed, before its first step.
Coro<> TaskGroupCancel(Env& env) {
  const ChildSpecs ab = {{"A", 5s, "", "", 500ms}, {"B", 5s}};
  const ChildSpecs cd = {{"C", 1s, "c"}, {"D", 5s, "", "", 500ms}};
  const std::vector<Nanoseconds> once = {1s};
  const std::vector<Nanoseconds> twice = {1s, 250ms};
  const std::vector<Nanoseconds> later = {1250ms};
  const std::vector<Nanoseconds> at_once = {0s};
  co_await CancelOwner(env, "P1", ab, 5s, once);
  co_await CancelOwner(env, "P2", ab, 0s, once);
  co_await CancelOwner(env, "P3", ab, 0s, twice);
  co_await CancelOwner(env, "P4", cd, 0s, later);
  co_await CancelOwner(env, "P5", ab, 0s, at_once);
}

// Runs a group of `specs` whose body goes on as `rest`; logs how it ends.
template <class F>
Coro<> Show(Env& env, int part, ChildSpecs specs, F rest) {
  const auto body = [&](TaskGroup& group) -> Coro<> {
    for (const ChildSpec& spec : specs) {
      group.CreateTask(Child(env, spec), spec.name);
    }
    co_await rest();
  };
  try {
    co_await WithTaskGroup(body);
    env.Log(part, " ok at ", env.t());
  } catch (const BaseExceptionGroup&) {
    env.Log(part, " ", CaughtText(), " at ", env.t(),
            " cancelling=", CurrentTask().cancelling());
  }
}

Coro<> Nothing() { co_return; }

Coro<> Fail(std::string error) {
  co_await Sleep(250ms);
  throw AppError(error);
}

Coro<> LogCancellation(Env& env) {
  try {
    co_await Sleep(5s);
  } catch (const CancelledError&) {
    env.Log("body cancelled at ", env.t());
    throw;
  }
}

Coro<> Swallow(Env& env) {
  try {
    co_await Sleep(5s);
  } catch (const CancelledError&) {
    env.Log("7 swallowed");
  }
}

Coro<> KillM() {
  for (const AnyTask& task : AllTasks()) {
    if (task.name() != "M") continue;
    const auto kill = [m = AnyTask(task)]() mutable { m.Cancel(); };
    RunningLoop().CallLater(500ms, kill, "kill");
  }
  co_return;
}

// Who fails: a child, while the body runs and while the group waits; two in
// one iteration; the body; a child that is being cancelled; a body that
// swallows its cancellation. A child that is cancelled fails nobody.
Coro<> TaskGroupErrors(Env& env) {
  const auto logs = [&env] { return LogCancellation(env); };
  const auto swallows = [&env] { return Swallow(env); };
  const auto body = [] { return Fail("body"); };
  const auto body6 = [] { return Fail("body6"); };
  const ChildSpecs abc = {{"A", 1s}, {"B", 500ms, "b"}, {"C", 2s}};
  const ChildSpecs de = {{"D", 500ms, "d"}, {"E", 1s}};
  const ChildSpecs fg = {{"F", 500ms, "f"}, {"G", 500ms, "g"}};
  const ChildSpecs h = {{"H", 1s}};
  const ChildSpecs ij = {{"I", 500ms, "i"}, {"J", 2s, "", "j"}};
  const ChildSpecs k = {{"K", 1s, "", "k"}};
  const ChildSpecs l = {{"L", 500ms, "l"}};
  const ChildSpecs mn = {{"M", 1s}, {"N", 750ms}};
  co_await Show(env, 1, abc, logs);
  co_await Show(env, 2, de, Nothing);
  co_await Show(env, 3, fg, Nothing);
  co_await Show(env, 4, h, body);
  co_await Show(env, 5, ij, Nothing);
  co_await Show(env, 6, k, body6);
  co_await Show(env, 7, l, swallows);
  co_await Show(env, 8, mn, KillM);
}

}  // namespace

Scenarios TaskGroupScenarios() {
  return {{"taskgroup_basic", TaskGroupBasic},
          {"taskgroup_cancel", TaskGroupCancel},
          {"taskgroup_errors", TaskGroupErrors}};
}

}  // namespace rondo::conformance
