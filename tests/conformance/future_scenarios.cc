// Futures: their states, their callbacks, the order of waking.
#include <string>
#include <type_traits>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

// Callbacks run in the order of registration, also when the same one is there
// twice; once they are queued they can no longer be removed.
void FutureCallbacks(Env& env) {
  EventLoop& loop = env.loop();
  Future<std::string> f = loop.CreateFuture<std::string>();
  Handle d;
  const auto note = [&env](const char* name) {
    return [&env, name](const Future<std::string>& future) {
      env.Log(name, " ", future.result());
    };
  };
  const auto e = [&](const Future<std::string>& future) {
    env.Log("e ", future.result());
    loop.Stop();
  };
  const auto b = [&](Future<std::string> future) {
    env.Log("b ", future.result());
    future.AddDoneCallback(e, "e");
    env.Log("removed ", future.RemoveDoneCallback(d));
  };
  const auto setter = [&] {
    f.SetResult("X");
    loop.CallSoon([&] { env.Log("tail"); }, "tail");
  };
  f.AddDoneCallback(note("a"), "a");
  f.AddDoneCallback(b, "b");
  f.AddDoneCallback(note("a"), "a");
  const Handle c = f.AddDoneCallback([&] { env.Log("c"); }, "c");
  d = f.AddDoneCallback(note("d"), "d");
  env.Log("removed ", f.RemoveDoneCallback(c));
  const Handle unused;
  env.Log("removed ", f.RemoveDoneCallback(unused));
  loop.CallSoon(setter, "setter");
  loop.RunForever();
}

// Logs what `function` returns or throws.
template <class F>
void Attempt(Env& env, const char* label, F function) {
  try {
    if constexpr (std::is_void_v<decltype(function())>) {
      function();
      env.Log(label, ": None");
    } else {
      env.Log(label, ": ", function());
    }
  } catch (...) {  // tidy: allow(catch-all) it is what is asked for
    env.Log(label, ": raised ", CaughtText());
  }
}

void AttemptResult(Env& env, Future<int> f1) {
  Attempt(env, "f1 result", [&] { return f1.result(); });
  Attempt(env, "f1 exception", [&] { f1.exception(); });
  f1.SetResult(1);
  Attempt(env, "f1 set_result", [&] { f1.SetResult(2); });
  Attempt(env, "f1 set_exception", [&] { f1.SetException(AppError("x")); });
  Attempt(env, "f1 cancel", [&] { return f1.Cancel(); });
  Attempt(env, "f1 result", [&] { return f1.result(); });
  Attempt(env, "f1 exception", [&] { return ExceptionText(f1.exception()); });
}

void AttemptCancelled(Env& env, Future<int> f3) {
  Attempt(env, "f3 cancel", [&] { return f3.Cancel(); });
  Attempt(env, "f3 cancelled", [&] { return f3.cancelled(); });
  Attempt(env, "f3 done", [&] { return f3.done(); });
  Attempt(env, "f3 cancel", [&] { return f3.Cancel(); });
  Attempt(env, "f3 result", [&] { return f3.result(); });
  Attempt(env, "f3 exception", [&] { f3.exception(); });
  Attempt(env, "f3 set_result", [&] { f3.SetResult(1); });
}

// Every operation in every state. Awaiting a future that is done does not
// suspend: but for one Yield, the program is a single step.
Coro<> FutureStates(Env& env) {
  EventLoop& loop = env.loop();
  Future<int> f1 = loop.CreateFuture<int>();
  AttemptResult(env, f1);

  Future<int> f2 = loop.CreateFuture<int>();
  f2.SetException(AppError("e2"));
  Attempt(env, "f2 exception", [&] { return ExceptionText(f2.exception()); });
  Attempt(env, "f2 result", [&] { return f2.result(); });
  try {
    co_await f2;
  } catch (const AppError&) {
    env.Log("f2 await: raised ", CaughtText());
  }

  AttemptCancelled(env, loop.CreateFuture<int>());
  co_await Yield();
  Future<int> f4 = loop.CreateFuture<int>();
  f4.Cancel("why");
  try {
    co_await f4;
  } catch (const CancelledError&) {
    env.Log("f4 await: raised ", CaughtText());
  }
  const int result = co_await f1;
  env.Log("await f1: ", result);
}

Coro<> WaitForResult(Env& env, int n, Future<int> f) {
  env.Log("T", n, " waits");
  const int result = co_await f;
  env.Log("T", n, " got ", result);
  co_await Yield();
  env.Log("T", n, " end");
}

// Who waits first is woken first, callbacks and tasks alike.
Coro<> FutureWakeupOrder(Env& env) {
  Future<int> f = CreateFuture<int>();
  std::vector<Task<>> tasks;
  for (int n = 1; n <= 3; ++n) {
    tasks.push_back(CreateTask(WaitForResult(env, n, f), "T" + Text(n)));
  }
  const auto note = [&env](const Future<int>& future) {
    env.Log("note ", future.result());
  };
  f.AddDoneCallback(note, "note");
  co_await Yield();
  f.SetResult(9);
  env.Log("set");
  for (std::size_t i = tasks.size(); i-- > 0;) co_await tasks[i];
  env.Log("all");
}

}  // namespace

Scenarios FutureScenarios() {
  return {{"future_callbacks", FutureCallbacks},
          {"future_states", FutureStates},
          {"future_wakeup_order", FutureWakeupOrder}};
}

}  // namespace rondo::conformance
