// Ctrl-C while a coroutine is run: SIGINT becomes a cancellation.
//
// The first SIGINT cancels the main task; the next one throws KeyboardInterrupt
// out of the loop. Both do so at the loop's next iteration, before everything
// that is ready, as a callback named "interrupt": a signal handler may not
// touch a task. The second also restores the default disposition, so that a
// third one ends a process whose loop is stuck.
//
// A handler is installed only on the process's main thread, for a loop that
// takes signals, and where the disposition is the default one; it is gone when
// the run ends, unless somebody else has replaced it meanwhile.
//
// Source: asyncio.Runner; differs: Python interrupts whatever runs.
#ifndef RONDO_RUNTIME_INTERRUPTS_H_
#define RONDO_RUNTIME_INTERRUPTS_H_

#include <memory>

#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/signal_catcher.h"
#include "rondo/runtime/task.h"

namespace rondo::internal {

class Interrupts {
 public:
  // Until this dies, SIGINT cancels `main`, a task of the loop of `core`.
  Interrupts(LoopCore* core, AnyTask main);
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts() { Restore(); }

  // `main` has ended with a result. Throws: KeyboardInterrupt if there was a
  // SIGINT that came too late for the loop to see it.
  void OnResult();
  // `main` was cancelled. Throws: the same, or if a SIGINT and nobody else has
  // asked for it.
  void OnCancelled();

 private:
  struct State;

  // Takes the handler away. Returns how many interrupts the loop has not seen.
  int Restore();

  std::shared_ptr<State> state_;
  std::unique_ptr<SignalCatcher> catcher_;  // Null: no handler is installed.
};

// Has SIGINT interrupt the run again that it interrupted before somebody
// replaced the handler. False: no run of this loop is to be interrupted.
bool ReinstallInterrupts(const LoopCore* core);

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_INTERRUPTS_H_
