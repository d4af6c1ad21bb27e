// A scenario program as a user has it: every sub-command, with good and bad
// input, in processes of its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"
#include "rondo/replay/token.h"
#include "rondo/tests/support/program.h"
#include "rondo/tests/support/sanitized.h"

namespace rondo {
namespace {

using Json = nlohmann::ordered_json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const char* PathOf(const char* variable) {
  const char* const path = std::getenv(variable);
  EXPECT_NE(path, nullptr) << variable << " must name the program";
  return path == nullptr ? "" : path;
}

ProgramResult Sample(const std::vector<std::string>& arguments) {
  return RunProgram(PathOf("SAMPLE_SCENARIOS"), arguments);
}

ProgramResult Rondo(const std::vector<std::string>& arguments) {
  return RunProgram(PathOf("RONDO_TOOL"), arguments);
}

Json Parsed(const ProgramResult& result) {
  const Json json = Json::parse(result.out, nullptr, /*exceptions=*/false);
  EXPECT_FALSE(json.is_discarded()) << "no JSON: " << result.out;
  return json.is_discarded() ? Json::object() : json;
}

// The trace of a run, as a file.
std::string Recorded(const std::string& scenario, int level = 1) {
  const std::string path = ScratchPath(scenario + ".jsonl");
  const ProgramResult run = Sample(
      {"run", scenario, "--trace=" + path, "--level=" + std::to_string(level)});
  EXPECT_LE(run.code, 1) << run.err;
  return path;
}

// `text` with the first `from` replaced.
std::string Replaced(std::string text, const std::string& from,
                     const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

// ---- What all commands have

TEST(ScenarioProgramTest, EveryCommandHelpsAndExitsWithZero) {
  for (const char* command :
       {"list", "run", "replay", "explore", "shrink", "check"}) {
    const ProgramResult help = Sample({command, "--help"});
    EXPECT_EQ(help.code, 0) << command;
    EXPECT_THAT(help.out, HasSubstr(std::string(" ") + command));
    EXPECT_THAT(help.out, AllOf(HasSubstr("--json"), HasSubstr("exit codes:")));
    EXPECT_EQ(help.err, "");
    std::istringstream lines(help.out);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), 80u) << command << ": " << line;
    }
  }
  const ProgramResult help = Sample({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("explore"), HasSubstr("check")));
}

TEST(ScenarioProgramTest, TheVersionNamesTheBuild) {
  const ProgramResult version = Sample({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out,
              AllOf(HasSubstr("built by "), HasSubstr("build id ")));
}

TEST(ScenarioProgramTest, UsageErrorsExitWithTwoAndSayWhatIsWrong) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"dance"}, "dance"},
      {{"run", "NoSuch"}, "NoSuch"},
      {{"run"}, "CleanSockets"},  // Which? All names are told.
      {{"run", "CleanSockets", "Throws"}, "\"Throws\" is one too many"},
      {{"run", "CleanSockets", "--speed=9"}, "speed"},
      {{"run", "CleanSockets", "--level=3"}, "expected one of 0, 1, 2"},
      {{"run", "CleanSockets", "--seed=soon"}, "soon"},
      {{"run", "CleanSockets", "--strategy=luck"}, "luck"},
      {{"explore", "NoSuch"}, "NoSuch"},
      {{"explore", "CleanSockets", "--strategy=luck"}, "luck"},
      {{"explore", "CleanSockets", "--schedules=0"}, "at least 1"},
      {{"explore", "CleanSockets", "--time-limit=soon"}, "expected a time"},
      {{"explore", "CleanSockets", "--level=7"}, "expected one of 0, 1, 2"},
      {{"explore", "CleanSockets", "--shard-index=3", "--shard-count=2"},
       "shard"},
      {{"replay"}, "FILE"},
      {{"replay", "rondo1.AAAA.AAAAA"}, "token"},
      {{"shrink"}, "FILE"},
      {{"shrink", "rondo1.AAAA.AAAAA"}, "got a token"},
      {{"check", "NoSuch"}, "NoSuch"},
      {{"check", "CleanSockets", "--runs=1"}, "runs"},
  };
  for (const auto& [arguments, complaint] : wrong) {
    const ProgramResult result = Sample(arguments);
    EXPECT_EQ(result.code, 2) << complaint << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr(complaint));
    EXPECT_EQ(result.out, "");
  }
}

TEST(ScenarioProgramTest, TroubleExitsWithThree) {
  const std::string nowhere = "/nonexistent/directory/file.jsonl";
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{
           {"run", "CleanSockets", "--trace=" + nowhere},
           {"replay", nowhere},
           {"shrink", nowhere},
           {"explore", "AlwaysFails", "--output=/proc/nowhere"},
           {"check", "CleanTimers", "--keep=/proc/nowhere"}}) {
    const ProgramResult result = Sample(arguments);
    EXPECT_EQ(result.code, 3) << arguments[0] << ": " << result.err;
    EXPECT_THAT(result.err, StartsWith(arguments[0] + ": "));
  }
}

TEST(ScenarioProgramTest, ListNamesAllScenariosInOrder) {
  const ProgramResult list = Sample({"list"});
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.out, StartsWith("AlwaysFails  "));
  EXPECT_THAT(list.out, HasSubstr("sample_scenarios.cc:"));
  const Json json = Parsed(Sample({"list", "--json"}));
  ASSERT_EQ(json.size(), 11u);
  EXPECT_EQ(json[0]["name"], "AlwaysFails");
}

// ---- run

TEST(ScenarioProgramTest, RunTellsTheOutcome) {
  const ProgramResult pass = Sample({"run", "CleanSockets"});
  EXPECT_EQ(pass.code, 0);
  EXPECT_THAT(pass.out, StartsWith("CleanSockets: pass ("));
  const ProgramResult fail = Sample({"run", "Throws", "--json"});
  EXPECT_EQ(fail.code, 1);
  const Json json = Parsed(fail);
  EXPECT_EQ(json["outcome"], "exception");
  EXPECT_EQ(json["id"], "std::out_of_range");
  EXPECT_EQ(json["virtual_time_ns"], 1'000'000'000);
  EXPECT_THAT(Sample({"run", "Deadlocks"}).out,
              HasSubstr("task main waits for a future"));
}

TEST(ScenarioProgramTest, TheSameSeedIsTheSameRunInEveryProcess) {
  const Json one = Parsed(Sample({"run", "CleanSockets", "--json"}));
  const Json same = Parsed(Sample({"run", "CleanSockets", "--json"}));
  const Json other =
      Parsed(Sample({"run", "CleanSockets", "--json", "--seed=2"}));
  EXPECT_EQ(one["digest"], same["digest"]);
  EXPECT_NE(one["digest"], other["digest"]);
}

// ---- replay

TEST(ScenarioProgramTest, ReplayMakesTheRecordedRunAgain) {
  for (const int level : {0, 1, 2}) {
    const std::string trace = Recorded("CleanSockets", level);
    const ProgramResult again = Sample({"replay", trace});
    EXPECT_EQ(again.code, 0) << again.out << again.err;
    EXPECT_THAT(again.out, HasSubstr("the same run, record by record"));
  }
  const ProgramResult failed = Sample({"replay", Recorded("Throws"), "--json"});
  EXPECT_EQ(failed.code, 1);
  EXPECT_EQ(Parsed(failed)["outcome"], "exception");
}

TEST(ScenarioProgramTest, AReplayThatDiffersIsExplainedAndExitsWithFour) {
  const std::string forged = ScratchPath("forged.jsonl");
  WriteFile(forged,
            Replaced(ReadFile(Recorded("CleanSockets")), "n1 2", "n1 9"));
  const ProgramResult result = Sample({"replay", forged});
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.out, AllOf(HasSubstr("the replay is another run"),
                                HasSubstr("n1 9"), HasSubstr("n1 2")));
  const ProgramResult json = Sample({"replay", forged, "--json"});
  EXPECT_EQ(json.code, 4);
  Parsed(json);
}

TEST(ScenarioProgramTest, ABrokenTraceIsToldByFileLineFieldAndReason) {
  const std::string good = ReadFile(Recorded("CleanSockets"));
  const std::string path = ScratchPath("broken.jsonl");
  const std::size_t third = good.find('\n', good.find('\n') + 1) + 1;
  // The third line's number is a text.
  std::string broken = good;
  const std::size_t at = broken.find("\"g\":", third);
  broken.replace(at, 5, "\"g\":\"x\"");
  WriteFile(path, broken);
  for (const char* command : {"replay", "shrink"}) {
    const ProgramResult result = Sample({command, path});
    EXPECT_NE(result.code, 0);
    EXPECT_THAT(result.err, AllOf(HasSubstr(path + ":3: "), HasSubstr("\"g\""),
                                  HasSubstr("expected")));
  }
  WriteFile(path, good.substr(0, good.size() / 2));
  const ProgramResult cut = Sample({"replay", path});
  EXPECT_EQ(cut.code, 3);
  EXPECT_THAT(cut.err, HasSubstr("--allow-truncated"));
  const ProgramResult part = Sample({"replay", path, "--allow-truncated"});
  EXPECT_EQ(part.code, 0) << part.out << part.err;
  EXPECT_THAT(part.out, HasSubstr("the same run, as far as it was recorded"));
  WriteFile(path, "");
  EXPECT_NE(Sample({"replay", path}).code, 0);
  WriteFile(path, Replaced(good, "CleanSockets", "Elsewhere"));
  EXPECT_THAT(Sample({"replay", path}).err, HasSubstr("\"Elsewhere\""));
  WriteFile(path, Replaced(good, "\"sem\":1", "\"sem\":999"));
  EXPECT_THAT(Sample({"replay", path}).err, HasSubstr("loop semantics 999"));
}

TEST(ScenarioProgramTest, ATraceIsOfTheScenarioThatIsNamed) {
  const std::string trace = Recorded("CleanTimers");
  EXPECT_EQ(Sample({"replay", trace, "CleanTimers"}).code, 0);
  const ProgramResult other = Sample({"replay", trace, "Throws"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("a trace of CleanTimers, not of Throws"));
}

// ---- explore, shrink, replay, and `rondo` on what they write

TEST(ScenarioProgramTest, ExploreFindsNothingInWhatIsRight) {
  const ProgramResult result =
      Sample({"explore", "CleanSockets", "--schedules=200"});
  EXPECT_EQ(result.code, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("200 schedules"));
  EXPECT_THAT(result.out, Not(HasSubstr("again: ")));
  EXPECT_EQ(Parsed(Sample({"explore", "CleanSockets", "--schedules=200",
                           "--json"}))["ended_by"],
            "schedules");
}

TEST(ScenarioProgramTest, TheTimeLimitEndsAnExploration) {
  const ProgramResult result =
      Sample({"explore", "CleanTimers", "--schedules=1000000000",
              "--time-limit=50ms", "--json"});
  EXPECT_EQ(result.code, 0) << result.out;
  EXPECT_EQ(Parsed(result)["ended_by"], "time");
}

// Only what was shrunk is said to matter.
TEST(ScenarioProgramTest, ExploreTellsWhetherItHasShrunk) {
  const ProgramResult shrunk = Sample({"explore", "LostUpdate"});
  EXPECT_THAT(shrunk.out, testing::ContainsRegex(
                              "with [0-9]+ decisions; 1 matters:\n    "));
  const ProgramResult whole = Sample({"explore", "LostUpdate", "--no-shrink"});
  EXPECT_EQ(whole.code, 1);
  EXPECT_THAT(whole.out, testing::ContainsRegex(
                             "with [0-9]+ decisions, not shrunk:\n    "));
  EXPECT_THAT(whole.out, Not(HasSubstr("matter")));
  // Both commands to paste show it again.
  const std::string out = ScratchPath("out");
  const ProgramResult kept =
      Sample({"explore", "LostUpdate", "--no-shrink", "--output=" + out});
  EXPECT_THAT(kept.out,
              HasSubstr("again: " + std::string(PathOf("SAMPLE_SCENARIOS")) +
                        " replay " + out + "/LostUpdate.failed.jsonl\n"));
}

TEST(ScenarioProgramTest, ShrinkTellsWhatMatters) {
  const std::string out = ScratchPath("out");
  Sample({"explore", "LostUpdate", "--no-shrink", "--output=" + out});
  const std::string failed = out + "/LostUpdate.failed.jsonl";
  const ProgramResult shrink = Sample({"shrink", failed});
  EXPECT_EQ(shrink.code, 1);
  EXPECT_THAT(shrink.out,
              testing::ContainsRegex("recorded with [0-9]+ decisions; 1 "
                                     "matters:\nevent: .* goes before .*\n"
                                     "it passes without: event: "));
  const ProgramResult early = Sample({"shrink", failed, "--replays=2"});
  EXPECT_EQ(early.code, 4);
  EXPECT_THAT(early.out, AllOf(HasSubstr("perhaps not the fewest"),
                               HasSubstr("ended early, after ")));
  const Json json = Parsed(Sample({"shrink", failed, "--json"}));
  EXPECT_EQ(json["decision_list"].size(), 1u);
  EXPECT_EQ(
      Parsed(Sample({"shrink", Recorded("CleanTimers"), "--json"}))["outcome"],
      "pass");
}

TEST(ScenarioProgramTest, ReplayOfATokenListsItsDecisions) {
  const Json report = Parsed(Sample({"explore", "LostUpdate", "--json"}));
  const Json& finding = report["findings"][0];
  const ProgramResult replay =
      Sample({"replay", finding["token"], "LostUpdate"});
  const std::string decision = finding["decision_list"][0];
  EXPECT_THAT(replay.out, HasSubstr("\n" + decision + "\n"));
}

// A run that was ended as a livelock is the same run only with its budget.
TEST(ScenarioProgramTest, ALivelockReplaysWithTheBudgetItWasRecordedWith) {
  const std::string out = ScratchPath("out");
  const ProgramResult found = Sample({"explore", "CleanSockets", "--budget=20",
                                      "--schedules=1", "--output=" + out});
  EXPECT_EQ(found.code, 1) << found.out;
  EXPECT_THAT(found.out, HasSubstr("livelock: iterations"));
  const std::string failed = out + "/CleanSockets.failed.jsonl";
  const ProgramResult again = Sample({"replay", failed});
  EXPECT_EQ(again.code, 1) << again.out;
  EXPECT_THAT(again.out, HasSubstr("the same run, record by record"));
  EXPECT_EQ(Sample({"shrink", failed}).code, 1);
}

TEST(ScenarioProgramTest, ARunThatIsNotTheSameTwiceIsExplained) {
  const ProgramResult plain =
      Sample({"explore", "LeaksRandomDevice", "--schedules=3"});
  EXPECT_EQ(plain.code, 0) << plain.out;
  const ProgramResult checked = Sample(
      {"explore", "LeaksRandomDevice", "--schedules=3", "--check-determinism"});
  EXPECT_EQ(checked.code, 4);
  EXPECT_THAT(checked.out, AllOf(HasSubstr("nondeterminism"),
                                 HasSubstr("first difference: host main"),
                                 HasSubstr("explore LeaksRandomDevice "
                                           "--check-determinism --seed=1")));
}

TEST(ScenarioProgramTest, FromTheRaceToItsExplanation) {
  const std::string out = ScratchPath("out");
  const ProgramResult found =
      Sample({"explore", "LostUpdate", "--output=" + out, "--json"});
  ASSERT_EQ(found.code, 1) << found.out << found.err;
  const Json report = Parsed(found);
  ASSERT_EQ(report["findings"].size(), 1u);
  const Json& finding = report["findings"][0];
  EXPECT_EQ(finding["outcome"], "fail");
  EXPECT_EQ(finding["id"], "lost update");
  EXPECT_EQ(finding["minimal"], true);
  EXPECT_LE(finding["decisions"].get<int>(), 3);
  const std::string failed = out + "/LostUpdate.failed.jsonl";
  const std::string shrunk = out + "/LostUpdate.shrunk.jsonl";
  const std::string passed = out + "/LostUpdate.passed.jsonl";

  const std::string again = ScratchPath("again.jsonl");
  const ProgramResult shrink =
      Sample({"shrink", failed, "--output=" + again, "--json"});
  EXPECT_EQ(shrink.code, 1) << shrink.err;
  EXPECT_EQ(Parsed(shrink)["token"], finding["token"]);
  EXPECT_EQ(ReadFile(again), ReadFile(shrunk));

  for (const std::string& trace : {failed, shrunk, passed}) {
    EXPECT_EQ(Sample({"replay", trace}).code, trace == passed ? 0 : 1);
    EXPECT_EQ(Rondo({"verify", trace}).code, 0) << Rondo({"verify", trace}).out;
    EXPECT_EQ(Rondo({"stats", trace}).code, 0);
    EXPECT_EQ(Rondo({"show", trace}).code, 0);
  }
  EXPECT_EQ(Rondo({"diff", shrunk, again}).code, 0);
  const ProgramResult diff = Rondo({"diff", passed, shrunk});
  EXPECT_EQ(diff.code, 1);
  EXPECT_THAT(diff.out, AllOf(HasSubstr("choice"), HasSubstr("lost update")));
}

TEST(ScenarioProgramTest, TheShrunkTraceReplaysAHundredTimesOfAHundred) {
  const std::string out = ScratchPath("out");
  ASSERT_EQ(Sample({"explore", "LostUpdate", "--output=" + out}).code, 1);
  for (int i = 0; i < 100; ++i) {
    const ProgramResult again =
        Sample({"replay", out + "/LostUpdate.shrunk.jsonl"});
    ASSERT_EQ(again.code, 1) << "time " << i << ": " << again.out << again.err;
    ASSERT_THAT(again.out, AllOf(HasSubstr("fail: lost update"),
                                 HasSubstr("the same run, record by record")));
  }
}

TEST(ScenarioProgramTest, ShrinkSaysWhenThereIsNothingToShrink) {
  const ProgramResult pass = Sample({"shrink", Recorded("CleanTimers")});
  EXPECT_EQ(pass.code, 0);
  EXPECT_THAT(pass.out, HasSubstr("passed"));
  const std::string forged = ScratchPath("forged.jsonl");
  WriteFile(forged, Replaced(ReadFile(Recorded("AlwaysFails")),
                             "\"id\":\"always\"", "\"id\":\"never\""));
  const ProgramResult other = Sample({"shrink", forged});
  EXPECT_EQ(other.code, 4);
  EXPECT_THAT(other.err, AllOf(HasSubstr("never"), HasSubstr("always")));
}

TEST(ScenarioProgramTest, ATokenOfAnotherBuildIsRefusedUnlessToldOtherwise) {
  const Json report = Parsed(Sample({"explore", "LostUpdate", "--json"}));
  const std::string text = report["findings"][0]["token"];
  const ProgramResult same = Sample({"replay", text, "LostUpdate"});
  EXPECT_EQ(same.code, 1) << same.err;
  EXPECT_THAT(same.out, HasSubstr("fail: lost update"));
  absl::StatusOr<ScheduleToken> token = ParseToken(text);
  ASSERT_TRUE(token.ok());
  token->build = *token->build + 1;
  const std::string other = FormatToken(*token);
  const ProgramResult refused = Sample({"replay", other, "LostUpdate"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("another build"), HasSubstr("--other-build")));
  EXPECT_EQ(Sample({"replay", other, "LostUpdate", "--other-build"}).code, 1);
  // Cut short by the mouse.
  EXPECT_EQ(
      Sample({"replay", text.substr(0, text.size() - 2), "LostUpdate"}).code,
      2);
}

// ---- check

TEST(ScenarioProgramTest, CheckPassesWhatIsDeterministic) {
  for (const char* scenario :
       {"CleanSockets", "CleanTimers", "LostUpdate", "Throws", "Deadlocks"}) {
    const ProgramResult result = Sample({"check", scenario});
    EXPECT_EQ(result.code, 0) << result.out << result.err;
    EXPECT_THAT(result.out, HasSubstr("10 processes, the same trace"));
  }
  const Json json = Parsed(Sample({"check", "CleanTimers", "--json"}));
  EXPECT_EQ(json["deterministic"], true);
}

TEST(ScenarioProgramTest, CheckFindsEveryPlantedLeak) {
  std::vector<std::string> leaks = {"LeaksHashOrder", "LeaksWallClock",
                                    "LeaksRandomDevice"};
  if (!kSanitized) {  // Its allocator is not ours to shake.
    leaks.push_back("LeaksPointerOrder");
    leaks.push_back("LeaksUninitialisedMemory");
  }
  for (const std::string& leak : leaks) {
    const ProgramResult result = Sample({"check", leak});
    EXPECT_EQ(result.code, 4) << leak << ": " << result.out << result.err;
    EXPECT_THAT(result.out, AllOf(HasSubstr(leak + " is not deterministic"),
                                  HasSubstr("iteration")));
    const Json json = Parsed(Sample({"check", leak, "--json"}));
    EXPECT_EQ(json["deterministic"], false);
    EXPECT_TRUE(json.contains("diff"));
  }
}

}  // namespace
}  // namespace rondo
