// Tasks: their steps, awaiting one another, sleeping.
#include <chrono>
#include <string>
#include <vector>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/scenarios.h"

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

Coro<> Sleeper(Env& env, const char* name, Nanoseconds delay) {
  env.Log(name, " start");
  co_await Sleep(delay);
  env.Log(name, " end at ", env.t());
}

// Different, equal, zero and negative delays, all waited for by a gather.
Coro<> SleepOrdering(Env& env) {
  std::vector<Task<>> tasks;
  tasks.push_back(CreateTask(Sleeper(env, "A", 1s), "A"));
  tasks.push_back(CreateTask(Sleeper(env, "B", 500ms), "B"));
  tasks.push_back(CreateTask(Sleeper(env, "C", 0s), "C"));
  tasks.push_back(CreateTask(Sleeper(env, "D", -1s), "D"));
  tasks.push_back(CreateTask(Sleeper(env, "E", 500ms), "E"));
  tasks.push_back(CreateTask(Sleeper(env, "F", 1s), "F"));
  tasks.push_back(CreateTask(Sleeper(env, "G", 500ms), "G"));
  co_await Gather(tasks);
  env.Log("all at ", env.t());
}

}  // namespace

Scenarios TaskScenarios() {
  return {{"sleep_ordering", SleepOrdering},
          {"task_await_task", TaskAwaitTask},
          {"task_interleave", TaskInterleave}};
}

}  // namespace rondo::conformance
