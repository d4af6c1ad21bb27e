// What a program may hang into a loop: exception handlers, a task factory, an
// executor; and what parts of the library keep with it.
#ifndef RONDO_RUNTIME_LOOP_HOOKS_H_
#define RONDO_RUNTIME_LOOP_HOOKS_H_

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string_view>

namespace rondo {

class Context;
class EventLoop;
class Executor;

// What the exception handler is told.
struct ExceptionReport {
  std::string_view message;                // "Exception in callback", ...
  std::exception_ptr exception = nullptr;  // Null if there is none.
  std::string_view source = {};  // The callback, task or future; may be empty.
  // Where the source was made; line 0 if unknown, as it is but in debug mode.
  std::source_location created = {};
  // What a handler was told that threw; null but in the report of that.
  const ExceptionReport* original = nullptr;
};
using ExceptionHandler =
    std::function<void(EventLoop& loop, const ExceptionReport& report)>;

// How a task is to be made.
struct TaskSpec {
  std::string_view name = {};         // Empty: "Task-N".
  const Context* context = nullptr;   // Null: a copy of the current one.
  std::source_location created = {};  // Where CreateTask was called.
  // Takes the first step at once, inside CreateTask (eager_tasks.h). No value:
  // no, unless the loop's task factory says so.
  std::optional<bool> eager_start = std::nullopt;
};

// May change how a task will be made; called for each new task.
// Source: set_task_factory; differs: a task's type is its coroutine's, so the
// factory adjusts the specification instead of making the object.
using TaskFactory = std::function<void(EventLoop& loop, TaskSpec& spec)>;

namespace internal {

// Ends with the loop, on its thread.
class LoopPart {
 public:
  virtual ~LoopPart() = default;
};

struct LoopHooks {
  ExceptionHandler handler;
  ExceptionHandler fallback;  // Empty: standard error.
  TaskFactory factory;
  std::shared_ptr<Executor> executor;  // Null: the seam's.
  bool executor_shut_down = false;
  std::unique_ptr<LoopPart> links;    // future_chain.h
  std::shared_ptr<LoopPart> ports;    // port.h
  std::unique_ptr<LoopPart> dumps;    // call_graph_dump.h
  std::unique_ptr<LoopPart> signals;  // signals.h
  std::unique_ptr<LoopPart> end;      // ends_with_loop.h
};

// Tells the handler; if that throws, the default handler. `hooks` may be null.
void CallExceptionHandler(const LoopHooks* hooks, EventLoop& loop,
                          const ExceptionReport& report);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_LOOP_HOOKS_H_
