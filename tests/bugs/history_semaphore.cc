// asyncio.Semaphore, as it once was.
//
// SemaphoreForgetsWakeUp: a release wakes one waiter; if that is cancelled
// before it runs, the permit is there and the next waiter was never told.
// SemaphoreStarvesWaiter: a release leaves the permit for the waiter that it
// wakes. A newcomer takes it before that one runs, which then waits again,
// behind all others.
// SemaphoreKeepsStaleFlag: to repair that, newcomers wait while a flag says
// that somebody was woken; if that one is cancelled, the flag stays for ever.
//
// Source: python/asyncio#270; bpo-45997 (gh-90155), and its first repair.

#include <chrono>
#include <deque>
#include <string>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/semaphore.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/simnet/scenario_registry.h"
#include "rondo/tests/bugs/taking_turns.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

enum class Fault { kForgetsWakeUp, kStarvesWaiter, kKeepsStaleFlag };

// With one permit.
template <Fault kFault>
class OldSemaphore {
 public:
  rondo::Coro<> Acquire() {
    while (somebody_was_woken_ || value_ == 0) {
      const rondo::Future<> turn = rondo::CreateFuture();
      waiters_.push_back(turn);
      try {
        co_await turn;
      } catch (const rondo::CancelledError&) {
        if (kFault == Fault::kKeepsStaleFlag) WakeNext();
        if (kFault == Fault::kStarvesWaiter && value_ > 0 &&
            !turn.cancelled()) {
          WakeNext();
        }
        throw;
      }
      somebody_was_woken_ = false;
    }
    --value_;
  }
  void Release() {
    ++value_;
    WakeNext();
  }

 private:
  void WakeNext() {
    while (!waiters_.empty()) {
      rondo::Future<> turn = waiters_.front();
      waiters_.pop_front();
      if (turn.done()) continue;
      turn.SetResult();
      somebody_was_woken_ = kFault == Fault::kKeepsStaleFlag;
      return;
    }
  }

  int value_ = 1;
  bool somebody_was_woken_ = false;
  std::deque<rondo::Future<>> waiters_;
};

// Who comes first is served first.
struct Tickets {
  int next = 0;
  int served = 0;
};

template <class S>
rondo::Coro<> UseInOrder(rondo::Simulation* sim, S* semaphore, Tickets* tickets,
                         std::chrono::milliseconds arrival) {
  co_await rondo::Sleep(arrival);
  const int ticket = tickets->next++;
  co_await semaphore->Acquire();
  if (ticket != tickets->served++) sim->Fail("overtaken");
  co_await rondo::Sleep(rondo::kStay);
  semaphore->Release();
}

template <class S>
void ServeInOrder(rondo::Simulation& sim) {
  sim.Run([&sim]() -> rondo::Coro<> {
    S semaphore;
    Tickets tickets;
    for (int i = 0; i < 6; ++i) {
      rondo::CreateTask(UseInOrder(&sim, &semaphore, &tickets, i * 7ms),
                        "user " + std::to_string(i));
    }
    co_await rondo::Sleep(10s);
  });
}

}  // namespace

RONDO_SCENARIO(SemaphoreForgetsWakeUp) {
  rondo::TakeTurns<OldSemaphore<Fault::kForgetsWakeUp>>(sim);
}
RONDO_SCENARIO(SemaphoreKeepsStaleFlag) {
  rondo::TakeTurns<OldSemaphore<Fault::kKeepsStaleFlag>>(sim);
}
RONDO_SCENARIO(RondoSemaphore) { rondo::TakeTurns<rondo::Semaphore>(sim); }

RONDO_SCENARIO(SemaphoreStarvesWaiter) {
  ServeInOrder<OldSemaphore<Fault::kStarvesWaiter>>(sim);
}
RONDO_SCENARIO(RondoSemaphoreInOrder) { ServeInOrder<rondo::Semaphore>(sim); }
