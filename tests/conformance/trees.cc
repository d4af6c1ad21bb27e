#include "rondo/tests/conformance/trees.h"

#include <exception>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "rondo/runtime/async_generator.h"
#include "rondo/runtime/eager_tasks.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/task_group.h"
#include "rondo/runtime/timeouts.h"
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

// One program. Its methods are those of the class of that name in trees.py; a
// name that is empty is None there.
class Program {
 public:
  explicit Program(const Json& program)
      : body_(program.at("body")), eager_(program.at("eager")) {}

  std::vector<std::string> Lines() {
    VirtualLoop world;
    if (eager_) world.loop().SetTaskFactory(EagerTaskFactory);
    const Task<> main = world.loop().CreateTask(Main());
    while (!main.done()) {
      ++turn_;
      world.loop().RunOnce();
    }
    if (main.cancelled()) lines_.push_back("cancelled");
    return std::move(lines_);  // What is left dies without a line.
  }

 private:
  void Write(const std::string& text) {
    std::string name = "-";
    for (const auto& [one, task] : tasks_) {
      if (task == CurrentTask()) name = one;
    }
    lines_.push_back(std::to_string(turn_) + " " + name + " " + text);
  }

  AsyncGenerator<bool> Steps(const Json& steps, const Json& pause) {
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

  Coro<> Consume(const Json& op) {
    AsyncGenerator<bool> generator = Steps(op[1], op[2]);
    int left = op[3];
    while (co_await generator.Next()) {
      Write("got");
      if (--left == 0) break;
    }
    if (op[4] == "close") co_await generator.Close();
  }

  void Spawn(TaskGroup* group, const std::string& name, const Json& body) {
    try {
      const Task<> task = group->CreateTask(Run(body, group, name), name);
      tasks_[name] = task;
      Write(name + (task.done() ? " done" : " pending"));
    } catch (const RuntimeError&) {
      Write(name + " refused");
    }
  }

  void Cancel(const std::string& name) {
    const auto found = tasks_.find(name);
    if (found == tasks_.end()) return;
    Write("cancels " + name + (found->second.Cancel() ? " 1" : " 0"));
  }

  Coro<> Run(const Json& body, TaskGroup* group, std::string name = {}) {
    if (!name.empty()) tasks_[name] = CurrentTask();
    for (const Json& op : body) {
      const std::string what = op[0];
      if (what == "sleep") {
        co_await Sleep(Eighths(op[1]));
        Write("slept");
      } else if (what == "fail") {
        throw AppError(op[1]);
      } else if (what == "cancel") {
        Cancel(op[1]);
      } else if (what == "uncancel") {
        Write("uncancel " + std::to_string(CurrentTask().Uncancel()));
      } else if (what == "spawn") {
        Spawn(group, op[1], op[2]);
      } else if (what == "generator") {
        co_await Consume(op);
      } else {
        co_await Compound(what, op, group);
        Write("after " + what + ", cancelling " +
              std::to_string(CurrentTask().cancelling()));
      }
    }
  }

  Coro<> Compound(const std::string& what, const Json& op, TaskGroup* group) {
    if (what == "group") {
      const auto body = [&](TaskGroup& inner) { return Run(op[1], &inner); };
      co_await WithTaskGroup(body);
    } else if (what == "timeout") {
      const auto body = [&](TimeoutScope&) { return Run(op[2], group); };
      co_await WithTimeout(Eighths(op[1]), body);
    } else if (what == "wait_for") {
      co_await WaitFor(Run(op[2], nullptr), Eighths(op[1]));
    } else if (what == "gather") {
      std::vector<Coro<>> children;
      for (const Json& one : op[1]) children.push_back(Run(one, nullptr));
      co_await Gather(std::move(children));
    } else if (what == "finally") {
      const Outcome<> outcome = co_await AsOutcome(Run(op[1], group));
      co_await Run(op[2], group);
      outcome.Rethrow();
    } else {
      co_await Catch(what, op[1], group);
    }
  }

  Coro<> Catch(const std::string& what, const Json& body, TaskGroup* group) {
    const Outcome<> outcome = co_await AsOutcome(Run(body, group));
    if (what == "try" && IsException<std::exception>(outcome.exception())) {
      Write("caught " + ExceptionText(outcome.exception()));
    } else if (what == "swallow" && outcome.cancelled()) {
      Write("swallowed");
    } else {
      outcome.Rethrow();
    }
  }

  Coro<> Main() {
    const Outcome<> outcome = co_await AsOutcome(Run(body_, nullptr, "main"));
    Write(outcome.ok() ? "ended" : ExceptionText(outcome.exception()));
  }

  const Json& body_;
  const bool eager_;
  int turn_ = 0;
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
  return Program(program).Lines();
}

}  // namespace rondo::conformance
