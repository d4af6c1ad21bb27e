// Simulate: a coroutine in virtual time, in one line.
//
//   rondo::Simulate(Greet());  // A day of sleep takes no time.
#ifndef RONDO_SIMNET_SIMULATE_H_
#define RONDO_SIMNET_SIMULATE_H_

#include <optional>
#include <utility>

#include "rondo/runtime/outcome.h"
#include "rondo/simnet/simulation.h"

namespace rondo {

// Runs `coro` on a host of its own until it ends, in virtual time, and returns
// its result. What it started and left is ended.
// Throws: what `coro` throws; DeadlockError; RunFailed if a budget is spent.
template <class T>
T Simulate(Coro<T> coro, const SimulationOptions& options = {}) {
  Simulation simulation(options);
  std::optional<Outcome<T>> outcome;
  simulation.Run([&]() -> Coro<> {
    outcome.emplace(co_await AsOutcome(std::move(coro)));
  });
  return outcome->Take();
}
// The same of a callable, which lives as long as its coroutine.
template <internal::CoroFunction F>
auto Simulate(F function, const SimulationOptions& options = {}) {
  return Simulate(function(), options);
}

}  // namespace rondo

#endif  // RONDO_SIMNET_SIMULATE_H_
