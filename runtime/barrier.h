// Barrier: lets a number of tasks go on when all of them have come.
//
//   rondo::Barrier start(3);
//   ...
//   std::size_t index = co_await start.Wait();
//   if (index == 0) ...   // One of the three.
//
// It fills until the last party comes, drains until the last one has left, and
// may be used again; who comes while it drains waits for the next round.
// Python's `async with barrier` is Wait: its end does nothing. A barrier must
// outlive its waiters.
//
// Thread-safety: the loop's thread only.
// Source: asyncio.Barrier.
#ifndef RONDO_RUNTIME_BARRIER_H_
#define RONDO_RUNTIME_BARRIER_H_

#include <cstddef>
#include <cstdint>

#include "rondo/runtime/condition.h"
#include "rondo/runtime/coro.h"

namespace rondo {

enum class BarrierState : std::uint8_t {
  kFilling,
  kDraining,
  kResetting,  // Those inside are leaving with BrokenBarrierError.
  kBroken,     // By Abort; until Reset.
};

struct BarrierStatistics {
  BarrierState state = BarrierState::kFilling;
  std::size_t parties = 0;
  // Those who have come and not yet left, whatever the state.
  std::size_t tasks_waiting = 0;
};

class Barrier {
 public:
  // Throws: ValueError if `parties` is less than 1.
  explicit Barrier(std::ptrdiff_t parties);
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;

  std::size_t parties() const { return parties_; }
  // How many have come; 0 unless it is filling.
  std::size_t n_waiting() const {
    return state_ == BarrierState::kFilling ? count_ : 0;
  }
  bool broken() const { return state_ == BarrierState::kBroken; }
  BarrierStatistics statistics() const { return {state_, parties_, count_}; }

  // Waits until `parties` tasks wait. Returns this one's place in the order of
  // coming, from 0.
  // Cancellation: it has not come. Throws: CancelledError; BrokenBarrierError
  // if the barrier is broken, or is aborted or reset meanwhile.
  Coro<std::size_t> Wait();

  // Makes it empty and whole; those who wait get BrokenBarrierError.
  // Cancellation: only while it waits for its turn. Throws: CancelledError.
  Coro<> Reset();

  // Makes it broken: those who wait, and who come, get BrokenBarrierError.
  // Cancellation, Throws: as Reset.
  Coro<> Abort();

 private:
  class StateChange : public Condition {
   public:
    StateChange() : Condition("a barrier") {}
  };

  Coro<std::size_t> Pass();
  Coro<> WaitWhileFilling();
  void Leave();

  StateChange changed_;
  std::size_t parties_;
  std::size_t count_ = 0;
  BarrierState state_ = BarrierState::kFilling;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_BARRIER_H_
