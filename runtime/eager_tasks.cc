#include "rondo/runtime/eager_tasks.h"

#include <utility>

namespace rondo {

void EagerTaskFactory(EventLoop&, TaskSpec& spec) {
  if (!spec.eager_start.has_value()) spec.eager_start = true;
}

TaskFactory CreateEagerTaskFactory(TaskFactory factory) {
  return [factory = std::move(factory)](EventLoop& loop, TaskSpec& spec) {
    if (factory) factory(loop, spec);
    EagerTaskFactory(loop, spec);
  };
}

}  // namespace rondo
