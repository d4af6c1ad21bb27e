// Explore in GoogleTest.
//
//   EXPECT_THAT(rondo::Explore(Scenario, {.schedules = 10'000}),
//               rondo::NeverFailed());
//
// While Explore runs a scenario, EXPECT_* and ASSERT_* in it do not fail the
// test: they fail the run, whose signature is the place of the first of them.
//
// The test program needs no main() of its own: it understands --rondo_seed=7
// and the other flags of explore_settings.h with any.
#ifndef RONDO_SIMNET_TESTING_H_
#define RONDO_SIMNET_TESTING_H_

#include <ostream>
#include <string>

#include "gmock/gmock.h"
#include "rondo/simnet/explore.h"

namespace rondo {

// Matches the report of an exploration that found nothing. Otherwise the
// message says what it found, and how to see it again.
testing::Matcher<const ExploreReport&> NeverFailed();

// Matches one that found a failure with this signature: "fail: two leaders".
testing::Matcher<const ExploreReport&> Failed(std::string signature);

void PrintTo(const ExploreReport& report, std::ostream* out);

}  // namespace rondo

#endif  // RONDO_SIMNET_TESTING_H_
