// The rarely set parts of a loop: exception handlers and the task factory.
#ifndef RONDO_RUNTIME_LOOP_HOOKS_H_
#define RONDO_RUNTIME_LOOP_HOOKS_H_

#include "rondo/runtime/event_loop.h"

namespace rondo::internal {

struct LoopHooks {
  ExceptionHandler handler;
  ExceptionHandler fallback;  // Empty: standard error.
  TaskFactory factory;
};

// Tells the handler; if that throws, the default handler.
void CallExceptionHandler(LoopCore* core, EventLoop& loop,
                          const ExceptionReport& report);

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_LOOP_HOOKS_H_
