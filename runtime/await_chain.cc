#include "rondo/runtime/await_chain.h"

#include <algorithm>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/source_place.h"
#include "rondo/runtime/task_core.h"

namespace rondo {
namespace {

AwaitChain ChainOf(const internal::TaskCore& task) {
  AwaitChain chain;
  chain.task = task.name();
  chain.frames = internal::StackOf(task);
  if (const internal::WaitPoint* const point = task.wait_point()) {
    chain.awaited =
        point->future == nullptr ? "its next turn" : point->future->Describe();
  } else {
    chain.awaited = task.Has(internal::Node::kStarted) ? "nothing: it runs"
                                                       : "its first step";
  }
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
      text += "    " + frame.Text() + "\n";
    }
  }
  return text;
}

}  // namespace rondo
