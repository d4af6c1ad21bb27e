// The call graph of a loop, whenever somebody sends the process a signal.
//
//   rondo::Runner runner;
//   rondo::DumpCallGraphOnSignal(runner.GetLoop(), SIGUSR1);
//   runner.Run(Serve());   // From elsewhere: kill -USR1 PID
//
// The handler only wakes the loop; the loop writes, at its next iteration,
// before everything that is ready. So a loop that is stuck in a callback writes
// nothing: stop it with a debugger (tools/rondo_gdb.py). Signals that come
// before the loop has seen the last one are one.
#ifndef RONDO_RUNTIME_CALL_GRAPH_DUMP_H_
#define RONDO_RUNTIME_CALL_GRAPH_DUMP_H_

#include <string>

#include "rondo/runtime/event_loop.h"

namespace rondo {

// Until the loop is closed, `signal` has its statistics and its call graph
// (DescribeCallGraph) appended to the file `path`, or written to standard error
// if that is empty. Asked for again, it changes the path. At the end the
// signal has its default disposition again, unless somebody else has replaced
// the handler. A file that cannot be written is reported to the loop's
// exception handler.
//
// Throws: RuntimeError for a loop that takes no signals, as in a simulation, or
// is closed, and for a signal that somebody handles or ignores already;
// ValueError for one that cannot be handled, or that a fault raises.
// Thread-safety: the loop's thread.
void DumpCallGraphOnSignal(EventLoop& loop, int signal, std::string path = {});

}  // namespace rondo

#endif  // RONDO_RUNTIME_CALL_GRAPH_DUMP_H_
