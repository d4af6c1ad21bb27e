// Explore: a scenario under many schedules.
//
//   TEST(QuorumTest, SurvivesOnePartitionedNodeUnderAnySchedule) {
//     EXPECT_THAT(rondo::Explore(PartitionOneNode, {.schedules = 10'000}),
//                 rondo::NeverFailed());  // rondo/simnet/testing.h
//   }
//
// The adapter between replay's Explorer and scenarios. What it finds is run
// again, shrunk, and reported with everything that is needed to see it again.
//
// The environment overrides the options, so that a test can be told what to do
// without being changed: RONDO_SEED, RONDO_SCHEDULES, RONDO_STRATEGY, and
// RONDO_REPLAY (a token: only that run is made; one of another build is refused
// unless RONDO_OTHER_BUILD is set).
#ifndef RONDO_SIMNET_EXPLORE_H_
#define RONDO_SIMNET_EXPLORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rondo/replay/explorer.h"
#include "rondo/replay/shrink.h"
#include "rondo/simnet/scenario.h"

namespace rondo {

// A failure, and the smallest form of it.
struct ShrunkFinding {
  Finding found;
  ShrinkResult shrunk;
  std::string token;      // Of the shrunk run.
  std::string decisions;  // What is on its tape, a line each.
};

struct ExploreReport {
  std::uint64_t schedules = 0;  // Made.
  std::uint64_t distinct = 0;
  std::uint64_t seed = 0;
  std::vector<ShrunkFinding> findings;
  std::string error;  // The options were wrong: nothing was explored.

  bool never_failed() const { return findings.empty() && error.empty(); }
  // For people: what failed, why, and how to see it again.
  std::string ToString() const;
};

ExploreReport Explore(const Scenario& scenario, ExploreOptions options = {},
                      const ExecuteOptions& execute = {});

// The shrunk form of `finding`.
ShrunkFinding ShrinkFinding(const RunOnce& run_once, const Finding& finding,
                            std::uint64_t seed,
                            const ShrinkOptions& options = {});

namespace internal {

// Put around every scenario that Explore runs, if set: how a test framework
// turns its expectations into failures of the run.
using ScenarioWrapper = Scenario (*)(Scenario);
extern ScenarioWrapper scenario_wrapper;

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_SIMNET_EXPLORE_H_
