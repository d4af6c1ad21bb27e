#include "rondo/runtime/system_clock.h"

#include <time.h>

namespace rondo {
namespace {

Nanoseconds Read(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);  // Neither clock can fail on Linux.
  return std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec);
}

}  // namespace

Nanoseconds SystemClock::Now() { return Read(CLOCK_MONOTONIC); }

Nanoseconds SystemClock::WallNow() { return Read(CLOCK_REALTIME); }

}  // namespace rondo
