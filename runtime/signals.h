// Callbacks for the signals that the process is sent.
//
//   rondo::AddSignalHandler(SIGTERM, [&] { stop.Set(); });
//
// The callback is an ordinary one: it runs on the loop, in the context in which
// it was added, behind what is ready by the time that the loop sees the signal.
// It runs once for each time that the process's handler was called (a signal
// that the kernel has pending is not pending twice).
//
// A signal has one handler in the whole process: a new one takes the place of
// whatever was there, of another loop, of DumpCallGraphOnSignal, of the
// Runner's own (interrupts.h). Closing the loop removes all of its handlers.
//
// Throws: RuntimeError for a loop that takes no signals, as in a simulation, or
// is closed, on another thread than the process's main one, without a running
// loop, and for signals that cannot be caught (SIGKILL, SIGSTOP, those of the C
// library) or that a fault raises (SIGSEGV, SIGBUS, SIGFPE, SIGILL: the fault
// would come again and again); ValueError for what is no signal.
// Thread-safety: the loop's thread.
// Source: asyncio add_signal_handler, remove_signal_handler.
#ifndef RONDO_RUNTIME_SIGNALS_H_
#define RONDO_RUNTIME_SIGNALS_H_

#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "rondo/runtime/event_loop.h"

namespace rondo {

namespace internal {

void SetSignalHandler(EventLoop& loop, int signal,
                      absl::AnyInvocable<void()> callback,
                      std::string_view name);

}  // namespace internal

// `name` is the callback's label in traces.
template <internal::Callback F>
void AddSignalHandler(EventLoop& loop, int signal, F&& callback,
                      std::string_view name = "signal") {
  internal::SetSignalHandler(loop, signal, std::forward<F>(callback), name);
}
// Of the running loop.
template <internal::Callback F>
void AddSignalHandler(int signal, F&& callback,
                      std::string_view name = "signal") {
  AddSignalHandler(RunningLoop(), signal, std::forward<F>(callback), name);
}

// Gives the signal its default disposition again, but for SIGINT if a Runner
// runs the loop: then it interrupts that, as before. Returns whether the loop
// had a handler; what is queued of it still runs.
bool RemoveSignalHandler(EventLoop& loop, int signal);
bool RemoveSignalHandler(int signal);

}  // namespace rondo

#endif  // RONDO_RUNTIME_SIGNALS_H_
