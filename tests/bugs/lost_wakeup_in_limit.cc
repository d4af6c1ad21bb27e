// A free slot, a waiter, and nobody to tell it.
//
// A connector with a limit wakes the first waiter when a slot becomes free. If
// that one is cancelled before it runs, the wake-up dies with it: the slot is
// free, and the next waiter sleeps on.
//
// Source: aio-libs/aiohttp#9670, PR #9671; boostorg/mysql#509.

#include <algorithm>
#include <chrono>
#include <deque>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/wait.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// One connection at a time.
template <bool kFixed>
class Connector {
 public:
  rondo::Coro<> Acquire() {
    while (in_use_) {
      const rondo::Future<> turn = rondo::CreateFuture();
      waiters_.push_back(turn);
      try {
        co_await turn;
      } catch (const rondo::CancelledError&) {
        std::erase(waiters_, turn);  // Not there any more if it was woken.
        // The fix: a wake-up that came too late goes to the next.
        if (kFixed && !turn.cancelled()) WakeNext();
        throw;
      }
    }
    in_use_ = true;
  }
  void Release() {
    in_use_ = false;
    WakeNext();
  }
  bool in_use() const { return in_use_; }

 private:
  void WakeNext() {
    while (!waiters_.empty()) {
      rondo::Future<> turn = waiters_.front();
      waiters_.pop_front();
      if (turn.done()) continue;
      turn.SetResult();
      return;
    }
  }

  bool in_use_ = false;
  std::deque<rondo::Future<>> waiters_;
};

rondo::Coro<> Download() { co_await rondo::Sleep(90ms); }

template <bool kFixed>
rondo::Coro<> Fetch(Connector<kFixed>* connector) {
  co_await connector->Acquire();
  const rondo::Outcome<> fetched = co_await rondo::AsOutcome(Download());
  connector->Release();
  fetched.Rethrow();
}

template <bool kFixed>
rondo::Coro<> FetchWithinLimit(Connector<kFixed>* connector) {
  try {
    co_await rondo::WaitFor(Fetch(connector), 100ms);
  } catch (const rondo::TimeoutError&) {
    // It can do without.
  }
}

template <bool kFixed>
void ThreeFetchesOneSlot(rondo::Simulation& sim) {
  sim.Run([&sim]() -> rondo::Coro<> {
    Connector<kFixed> connector;
    const std::vector<rondo::AnyFuture> fetches = {
        rondo::CreateTask(Fetch(&connector), "first"),
        rondo::CreateTask(FetchWithinLimit(&connector), "impatient"),
        rondo::CreateTask(Fetch(&connector), "patient"),
    };
    const rondo::WaitResult result =
        co_await rondo::Wait(fetches, {.timeout = 10s});
    if (!result.pending.empty() && !connector.in_use()) {
      sim.Fail("lost wake-up", "the slot is free, and a fetch waits for it");
    }
  });
}

}  // namespace

RONDO_SCENARIO(LostWakeupInLimit) { ThreeFetchesOneSlot<false>(sim); }
RONDO_SCENARIO(LostWakeupInLimitFixed) { ThreeFetchesOneSlot<true>(sim); }
