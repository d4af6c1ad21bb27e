#include "rondo/runtime/future.h"

namespace rondo::internal {

void FutureAwaiterBase::ThrowMisuse() const {
  if (future == nullptr) throw ValueError("await of an empty Future");
  if (running_core == nullptr) throw RuntimeError("no running event loop");
  if (future->core() != running_core) {
    throw RuntimeError("await of " + future->Describe() +
                       " that belongs to another event loop");
  }
  throw RuntimeError("a task cannot await itself: " + future->Describe());
}

}  // namespace rondo::internal
