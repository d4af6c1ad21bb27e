#include "rondo/runtime/call_graph.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "rondo/runtime/source_place.h"

namespace rondo {
namespace {

using internal::Awaiters;
using internal::FutureCore;
using internal::TaskCore;

using Edges = std::vector<std::size_t> CallGraphTask::*;

// tidy: allow(hash-order) Only looked up.
using Places = absl::flat_hash_map<const FutureCore*, std::size_t>;

// The places of the tasks that wait for `task`, directly or through futures.
std::vector<std::size_t> AwaitersOf(const TaskCore& task,
                                    const Places& places) {
  Awaiters awaiters;
  task.AwaitedBy(&awaiters);
  // tidy: allow(hash-order) Only looked up.
  absl::flat_hash_set<const FutureCore*> seen;
  std::vector<std::size_t> result;
  for (std::size_t i = 0; i < awaiters.size(); ++i) {
    const FutureCore* const awaiter = awaiters[i];
    if (awaiter->done() || !seen.insert(awaiter).second) continue;
    if (!awaiter->is_task()) {
      awaiter->AwaitedBy(&awaiters);
      continue;
    }
    const auto place = places.find(awaiter);
    if (place != places.end()) result.push_back(place->second);
  }
  std::sort(result.begin(), result.end());
  return result;
}

// The place of a pending task in its loop's whole graph.
std::size_t PlaceOf(const TaskCore* task) {
  std::size_t place = 0;
  while ((task = task->previous_task()) != nullptr) ++place;
  return place;
}

// Throws: ValueError for an empty handle.
const TaskCore* PendingCore(const AnyTask& task) {
  if (!task) throw ValueError("the call graph of an empty task");
  return task.done() ? nullptr : task.task_core();
}

// `graph` without the tasks for which `kept` is false.
CallGraph Restrict(CallGraph graph, const std::vector<bool>& kept) {
  std::vector<std::size_t> moved(kept.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    moved[i] = count;
    if (kept[i]) ++count;
  }
  const auto restrict = [&](std::vector<std::size_t>& edges) {
    std::erase_if(edges, [&](std::size_t place) { return !kept[place]; });
    for (std::size_t& place : edges) place = moved[place];
  };
  CallGraph result;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (!kept[i]) continue;
    result.tasks.push_back(std::move(graph.tasks[i]));
    restrict(result.tasks.back().awaits);
    restrict(result.tasks.back().awaited_by);
  }
  return result;
}

// Text of a graph along its edges, indented. A task is shown once in full.
class Tree {
 public:
  // `link` goes before a task that is not at the root.
  Tree(const CallGraph& graph, Edges edges, const char* link)
      : graph_(graph),
        edges_(edges),
        link_(link),
        states_(graph.tasks.size()) {}

  // Shows `root` and what its edges lead to, unless it was shown.
  void Add(std::size_t root) {
    if (states_[root] != State::kNew) return;
    Enter(root);
    while (!path_.empty()) {
      Level& level = path_.back();
      const std::vector<std::size_t>& edges = graph_.tasks[level.place].*edges_;
      if (level.next == edges.size()) {
        states_[level.place] = State::kShown;
        path_.pop_back();
      } else {
        Follow(edges[level.next++]);
      }
    }
  }

  std::string Take() { return std::move(text_); }

 private:
  enum class State : std::uint8_t { kNew, kOpen, kShown };
  struct Level {
    std::size_t place;
    std::size_t next;  // Among its edges.
  };
  // Deeper ones are not indented further: a chain may be very long.
  static constexpr std::size_t kDeepest = 30;

  void Follow(std::size_t place) {
    if (states_[place] == State::kNew) {
      Enter(place);
      return;
    }
    Head(place);
    text_ += states_[place] == State::kOpen ? " (a cycle)\n" : " (see above)\n";
  }
  void Enter(std::size_t place) {
    const AwaitChain& chain = graph_.tasks[place].chain;
    Head(place);
    text_ += " waits for " + chain.awaited + "\n";
    for (const AwaitFrame& frame : chain.frames) {
      Indent();
      text_ += "    " + frame.Text() + "\n";
    }
    states_[place] = State::kOpen;
    path_.push_back({place, 0});
  }
  // "#2 reader".
  void Head(std::size_t place) {
    const CallGraphTask& task = graph_.tasks[place];
    Indent();
    if (path_.size() > kDeepest) {
      text_ += "[depth " + std::to_string(path_.size()) + "] ";
    }
    if (!path_.empty()) text_ += link_;
    text_ += "#" + std::to_string(task.number) + " " + task.chain.task;
  }
  void Indent() { text_.append(2 * std::min(path_.size(), kDeepest), ' '); }

  const CallGraph& graph_;
  const Edges edges_;
  const char* const link_;
  std::vector<State> states_;
  std::vector<Level> path_;  // From the root to what is shown now.
  std::string text_;
};

// From the task at `place` up.
std::string TextUp(const CallGraph& graph, std::size_t place) {
  Tree tree(graph, &CallGraphTask::awaited_by, "awaited by ");
  tree.Add(place);
  return tree.Take();
}

}  // namespace

CallGraph CaptureCallGraph(const EventLoop& loop) {
  CallGraph graph;
  Places places;
  std::vector<AwaitChain> chains = AwaitChains(loop);
  graph.tasks.resize(chains.size());
  const TaskCore* const first = loop.core()->tasks_first;
  std::size_t place = 0;
  for (const TaskCore* task = first; task != nullptr;
       task = task->next_task(), ++place) {
    places.emplace(task, place);
    graph.tasks[place].number = place + 1;
    graph.tasks[place].chain = std::move(chains[place]);
  }
  place = 0;
  for (const TaskCore* task = first; task != nullptr;
       task = task->next_task(), ++place) {
    graph.tasks[place].awaited_by = AwaitersOf(*task, places);
    for (const std::size_t awaiter : graph.tasks[place].awaited_by) {
      graph.tasks[awaiter].awaits.push_back(place);
    }
  }
  return graph;
}

CallGraph CaptureCallGraph(const AnyTask& task) {
  const TaskCore* const core = PendingCore(task);
  if (core == nullptr) return CallGraph();
  CallGraph graph = CaptureCallGraph(*core->core()->loop);
  std::vector<bool> kept(graph.tasks.size());
  std::vector<std::size_t> found = {PlaceOf(core)};
  kept[found[0]] = true;
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const std::size_t awaiter : graph.tasks[found[i]].awaited_by) {
      if (kept[awaiter]) continue;
      kept[awaiter] = true;
      found.push_back(awaiter);
    }
  }
  return Restrict(std::move(graph), kept);
}

std::string DescribeCallGraph(const EventLoop& loop) {
  const CallGraph graph = CaptureCallGraph(loop);
  Tree tree(graph, &CallGraphTask::awaits, "");
  for (std::size_t i = 0; i < graph.tasks.size(); ++i) {
    if (graph.tasks[i].awaited_by.empty()) tree.Add(i);
  }
  for (std::size_t i = 0; i < graph.tasks.size(); ++i) tree.Add(i);
  return tree.Take();
}

std::string DescribeCallGraph(const AnyTask& task) {
  const TaskCore* const core = PendingCore(task);
  if (core == nullptr) return "task " + task.name() + " is done\n";
  return TextUp(CaptureCallGraph(*core->core()->loop), PlaceOf(core));
}

void PrintCallGraph(std::source_location where) {
  const TaskCore* const core = CurrentTask().task_core();
  CallGraph graph = CaptureCallGraph(*core->core()->loop);
  const std::size_t place = PlaceOf(core);
  graph.tasks[place].chain.frames.push_back(
      {where.function_name(), ShortFileName(where.file_name()), where.line()});
  std::fputs(TextUp(graph, place).c_str(), stderr);
}

}  // namespace rondo
