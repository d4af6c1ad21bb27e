// A condition tells one waiter, who is cancelled, and no other.
//
// Two workers wait for items, one of them not for long. An item comes, and the
// condition notifies that one; it is cancelled before it has the lock again.
// The item lies there, and the other worker was never told.
//
// Source: python/cpython#112202, bpo-27585, python/asyncio#270.

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

rondo::Coro<> Completion(rondo::Future<> future) { co_await future; }
rondo::Coro<> Acquisition(rondo::Lock* lock) { co_await lock->Acquire(); }

// As asyncio.Condition.
template <bool kFixed>
class Condition {
 public:
  explicit Condition(rondo::Lock* lock) : lock_(lock) {}

  // REQUIRES: the lock is held. It is so again afterwards, even after an
  // exception.
  rondo::Coro<> Wait() {
    lock_->Release();
    const rondo::Future<> told = rondo::CreateFuture();
    waiters_.push_back(told);
    const rondo::Outcome<> waited = co_await rondo::AsOutcome(Completion(told));
    std::erase(waiters_, told);
    std::exception_ptr error = waited.exception();
    for (;;) {
      const rondo::Outcome<> locked =
          co_await rondo::AsOutcome(Acquisition(lock_));
      if (locked.ok()) break;
      error = locked.exception();
    }
    if (error == nullptr) co_return;
    // The fix: it may have been told, and another has to do what it will not.
    if (kFixed) Notify();
    std::rethrow_exception(error);
  }

  // Tells one waiter. REQUIRES: the lock is held.
  void Notify() {
    for (rondo::Future<>& waiter : waiters_) {
      if (waiter.done()) continue;
      waiter.SetResult();
      return;
    }
  }

 private:
  rondo::Lock* lock_;
  std::deque<rondo::Future<>> waiters_;
};

template <bool kFixed>
class Mailbox {
 public:
  rondo::Coro<> Put(int item) {
    co_await lock_.Acquire();
    items_.push_back(item);
    changed_.Notify();
    lock_.Release();
  }
  rondo::Coro<int> Take() {
    co_await lock_.Acquire();
    rondo::Outcome<int> item = co_await rondo::AsOutcome(TakeLocked());
    lock_.Release();
    co_return item.Take();
  }
  bool empty() const { return items_.empty(); }

 private:
  rondo::Coro<int> TakeLocked() {
    while (items_.empty()) co_await changed_.Wait();
    const int item = items_.front();
    items_.pop_front();
    co_return item;
  }

  rondo::Lock lock_;
  Condition<kFixed> changed_{&lock_};
  std::deque<int> items_;
};

template <bool kFixed>
rondo::Coro<> TakeWithinLimit(Mailbox<kFixed>* mailbox) {
  try {
    co_await rondo::WaitFor(mailbox->Take(), 100ms);
  } catch (const rondo::TimeoutError&) {
    // It has other things to do.
  }
}

template <bool kFixed>
void TwoWorkersOneItem(rondo::Simulation& sim) {
  sim.Run([&sim]() -> rondo::Coro<> {
    Mailbox<kFixed> mailbox;
    rondo::CreateTask(TakeWithinLimit(&mailbox), "impatient");
    const rondo::Task<int> patient =
        rondo::CreateTask(mailbox.Take(), "patient");
    co_await rondo::Sleep(90ms);
    co_await mailbox.Put(1);
    co_await rondo::Sleep(10s);
    if (!mailbox.empty() && !patient.done()) {
      sim.Fail("lost notification", "an item is there, and a worker waits");
    }
  });
}

}  // namespace

RONDO_SCENARIO(LostNotification) { TwoWorkersOneItem<false>(sim); }
RONDO_SCENARIO(LostNotificationFixed) { TwoWorkersOneItem<true>(sim); }
