#include "rondo/tests/replay/toy_world.h"

#include <algorithm>

#include "rondo/runtime/identity.h"

namespace rondo {
namespace {

constexpr std::uint64_t kDefaultBudget = 100'000;

}  // namespace

void ToyWorld::Spawn(std::string_view name, ToyTask task, Identity order_key) {
  ToyTask::promise_type& promise = task.handle().promise();
  promise.id = HashName(name);
  promise.name = name;
  promise.order_key = order_key;
  MakeReady(task.handle());
  tasks_.push_back(std::move(task));
}

void ToyWorld::MakeReady(ToyTask::Handle task) {
  ToyTask::promise_type& promise = task.promise();
  HandleInfo info;
  info.id = Combine(promise.id, promise.steps++);
  info.task = promise.id;
  info.order_key = promise.order_key;
  info.kind = HandleKind::kStep;
  info.name = promise.name;
  ready_.push_back(info);
  handles_.push_back(task);
}

void ToyWorld::Wake(WaitList& list) {
  if (list.empty()) return;
  MakeReady(list.front());
  list.erase(list.begin());
}

void ToyWorld::Fail(std::string_view id) {
  if (!outcome_.passed()) return;
  outcome_.kind = RunKind::kFail;
  outcome_.id = id;
}

RunOutcome ToyWorld::Run() {
  const std::uint64_t budget = scheduler_.plan().iteration_budget != 0
                                   ? scheduler_.plan().iteration_budget
                                   : kDefaultBudget;
  while (!ready_.empty() && outcome_.passed()) {
    if (outcome_.iterations == budget) {
      outcome_.kind = RunKind::kLivelock;
      return outcome_;
    }
    const auto chosen = static_cast<std::ptrdiff_t>(
        ready_.size() > 1 ? scheduler_.PickReady(ready_) : 0);
    outcome_.digest = Combine(outcome_.digest, ready_[chosen].id);
    ++outcome_.iterations;
    const ToyTask::Handle task = handles_[chosen];
    ready_.erase(ready_.begin() + chosen);
    handles_.erase(handles_.begin() + chosen);
    task.resume();
  }
  if (outcome_.passed() &&
      !std::ranges::all_of(
          tasks_, [](const ToyTask& task) { return task.handle().done(); })) {
    outcome_.kind = RunKind::kDeadlock;
  }
  return outcome_;
}

}  // namespace rondo
