#include "rondo/runtime/barrier.h"

#include <string>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/outcome.h"

namespace rondo {

Barrier::Barrier(std::ptrdiff_t parties)
    : parties_(static_cast<std::size_t>(parties)) {
  if (parties < 1) {
    throw ValueError("a Barrier's parties must be > 0, not " +
                     std::to_string(parties));
  }
}

// No guards here: their destructors would reach for a barrier that may be gone
// when a task dies while it waits.
Coro<std::size_t> Barrier::Wait() {
  co_await changed_.Acquire();
  Outcome<std::size_t> passed = co_await AsOutcome(Pass());
  changed_.Release();
  co_return passed.Take();
}

Coro<std::size_t> Barrier::Pass() {
  co_await changed_.WaitFor([this] {
    return state_ == BarrierState::kFilling || state_ == BarrierState::kBroken;
  });
  if (broken()) throw BrokenBarrierError("the barrier was aborted");
  const std::size_t index = count_++;
  if (count_ == parties_) {
    state_ = BarrierState::kDraining;
    changed_.NotifyAll();
    Leave();
    co_return index;
  }
  const Outcome<> waited = co_await AsOutcome(WaitWhileFilling());
  Leave();
  waited.Rethrow();
  co_return index;
}

Coro<> Barrier::WaitWhileFilling() {
  co_await changed_.WaitFor(
      [this] { return state_ != BarrierState::kFilling; });
  if (state_ != BarrierState::kDraining) {
    throw BrokenBarrierError("the barrier was aborted or reset");
  }
}

void Barrier::Leave() {
  if (--count_ > 0) return;
  if (!broken()) state_ = BarrierState::kFilling;
  changed_.NotifyAll();
}

Coro<> Barrier::Reset() {
  co_await changed_.Acquire();
  state_ = count_ > 0 ? BarrierState::kResetting : BarrierState::kFilling;
  changed_.NotifyAll();
  changed_.Release();
}

Coro<> Barrier::Abort() {
  co_await changed_.Acquire();
  state_ = BarrierState::kBroken;
  changed_.NotifyAll();
  changed_.Release();
}

}  // namespace rondo
