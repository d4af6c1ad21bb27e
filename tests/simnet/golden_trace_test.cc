// The traces of traces/sim, byte for byte from the second record on: the same
// run with every compiler, at every level of optimisation.
//
// UPDATE_GOLDENS=1 writes them anew; then the change of each line is to be
// explained in the commit.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "rondo/replay/trace_file.h"
#include "rondo/replay/verify.h"
#include "rondo/tests/simnet/golden_replay.h"
#include "rondo/tests/simnet/golden_scenarios.h"
#include "rondo/tests/support/run_twice.h"

namespace rondo {
namespace {

// Where the sources are: Bazel says so to what it runs outside its sandbox.
std::string PathOf(const GoldenScenario& golden) {
  const char* const root = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  return (root == nullptr ? std::string() : std::string(root) + "/") +
         "traces/sim/" + golden.name + ".jsonl";
}

bool Updating() { return std::getenv("UPDATE_GOLDENS") != nullptr; }

std::string Stored(const GoldenScenario& golden) {
  std::ostringstream text;
  text << std::ifstream(PathOf(golden), std::ios::binary).rdbuf();
  return text.str();
}

TEST(GoldenTraceTest, EveryRunIsTheStoredOneByteForByte) {
  for (const GoldenScenario& golden : GoldenScenarios()) {
    TraceTextWriter writer;
    RunGolden(golden, &writer);
    const std::string stored = Stored(golden);
    const std::string difference =
        FirstDifference(WithoutHeader(stored), WithoutHeader(writer.text()));
    if (!difference.empty() && Updating()) {
      std::ofstream(PathOf(golden), std::ios::binary) << writer.text();
      continue;
    }
    EXPECT_EQ(difference, "") << PathOf(golden) << ", stored and now";
  }
}

TEST(GoldenTraceTest, EveryStoredTraceVerifies) {
  for (const GoldenScenario& golden : GoldenScenarios()) {
    const absl::StatusOr<Trace> trace = ReadTrace(PathOf(golden));
    ASSERT_TRUE(trace.ok()) << trace.status();
    for (const TraceProblem& problem : Verify(*trace)) {
      ADD_FAILURE() << PathOf(golden) << ":" << problem.line << ": "
                    << problem.what;
    }
  }
}

// The recording of another build, made again from its decisions alone.
TEST(GoldenTraceTest, EveryStoredTraceReplaysRecordByRecord) {
  for (const GoldenScenario& golden : GoldenScenarios()) {
    const absl::StatusOr<Trace> trace = ReadTrace(PathOf(golden));
    ASSERT_TRUE(trace.ok()) << trace.status();
    EXPECT_EQ(ReplayGolden(*trace), "") << golden.name;
  }
}

}  // namespace
}  // namespace rondo
