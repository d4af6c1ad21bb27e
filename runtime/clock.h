// The seam through which a loop learns the time.
//
// A loop never reads a clock of its own: it asks the `Clock` that it was given.
// `SystemClock` is the machine's, `VirtualClock` (simnet) the simulation's.
//
// Units: nanoseconds since an unspecified epoch, never decreasing.
// Thread-safety: the loop's thread only.
#ifndef RONDO_RUNTIME_CLOCK_H_
#define RONDO_RUNTIME_CLOCK_H_

#include <chrono>

namespace rondo {

// Every duration and every instant in rondo.
using Nanoseconds = std::chrono::nanoseconds;

class Clock {
 public:
  virtual ~Clock() = default;

  // The monotonic time: what timers follow.
  virtual Nanoseconds Now() = 0;

  // The wall time since the Unix epoch. It may jump; timers ignore it.
  virtual Nanoseconds WallNow() = 0;

  // Two instants closer than this count as the same: a timer that is due
  // before `Now() + resolution()` fires.
  virtual Nanoseconds resolution() const { return Nanoseconds(1); }
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_CLOCK_H_
