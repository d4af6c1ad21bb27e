// Time for a loop alone, without a simulation around it.
#ifndef RONDO_TESTS_SUPPORT_HAND_CLOCK_H_
#define RONDO_TESTS_SUPPORT_HAND_CLOCK_H_

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/selector.h"

namespace rondo {

// A clock that is moved by hand.
class HandClock final : public Clock {
 public:
  Nanoseconds Now() override { return now_; }
  Nanoseconds WallNow() override { return now_; }
  void Advance(Nanoseconds by) { now_ += by; }

 private:
  Nanoseconds now_{0};
};

// Waits by moving the clock; no descriptor is ever ready.
class JumpSelector final : public Selector {
 public:
  explicit JumpSelector(HandClock* clock) : clock_(clock) {}

  void Register(int, unsigned) override {}
  void Modify(int, unsigned) override {}
  void Unregister(int) override {}
  std::span<const ReadyEvent> Select(
      std::optional<Nanoseconds> timeout) override {
    ++selects_;
    if (std::exchange(woken_, false)) return {};
    if (!timeout.has_value()) throw DeadlockError("nothing will ever be");
    if (*timeout > Nanoseconds(0)) waits_.push_back(*timeout);
    clock_->Advance(*timeout);
    return {};
  }
  void Wake() override { woken_ = true; }

  // How often it was asked, and how long it has waited, each time that it did.
  int selects() const { return selects_; }
  const std::vector<Nanoseconds>& waits() const { return waits_; }

 private:
  int selects_ = 0;
  std::vector<Nanoseconds> waits_;
  HandClock* clock_;
  bool woken_ = false;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_HAND_CLOCK_H_
