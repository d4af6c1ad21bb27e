// asyncio.wait_for, as it once was.
//
// WaitForSwallowsCancellation: cancelled when the result has just come, it
// returns the result, so as not to lose it. The cancellation is lost.
// WaitForReturnsEarly: at the limit the task is cancelled but not waited for:
// it still runs when the caller goes on.
// WaitForHidesError: the task answers its cancellation with another exception,
// and TimeoutError is thrown in its place.
//
// Each has its own fault only, and is otherwise as it should be.
//
// Source: bpo-42130 (gh-86296), bpo-37658; bpo-32751, bpo-33638; bpo-40607.

#include <chrono>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

using WaitForFunction = rondo::Coro<int> (*)(rondo::Coro<int>,
                                             rondo::Nanoseconds);

enum class Fault { kSwallowsCancellation, kReturnsEarly, kHidesError };

rondo::Coro<> CancelAndWait(rondo::AnyFuture task) {
  task.Cancel();
  const std::vector<rondo::AnyFuture> tasks = {task};
  co_await rondo::Wait(tasks);
}

template <Fault kFault>
rondo::Coro<int> OldWaitFor(rondo::Coro<int> coro, rondo::Nanoseconds limit) {
  const rondo::Task<int> task = rondo::CreateTask(std::move(coro), "inner");
  const std::vector<rondo::AnyFuture> tasks = {task};
  const auto waited =
      co_await rondo::AsOutcome(rondo::Wait(tasks, {.timeout = limit}));
  if (kFault == Fault::kSwallowsCancellation && task.done()) {
    co_return task.result();
  }
  if (!task.done()) {
    if (kFault == Fault::kReturnsEarly && waited.ok()) {
      rondo::AnyFuture(task).Cancel();
      throw rondo::TimeoutError();
    }
    co_await CancelAndWait(task);
    waited.Rethrow();
    if (task.cancelled()) throw rondo::TimeoutError();
    if (kFault == Fault::kHidesError && task.exception() != nullptr) {
      throw rondo::TimeoutError();
    }
  }
  waited.Rethrow();
  co_return task.result();
}

rondo::Coro<int> OwnWaitFor(rondo::Coro<int> coro, rondo::Nanoseconds limit) {
  return rondo::WaitFor(std::move(coro), limit);
}

constexpr rondo::Nanoseconds kLimit = 24ms;

rondo::Coro<> Labour() { co_await rondo::Sleep(20ms); }

// Takes almost as long as it may; who is interrupted has to clear up. It may
// outlive who waits for it.
rondo::Coro<int> DoJob(std::shared_ptr<int> running) {
  ++*running;
  const rondo::Outcome<> worked = co_await rondo::AsOutcome(Labour());
  if (!worked.ok()) co_await rondo::Sleep(5ms);
  --*running;
  worked.Rethrow();
  co_return 1;
}

rondo::Coro<> Work(rondo::Simulation* sim, WaitForFunction wait_for) {
  const auto running = std::make_shared<int>(0);
  for (int job = 0; job < 5; ++job) {
    try {
      co_await wait_for(DoJob(running), kLimit);
    } catch (const rondo::TimeoutError&) {
      // The next one may be faster.
    }
    if (*running > 0) sim->Fail("left running", "the job has not ended");
  }
}

void StopAWorker(rondo::Simulation& sim, WaitForFunction wait_for) {
  sim.Run([&sim, wait_for]() -> rondo::Coro<> {
    rondo::Task<> worker = rondo::CreateTask(Work(&sim, wait_for), "worker");
    co_await rondo::Sleep(76ms);
    const bool accepted = worker.Cancel();
    co_await rondo::Sleep(10s);
    if (accepted && !worker.cancelled()) {
      sim.Fail("swallowed cancellation",
               "Cancel() returned true, and the worker worked on");
    }
  });
}

class CleanUpFailed : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

rondo::Coro<int> DoFragileJob(bool* broken) {
  try {
    co_await Labour();
  } catch (const rondo::CancelledError&) {
    *broken = true;
    throw CleanUpFailed("what was half done cannot be put away");
  }
  co_return 1;
}

void WorkUnlessBroken(rondo::Simulation& sim, WaitForFunction wait_for) {
  sim.Run([&sim, wait_for]() -> rondo::Coro<> {
    for (int job = 0; job < 3; ++job) {
      bool broken = false;
      try {
        co_await wait_for(DoFragileJob(&broken), kLimit);
      } catch (const rondo::TimeoutError&) {
        if (broken) sim.Fail("hidden error", "CleanUpFailed was not seen");
      } catch (const CleanUpFailed&) {
        co_return;
      }
    }
  });
}

}  // namespace

RONDO_SCENARIO(WaitForSwallowsCancellation) {
  StopAWorker(sim, OldWaitFor<Fault::kSwallowsCancellation>);
}
RONDO_SCENARIO(WaitForReturnsEarly) {
  StopAWorker(sim, OldWaitFor<Fault::kReturnsEarly>);
}
RONDO_SCENARIO(RondoWaitFor) { StopAWorker(sim, OwnWaitFor); }

RONDO_SCENARIO(WaitForHidesError) {
  WorkUnlessBroken(sim, OldWaitFor<Fault::kHidesError>);
}
RONDO_SCENARIO(RondoWaitForError) { WorkUnlessBroken(sim, OwnWaitFor); }
