// What observers and schedulers are told about one handle.
#ifndef RONDO_RUNTIME_HANDLE_INFO_H_
#define RONDO_RUNTIME_HANDLE_INFO_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace rondo {

// Names one thing that a loop runs, or a task, or a resource, by what it is
// and not by when it came: the same in every schedule of the same program.
// Zero: none.
using Identity = std::uint64_t;

enum class HandleKind : std::uint8_t {
  kStep,        // A task's step scheduled with CallSoon.
  kWakeup,      // A task's step caused by the future it awaited.
  kCallback,    // A function of the program.
  kTimer,       // A timer, of the program or of the library.
  kFutureDone,  // A done callback of the library.
  kTransport,   // A callback that a transport schedules for itself.
  kIo,          // A reader or writer callback of the library.
};

// "step", "wakeup", "callback", "timer", "future_done", "transport", "io".
std::string_view HandleKindName(HandleKind kind);

struct HandleInfo {
  Identity id = 0;
  Identity task = 0;   // The task that it steps, if it steps one.
  Identity cause = 0;  // The handle that scheduled it.
  // Handles with equal keys never overtake one another (0: no such promise).
  Identity order_key = 0;
  HandleKind kind = HandleKind::kCallback;
  std::string_view name;  // "T1", "sleep": what follows the kind in a label.

  // "step:T1".
  std::string label() const;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_HANDLE_INFO_H_
