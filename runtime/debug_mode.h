// Debug mode: a loop that looks for what is wrong with its program.
//
// It is on in a loop of the real world if the environment has RONDO_DEBUG, and
// in any loop by EventLoop::set_debug. Then
//   - what belongs to the loop, called on another thread, throws RuntimeError;
//   - a callback or a step that takes slow_callback_duration or longer, and
//     a coroutine that was dropped without being awaited, are reported to the
//     exception handler;
//   - reports say where the task, the future or the coroutine was made.
//
// Simulated hosts do not look at the environment: it must not change a run.
// Source: asyncio's debug mode; differs: a callback that returns a coroutine
// is refused by the compiler, and of a coroutine the place is that of its body.
#ifndef RONDO_RUNTIME_DEBUG_MODE_H_
#define RONDO_RUNTIME_DEBUG_MODE_H_

#include <string>

#include "rondo/runtime/clock.h"

namespace rondo {

// Whether RONDO_DEBUG is set, and not empty. Source: PYTHONASYNCIODEBUG.
bool DebugRequested();

namespace internal {

// Seconds, to the nearest millisecond: "0.250".
std::string SecondsText(Nanoseconds time);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_DEBUG_MODE_H_
