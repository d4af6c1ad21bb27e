// asyncio.Condition, as it once was.
//
// ConditionForgetsNotification: the waiter that was notified is cancelled
// before it has the lock again, and nobody is notified in its place.
// ConditionLeavesWithoutLock: a cancellation while the lock is taken again
// leaves at once. The caller then releases what it does not hold.
// ConditionSwallowsCancellation: to repair that, the lock is asked for until it
// is there, and the cancellations meanwhile are forgotten.
//
// Each has its own fault only, and is otherwise as it should be.
//
// Source: gh-112202; bpo-22970; bpo-32841 (gh-77022).

#include <algorithm>
#include <chrono>
#include <deque>
#include <exception>
#include <vector>

#include "rondo/runtime/condition.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

enum class Fault {
  kForgetsNotification,
  kLeavesWithoutLock,
  kSwallowsCancellation,
};

rondo::Coro<> Completion(rondo::Future<> future) { co_await future; }
rondo::Coro<> Acquisition(rondo::Lock* lock) { co_await lock->Acquire(); }

template <Fault kFault>
class OldCondition {
 public:
  rondo::Coro<> Acquire() { return Acquisition(&lock_); }
  void Release() { lock_.Release(); }
  bool locked() const { return lock_.locked(); }

  rondo::Coro<> Wait() {
    lock_.Release();
    const rondo::Future<> told = rondo::CreateFuture();
    waiters_.push_back(told);
    const rondo::Outcome<> waited = co_await rondo::AsOutcome(Completion(told));
    std::erase(waiters_, told);
    std::exception_ptr error = waited.exception();
    for (;;) {
      const rondo::Outcome<> locked =
          co_await rondo::AsOutcome(Acquisition(&lock_));
      if (locked.ok()) break;
      if (kFault == Fault::kLeavesWithoutLock) locked.Rethrow();
      if (kFault == Fault::kSwallowsCancellation) continue;
      error = locked.exception();
    }
    if (error == nullptr) co_return;
    if (kFault != Fault::kForgetsNotification) Notify();
    std::rethrow_exception(error);
  }

  void Notify() {
    const auto next = std::ranges::find_if_not(
        waiters_, [](const auto& waiter) { return waiter.done(); });
    if (next != waiters_.end()) next->SetResult();
  }

 private:
  rondo::Lock lock_;
  std::deque<rondo::Future<>> waiters_;
};

// Letters that are written and read under the lock.
template <class C>
class Mailbox {
 public:
  explicit Mailbox(rondo::Simulation* sim) : sim_(sim) {}

  rondo::Coro<> Put(int letter) {
    co_await changed_.Acquire();
    Enter();
    letters_.push_back(letter);
    changed_.Notify();
    co_await rondo::Sleep(4ms);  // Writes it down.
    Leave();
  }

  rondo::Coro<int> Take() {
    co_await changed_.Acquire();
    Enter();
    rondo::Outcome<int> letter = co_await rondo::AsOutcome(TakeLocked());
    Leave();
    co_return letter.Take();
  }

  bool empty() const { return letters_.empty(); }

 private:
  rondo::Coro<int> TakeLocked() {
    while (letters_.empty()) {
      inside_ = false;
      const rondo::Outcome<> waited =
          co_await rondo::AsOutcome(changed_.Wait());
      Enter();
      waited.Rethrow();
    }
    const int letter = letters_.front();
    letters_.pop_front();
    co_return letter;
  }

  // The lock is this task's from now on, or so it thinks.
  void Enter() {
    if (!changed_.locked() || inside_) sim_->Fail("lock not held");
    inside_ = true;
  }
  void Leave() {
    inside_ = false;
    if (changed_.locked()) changed_.Release();
  }

  rondo::Simulation* sim_;
  C changed_;
  bool inside_ = false;
  std::deque<int> letters_;
};

template <class C>
rondo::Coro<> Work(Mailbox<C>* mailbox) {
  for (;;) {
    co_await mailbox->Take();
    co_await rondo::Sleep(10ms);
  }
}

template <class C>
rondo::Coro<> Write(Mailbox<C>* mailbox) {
  for (int letter = 0; letter < 3; ++letter) {
    co_await rondo::Sleep(20ms);
    co_await mailbox->Put(letter);
  }
}

// Two workers for three letters; one is stopped while it deals with the last.
template <class C>
void StopAWorker(rondo::Simulation& sim) {
  sim.Run([&sim]() -> rondo::Coro<> {
    Mailbox<C> mailbox(&sim);
    rondo::Task<> stopped = rondo::CreateTask(Work(&mailbox), "stopped");
    rondo::CreateTask(Work(&mailbox), "other");
    rondo::CreateTask(Write(&mailbox), "writer");
    co_await rondo::Sleep(76ms);
    stopped.Cancel();
    co_await rondo::Sleep(10s);
    if (!stopped.done()) {
      sim.Fail("swallowed cancellation", "a worker was stopped, and works on");
    } else if (!mailbox.empty()) {
      sim.Fail("lost notification", "a letter is there, and a worker waits");
    }
  });
}

}  // namespace

RONDO_SCENARIO(ConditionForgetsNotification) {
  StopAWorker<OldCondition<Fault::kForgetsNotification>>(sim);
}
RONDO_SCENARIO(ConditionLeavesWithoutLock) {
  StopAWorker<OldCondition<Fault::kLeavesWithoutLock>>(sim);
}
RONDO_SCENARIO(ConditionSwallowsCancellation) {
  StopAWorker<OldCondition<Fault::kSwallowsCancellation>>(sim);
}
RONDO_SCENARIO(RondoCondition) { StopAWorker<rondo::Condition>(sim); }
