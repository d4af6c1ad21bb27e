#include "rondo/runtime/coro.h"

#include <cstdio>

#include "rondo/runtime/debug_mode.h"
#include "rondo/runtime/source_place.h"

namespace rondo::internal {

void DropUnstarted(std::coroutine_handle<> frame) {
  const std::source_location body = PromiseOf(frame).body;
  frame.destroy();
  if (std::uncaught_exceptions() > 0) return;
  constexpr const char* kMessage = "coroutine was never awaited";
  if (LoopCore* const core = running_core) {
    if (!core->debug || !core->open) return;
    core->Report(kMessage, nullptr, body.function_name(), body);
  } else if (DebugRequested()) {  // No loop to tell.
    std::fprintf(stderr, "rondo: %s: %s\n", kMessage, PlaceText(body).c_str());
  }
}

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
