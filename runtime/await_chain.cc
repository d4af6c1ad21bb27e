#include "rondo/runtime/await_chain.h"

#include <algorithm>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/source_place.h"
#include "rondo/runtime/task_core.h"

namespace rondo {
namespace {

AwaitFrame FrameAt(const std::source_location& where) {
  return {where.function_name(), ShortFileName(where.file_name()),
          where.line()};
}

AwaitChain ChainOf(const internal::TaskCore& task) {
  AwaitChain chain;
  chain.task = task.name();
  const internal::WaitPoint* const point = task.wait_point();
  if (point == nullptr) {
    chain.awaited = "its first step";
    return chain;
  }
  chain.awaited =
      point->future == nullptr ? "its next turn" : point->future->Describe();
  chain.frames.push_back(FrameAt(point->where));
  std::coroutine_handle<> frame = task.innermost();
  while (const internal::CoroAwaiterBase* awaiter =
             internal::PromiseOf(frame).awaiter) {
    chain.frames.push_back(FrameAt(awaiter->where));
    frame = awaiter->parent;
  }
  std::reverse(chain.frames.begin(), chain.frames.end());
  return chain;
}

}  // namespace

std::vector<AwaitChain> AwaitChains(const EventLoop& loop) {
  std::vector<AwaitChain> chains;
  for (const internal::TaskCore* task = loop.core()->tasks_first;
       task != nullptr; task = task->next_task()) {
    chains.push_back(ChainOf(*task));
  }
  return chains;
}

std::string DescribeAwaitChains(const EventLoop& loop) {
  std::string text;
  for (const AwaitChain& chain : AwaitChains(loop)) {
    text += "  task " + chain.task + " waits for " + chain.awaited + "\n";
    for (const AwaitFrame& frame : chain.frames) {
      text += "    at " + frame.file + ":" + std::to_string(frame.line) +
              " in " + frame.function + "\n";
    }
  }
  return text;
}

}  // namespace rondo
