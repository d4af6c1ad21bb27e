// What the environment and the flags of a test program do, in processes of
// their own: explore_program.cc.
#include "rondo/simnet/explore_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "rondo/replay/token.h"
#include "rondo/replay/trace_file.h"
#include "rondo/replay/verify.h"
#include "rondo/tests/support/program.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Words = std::vector<std::string>;

// Runs one test of the program.
ProgramResult RunTest(const std::string& test, Words flags,
                      Words variables = {}) {
  const char* const path = std::getenv("EXPLORE_PROGRAM");
  EXPECT_NE(path, nullptr) << "EXPLORE_PROGRAM must name the program";
  flags.push_back("--gtest_filter=" + test);
  return RunProgram(path == nullptr ? "" : path, flags, variables);
}

// The same with "--rondo_..." as a flag and as a variable.
std::vector<ProgramResult> RunBoth(const std::string& test,
                                   const std::string& name,
                                   const std::string& value) {
  std::string variable = "RONDO_";
  for (const char c : name) variable += static_cast<char>(std::toupper(c));
  return {RunTest(test, {"--rondo_" + name + "=" + value}),
          RunTest(test, {}, {variable + "=" + value})};
}

std::vector<std::string> FilesOf(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    names.push_back(file.path().filename());
  }
  std::ranges::sort(names);
  return names;
}

// The token in what a failing test prints.
std::string TokenIn(const std::string& text) {
  const std::size_t begin = text.find("rondo1.");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_first_of(" \n", begin) - begin);
}

// ---- Reading

TEST(ExploreSettingsTest, EachFlagIsRead) {
  const absl::StatusOr<ExploreSettings> settings = ReadExploreSettings(
      {"program", "--gtest_filter=x", "--rondo_seed=0xff", "word",
       "--rondo_schedules=12", "--rondo_strategy=pct", "--rondo_time_limit=1.5",
       "--rondo_check_determinism", "--rondo_replay=run.jsonl",
       "--rondo_other_build=yes", "--rondo_record=/tmp/x", "--",
       "--rondo_nonsense"});
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->seed, 255u);
  EXPECT_EQ(settings->schedules, 12u);
  EXPECT_EQ(settings->strategy, "pct");
  EXPECT_EQ(settings->time_limit, 1500ms);
  EXPECT_TRUE(settings->check_determinism);
  EXPECT_EQ(settings->replay, "run.jsonl");
  EXPECT_TRUE(settings->other_build);
  EXPECT_EQ(settings->record, "/tmp/x");
}

TEST(ExploreSettingsTest, NothingIsSetByDefault) {
  const absl::StatusOr<ExploreSettings> settings = ReadExploreSettings({"x"});
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_FALSE(settings->seed.has_value());
  EXPECT_FALSE(settings->time_limit.has_value());
  EXPECT_FALSE(settings->check_determinism);
  EXPECT_EQ(settings->replay, "");
}

TEST(ExploreSettingsTest, WhatIsWrongIsSaid) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"--rondo_seed=soon",
       "--rondo_seed: expected an unsigned integer, or 0x and digits, got "
       "\"soon\""},
      {"--rondo_schedules=-1",
       "--rondo_schedules: expected an unsigned integer, or 0x and digits, "
       "got \"-1\""},
      {"--rondo_time_limit=5parsecs",
       "--rondo_time_limit: expected a time such as 30s or 250ms (ns, us, ms, "
       "s, m, h), got \"5parsecs\""},
      {"--rondo_check_determinism=perhaps",
       "--rondo_check_determinism: expected true or false, got \"perhaps\""},
      {"--rondo_record=", "--rondo_record: expected a text, got \"\""},
      {"--rondo_seed", "--rondo_seed needs a value: --rondo_seed=..."},
      {"--rondo_sed=1",
       "there is no flag --rondo_sed; there are --rondo_seed, "
       "--rondo_schedules, --rondo_strategy, --rondo_time_limit, "
       "--rondo_check_determinism, --rondo_replay, --rondo_other_build, "
       "--rondo_record"},
  };
  for (const auto& [word, message] : wrong) {
    EXPECT_EQ(ReadExploreSettings({"x", word}).status().message(), message);
  }
}

TEST(ExploreSettingsTest, AFlagComesBeforeTheVariable) {
  const ProgramResult result =
      RunTest("Clean.Passes", {"--rondo_seed=5"},
              {"RONDO_SEED=9", "RONDO_SCHEDULES=7", "RONDO_STRATEGY="});
  EXPECT_EQ(result.code, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("7 schedules"));
  EXPECT_THAT(result.out, HasSubstr("seed 5"));
}

// ---- In a program

TEST(ExploreProgramTest, SeedSchedulesAndStrategyAreOverridden) {
  for (const auto& [name, value, shown] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"seed", "77", "seed 77"},
           {"schedules", "3", "3 schedules"},
           {"strategy", "fifo", "20 schedules (1 distinct)"}}) {
    for (const ProgramResult& result : RunBoth("Clean.Passes", name, value)) {
      EXPECT_EQ(result.code, 0) << result.out;
      EXPECT_THAT(result.out, HasSubstr(shown));
    }
  }
}

TEST(ExploreProgramTest, AMalformedValueFailsTheTestAndSaysWhy) {
  for (const auto& [name, value, complaint] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"seed", "soon", "expected an unsigned integer"},
           {"schedules", "0", "at least 1"},
           {"strategy", "luck", "luck"},
           {"time_limit", "soon", "expected a time"},
           {"check_determinism", "perhaps", "expected true or false"},
           {"replay", "rondo1.AAAA.AAAAA", "RONDO_REPLAY: "},
           {"replay", "/nowhere.jsonl", "RONDO_REPLAY: /nowhere.jsonl"},
           {"record", "/proc/nowhere", "RONDO_RECORD: /proc/nowhere"}}) {
    for (const ProgramResult& result : RunBoth("Clean.Passes", name, value)) {
      EXPECT_EQ(result.code, 1) << name << "=" << value;
      EXPECT_THAT(result.out, HasSubstr(complaint)) << name << "=" << value;
    }
  }
  EXPECT_THAT(RunTest("Clean.Passes", {"--rondo_sed=1"}).out,
              HasSubstr("there is no flag --rondo_sed"));
}

TEST(ExploreProgramTest, ARunThatIsNotTheSameTwiceFailsIfThatIsChecked) {
  EXPECT_EQ(RunTest("Unstable.Passes", {}).code, 0);
  for (const ProgramResult& result :
       RunBoth("Unstable.Passes", "check_determinism", "1")) {
    EXPECT_EQ(result.code, 1);
    // Where, and in what, with both values.
    EXPECT_THAT(result.out,
                AllOf(HasSubstr("nondeterminism"),
                      HasSubstr("first difference: host main, iteration"),
                      HasSubstr("run 3"), HasSubstr("run 4")));
  }
  EXPECT_EQ(RunTest("Clean.Passes", {"--rondo_check_determinism"}).code, 0);
}

TEST(ExploreProgramTest, AReplayIsCheckedAsWell) {
  const std::string found =
      RunTest("Unstable.Passes", {"--rondo_check_determinism"}).out;
  const std::string replay = "--rondo_replay=" + TokenIn(found);
  EXPECT_THAT(found, HasSubstr(replay + " --rondo_check_determinism\n"));
  EXPECT_EQ(RunTest("Unstable.Passes", {replay}).code, 0);
  const ProgramResult again =
      RunTest("Unstable.Passes", {replay, "--rondo_check_determinism"});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.out, HasSubstr("first difference: host main, iteration"));
}

TEST(ExploreProgramTest, TheTimeLimitEndsAnExplorationAndSaysWhere) {
  for (const ProgramResult& result :
       RunBoth("Clean.TakesForEver", "time_limit", "50ms")) {
    EXPECT_EQ(result.code, 0) << result.out;
    EXPECT_THAT(result.err,
                testing::ContainsRegex(
                    "rondo: Clean.TakesForEver: the time limit of 50ms ended "
                    "it after [0-9]+ of 1000000000 schedules\n"));
  }
}

TEST(ExploreProgramTest, WhatFailedIsRecorded) {
  for (const std::string how : {"flag", "variable"}) {
    const std::string directory = ScratchPath(how);
    const ProgramResult result =
        how == "flag"
            ? RunTest("Race.IsFound", {"--rondo_record=" + directory})
            : RunTest("Race.IsFound", {}, {"RONDO_RECORD=" + directory});
    EXPECT_EQ(result.code, 1);
    EXPECT_THAT(FilesOf(directory), ElementsAre("Race.IsFound.failed.jsonl",
                                                "Race.IsFound.passed.jsonl",
                                                "Race.IsFound.shrunk.jsonl"));
    for (const std::string& name : FilesOf(directory)) {
      const std::string path = directory + "/" + name;
      const absl::StatusOr<Trace> trace = ReadTrace(path);
      ASSERT_TRUE(trace.ok()) << trace.status();
      EXPECT_THAT(Verify(*trace), IsEmpty());
      EXPECT_EQ(trace->header.scenario, "Race.IsFound");
      EXPECT_THAT(result.out, HasSubstr("trace: " + path + "\n"));
    }
  }
}

TEST(ExploreProgramTest, AnExplorationThatFindsNothingIsRecordedToo) {
  const std::string directory = ScratchPath("out");
  EXPECT_EQ(RunTest("Clean.*Passes*", {"--rondo_record=" + directory}).code, 0);
  EXPECT_THAT(FilesOf(directory),
              ElementsAre("Clean.Passes.passed.jsonl",
                          "Clean.PassesTwice.2.passed.jsonl",
                          "Clean.PassesTwice.passed.jsonl"));
}

TEST(ExploreProgramTest, ATokenIsReplayed) {
  const ProgramResult found = RunTest("Race.IsFound", {});
  EXPECT_EQ(found.code, 1);
  for (const ProgramResult& again :
       RunBoth("Race.IsFound", "replay", TokenIn(found.out))) {
    EXPECT_EQ(again.code, 1);
    EXPECT_THAT(again.out,
                AllOf(HasSubstr("1 schedule replayed, seed 1: 1 failure"),
                      HasSubstr("Which is: \"a\"")));
  }
}

TEST(ExploreProgramTest, ATokenOfAnotherBuildIsRefusedUnlessAskedFor) {
  absl::StatusOr<ScheduleToken> token =
      ParseToken(TokenIn(RunTest("Race.IsFound", {}).out));
  ASSERT_TRUE(token.ok()) << token.status();
  token->build = *token->build + 1;
  const std::string flag = "--rondo_replay=" + FormatToken(*token);
  EXPECT_THAT(RunTest("Race.IsFound", {flag}).out, HasSubstr("another build"));
  EXPECT_THAT(RunTest("Race.IsFound", {flag, "--rondo_other_build"}).out,
              HasSubstr("Which is: \"a\""));
}

TEST(ExploreProgramTest, ATraceIsReplayedRecordByRecord) {
  const std::string directory = ScratchPath("out");
  RunTest("Race.IsFound", {"--rondo_record=" + directory});
  const std::string failed = directory + "/Race.IsFound.failed.jsonl";
  for (const ProgramResult& again : RunBoth("Race.IsFound", "replay", failed)) {
    EXPECT_EQ(again.code, 1);
    EXPECT_THAT(again.out,
                AllOf(HasSubstr("1 schedule replayed, seed 1: 1 failure"),
                      HasSubstr("Which is: \"a\"")));
  }
  EXPECT_EQ(RunTest("Race.IsFound", {"--rondo_replay=" + directory +
                                     "/Race.IsFound.passed.jsonl"})
                .code,
            0);
  // Of another test.
  EXPECT_THAT(RunTest("Clean.Passes", {"--rondo_replay=" + failed}).out,
              HasSubstr("a trace of \"Race.IsFound\", and this is "
                        "\"Clean.Passes\""));
  // Forged.
  std::string text = ReadFile(failed);
  const std::size_t at = text.find("\"t\":14000000");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 12, "\"t\":14000001");
  WriteFile(failed, text);
  EXPECT_THAT(RunTest("Race.IsFound", {"--rondo_replay=" + failed}).out,
              HasSubstr("the replay is another run"));
}

// Under Bazel the command is Bazel's, and the program's own.
TEST(ExploreProgramTest, TheMessageHasCommandsToPaste) {
  const std::string filter = "--gtest_filter=Race.IsFound";
  const std::string token = TokenIn(RunTest("Race.IsFound", {}).out);
  const ProgramResult bazel =
      RunTest("Race.IsFound", {}, {"TEST_TARGET=//a/b:c_test"});
  EXPECT_THAT(bazel.out, HasSubstr("  again: bazel-bin/a/b/c_test " + filter +
                                   " --rondo_replay=" + token + "\n"));
  EXPECT_THAT(bazel.out,
              HasSubstr("  again: bazel test //a/b:c_test --test_arg=" +
                        filter + " --test_arg=--rondo_replay=" + token + "\n"));
}

}  // namespace
}  // namespace rondo
