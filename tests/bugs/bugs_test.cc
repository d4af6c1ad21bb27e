// Every bug is found, shrinks, and replays; no fixed twin gives an alarm.

#include "rondo/tests/bugs/bugs.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "rondo/replay/explorer.h"
#include "rondo/replay/rerun.h"
#include "rondo/replay/shrink.h"
#include "rondo/simnet/scenario_registry.h"
#include "rondo/tests/bugs/search.h"

namespace rondo {
namespace {

constexpr std::uint64_t kSchedules = 1000;

// The first finding of the portfolio, in contract mode.
Finding Find(const RunOnce& run_once, std::uint64_t seed) {
  const ExploreResult result =
      Explored(run_once, {.schedules = kSchedules, .seed = seed});
  if (!result.findings.empty()) return result.findings.front();
  ADD_FAILURE() << "seed " << seed << ": nothing in " << kSchedules
                << " schedules";
  return {};
}

void ExpectSameRun(const RunOutcome& a, const RunOutcome& b) {
  EXPECT_EQ(a.signature().ToString(), b.signature().ToString());
  EXPECT_EQ(a.digest, b.digest);
}

class BugTest : public testing::TestWithParam<Bug> {
 protected:
  void SetUp() override {
    ASSERT_NE(buggy_, nullptr);
    ASSERT_NE(fixed_, nullptr);
  }

  const RunOnce buggy_ = RunnerOf(GetParam().name);
  const RunOnce fixed_ = RunnerOf(GetParam().fixed());
};

TEST_P(BugTest, TheDullRunPasses) {
  for (const RunOnce& run_once : {buggy_, fixed_}) {
    const RerunResult dull =
        RerunTape(run_once, Tape(), LegalityMode::kContract);
    EXPECT_TRUE(dull.outcome.passed()) << dull.outcome.message;
    const RerunResult again =
        RerunTape(run_once, Tape(), LegalityMode::kContract);
    ExpectSameRun(again.outcome, dull.outcome);
  }
}

TEST_P(BugTest, ExploringFindsItWithAnySeed) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Finding finding = Find(buggy_, seed);
    EXPECT_EQ(finding.outcome.signature().ToString(), GetParam().signature)
        << finding.outcome.message;
  }
}

TEST_P(BugTest, TheShrunkTapeReplaysAHundredTimes) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Finding finding = Find(buggy_, seed);
    const ShrinkResult shrunk =
        Shrink(buggy_, finding.tape, finding.mode, finding.outcome.signature());
    EXPECT_TRUE(shrunk.minimal);
    EXPECT_EQ(shrunk.outcome.signature().ToString(), GetParam().signature);
    EXPECT_LE(shrunk.tape.size(), finding.tape.size());
    for (int i = 0; i < 100; ++i) {
      const RerunResult again = RerunTape(buggy_, shrunk.tape, shrunk.mode);
      ExpectSameRun(again.outcome, shrunk.outcome);
    }
  }
}

TEST_P(BugTest, EveryDecisionThatIsLeftIsNeeded) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Finding finding = Find(buggy_, seed);
    const ShrinkResult shrunk =
        Shrink(buggy_, finding.tape, finding.mode, finding.outcome.signature());
    ASSERT_FALSE(shrunk.tape.empty());
    for (std::size_t i = 0; i < shrunk.tape.size(); ++i) {
      const RerunResult less =
          RerunTape(buggy_, shrunk.tape.Without(i), shrunk.mode);
      EXPECT_TRUE(less.outcome.passed())
          << "without " << shrunk.tape[i].ToString() << ": "
          << less.outcome.message;
    }
  }
}

// Runs every schedule twice, as the second argument's strategy decides.
void ExpectNoAlarm(const RunOnce& run_once, std::string_view strategy,
                   std::uint64_t seed, bool adversarial) {
  const ExploreResult result =
      Explored(run_once, {.schedules = kSchedules,
                          .seed = seed,
                          .strategy = std::string(strategy),
                          .adversarial = adversarial,
                          .verify_every = 1});
  EXPECT_EQ(result.schedules, adversarial ? 2 * kSchedules : kSchedules);
  for (const Finding& finding : result.findings) {
    ADD_FAILURE() << strategy << ", seed " << seed << ", run " << finding.run
                  << ": " << finding.outcome.signature().ToString() << ": "
                  << finding.outcome.message << "\n"
                  << finding.token;
  }
}

TEST_P(BugTest, TheFixedTwinGivesNoAlarm) {
  ExpectNoAlarm(fixed_, "random_walk", 1, /*adversarial=*/false);
  ExpectNoAlarm(fixed_, "portfolio", 1, /*adversarial=*/true);
}

// Other draws, in the loop's own order.
TEST_P(BugTest, TheFixedTwinPassesInOrderWithAThousandSeeds) {
  const Scenario& scenario = FindScenario(GetParam().fixed())->scenario;
  for (std::uint64_t seed = 1; seed <= kSchedules; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ExecuteOptions options;
    options.simulation.seed = seed;
    const RunOutcome outcome = Execute(scenario, options);
    EXPECT_TRUE(outcome.passed()) << outcome.message;
    ExpectSameRun(Execute(scenario, options), outcome);
  }
}

INSTANTIATE_TEST_SUITE_P(AllBugs, BugTest, testing::ValuesIn(kBugs),
                         [](const testing::TestParamInfo<Bug>& info) {
                           return std::string(info.param.name);
                         });

}  // namespace
}  // namespace rondo
