// Wait and AsCompleted.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/runtime/as_completed.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

Coro<std::string> Body(Nanoseconds delay, std::string error,
                       std::string result) {
  co_await Sleep(delay);
  if (!error.empty()) throw AppError(error);
  co_return result;
}

Task<std::string> Spawn(const std::string& name, Nanoseconds delay,
                        const std::string& error = "") {
  const std::string result(1, static_cast<char>(name[0] - 'A' + 'a'));
  return CreateTask(Body(delay, error, result), name);
}

using Tasks = std::vector<Task<std::string>>;

// A sleeps 0.25, B 0.5 (and fails), C 1, D 0.5, E 0.25, F 0.5.
Tasks MakeTasks(std::string_view names) {
  Tasks tasks;
  for (const char name : names) {
    const Nanoseconds delay = name == 'A' || name == 'E' ? 250ms
                              : name == 'C'              ? 1000ms
                                                         : 500ms;
    tasks.push_back(Spawn(std::string(1, name), delay, name == 'B' ? "b" : ""));
  }
  return tasks;
}

// Waits for `tasks` and logs the names of those that are done or pending.
class Waiter {
 public:
  Waiter(Env& env, Tasks tasks) : env_(env), tasks_(std::move(tasks)) {}

  const Tasks& tasks() const { return tasks_; }
  const std::vector<AnyFuture>& pending() const { return pending_; }

  // Waits for all; shows the result as the scenario's part `part`.
  Coro<> WaitFor(int part, WaitOptions options) {
    std::vector<AnyFuture> all(tasks_.begin(), tasks_.end());
    WaitResult result = co_await Wait(std::move(all), options);
    Show(part, result);
    pending_ = result.pending;
  }
  // The same for those that were pending.
  Coro<> WaitForRest(int part) {
    WaitResult result = co_await Wait(pending_);
    Show(part, result);
  }

 private:
  std::vector<std::string> Names(const std::vector<AnyFuture>& futures) {
    std::vector<std::string> names;
    for (const AnyFuture& future : futures) {
      for (const Task<std::string>& task : tasks_) {
        if (task == future) names.push_back(task.name());
      }
    }
    return names;
  }
  void Show(int part, const WaitResult& result) {
    env_.Log(part, " done=", Names(result.done),
             " pending=", Names(result.pending), " at ", env_.t());
    for (const AnyFuture& future : result.done) {
      if (!future.cancelled()) future.exception();  // Counts as retrieved.
    }
  }

  Env& env_;
  Tasks tasks_;
  std::vector<AnyFuture> pending_;
};

WaitOptions Until(ReturnWhen when) {
  WaitOptions options;
  options.return_when = when;
  return options;
}

WaitOptions AtMost(Nanoseconds timeout) {
  WaitOptions options;
  options.timeout = timeout;
  return options;
}

// The three modes and a timeout; a finished task, which still takes a trip
// through the loop; no time at all; and a cancelled task, which does not count
// as an exception.
Coro<> WaitModes(Env& env) {
  Waiter first(env, MakeTasks("ABC"));
  co_await first.WaitFor(1, Until(ReturnWhen::kFirstCompleted));
  co_await first.WaitForRest(1);

  Waiter exception(env, MakeTasks("CBA"));
  co_await exception.WaitFor(2, Until(ReturnWhen::kFirstException));
  co_await Wait(exception.pending());

  Waiter timeout(env, MakeTasks("ABC"));
  co_await timeout.WaitFor(3, AtMost(750ms));
  co_await Wait(timeout.pending());

  Waiter nobody(env, MakeTasks("AC"));
  co_await nobody.WaitFor(4, Until(ReturnWhen::kFirstException));

  Waiter finished(env, Tasks(1, nobody.tasks()[0]));
  co_await finished.WaitFor(5, WaitOptions());

  Waiter no_time(env, MakeTasks("D"));
  co_await no_time.WaitFor(6, AtMost(0s));
  Task<std::string> d = no_time.tasks()[0];
  d.Cancel();
  co_await WaitForAll(d);
  env.Log("6 D ", StateText(d));

  Tasks tasks = MakeTasks("EF");
  tasks[0].Cancel();
  Waiter cancelled(env, tasks);
  co_await cancelled.WaitFor(7, Until(ReturnWhen::kFirstException));
}

template <class T>
Coro<> Collect(Env& env, int part, AsCompletedIterator<T> results) {
  while (results.HasNext()) {
    try {
      const T result = co_await results.Next();
      env.Log(part, " ", result, " at ", env.t());
    } catch (const std::exception&) {
      env.Log(part, " ", CaughtText(), " at ", env.t());
    }
  }
}

Coro<int> Q(Env& env, int n) {
  co_await Yield();
  env.Log("q", n);
  co_return n;
}

// In the order of completion, with an error; with a timeout, which every
// Next that is left throws; two in one iteration; coroutines.
Coro<> AsCompletedOrder(Env& env) {
  Tasks tasks;
  tasks.push_back(Spawn("A", 750ms));
  tasks.push_back(Spawn("B", 250ms));
  tasks.push_back(Spawn("C", 500ms, "c"));
  co_await Collect(env, 1, AsCompleted(tasks));

  tasks.clear();
  tasks.push_back(Spawn("D", 250ms));
  tasks.push_back(Spawn("E", 2s));
  tasks.push_back(Spawn("F", 2s));
  co_await Collect(env, 2, AsCompleted(tasks, 1s));
  Task<std::string> e = tasks[1];
  Task<std::string> f = tasks[2];
  e.Cancel();
  f.Cancel();
  co_await WaitForAll(e, f);
  env.Log("E ", StateText(e), "; F ", StateText(f));

  tasks.clear();
  tasks.push_back(Spawn("G", 500ms));
  tasks.push_back(Spawn("H", 500ms));
  co_await Collect(env, 3, AsCompleted(tasks));

  std::vector<Coro<int>> coros;
  for (int n = 1; n <= 3; ++n) coros.push_back(Q(env, n));
  co_await Collect(env, 4, AsCompleted(std::move(coros)));
}

}  // namespace

Scenarios WaitScenarios() {
  return {{"as_completed_order", AsCompletedOrder}, {"wait_modes", WaitModes}};
}

}  // namespace rondo::conformance
