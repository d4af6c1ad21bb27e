#include "rondo/runtime/future.h"

namespace rondo {

EventLoop& AnyFuture::loop() const {
  EventLoop* const loop = core_->core()->loop;
  if (loop == nullptr) throw RuntimeError("the future's event loop is gone");
  return *loop;
}

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
}  // namespace rondo
