// Tasks: their steps, awaiting one another, cancelling.
#include <chrono>
#include <string>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/scenario.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

// `extra` is main's, which outlives the workers.
Coro<int> Rounds(Env& env, int n, int rounds, std::vector<Task<int>>& extra) {
  for (int k = 0; k < rounds; ++k) {
    env.Log("T", n, " round ", k);
    if (n == 2) extra.push_back(CreateTask(Rounds(env, 4, 1, extra), "T4"));
    co_await Yield();
  }
  env.Log("T", n, " done");
  co_return 10 * n;
}

// Tasks take turns; one that is started by another comes behind all.
Coro<> TaskInterleave(Env& env) {
  std::vector<Task<int>> extra;
  std::vector<Task<int>> tasks;
  tasks.push_back(CreateTask(Rounds(env, 1, 3, extra), "T1"));
  tasks.push_back(CreateTask(Rounds(env, 2, 1, extra), "T2"));
  tasks.push_back(CreateTask(Rounds(env, 3, 2, extra), "T3"));
  env.Log("started");
  std::vector<int> results;
  for (const Task<int>& task : tasks) results.push_back(co_await task);
  env.Log("results ", results);
  env.Log("T4 done=", extra[0].done());
}

Coro<int> Inner(Env& env, int n) {
  env.Log("inner ", n);
  co_return n + 1;
}

Coro<std::string> Child(Env& env, Nanoseconds delay, std::string value) {
  env.Log("child");
  co_await Sleep(delay);
  co_return value;
}

Coro<> Failing(Env& env) {
  env.Log("failing");
  co_await Sleep(250ms);
  throw AppError("child");
}

Coro<std::string> Parent(Env& env) {
  const Task<std::string> q = CreateTask(Child(env, 1s, "q"), "Q");
  co_return "p+" + co_await q;
}

// A coroutine is awaited without a suspension, and so is a finished task.
Coro<> TaskAwaitTask(Env& env) {
  const int direct = co_await Inner(env, 1);
  env.Log("direct ", direct);
  const Task<std::string> c1 = CreateTask(Child(env, 0s, "ok"), "C1");
  env.Log("C1 ", co_await c1);
  env.Log("C1 again ", co_await c1);
  const Task<> c2 = CreateTask(Failing(env), "C2");
  try {
    co_await c2;
  } catch (const AppError&) {
    env.Log("C2 ", CaughtText(), " at ", env.t());
  }
  const Task<std::string> p = CreateTask(Parent(env), "P");
  const std::string& result = co_await p;
  env.Log("P ", result, " at ", env.t());
}

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

Coro<std::string> SleepOne(Env& env) {
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
  Task<std::string> c3 = CreateTask(SleepOne(env), "C3");
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

}  // namespace

Scenarios TaskScenarios() {
  return {{"task_await_task", TaskAwaitTask},
          {"task_cancel_same_iteration", TaskCancelSameIteration},
          {"task_interleave", TaskInterleave},
          {"task_uncancel", TaskUncancel}};
}

}  // namespace rondo::conformance
