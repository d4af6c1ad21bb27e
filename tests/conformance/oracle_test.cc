// rondo's loop does, iteration by iteration, what CPython's loop does.
//
// Each scenario's trace equals, byte for byte, the one that CPython 3.13's own
// asyncio wrote (traces/asyncio/README.md tells how).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {

// For GoogleTest's messages.
void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

namespace {

// Relative to the root of the repository, where Bazel starts tests.
constexpr char kGoldens[] = "traces/asyncio";

std::vector<std::string> GoldenOf(std::string_view name) {
  std::ifstream file(std::filesystem::path(kGoldens) /
                     (std::string(name) + ".jsonl"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

class OracleTest : public testing::TestWithParam<Scenario> {};

TEST_P(OracleTest, TraceEqualsAsyncios) {
  const std::vector<std::string> golden = GoldenOf(GetParam().name);
  const std::vector<std::string> trace = TraceOf(GetParam());
  ASSERT_FALSE(golden.empty()) << "no golden trace";
  for (std::size_t i = 0; i < std::min(golden.size(), trace.size()); ++i) {
    ASSERT_EQ(trace[i], golden[i]) << "line " << i + 1;
  }
  EXPECT_EQ(trace.size(), golden.size());
}

INSTANTIATE_TEST_SUITE_P(, OracleTest, testing::ValuesIn(AllScenarios()),
                         [](const testing::TestParamInfo<Scenario>& info) {
                           return std::string(info.param.name);
                         });

TEST(OracleListTest, EveryGoldenTraceHasItsScenario) {
  std::vector<std::string> goldens;
  for (const auto& entry : std::filesystem::directory_iterator(kGoldens)) {
    if (entry.path().extension() == ".jsonl") {
      goldens.push_back(entry.path().stem().string());
    }
  }
  std::ranges::sort(goldens);
  std::vector<std::string> scenarios;
  for (const Scenario& scenario : AllScenarios()) {
    scenarios.emplace_back(scenario.name);
  }
  EXPECT_EQ(scenarios, goldens);
}

}  // namespace
}  // namespace rondo::conformance
