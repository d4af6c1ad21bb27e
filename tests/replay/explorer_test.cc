#include "rondo/replay/explorer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "rondo/replay/rerun.h"
#include "rondo/replay/token.h"
#include "rondo/runtime/identity.h"
#include "rondo/tests/replay/toy_programs.h"
#include "rondo/tests/replay/toy_world.h"

namespace rondo {
namespace {

constexpr std::uint64_t kSeed = 1;

ExploreResult Explore(const RunOnce& program, ExploreOptions options) {
  absl::StatusOr<ExploreResult> result =
      Explorer(program, std::move(options)).Run();
  if (!result.ok()) {
    ADD_FAILURE() << result.status();
    return {};
  }
  return *std::move(result);
}

// Everything of a result that must be the same the next time.
std::string Print(const ExploreResult& result) {
  std::string text = std::to_string(result.schedules) + " " +
                     std::to_string(result.distinct) + " " +
                     std::to_string(result.single_deviations) + "\n";
  for (const Finding& finding : result.findings) {
    text += std::to_string(finding.run) + " " +
            finding.outcome.signature().ToString() + " " +
            std::to_string(finding.outcome.digest) + " " + finding.token + " " +
            finding.run_token + "\n" + finding.tape.ToString();
  }
  return text;
}

TEST(ExplorerTest, FindsEveryBugWithinTheStatedSchedules) {
  // The worst of these seeds, and a little.
  const std::map<std::string_view, std::uint64_t> stated = {
      {"reorder_3", 25},  {"reorder_10", 70}, {"twostage", 10},
      {"account", 2},     {"av_n0", 15},      {"av_n10", 180},
      {"lost_wakeup", 5}, {"starve_60", 2},   {"two_races", 30},
      {"overdraft", 1},   {"slow_reply", 250}};
  for (const ToyProgram& program : ToyPrograms()) {
    for (std::uint64_t seed = kSeed; seed < kSeed + 20; ++seed) {
      SCOPED_TRACE(std::string(program.name) + ", seed " +
                   std::to_string(seed));
      const ExploreResult result =
          Explore(program.with_bug,
                  {.schedules = stated.at(program.name), .seed = seed});
      ASSERT_EQ(result.findings.size(), 1u);
      EXPECT_EQ(result.end, ExploreEnd::kFindings);
      EXPECT_NE(result.findings[0].outcome.kind, RunKind::kNondeterminism);
    }
  }
}

// All but those in which a task must starve for long, or much else goes on.
TEST(ExplorerTest, EveryRandomStrategyFindsTheSmallRaces) {
  for (const char* strategy :
       {"random_walk", "random_deviation", "random_priority", "pct"}) {
    for (const ToyProgram& program : ToyPrograms()) {
      if (program.name == "starve_60" || program.name == "reorder_10" ||
          program.name == "av_n10") {
        continue;
      }
      SCOPED_TRACE(std::string(strategy) + ", " + std::string(program.name) +
                   ", seed " + std::to_string(kSeed));
      EXPECT_EQ(
          Explore(program.with_bug,
                  {.schedules = 3000, .seed = kSeed, .strategy = strategy})
              .findings.size(),
          1u);
    }
  }
}

TEST(ExplorerTest, FindsNothingInTheFixedTwins) {
  for (const ToyProgram& program : ToyPrograms()) {
    SCOPED_TRACE(std::string(program.name) + ", seed " + std::to_string(kSeed));
    const ExploreResult result = Explore(program.fixed, {.schedules = 1000,
                                                         .seed = kSeed,
                                                         .adversarial = true,
                                                         .verify_every = 50});
    EXPECT_TRUE(result.findings.empty()) << Print(result);
    EXPECT_EQ(result.schedules, 2000u);
    EXPECT_EQ(result.end, ExploreEnd::kSchedules);
  }
}

TEST(ExplorerTest, TheSameSeedGivesTheSameBytes) {
  for (const ToyProgram& program : ToyPrograms()) {
    const ExploreOptions options = {
        .schedules = 300, .seed = kSeed, .max_findings = 100};
    EXPECT_EQ(Print(Explore(program.with_bug, options)),
              Print(Explore(program.with_bug, options)))
        << program.name;
  }
}

TEST(ExplorerTest, AnotherSeedIsAnotherExploration) {
  const RunOnce program = Reorder(9, 1, Bug::kPresent);
  EXPECT_NE(Print(Explore(program, {.schedules = 500, .seed = 1})),
            Print(Explore(program, {.schedules = 500, .seed = 2})));
}

TEST(ExplorerTest, ATokenReplaysTheFinding) {
  for (const ToyProgram& program : ToyPrograms()) {
    SCOPED_TRACE(program.name);
    const ExploreResult result = Explore(
        program.with_bug, {.schedules = 500, .seed = kSeed, .build = 0xabcd});
    ASSERT_EQ(result.findings.size(), 1u);
    const Finding& finding = result.findings[0];
    for (const std::string& text : {finding.token, finding.run_token}) {
      const absl::StatusOr<ScheduleToken> token = ParseToken(text);
      ASSERT_TRUE(token.ok()) << token.status();
      EXPECT_EQ(token->build, 0xabcd);
      const absl::StatusOr<RerunResult> again =
          RerunToken(program.with_bug, *token);
      ASSERT_TRUE(again.ok()) << again.status();
      EXPECT_EQ(again->outcome.digest, finding.outcome.digest);
      EXPECT_EQ(again->outcome.signature(), finding.outcome.signature());
      EXPECT_EQ(again->tape, finding.tape);
    }
  }
}

TEST(ExplorerTest, RunZeroIsTheDullRunOfEveryStrategy) {
  const RunOnce program = Overdraft(Bug::kPresent);
  for (const char* strategy : {"random_walk", "sweep", "pct"}) {
    const ExploreResult result =
        Explore(program, {.schedules = 1, .seed = kSeed, .strategy = strategy});
    ASSERT_EQ(result.findings.size(), 1u);
    EXPECT_TRUE(result.findings[0].tape.empty());
    const absl::StatusOr<RerunResult> again =
        RerunToken(program, *ParseToken(result.findings[0].run_token));
    EXPECT_EQ(again->outcome.digest, result.findings[0].outcome.digest);
    EXPECT_TRUE(again->tape.empty());
  }
}

TEST(ExplorerTest, ShardsTogetherMakeTheRunsOfOneProcess) {
  const RunOnce program = SlowReply(Bug::kPresent);
  const ExploreOptions whole = {
      .schedules = 400, .seed = kSeed, .max_findings = 100};
  const ExploreResult expected = Explore(program, whole);
  std::uint64_t schedules = 0;
  std::vector<std::tuple<std::uint64_t, Signature, std::string>> found;
  for (std::uint64_t i = 0; i < 3; ++i) {
    ExploreOptions shard = whole;
    shard.shard_index = i;
    shard.shard_count = 3;
    const ExploreResult result = Explore(program, shard);
    schedules += result.schedules;
    for (const Finding& f : result.findings) {
      EXPECT_EQ(f.run % 3, i);
      found.emplace_back(f.run, f.outcome.signature(), f.token);
    }
  }
  EXPECT_EQ(schedules, 400u);
  std::ranges::sort(found);
  ASSERT_FALSE(found.empty());
  ASSERT_EQ(expected.findings.size(), 1u);
  EXPECT_EQ(std::get<0>(found[0]), expected.findings[0].run);
  EXPECT_EQ(std::get<2>(found[0]), expected.findings[0].token);
}

TEST(ExplorerTest, SaysWhenEveryScheduleWithinOneDeviationWasMade) {
  const RunOnce program = TwoRaces(Bug::kPresent);
  const ExploreResult sweep =
      Explore(program, {.schedules = 1000, .seed = kSeed, .strategy = "sweep"});
  EXPECT_TRUE(sweep.findings.empty());
  EXPECT_EQ(sweep.dull.alternatives, 10u);
  EXPECT_TRUE(sweep.within_one_deviation());
  const ExploreResult little =
      Explore(program, {.schedules = 10, .seed = kSeed, .strategy = "sweep"});
  EXPECT_FALSE(little.within_one_deviation());
}

// Reads a counter that survives its runs.
TEST(ExplorerTest, AProgramThatIsNotDeterministicIsTheFinding) {
  int runs = 0;
  const RunOnce program = [&runs](Scheduler& scheduler) {
    ToyWorld world(scheduler);
    if (++runs == 20) world.Fail("every twentieth");
    return world.Run();
  };
  const ExploreResult result =
      Explore(program, {.schedules = 100, .seed = kSeed});
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].outcome.signature().ToString(),
            "nondeterminism: every twentieth");
  EXPECT_EQ(result.findings[0].outcome.message,
            "the same decisions led once to fail: every twentieth after 0 "
            "iterations, digest 0, then to pass after 0 iterations, digest 0");
}

TEST(ExplorerTest, PassingRunsCanBeVerifiedToo) {
  std::uint64_t runs = 0;
  const RunOnce program = [&runs](Scheduler&) {
    RunOutcome outcome;
    outcome.digest = runs++ / 51;
    return outcome;
  };
  EXPECT_TRUE(
      Explore(program, {.schedules = 200, .seed = kSeed}).findings.empty());
  runs = 0;
  const ExploreResult result =
      Explore(program, {.schedules = 200, .seed = kSeed, .verify_every = 1});
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].outcome.kind, RunKind::kNondeterminism);
}

ToyTask SpinUntil(ToyWorld& world, const bool& flag) {
  while (!flag) co_await world.Yield();
}

ToyTask Set(bool& flag) {
  flag = true;
  co_return;
}

// Every strategy would starve the setter for ever in some run, were it not for
// the horizon.
TEST(ExplorerTest, AnUnfairScheduleIsNoLivelock) {
  const RunOnce program = [](Scheduler& scheduler) {
    ToyWorld world(scheduler);
    bool flag = false;
    world.Spawn("setter", Set(flag));
    world.Spawn("spinner", SpinUntil(world, flag));
    return world.Run();
  };
  const ExploreResult result = Explore(
      program, {.schedules = 300, .seed = kSeed, .iteration_budget = 10'000});
  EXPECT_TRUE(result.findings.empty()) << Print(result);
}

TEST(ExplorerTest, ALivelockIsFound) {
  const RunOnce program = [](Scheduler& scheduler) {
    ToyWorld world(scheduler);
    const bool never = false;
    world.Spawn("spinner", SpinUntil(world, never));
    return world.Run();
  };
  const ExploreResult result =
      Explore(program, {.seed = kSeed, .iteration_budget = 500});
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].outcome.kind, RunKind::kLivelock);
  EXPECT_EQ(result.findings[0].outcome.iterations, 500u);
}

ToyTask Made(bool& made) {
  made = true;
  co_return;
}

ToyTask Read(ToyWorld& world, const bool& made) {
  if (!made) world.Fail("read before it was made");
  co_return;
}

// Two callbacks of one connection, which a real loop never swaps.
RunOutcome LeansOnOrder(Scheduler& scheduler) {
  ToyWorld world(scheduler);
  bool made = false;
  world.Spawn("connection_made", Made(made), /*order_key=*/7);
  world.Spawn("data_received", Read(world, made), /*order_key=*/7);
  return world.Run();
}

TEST(ExplorerTest, OnlyAdversarialModeSwapsEqualOrderKeys) {
  EXPECT_TRUE(Explore(LeansOnOrder, {.schedules = 100, .seed = kSeed})
                  .findings.empty());
  const ExploreResult result = Explore(
      LeansOnOrder, {.schedules = 100, .seed = kSeed, .adversarial = true});
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings[0].mode, LegalityMode::kAdversarial);
  EXPECT_GT(result.schedules, 100u);
}

// One bug or another, as a draw decides.
RunOutcome ThreeBugs(Scheduler& scheduler) {
  ToyWorld world(scheduler);
  const std::uint64_t which = scheduler.Draw(HashName("which"), 0, 4);
  if (which != 0) world.Fail("bug " + std::to_string(which));
  return world.Run();
}

TEST(ExplorerTest, CollectsFindingsOfDifferentSignatures) {
  const ExploreResult result = Explore(
      ThreeBugs, {.schedules = 300, .seed = kSeed, .max_findings = 100});
  EXPECT_EQ(result.findings.size(), 3u);
  EXPECT_EQ(result.schedules, 300u);
  const ExploreResult two =
      Explore(ThreeBugs, {.schedules = 300, .seed = kSeed, .max_findings = 2});
  EXPECT_EQ(two.findings.size(), 2u);
  EXPECT_EQ(two.end, ExploreEnd::kFindings);
}

TEST(ExplorerTest, StopsWhenTimeIsUp) {
  int asked = 0;
  const ExploreResult result =
      Explore(Reorder(2, 1, Bug::kFixed),
              {.schedules = 1000,
               .seed = kSeed,
               .elapsed = [&asked] { return std::chrono::seconds(++asked); },
               .time_limit = std::chrono::seconds(25)});
  EXPECT_EQ(result.schedules, 25u);
  EXPECT_EQ(result.end, ExploreEnd::kTime);
}

TEST(ExplorerTest, ReportsProgressAfterEveryRun) {
  std::vector<ExploreProgress> seen;
  const ExploreResult result = Explore(
      TwoRaces(Bug::kFixed),
      {.schedules = 20,
       .seed = kSeed,
       .progress = [&seen](const ExploreProgress& p) { seen.push_back(p); }});
  ASSERT_EQ(seen.size(), 20u);
  EXPECT_EQ(seen.front().schedules, 1u);
  EXPECT_EQ(seen.back().schedules, 20u);
  EXPECT_EQ(seen.back().distinct, result.distinct);
  EXPECT_GT(result.distinct, 5u);
  EXPECT_LE(result.distinct, 20u);
}

TEST(ExplorerTest, RefusesWhatItDoesNotKnow) {
  EXPECT_FALSE(Explorer(LeansOnOrder, {.strategy = "chance"}).Run().ok());
  EXPECT_EQ(Explorer(LeansOnOrder, {.shard_index = 2, .shard_count = 2})
                .Run()
                .status()
                .message(),
            "shard 2 of 2: shards count from zero");
}

}  // namespace
}  // namespace rondo
