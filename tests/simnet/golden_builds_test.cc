// One program, golden_runs.cc, compiled four ways: by clang and by g++, with
// -O0 and with -O2. The same seed is the same trace with each of them, byte
// for byte but for its header, and what one has recorded another replays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "rondo/replay/trace_file.h"
#include "rondo/tests/simnet/golden_replay.h"
#include "rondo/tests/support/program.h"
#include "rondo/tests/support/run_twice.h"

namespace rondo {
namespace {

// What the program printed that an environment variable names.
struct Runs {
  std::string optimised;  // The line that says whether it is.
  std::vector<std::string> traces;
};

Runs RunsOf(const char* variable) {
  Runs runs;
  const char* const path = std::getenv(variable);
  EXPECT_NE(path, nullptr) << variable << " must name a program";
  const ProgramResult result = RunProgram(path == nullptr ? "" : path, {});
  EXPECT_EQ(result.code, 0) << variable << ": " << result.err;
  constexpr const char* kHeader = "{\"k\":\"hdr\"";
  std::size_t begin = result.out.find(kHeader);
  runs.optimised = result.out.substr(0, begin);
  while (begin != std::string::npos) {
    const std::size_t end = result.out.find(kHeader, begin + 1);
    runs.traces.push_back(result.out.substr(begin, end - begin));
    begin = end;
  }
  EXPECT_EQ(runs.traces.size(), 6u * 3 * 4) << variable;
  return runs;
}

constexpr const char* kOthers[] = {"GOLDEN_RUNS_CLANG_OPT", "GOLDEN_RUNS_GCC",
                                   "GOLDEN_RUNS_GCC_OPT"};

TEST(GoldenBuildsTest, TheSameSeedIsTheSameBytesWithEveryCompiler) {
  const Runs clang = RunsOf("GOLDEN_RUNS_CLANG");
  for (const char* const variable : kOthers) {
    const Runs other = RunsOf(variable);
    ASSERT_EQ(other.traces.size(), clang.traces.size());
    for (std::size_t i = 0; i < clang.traces.size(); ++i) {
      EXPECT_EQ(FirstDifference(WithoutHeader(clang.traces[i]),
                                WithoutHeader(other.traces[i])),
                "")
          << "clang and " << variable << ", trace " << i;
    }
  }
}

// This program is clang's too.
TEST(GoldenBuildsTest, WhatTheOthersRecordedReplaysHere) {
  for (const char* const variable : kOthers) {
    for (const std::string& text : RunsOf(variable).traces) {
      const absl::StatusOr<Trace> trace = ReadTraceText(variable, text);
      ASSERT_TRUE(trace.ok()) << trace.status();
      EXPECT_EQ(ReplayGolden(*trace), "")
          << variable << ", " << trace->header.scenario << ", seed "
          << trace->header.seed;
    }
  }
}

TEST(GoldenBuildsTest, TheFourProgramsAreWhatTheyAreCalled) {
  const auto check = [](const char* variable, const std::string& compiler,
                        const char* optimised) {
    const Runs runs = RunsOf(variable);
    ASSERT_FALSE(runs.traces.empty());
    EXPECT_THAT(runs.traces[0],
                testing::HasSubstr("\"cc\":\"" + compiler + " "))
        << variable;
    EXPECT_EQ(runs.optimised, optimised) << variable;
  };
  check("GOLDEN_RUNS_CLANG", "clang", "not optimised\n");
  check("GOLDEN_RUNS_CLANG_OPT", "clang", "optimised\n");
  check("GOLDEN_RUNS_GCC", "gcc", "not optimised\n");
  check("GOLDEN_RUNS_GCC_OPT", "gcc", "optimised\n");
}

}  // namespace
}  // namespace rondo
