// One program of the oracle: a function of Env&.
//
// It is a coroutine `main`, which runs as the task "main", or a plain function
// `run`, which drives the loop itself.
#ifndef RONDO_TESTS_CONFORMANCE_SCENARIO_H_
#define RONDO_TESTS_CONFORMANCE_SCENARIO_H_

#include <string>
#include <string_view>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/tests/conformance/env.h"

namespace rondo::conformance {

struct Scenario {
  using Run = void (*)(Env& env);
  using Main = Coro<> (*)(Env& env);

  Scenario(std::string_view n, Run r) : name(n), run(r) {}
  Scenario(std::string_view n, Main m) : name(n), main(m) {}

  std::string_view name;
  Run run = nullptr;  // One of the two.
  Main main = nullptr;
};
using Scenarios = std::vector<Scenario>;

// Runs `scenario` in a new Env and returns the lines of its trace.
std::vector<std::string> TraceOf(const Scenario& scenario);

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_SCENARIO_H_
