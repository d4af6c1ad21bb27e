// What a program may hang into a loop: exception handlers, a task factory.
#ifndef RONDO_RUNTIME_LOOP_HOOKS_H_
#define RONDO_RUNTIME_LOOP_HOOKS_H_

#include <exception>
#include <functional>
#include <optional>
#include <string_view>

namespace rondo {

class Context;
class EventLoop;

// What the exception handler is told.
struct ExceptionReport {
  std::string_view message;      // "Exception in callback", ...
  std::exception_ptr exception;  // Null if there is none.
  std::string_view source;       // The callback, task or future; may be empty.
};
using ExceptionHandler =
    std::function<void(EventLoop& loop, const ExceptionReport& report)>;

// How a task is to be made.
struct TaskSpec {
  std::string_view name = {};        // Empty: "Task-N".
  const Context* context = nullptr;  // Null: a copy of the current one.
  // Takes the first step at once, inside CreateTask (eager_tasks.h). No value:
  // no, unless the loop's task factory says so.
  std::optional<bool> eager_start = std::nullopt;
};

// May change how a task will be made; called for each new task.
// Source: set_task_factory; differs: a task's type is its coroutine's, so the
// factory adjusts the specification instead of making the object.
using TaskFactory = std::function<void(EventLoop& loop, TaskSpec& spec)>;

namespace internal {

struct LoopHooks {
  ExceptionHandler handler;
  ExceptionHandler fallback;  // Empty: standard error.
  TaskFactory factory;
};

// Tells the handler; if that throws, the default handler. `hooks` may be null.
void CallExceptionHandler(const LoopHooks* hooks, EventLoop& loop,
                          const ExceptionReport& report);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_LOOP_HOOKS_H_
