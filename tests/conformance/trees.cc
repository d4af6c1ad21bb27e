#include "rondo/tests/conformance/trees.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "rondo/runtime/as_completed.h"
#include "rondo/runtime/async_generator.h"
#include "rondo/runtime/eager_tasks.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/shield.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/task_group.h"
#include "rondo/runtime/timeouts.h"
#include "rondo/runtime/wait.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/tests/conformance/text.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {
namespace {

using Json = nlohmann::json;

// Times are in eighths of a second.
Nanoseconds Eighths(const Json& count) {
  return count.get<int>() * std::chrono::milliseconds(125);
}
std::optional<Nanoseconds> Limit(const Json& count) {
  if (count.is_null()) return std::nullopt;
  return Eighths(count);
}

ReturnWhen When(const std::string& name) {
  if (name == "FIRST_COMPLETED") return ReturnWhen::kFirstCompleted;
  if (name == "FIRST_EXCEPTION") return ReturnWhen::kFirstException;
  return ReturnWhen::kAllCompleted;
}

// One program. Its methods are those of the class of that name in trees.py; a
// name that is empty is None there.
class Program {
 public:
  std::vector<std::string> Lines(const Json& program) {
    EventLoop& loop = world_.loop();
    if (program.at("eager")) loop.SetTaskFactory(EagerTaskFactory);
    try {
      loop.RunUntilComplete(Main(program.at("body")));
    } catch (const CancelledError&) {  // By itself, in its last stretch.
      lines_.push_back("cancelled");
    }
    return std::move(lines_);  // What is left dies without a line.
  }

 private:
  // An operation, and the group that it is in.
  using Method = Coro<> (Program::*)(const Json& op, TaskGroup* group);

  static Method Find(const std::string& name) {
    static const std::map<std::string, Method> methods = {
        {"sleep", &Program::Sleeps},      {"fail", &Program::Fail},
        {"cancel", &Program::Cancel},     {"uncancel", &Program::Uncancel},
        {"join", &Program::Join},         {"spawn", &Program::Spawn},
        {"generator", &Program::Consume}, {"shield", &Program::Shields},
        {"wait", &Program::Waits},        {"completed", &Program::Completed},
        {"gather", &Program::Gathers},    {"outcomes", &Program::Outcomes},
        {"wait_for", &Program::WaitsFor}, {"group", &Program::Group},
        {"timeout", &Program::Timeout},   {"catch", &Program::Catch},
        {"swallow", &Program::Swallow},   {"clean_up", &Program::CleanUp},
    };
    return methods.at(name);
  }
  static bool IsSimple(const std::string& name) {
    return name == "sleep" || name == "fail" || name == "cancel" ||
           name == "uncancel" || name == "join";
  }

  void Write(const std::string& text) {
    std::string name = "-";
    for (const auto& [one, task] : tasks_) {
      if (task == CurrentTask()) name = one;
    }
    lines_.push_back(std::to_string(world_.selects()) + " " + name + " " +
                     text);
  }

  Coro<> Main(const Json& body) {
    const Outcome<> outcome = co_await AsOutcome(Run(body, nullptr, "main"));
    Write(outcome.ok() ? "ended" : ExceptionText(outcome.exception()));
  }

  Coro<> Run(const Json& body, TaskGroup* group, std::string name = {}) {
    if (!name.empty()) tasks_[name] = CurrentTask();
    for (const Json& op : body) {
      const std::string what = op[0];
      const Method method = Find(what);
      co_await (this->*method)(op, group);
      if (IsSimple(what)) continue;
      Write("after " + what + ", cancelling " +
            std::to_string(CurrentTask().cancelling()));
    }
  }

  Coro<> Sleeps(const Json& op, TaskGroup*) {
    co_await Sleep(Eighths(op[1]));
    Write("slept");
  }

  Coro<> Fail(const Json& op, TaskGroup*) { throw AppError(op[1]); }

  Coro<> Cancel(const Json& op, TaskGroup*) {
    const std::string name = op[1];
    const auto found = tasks_.find(name);
    if (found == tasks_.end()) co_return;
    Write("cancels " + name + (found->second.Cancel() ? " 1" : " 0"));
  }

  Coro<> Uncancel(const Json&, TaskGroup*) {
    Write("uncancel " + std::to_string(CurrentTask().Uncancel()));
    co_return;
  }

  Coro<> Spawn(const Json& op, TaskGroup* group) {
    const std::string name = op[1];
    try {
      const Task<> task = group->CreateTask(Run(op[2], group, name), name);
      tasks_[name] = task;
      Write(name + (task.done() ? " done" : " pending"));
    } catch (const RuntimeError&) {
      Write(name + " refused");
    }
    co_return;
  }

  Coro<> Consume(const Json& op, TaskGroup*) {
    AsyncGenerator<bool> generator = Generate(op[1], op[2]);
    int left = op[3];
    while (co_await generator.Next()) {
      Write("got");
      if (--left == 0) break;
    }
    if (op[4] == "close") co_await generator.Close();
  }

  AsyncGenerator<bool> Generate(const Json& steps, const Json& pause) {
    std::exception_ptr error;
    try {
      for (const Json& step : steps) {
        if (step == "yield") {
          co_yield true;
        } else if (step == "fail") {
          throw AppError("generator");
        } else {
          co_await Sleep(Eighths(step));
        }
      }
    } catch (...) {  // tidy: allow(catch-all) thrown again below
      error = std::current_exception();
    }
    Write("closing");
    co_await Sleep(Eighths(pause));
    Write("closed");
    if (error != nullptr) std::rethrow_exception(error);
  }

  // Waiting for other tasks.

  Task<> Create(const std::string& name, const Json& body) {
    const Task<> task = CreateTask(Run(body, nullptr, name), name);
    tasks_[name] = task;
    return task;
  }
  std::vector<Task<>> CreateAll(const Json& children) {
    std::vector<Task<>> tasks;
    for (const Json& child : children) {
      tasks.push_back(Create(child[0], child[1]));
    }
    return tasks;
  }
  std::vector<Coro<>> RunAll(const Json& bodies) {
    std::vector<Coro<>> coros;
    for (const Json& body : bodies) coros.push_back(Run(body, nullptr));
    return coros;
  }

  Coro<> Join(const Json& op, TaskGroup*) {
    const auto found = tasks_.find(op[1]);
    if (found == tasks_.end()) co_return;
    co_await Future<>::Share(found->second.core());
  }

  Coro<> Shields(const Json& op, TaskGroup*) {
    co_await Shield(Create(op[1], op[2]));
  }

  Coro<> Waits(const Json& op, TaskGroup*) {
    WaitOptions options;
    options.return_when = When(op[1]);
    options.timeout = Limit(op[2]);
    const std::vector<Task<>> tasks = CreateAll(op[3]);
    const std::vector<AnyFuture> futures(tasks.begin(), tasks.end());
    const WaitResult result = co_await Wait(futures, options);
    for (const Task<>& task : tasks) {
      const bool done = std::ranges::count(result.done, AnyFuture(task)) > 0;
      Write(task.name() + (done ? " done" : " pending"));
    }
  }

  Coro<> Completed(const Json& op, TaskGroup*) {
    const std::vector<Task<>> tasks = CreateAll(op[2]);
    AsCompletedIterator<void> next = AsCompleted(tasks, Limit(op[1]));
    while (next.HasNext()) {
      co_await next.Next();
      Write("next");
    }
  }

  Coro<> Gathers(const Json& op, TaskGroup*) { co_await Gather(RunAll(op[1])); }

  Coro<> Outcomes(const Json& op, TaskGroup*) {
    const std::vector<Outcome<>> outcomes =
        co_await GatherOutcomes(RunAll(op[1]));
    std::string text;
    for (const Outcome<>& one : outcomes) {
      if (!text.empty()) text += ", ";
      text += ExceptionText(one.exception());
    }
    Write(text);
  }

  Coro<> WaitsFor(const Json& op, TaskGroup*) {
    co_await WaitFor(Run(op[2], nullptr), Eighths(op[1]));
  }

  // Around a body.

  Coro<> Group(const Json& op, TaskGroup*) {
    const auto body = [&](TaskGroup& inner) { return Run(op[1], &inner); };
    co_await WithTaskGroup(body);
  }

  Coro<> Timeout(const Json& op, TaskGroup* group) {
    const auto body = [&](TimeoutScope&) { return Run(op[2], group); };
    co_await WithTimeout(Eighths(op[1]), body);
  }

  Coro<> Catch(const Json& op, TaskGroup* group) {
    const Outcome<> outcome = co_await AsOutcome(Run(op[1], group));
    if (IsException<std::exception>(outcome.exception())) {
      Write("caught " + ExceptionText(outcome.exception()));
    } else {
      outcome.Rethrow();
    }
  }

  Coro<> Swallow(const Json& op, TaskGroup* group) {
    const Outcome<> outcome = co_await AsOutcome(Run(op[1], group));
    if (outcome.cancelled()) {
      Write("swallowed");
    } else {
      outcome.Rethrow();
    }
  }

  Coro<> CleanUp(const Json& op, TaskGroup* group) {
    const Outcome<> outcome = co_await AsOutcome(Run(op[1], group));
    co_await Run(op[2], group);
    outcome.Rethrow();
  }

  VirtualLoop world_;
  std::map<std::string, AnyTask> tasks_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<Tree> ReadTrees(std::string_view path) {
  std::ifstream file{std::string(path)};
  std::vector<Tree> trees;
  for (std::string line; std::getline(file, line);) {
    Json program = Json::parse(line);
    std::vector<std::string> lines = program.at("lines");
    program.erase("lines");
    trees.push_back({program.dump(), std::move(lines)});
  }
  return trees;
}

std::vector<std::string> RunTree(const Tree& tree) {
  const Json program = Json::parse(tree.program);
  return Program().Lines(program);
}

}  // namespace rondo::conformance
