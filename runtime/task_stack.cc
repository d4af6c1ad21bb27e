#include "rondo/runtime/task_stack.h"

#include <algorithm>
#include <exception>
#include <source_location>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/source_place.h"

namespace rondo {
namespace {

AwaitFrame FrameAt(const std::source_location& where) {
  return {where.function_name(), ShortFileName(where.file_name()),
          where.line()};
}

// "<Task pending name='T1'>".
std::string TaskText(const internal::TaskCore& task) {
  const char* state = task.cancelling() > 0 ? "cancelling" : "pending";
  if (task.done()) state = task.cancelled() ? "cancelled" : "finished";
  return std::string("<Task ") + state + " name='" + task.name() + "'>";
}

}  // namespace

std::string AwaitFrame::Text() const {
  return "at " + file + ":" + std::to_string(line) + " in " + function;
}

namespace internal {

std::vector<AwaitFrame> StackOf(const TaskCore& task) {
  std::vector<AwaitFrame> frames;
  if (task.done() || !task.Has(Node::kStarted)) return frames;
  if (const WaitPoint* const point = task.wait_point()) {
    frames.push_back(FrameAt(point->where));
  }
  std::coroutine_handle<> frame = task.innermost();
  while (const CoroAwaiterBase* awaiter = PromiseOf(frame).awaiter) {
    frames.push_back(FrameAt(awaiter->where));
    frame = awaiter->parent;
  }
  std::reverse(frames.begin(), frames.end());
  return frames;
}

std::string StackText(const TaskCore& task) {
  const std::vector<AwaitFrame> frames = StackOf(task);
  std::string text = frames.empty() ? "No stack for " : "Stack for ";
  text += TaskText(task);
  if (!frames.empty()) text += " (most recent call last):";
  text += "\n";
  for (const AwaitFrame& frame : frames) text += "  " + frame.Text() + "\n";
  if (task.state() == FutureCore::State::kException) {
    text += DescribeException(task.Error()) + "\n";
  }
  return text;
}

}  // namespace internal
}  // namespace rondo
