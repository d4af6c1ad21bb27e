#include "rondo/runtime/task.h"

#include <iostream>

namespace rondo {
namespace internal {

void ApplyTaskFactory(LoopCore* core, TaskSpec& spec) {
  if (core->hooks->factory) core->hooks->factory(*core->loop, spec);
}

}  // namespace internal

void AnyTask::PrintStack(std::ostream& out) const {
  out << internal::StackText(*task_core());
}

void AnyTask::PrintStack() const { PrintStack(std::cerr); }

AnyTask CurrentTask() {
  internal::TaskCore* const task = internal::RunningCore()->current_task;
  if (task == nullptr) throw RuntimeError("no task is running");
  return AnyTask::Of(task);
}

std::vector<AnyTask> AllTasks() {
  std::vector<AnyTask> tasks;
  for (internal::TaskCore* task = internal::RunningCore()->tasks_first;
       task != nullptr; task = task->next_task()) {
    tasks.push_back(AnyTask::Of(task));
  }
  return tasks;
}

}  // namespace rondo
