// Gather.
#include <chrono>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

Coro<int> Work(Env& env, int n, Nanoseconds delay) {
  co_await Sleep(delay);
  env.Log("w", n, " at ", env.t());
  co_return n;
}

Coro<int> Seven() {
  co_await Yield();
  co_return 7;
}

Coro<std::string> U() {
  co_await Sleep(500ms);
  co_return "u";
}

// Results come in the order of the arguments: of coroutines, of one task three
// times, of nothing, of a finished future beside a task, of finished futures.
Coro<> GatherSuccess(Env& env) {
  std::vector<Coro<int>> work;
  work.push_back(Work(env, 1, 750ms));
  work.push_back(Work(env, 2, 250ms));
  work.push_back(Work(env, 3, 500ms));
  const std::vector<int> worked = co_await Gather(std::move(work));
  env.Log("1 ", worked);

  const std::vector<Task<int>> thrice(3, CreateTask(Seven(), "T"));
  const std::vector<int> sevens = co_await Gather(thrice);
  env.Log("2 ", sevens);

  const Future<std::vector<int>> none = Gather(std::vector<Future<int>>());
  const bool none_done = none.done();
  const std::vector<int> nothing = co_await none;
  env.Log("3 done=", none_done, " ", nothing);

  std::vector<Future<std::string>> mixed(1, CreateFuture<std::string>());
  mixed[0].SetResult("done");
  mixed.push_back(CreateTask(U(), "U"));
  const std::vector<std::string> texts = co_await Gather(mixed);
  env.Log("4 ", texts, " at ", env.t());

  Future<int> f1 = CreateFuture<int>();
  Future<int> f2 = CreateFuture<int>();
  f1.SetResult(1);
  f2.SetResult(2);
  const auto both = Gather(f2, f1);
  env.Log("5 done=", both.done());
  const std::tuple<int, int> results = co_await both;
  const auto [two, one] = results;
  env.Log("5 ", std::vector<int>{two, one});
}

Coro<std::string> Body(Env& env, std::string name, Nanoseconds delay,
                       std::string error, std::string result) {
  co_await Sleep(delay);
  env.Log(name, " end at ", env.t());
  if (!error.empty()) throw AppError(error);
  co_return result;
}

using Tasks = std::vector<Task<std::string>>;

// A sleeps 1; B sleeps 0.5 and fails; C sleeps 0.75 and fails.
Tasks MakeTasks(Env& env) {
  Tasks tasks;
  tasks.push_back(CreateTask(Body(env, "A", 1s, "", "a"), "A"));
  tasks.push_back(CreateTask(Body(env, "B", 500ms, "b", ""), "B"));
  tasks.push_back(CreateTask(Body(env, "C", 750ms, "c", ""), "C"));
  return tasks;
}

std::vector<std::string> Shown(
    const std::vector<Outcome<std::string>>& outcomes) {
  std::vector<std::string> texts;
  for (const Outcome<std::string>& outcome : outcomes) {
    texts.push_back(outcome.ok() ? outcome.value()
                                 : ExceptionText(outcome.exception()));
  }
  return texts;
}

// A and B, where C was cancelled at once and B will be at +0.25.
Tasks MakeDoomed(Env& env) {
  Tasks tasks = MakeTasks(env);
  tasks[2].Cancel();
  tasks.pop_back();
  env.loop().CallLater(250ms, [b = tasks[1]]() mutable { b.Cancel(); }, "kill");
  return tasks;
}

// The first failure is thrown at once and the other children go on; with
// outcomes, all are waited for. A cancelled child is a failure, and does not
// make the gather cancelled.
Coro<> GatherErrors(Env& env) {
  Tasks tasks = MakeTasks(env);
  try {
    co_await Gather(tasks);
  } catch (const AppError&) {
    env.Log("1 ", CaughtText(), " at ", env.t());
  }
  co_await Sleep(1s);
  env.Log("A ", StateText(tasks[0]), "; C ", StateText(tasks[2]));

  tasks = MakeTasks(env);
  const auto outcomes = co_await GatherOutcomes(tasks);
  env.Log("2 ", Shown(outcomes), " at ", env.t());

  tasks = MakeDoomed(env);
  const auto doomed = Gather(tasks);
  try {
    co_await doomed;
  } catch (const CancelledError&) {
    env.Log("3 ", CaughtText(), " at ", env.t(),
            " cancelled()=", doomed.cancelled());
  }
  co_await WaitForAll(tasks[0]);
  env.Log("A ", StateText(tasks[0]));

  tasks = MakeDoomed(env);
  const auto shown = co_await GatherOutcomes(tasks);
  env.Log("4 ", Shown(shown), " at ", env.t());
  co_await WaitForAll(tasks[0]);
  env.Log("A ", StateText(tasks[0]));
}

Coro<> X(Env& env) {
  const Outcome<> slept = co_await AsOutcome(Pause(10s));
  if (slept.cancelled()) {
    env.Log("X cleanup");
    co_await Sleep(500ms);
    env.Log("X cleaned at ", env.t());
  }
  slept.Rethrow();
}

Coro<std::string> Y(Env& env) {
  try {
    co_await Sleep(10s);
  } catch (const CancelledError&) {
    env.Log("Y swallowed");
  }
  co_return "y kept";
}

Coro<std::string> Z() {
  try {
    co_await Sleep(10s);
  } catch (const CancelledError&) {
  }
  co_return "z";
}

// `gather()` starts the gather, inside the task.
template <class F>
Coro<> Waiter(Env& env, std::string name, F gather) {
  try {
    co_await gather();
    env.Log(name, " got a result");
  } catch (const CancelledError&) {
    env.Log(name, " saw ", CaughtText(), " at ", env.t());
    throw;
  }
}

Coro<> CancelGather(Env& env, int part) {
  const Task<> x = CreateTask(X(env), "X");
  const Task<std::string> y = CreateTask(Y(env), "Y");
  const auto gather = [x, y] { return Gather(x, y); };
  const auto outcomes = [x, y] { return GatherOutcomes(x, y); };
  Task<> g = part == 1 ? CreateTask(Waiter(env, "G", gather), "G")
                       : CreateTask(Waiter(env, "G", outcomes), "G");
  co_await Sleep(1s);
  env.Log(part, " cancel ", g.Cancel());
  co_await WaitForAll(g);
  env.Log(part, " G ", StateText(g), "; X ", StateText(x), "; Y ", StateText(y),
          " at ", env.t());
}

Coro<int> Quick(int n) { co_return n; }

// A gather that is cancelled passes that on to its children, ends when the
// last has ended, and raises CancelledError whatever they have made of it. One
// that is done cannot be cancelled.
Coro<> GatherCancel(Env& env) {
  co_await CancelGather(env, 1);
  co_await CancelGather(env, 2);

  std::vector<Coro<int>> quick;
  quick.push_back(Quick(1));
  quick.push_back(Quick(2));
  Future<std::vector<int>> done = Gather(std::move(quick));
  const std::vector<int>& results = co_await done;
  env.Log("3 ", results, " cancel=", done.Cancel());

  const Task<std::string> z = CreateTask(Z(), "Z");
  const auto gather = [z] { return Gather(z); };
  Task<> g4 = CreateTask(Waiter(env, "G4", gather), "G4");
  co_await Sleep(1s);
  g4.Cancel();
  co_await WaitForAll(g4);
  env.Log("4 G4 ", StateText(g4), "; Z ", StateText(z));
}

}  // namespace

Scenarios GatherScenarios() {
  return {{"gather_cancel", GatherCancel},
          {"gather_errors", GatherErrors},
          {"gather_success", GatherSuccess}};
}

}  // namespace rondo::conformance
