// The scenarios whose traces are kept in traces/sim.
#ifndef RONDO_TESTS_SIMNET_GOLDEN_SCENARIOS_H_
#define RONDO_TESTS_SIMNET_GOLDEN_SCENARIOS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rondo/simnet/scenario.h"

namespace rondo {

struct GoldenScenario {
  std::string name;  // traces/sim/<name>.jsonl.
  Scenario scenario;
  std::uint64_t walk = 0;  // The run of a random walk; 0: FIFO order.
  std::uint64_t seed = 1;
};

std::vector<GoldenScenario> GoldenScenarios();

// The golden's run, recorded into `sink`.
RunOutcome RunGolden(const GoldenScenario& golden, TraceSink* sink);

}  // namespace rondo

#endif  // RONDO_TESTS_SIMNET_GOLDEN_SCENARIOS_H_
