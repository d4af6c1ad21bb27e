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
// The environment and the command line override the options, so that a test
// can be told what to do without being changed: see explore_settings.h.
#ifndef RONDO_SIMNET_EXPLORE_H_
#define RONDO_SIMNET_EXPLORE_H_

#include <string>
#include <vector>

#include "rondo/replay/explorer.h"
#include "rondo/simnet/explore_report.h"
#include "rondo/simnet/scenario.h"

namespace rondo {

// Under a test framework an `execute.name` that is empty is the test's.
ExploreReport Explore(const Scenario& scenario, ExploreOptions options = {},
                      ExecuteOptions execute = {});

namespace internal {

// What a test framework adds to explorations.
struct TestFramework {
  // Put around every scenario: expectations become failures of the run.
  Scenario (*wrap)(Scenario scenario);
  // The name of an exploration that begins now, good for a file's.
  std::string (*name)();
  // Command lines that run this test alone with these flags.
  std::vector<std::string> (*commands)(const std::vector<std::string>& flags);
};

extern const TestFramework* test_framework;  // Null: none.

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_SIMNET_EXPLORE_H_
