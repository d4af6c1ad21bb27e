// asyncio.Task, as it once was.
//
// TaskIgnoresItself: a task that cancels itself and then returns without
// another await ends with its result, though cancel() said yes.
//
// Source: bpo-30048 (gh-74234).

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

using RunFunction = rondo::Coro<> (*)(rondo::Coro<>);

// What has not been thrown when the coroutine returns is forgotten.
rondo::Coro<> OldRun(rondo::Coro<> coro) {
  co_await std::move(coro);
  while (rondo::CurrentTask().Uncancel() > 0) {
  }
}

rondo::Coro<> OwnRun(rondo::Coro<> coro) { return coro; }

struct Worker {
  rondo::Task<> task;
  bool stopped = false;
};

// Everybody, whoever asks for it.
void StopAll(std::vector<Worker>* workers) {
  for (Worker& worker : *workers) {
    if (worker.task.Cancel()) worker.stopped = true;
  }
}

// Whoever is too late calls the whole thing off.
rondo::Coro<> Work(std::vector<Worker>* workers, rondo::Nanoseconds takes) {
  const rondo::Nanoseconds start = rondo::RunningLoop().time();
  co_await rondo::Sleep(takes);
  if (rondo::RunningLoop().time() > start + takes + 5ms) StopAll(workers);
}

void WorkUntilTooLate(rondo::Simulation& sim, RunFunction run) {
  sim.Run([&sim, run]() -> rondo::Coro<> {
    std::vector<Worker> workers(3);
    for (Worker& worker : workers) {
      const auto nth = 1 + (&worker - workers.data());
      worker.task = rondo::CreateTask(run(Work(&workers, nth * 8ms)),
                                      "worker " + std::to_string(nth));
    }
    co_await rondo::Sleep(10s);
    for (const Worker& worker : workers) {
      if (worker.stopped && !worker.task.cancelled()) {
        sim.Fail("ignored cancellation", worker.task.name());
      }
    }
  });
}

}  // namespace

RONDO_SCENARIO(TaskIgnoresItself) { WorkUntilTooLate(sim, OldRun); }
RONDO_SCENARIO(RondoTask) { WorkUntilTooLate(sim, OwnRun); }
