// Cancelling tasks.
#include <chrono>
#include <string>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

// F is Future<std::string> or Task<std::string>.
template <class F>
Coro<std::string> Waiter(Env& env, std::string name, F awaited) {
  try {
    const std::string result = co_await awaited;
    env.Log(name, " got ", result);
    co_return result;
  } catch (const CancelledError&) {
    env.Log(name, " saw ", CaughtText());
    throw;
  } catch (const AppError&) {
    env.Log(name, " saw ", CaughtText());
    throw;
  }
}

Coro<std::string> SleepsOne(Env& env) {
  try {
    co_await Sleep(1s);
    co_return "c3";
  } catch (const CancelledError&) {
    env.Log("C3 cancelled inside");
    throw;
  }
}

Coro<> CancelAfterResult(Env& env) {
  Future<std::string> f1 = CreateFuture<std::string>();
  Task<std::string> t1 = CreateTask(Waiter(env, "T1", f1), "T1");
  co_await Yield();
  f1.SetResult("v1");
  env.Log("T1 cancel ", t1.Cancel());
  co_await Yield();
  env.Log("T1 ", StateText(t1), "; f1 ", StateText(f1));
}

Coro<> CancelBeforeResult(Env& env) {
  Future<std::string> f2 = CreateFuture<std::string>();
  Task<std::string> t2 = CreateTask(Waiter(env, "T2", f2), "T2");
  co_await Yield();
  env.Log("T2 cancel ", t2.Cancel());
  try {
    f2.SetResult("v2");
  } catch (const InvalidStateError&) {
    env.Log("f2 set_result ", CaughtText());
  }
  co_await Yield();
  env.Log("T2 ", StateText(t2));
}

Coro<> CancelChain(Env& env) {
  Task<std::string> c3 = CreateTask(SleepsOne(env), "C3");
  Task<std::string> t3 = CreateTask(Waiter(env, "T3", c3), "T3");
  co_await Yield();
  env.loop().CallAt(
      1s, [&env, t3]() mutable { env.Log("killer ", t3.Cancel()); }, "killer");
  co_await Sleep(2s);
  env.Log("C3 ", StateText(c3), "; T3 ", StateText(t3));
}

Coro<> CancelAfterException(Env& env) {
  Future<std::string> f4 = CreateFuture<std::string>();
  Task<std::string> t4 = CreateTask(Waiter(env, "T4", f4), "T4");
  co_await Yield();
  f4.SetException(AppError("f4"));
  env.Log("T4 cancel ", t4.Cancel());
  co_await Yield();
  env.Log("T4 ", StateText(t4), "; f4 ", StateText(f4));
}

// A cancellation in the iteration in which the awaited future is done: the
// wake-up, already queued, brings CancelledError all the same; through a chain
// of tasks too.
Coro<> TaskCancelSameIteration(Env& env) {
  co_await CancelAfterResult(env);
  co_await CancelBeforeResult(env);
  co_await CancelChain(env);
  co_await CancelAfterException(env);
}

Coro<std::string> TakeOneBack(Env& env) {
  AnyTask me = CurrentTask();
  try {
    co_await Sleep(10s);
  } catch (const CancelledError&) {
    env.Log("first, cancelling ", me.cancelling());
    env.Log("uncancel ", me.Uncancel());
  }
  co_await Sleep(1s);
  env.Log("slept at ", env.t());
  co_return "ok";
}

Coro<int> Two(Env& env) {
  env.Log("T2 body");
  co_return 2;
}

// Requests are counted, and two while a task waits bring one CancelledError.
// A request that is taken back before the first step is withdrawn.
Coro<> TaskUncancel(Env& env) {
  Task<std::string> t1 = CreateTask(TakeOneBack(env), "T1");
  co_await Yield();
  env.Log("cancel ", t1.Cancel());
  env.Log("cancel ", t1.Cancel());
  env.Log("cancelling ", t1.cancelling());
  const std::string& result = co_await t1;
  env.Log("T1 ", result, " cancelled()=", t1.cancelled(),
          " cancelling=", t1.cancelling());
  env.Log("uncancel ", t1.Uncancel());
  env.Log("uncancel ", t1.Uncancel());

  Task<int> t2 = CreateTask(Two(env), "T2");
  t2.Cancel();
  env.Log("T2 uncancel ", t2.Uncancel());
  try {
    const int two = co_await t2;
    env.Log("T2 result ", two);
  } catch (const CancelledError&) {
    env.Log("T2 ", CaughtText());
  }
}

Coro<> NeverStarted(Env& env) {
  env.Log("T1 body");
  co_return;
}

Coro<> CancelBeforeFirstStep(Env& env) {
  Task<> t1 = CreateTask(NeverStarted(env), "T1");
  t1.Cancel();
  try {
    co_await t1;
  } catch (const CancelledError&) {
    env.Log("T1 ", CaughtText(), " cancelling=", t1.cancelling());
  }
}

Coro<> CleansUp(Env& env) {
  env.Log("T2 start");
  const Outcome<> slept = co_await AsOutcome(Pause(10s));
  if (slept.cancelled()) {
    env.Log("T2 cleanup");
    co_await Sleep(500ms);
    env.Log("T2 cleaned at ", env.t());
  }
  slept.Rethrow();
}

Coro<> CancelWhileItWaits(Env& env) {
  Task<> t2 = CreateTask(CleansUp(env), "T2");
  co_await Sleep(1s);
  env.Log("T2 cancel ", t2.Cancel());
  env.Log("T2 cancelled() right after: ", t2.cancelled());
  try {
    co_await t2;
  } catch (const CancelledError&) {
    env.Log("T2 ", CaughtText(), " at ", env.t(),
            " cancelled()=", t2.cancelled());
  }
}

Coro<int> Three() { co_return 3; }

Coro<> CancelWhenDone(Env& env) {
  Task<int> t3 = CreateTask(Three(), "T3");
  co_await t3;
  const bool cancel = t3.Cancel();
  env.Log("T3 cancel ", cancel, " cancelled()=", t3.cancelled(),
          " result=", t3.result());
}

Coro<> WaitForNothing(Env& env, Future<> future) {
  try {
    co_await future;
  } catch (const CancelledError&) {
    env.Log("T4 body ", CaughtText());
    throw;
  }
}

Coro<> CancelWithMessage(Env& env) {
  const Future<> future = CreateFuture();
  Task<> t4 = CreateTask(WaitForNothing(env, future), "T4");
  co_await Yield();
  t4.Cancel("stop it");
  try {
    co_await t4;
  } catch (const CancelledError&) {
    env.Log("T4 ", CaughtText(), " future cancelled=", future.cancelled());
  }
}

Coro<std::string> Survive() {
  try {
    co_await Sleep(10s);
  } catch (const CancelledError&) {
    co_return "survived";
  }
  co_return "";
}

// Before its first step, while it waits, when it is done, with a message, and
// a task that does not let itself be cancelled.
Coro<> TaskCancelStages(Env& env) {
  co_await CancelBeforeFirstStep(env);
  co_await CancelWhileItWaits(env);
  co_await CancelWhenDone(env);
  co_await CancelWithMessage(env);
  Task<std::string> t5 = CreateTask(Survive(), "T5");
  co_await Yield();
  t5.Cancel();
  const std::string& result = co_await t5;
  env.Log("T5 ", result, " cancelled()=", t5.cancelled(),
          " cancelling=", t5.cancelling());
}

Coro<> CancelItselfAndSleep(Env& env) {
  CurrentTask().Cancel();
  try {
    co_await Sleep(5s);
  } catch (const CancelledError&) {
    env.Log("T1 ", CaughtText(), " at ", env.t());
    throw;
  }
}

Coro<int> CancelItselfAndReturn() {
  CurrentTask().Cancel();
  co_return 2;
}

Coro<> CancelItselfAndThrow() {
  CurrentTask().Cancel();
  throw AppError("t3");
  co_return;
}

Coro<> CancelItselfAndYield(Env& env) {
  CurrentTask().Cancel();
  Future<> done = CreateFuture();
  done.SetResult();
  co_await done;
  env.Log("T4 not yet");
  co_await Yield();
  env.Log("T4 after");
}

Coro<> FifthChild(Env& env) {
  env.Log("C5 body");
  co_await Sleep(1s);
}

Coro<> CancelItselfAndAwait(Env& env) {
  const Task<> child = CreateTask(FifthChild(env), "C5");
  CurrentTask().Cancel();
  try {
    co_await child;
  } catch (...) {
    env.Log("C5 ", StateText(child));
    throw;
  }
}

template <class T>
Coro<> WaitAndShow(Env& env, Task<T> task) {
  co_await WaitForAll(task);
  env.Log(task.name(), " ", StateText(task));
}

// A task that cancels itself sees it at its next suspension, unless it ends
// with an exception before that. What it waits for is cancelled at once.
Coro<> TaskSelfCancel(Env& env) {
  co_await WaitAndShow(env, CreateTask(CancelItselfAndSleep(env), "T1"));
  co_await WaitAndShow(env, CreateTask(CancelItselfAndReturn(), "T2"));
  co_await WaitAndShow(env, CreateTask(CancelItselfAndThrow(), "T3"));
  co_await WaitAndShow(env, CreateTask(CancelItselfAndYield(env), "T4"));
  co_await WaitAndShow(env, CreateTask(CancelItselfAndAwait(env), "T5"));
}

}  // namespace

Scenarios CancelScenarios() {
  return {{"task_cancel_same_iteration", TaskCancelSameIteration},
          {"task_cancel_stages", TaskCancelStages},
          {"task_self_cancel", TaskSelfCancel},
          {"task_uncancel", TaskUncancel}};
}

}  // namespace rondo::conformance
