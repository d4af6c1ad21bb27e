// Context variables.
#include <chrono>
#include <string>

#include "rondo/runtime/context.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;
using Variable = ContextVar<std::string>;

// `v` is main's, which outlives the tasks.
Coro<> First(Env& env, Variable& v) {
  env.Log("t1 ", v.Get());
  v.Set("t1");
  co_await Yield();
  env.Log("t1 ", v.Get());
}

Coro<> Second(Env& env, Variable& v) {
  env.Log("t2 ", v.Get());
  v.Set("t2");
  co_await Sleep(500ms);
}

// Callbacks, timers, done callbacks and tasks see what was set where they were
// made, and what they set is their own; a task may be given a context.
Coro<> ContextvarsPropagation(Env& env) {
  EventLoop& loop = env.loop();
  Variable v("v", "none");
  env.Log("start ", v.Get());
  v.Set("main");
  const auto cb2 = [&] {
    env.Log("cb2 ", v.Get());
    v.Set("cb2");
  };
  loop.CallSoon([&] { env.Log("cb1 ", v.Get()); }, "cb1");
  v.Set("main2");
  loop.CallSoon(cb2, "cb2");
  loop.CallLater(250ms, [&] { env.Log("tm ", v.Get()); }, "tm");

  Task<> first = CreateTask(First(env, v), "T1");
  v.Set("main3");
  first.AddDoneCallback([&] { env.Log("dc ", v.Get()); }, "dc");
  co_await first;

  Context context = Context::Copy();
  context.Run([&] { v.Set("explicit"); });
  const Task<> second = CreateTask(Second(env, v), "T2", context);
  co_await second;
  env.Log("ctx ", v.Get(context));
  env.Log("end ", v.Get());
}

}  // namespace

Scenarios ContextScenarios() {
  return {{"contextvars_propagation", ContextvarsPropagation}};
}

}  // namespace rondo::conformance
