// Time that passes only when its owner says so.
#ifndef RONDO_SIMNET_VIRTUAL_CLOCK_H_
#define RONDO_SIMNET_VIRTUAL_CLOCK_H_

#include "rondo/runtime/clock.h"

namespace rondo {

// The true time of a simulation. Its owner alone moves it.
class VirtualTime {
 public:
  Nanoseconds now() const { return now_; }
  // Never goes back: an earlier `time` changes nothing.
  void AdvanceTo(Nanoseconds time) {
    if (time > now_) now_ = time;
  }

 private:
  Nanoseconds now_{0};
};

// A host's view of the true time, right unless it is told otherwise.
class VirtualClock final : public Clock {
 public:
  // At true time 0 every right wall clock shows 2000-01-01T00:00:00Z.
  static constexpr Nanoseconds kWallEpoch = std::chrono::seconds(946'684'800);

  // `time` outlives the clock.
  explicit VirtualClock(const VirtualTime& time) : time_(time) {}

  Nanoseconds Now() override { return time_.now() + offset_; }
  Nanoseconds WallNow() override {
    return kWallEpoch + time_.now() + wall_offset_;
  }

  // What the monotonic clock is ahead of the true time.
  // REQUIRES: not less than before (a monotonic clock never goes back).
  void set_offset(Nanoseconds offset) { offset_ = offset; }
  // What the wall clock is ahead of the truth. It may jump either way.
  void set_wall_offset(Nanoseconds offset) { wall_offset_ = offset; }

  // The true time at which this clock's Now() will be `local`: when a timer
  // that is due at `local` fires, if no offset changes before.
  Nanoseconds TrueTimeOf(Nanoseconds local) const { return local - offset_; }

 private:
  const VirtualTime& time_;
  Nanoseconds offset_{0};
  Nanoseconds wall_offset_{0};
};

}  // namespace rondo

#endif  // RONDO_SIMNET_VIRTUAL_CLOCK_H_
