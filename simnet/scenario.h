// A scenario: a function that a simulation runs, and running it once.
#ifndef RONDO_SIMNET_SCENARIO_H_
#define RONDO_SIMNET_SCENARIO_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/replay/outcome.h"
#include "rondo/replay/rerun.h"
#include "rondo/replay/scheduler.h"
#include "rondo/replay/trace.h"
#include "rondo/simnet/simulation.h"

namespace rondo {

using Scenario = std::function<void(Simulation&)>;

// How a scenario is to be run, besides who decides.
struct ExecuteOptions {
  SimulationOptions simulation = {};
  std::string name = {};      // For the trace's header.
  TraceSink* sink = nullptr;  // Null: digests only.
  int level = kTraceHandles;
  // FIFO order also under a scheduler, which is then asked for numbers only.
  bool fifo = false;
  // Asked after every step: true ends the run.
  std::function<bool()> stop = nullptr;
};

// Runs `scenario` once, in FIFO order, with draws from the seed. Whatever
// leaves it is the outcome; nothing is thrown.
RunOutcome Execute(const Scenario& scenario, const ExecuteOptions& options);

// Runs it once as `scheduler` decides.
RunOutcome Execute(const Scenario& scenario, const ExecuteOptions& options,
                   Scheduler& scheduler);

// The same as a function for explorers. `scenario` and `options` are copied.
RunOnce MakeRunOnce(Scenario scenario, ExecuteOptions options);

}  // namespace rondo

#endif  // RONDO_SIMNET_SCENARIO_H_
