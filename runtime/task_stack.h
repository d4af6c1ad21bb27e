// Where a task waits: its coroutines, from the outermost to the innermost.
#ifndef RONDO_RUNTIME_TASK_STACK_H_
#define RONDO_RUNTIME_TASK_STACK_H_

#include <string>
#include <vector>

#include "rondo/runtime/task_core.h"

namespace rondo {

// One coroutine of a suspended task.
struct AwaitFrame {
  std::string function;
  std::string file;  // As given to the compiler, without Bazel's prefixes.
  unsigned line = 0;

  // "at tests/x.cc:12 in Outer()".
  std::string Text() const;
};

namespace internal {

// Of a task that runs, without its innermost coroutine; of one that has not
// begun, or has ended, nothing.
std::vector<AwaitFrame> StackOf(const TaskCore& task);

// What PrintStack prints.
std::string StackText(const TaskCore& task);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_TASK_STACK_H_
