// A cancellation that meets a result is forgotten.
//
// A waiter for a job with a time limit, as asyncio.wait_for was in CPython
// 3.9: cancelled when the job has just been done, it returns the job's result,
// so as not to lose it. The cancellation is gone: Cancel() has said yes, and
// the worker works on.
//
// Source: python/cpython#86296 (bpo-42130).

#include <chrono>
#include <string>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/wait.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr int kJobs = 5;

using Jobs = std::vector<rondo::Future<int>>;

template <bool kFixed>
rondo::Coro<int> WaitForJob(rondo::Future<int> job, rondo::Nanoseconds limit) {
  rondo::Future<> waiter = rondo::CreateFuture();
  const auto release = [waiter]() mutable {
    if (!waiter.done()) waiter.SetResult();
  };
  rondo::TimerHandle timer =
      rondo::RunningLoop().CallLater(limit, release, "limit");
  const rondo::Handle callback = job.AddDoneCallback(release, "job_done");
  try {
    co_await waiter;
  } catch (const rondo::CancelledError&) {
    timer.Cancel();
    job.RemoveDoneCallback(callback);
    // The fix: a cancellation is passed on, whatever else has happened.
    if (kFixed || !job.done()) throw;
  }
  timer.Cancel();
  if (!job.done()) {
    job.RemoveDoneCallback(callback);
    throw rondo::TimeoutError();
  }
  co_return job.result();
}

template <bool kFixed>
rondo::Coro<> Work(Jobs jobs) {
  for (const rondo::Future<int>& job : jobs) {
    co_await WaitForJob<kFixed>(job, 10s);
  }
}

rondo::Coro<> Produce(Jobs jobs) {
  for (int i = 0; i < kJobs; ++i) {
    co_await rondo::Sleep(30ms);
    jobs[static_cast<std::size_t>(i)].SetResult(i);
  }
}

template <bool kFixed>
void StopAWorker(rondo::Simulation& sim) {
  sim.Run([&sim]() -> rondo::Coro<> {
    Jobs jobs;
    for (int i = 0; i < kJobs; ++i) jobs.push_back(rondo::CreateFuture<int>());
    rondo::Task<> worker = rondo::CreateTask(Work<kFixed>(jobs), "worker");
    const rondo::Task<> producer = rondo::CreateTask(Produce(jobs), "producer");
    co_await rondo::Sleep(100ms);
    const bool accepted = worker.Cancel();
    const std::vector<rondo::AnyFuture> both = {worker, producer};
    co_await rondo::Wait(both, {.timeout = 10s});
    if (accepted && !(worker.done() && worker.cancelled())) {
      sim.Fail("swallowed cancellation",
               "Cancel() returned true, and the worker worked on");
    }
  });
}

}  // namespace

RONDO_SCENARIO(SwallowedCancel) { StopAWorker<false>(sim); }
RONDO_SCENARIO(SwallowedCancelFixed) { StopAWorker<true>(sim); }
