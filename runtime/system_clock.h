// The machine's clocks.
#ifndef RONDO_RUNTIME_SYSTEM_CLOCK_H_
#define RONDO_RUNTIME_SYSTEM_CLOCK_H_

#include "rondo/runtime/clock.h"

namespace rondo {

// Source: time.monotonic and time.time, without their rounding to a double.
// Thread-safety: any thread (it has no state).
class SystemClock final : public Clock {
 public:
  Nanoseconds Now() override;
  Nanoseconds WallNow() override;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_SYSTEM_CLOCK_H_
