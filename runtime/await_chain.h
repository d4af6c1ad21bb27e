// Where every unfinished task waits, down to the line, and for what.
#ifndef RONDO_RUNTIME_AWAIT_CHAIN_H_
#define RONDO_RUNTIME_AWAIT_CHAIN_H_

#include <string>
#include <vector>

#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/task_stack.h"

namespace rondo {

struct AwaitChain {
  std::string task;
  std::vector<AwaitFrame> frames;  // Outermost first.
  std::string awaited;             // "task T2", "a lock", "its next turn".
};

// The unfinished tasks of a loop that is not in the middle of a step, in the
// order of creation.
std::vector<AwaitChain> AwaitChains(const EventLoop& loop);

// The same as indented text, a line for each frame.
std::string DescribeAwaitChains(const EventLoop& loop);

}  // namespace rondo

#endif  // RONDO_RUNTIME_AWAIT_CHAIN_H_
