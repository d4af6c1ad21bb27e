// asyncio.Lock, as it once was.
//
// LockForgetsWakeUp: the waiter that was woken is cancelled before it runs, and
// just leaves. The lock is free, and the next waiter was never told.
// LockGrantsTwice: to repair that, whoever is cancelled wakes the next, even
// while the lock is held, and who is woken takes it without looking.
//
// Source: bpo-27585; bpo-32734 (gh-76915).

#include <algorithm>
#include <deque>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/lock.h"
#include "rondo/simnet/scenario_registry.h"
#include "rondo/tests/bugs/taking_turns.h"

namespace {

enum class Fault { kForgetsWakeUp, kGrantsTwice };

template <Fault kFault>
class OldLock {
 public:
  rondo::Coro<> Acquire() {
    if (!held_ && std::ranges::all_of(waiters_, [](const auto& waiter) {
          return waiter.cancelled();
        })) {
      held_ = true;
      co_return;
    }
    const rondo::Future<> turn = rondo::CreateFuture();
    waiters_.push_back(turn);
    try {
      co_await turn;
    } catch (const rondo::CancelledError&) {
      std::erase(waiters_, turn);
      if (kFault == Fault::kGrantsTwice) WakeNext();
      throw;
    }
    std::erase(waiters_, turn);
    held_ = true;
  }
  void Release() {
    held_ = false;
    WakeNext();
  }

 private:
  void WakeNext() {
    const auto next = std::ranges::find_if_not(
        waiters_, [](const auto& waiter) { return waiter.done(); });
    if (next != waiters_.end()) next->SetResult();
  }

  bool held_ = false;
  std::deque<rondo::Future<>> waiters_;
};

}  // namespace

RONDO_SCENARIO(LockForgetsWakeUp) {
  rondo::TakeTurns<OldLock<Fault::kForgetsWakeUp>>(sim);
}
RONDO_SCENARIO(RondoLock) { rondo::TakeTurns<rondo::Lock>(sim); }
RONDO_SCENARIO(LockGrantsTwice) {
  rondo::TakeTurns<OldLock<Fault::kGrantsTwice>>(sim);
}
