#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/simnet/explore.h"
#include "rondo/simnet/scenario_registry.h"
#include "rondo/simnet/testing.h"

namespace rondo {
namespace {

TEST(LostUpdateTest, PassesAsItIsAndFailsUnderAnotherSchedule) {
  const RegisteredScenario* const scenario = FindScenario("LostUpdate");
  ASSERT_NE(scenario, nullptr);
  EXPECT_TRUE(Execute(scenario->scenario, {}).passed());
  EXPECT_THAT(Explore(scenario->scenario), Failed("fail: lost update"));
}

}  // namespace
}  // namespace rondo
