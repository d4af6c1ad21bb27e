#include "rondo/runtime/coro.h"

namespace rondo::internal {

void DestroyFrames(std::coroutine_handle<> innermost) {
  std::coroutine_handle<> frame = innermost;
  while (frame) {
    CoroAwaiterBase* const awaiter = PromiseOf(frame).awaiter;
    frame.destroy();
    if (awaiter == nullptr) return;
    awaiter->child = nullptr;  // It is gone: the parent must not destroy it.
    frame = awaiter->parent;
  }
}

}  // namespace rondo::internal
