#include "rondo/runtime/task.h"

namespace rondo {
namespace internal {

void FutureAwaiterBase::ThrowMisuse() const {
  if (future == nullptr) throw ValueError("await of an empty Future");
  if (running_core == nullptr) throw RuntimeError("no running event loop");
  if (future->core() != running_core) {
    throw RuntimeError("await of " + future->Describe() +
                       " that belongs to another event loop");
  }
  throw RuntimeError("a task cannot await itself: " + future->Describe());
}

}  // namespace internal

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
