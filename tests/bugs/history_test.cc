// Every bug of asyncio's history is found, as README.md says, and replays;
// rondo's own primitives pass the same scenarios.

#include "rondo/tests/bugs/history.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/replay/explorer.h"
#include "rondo/replay/rerun.h"
#include "rondo/replay/token.h"
#include "rondo/simnet/explore.h"
#include "rondo/simnet/scenario_registry.h"
#include "rondo/simnet/testing.h"
#include "rondo/tests/bugs/history_row.h"
#include "rondo/tests/bugs/search.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// What is between the two marks in README.md.
std::string StoredTable() {
  // Where the sources are: Bazel says so to what it runs outside its sandbox.
  const char* const root = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  std::ostringstream text;
  text << std::ifstream(
              (root == nullptr ? std::string() : std::string(root) + "/") +
              "tests/bugs/README.md")
              .rdbuf();
  const std::string begin = "<!-- history_table -->\n";
  const std::size_t from = text.str().find(begin);
  const std::size_t to = text.str().find("<!-- end -->", from);
  if (to == std::string::npos) return "";
  return text.str().substr(from + begin.size(), to - from - begin.size());
}

class HistoryTest : public testing::TestWithParam<HistoricalBug> {};

TEST_P(HistoryTest, ExploringFindsItAsTheTableSays) {
  const HistoryRow row = MeasureHistory(GetParam());
  EXPECT_EQ(row.search.in_vain, 0u);
  EXPECT_THAT(row.search.signatures, ElementsAre(GetParam().signature));
  const std::string line = FormatHistory(GetParam(), row);
  EXPECT_THAT(StoredTable(), HasSubstr(line));
}

TEST_P(HistoryTest, TheFailingRunReplaysFromItsToken) {
  const RunOnce run_once = RunnerOf(GetParam().name);
  const ExploreResult result =
      Explored(run_once, {.schedules = kHistorySchedules, .seed = 1});
  ASSERT_THAT(result.findings, Not(IsEmpty()));
  const Finding& finding = result.findings.front();
  const absl::StatusOr<ScheduleToken> token = ParseToken(finding.token);
  ASSERT_TRUE(token.ok()) << token.status();
  for (int i = 0; i < 5; ++i) {
    const absl::StatusOr<RerunResult> again = RerunToken(run_once, *token);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->outcome.signature().ToString(), GetParam().signature);
    EXPECT_EQ(again->outcome.digest, finding.outcome.digest);
  }
}

INSTANTIATE_TEST_SUITE_P(AllBugs, HistoryTest, testing::ValuesIn(kHistory),
                         [](const testing::TestParamInfo<HistoricalBug>& info) {
                           return std::string(info.param.name);
                         });

TEST(HistoryTableTest, HasARowForEachBugAndNoOther) {
  const std::string table = StoredTable();
  EXPECT_TRUE(table.starts_with(HistoryHeading())) << table;
  EXPECT_EQ(std::ranges::count(table, '\n'), 2 + std::ssize(kHistory));
}

std::set<std::string> RondosOwn() {
  std::set<std::string> names;
  for (const HistoricalBug& bug : kHistory) names.insert(bug.rondo);
  return names;
}

class RondosOwnTest : public testing::TestWithParam<std::string> {};

// The first run is the plain one: FIFO, least delays. The report of a failure
// says with which seed.
TEST_P(RondosOwnTest, PassesInAThousandSchedulesOfEitherMode) {
  const Scenario& scenario = FindScenario(GetParam())->scenario;
  const ExploreReport report =
      Explore(scenario, {.schedules = kHistorySchedules,
                         .seed = 2024,
                         .adversarial = true,
                         .verify_every = 100});
  EXPECT_THAT(report, NeverFailed());
  EXPECT_EQ(report.schedules, 2 * kHistorySchedules);
}

INSTANTIATE_TEST_SUITE_P(AllScenarios, RondosOwnTest,
                         testing::ValuesIn(RondosOwn()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           return info.param;
                         });

}  // namespace
}  // namespace rondo
