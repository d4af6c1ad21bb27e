// Which tasks of a loop wait for which: its call graph.
//
//   rondo::PrintCallGraph();                // Of the task that runs.
//   std::cerr << DescribeCallGraph(loop);   // Of all, as `asyncio pstree`.
//
// A task waits for another if it awaits it, or what gather, wait, wait_for,
// as_completed or shield have made of it, or if the other is in its task group.
// Who holds what a task waits for is not known of locks, queues and futures
// that the program completes.
//
// Tasks are in the order of creation. Names need not be unique, so a task has
// a number too, its place among the loop's unfinished tasks, from 1: it holds
// only within one graph. Costs nothing until it is asked for.
//
// Thread-safety: the loop's thread only, there at any time. From elsewhere:
// CallSoonThreadsafe, DumpCallGraphOnSignal (call_graph_dump.h), or a debugger
// (tools/rondo_gdb.py).
// Source: asyncio.graph, `python -m asyncio pstree` (3.14).
#ifndef RONDO_RUNTIME_CALL_GRAPH_H_
#define RONDO_RUNTIME_CALL_GRAPH_H_

#include <cstddef>
#include <source_location>
#include <string>
#include <vector>

#include "rondo/runtime/await_chain.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/task.h"

namespace rondo {

struct CallGraphTask {
  std::size_t number = 0;
  AwaitChain chain;  // The name, the call stack, and what it waits for.
  // Places in CallGraph::tasks, ascending, each once.
  std::vector<std::size_t> awaits;
  std::vector<std::size_t> awaited_by;
};

struct CallGraph {
  std::vector<CallGraphTask> tasks;
};

// All unfinished tasks of a loop.
CallGraph CaptureCallGraph(const EventLoop& loop);

// `task` and those that wait for it, directly or not; nothing if it is done.
// Throws: ValueError for an empty handle.
CallGraph CaptureCallGraph(const AnyTask& task);

// From those for whom nobody waits, down to what they wait for:
//
//   #1 main waits for a gather of 2
//       at server.cc:12 in Coro<> Serve()
//     #2 reader waits for a future
//         at server.cc:7 in Coro<> Read()
//     #3 writer waits for task reader
//         at server.cc:9 in Coro<> Write(Task<>)
//       #2 reader (see above)
//
// Tasks that wait in a circle follow, the eldest first; the one that closes it
// is marked "(a cycle)".
std::string DescribeCallGraph(const EventLoop& loop);

// The other way: from `task` up to those who wait for it. A line that says so
// if it is done. Throws: ValueError for an empty handle.
std::string DescribeCallGraph(const AnyTask& task);

// Writes DescribeCallGraph(CurrentTask()) to standard error, `where` as its
// innermost frame. Throws: RuntimeError if no loop runs, or no task.
void PrintCallGraph(
    std::source_location where = std::source_location::current());

}  // namespace rondo

#endif  // RONDO_RUNTIME_CALL_GRAPH_H_
