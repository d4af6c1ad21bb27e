#include "rondo/simnet/explore.h"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>

#include "absl/status/statusor.h"
#include "rondo/replay/token.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/simnet/testing.h"
#include "rondo/tests/support/run_twice.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

// Two hosts write; who is last wins. In FIFO order that is always b.
void LastOneWins(Simulation& sim) {
  std::string last;
  sim.AddHost("a", [&]() -> Coro<> {
    // The program's own numbers are of the seed too.
    co_await Sleep(10ms + 1us * RunningLoop().seams().random->Below(1000));
    last = "a";
  });
  sim.AddHost("b", [&]() -> Coro<> {
    co_await Sleep(14ms);
    last = "b";
  });
  sim.Run([&]() -> Coro<> {
    co_await Sleep(1s);
    EXPECT_EQ(last, "b");  // The line that the signature names.
  });
}

void Right(Simulation& sim) {
  int count = 0;
  for (const char* name : {"a", "b"}) {
    sim.AddHost(name, [&]() -> Coro<> {
      co_await Sleep(10ms);
      ++count;
    });
  }
  sim.Run([&]() -> Coro<> {
    co_await Sleep(1s);
    EXPECT_EQ(count, 2);
  });
}

// An environment variable for a while.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;
  ~ScopedVariable() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST(ExploreTest, WhatHoldsUnderEveryScheduleNeverFails) {
  EXPECT_THAT(Explore(Right, {.schedules = 300}), NeverFailed());
}

TEST(ExploreTest, TheDullRunIsThePlainOneAndPasses) {
  EXPECT_TRUE(RunTwice(LastOneWins).outcome.passed());
  EXPECT_THAT(Explore(LastOneWins, {.schedules = 1}), NeverFailed());
}

// The expectation fails in hundreds of runs and never once in this test.
TEST(ExploreTest, AnExpectationInAScenarioFailsTheRunAndNotTheTest) {
  const ExploreReport report = Explore(LastOneWins, {.schedules = 300});
  EXPECT_THAT(report, Not(NeverFailed()));
  ASSERT_EQ(report.findings.size(), 1u);
  const ShrunkFinding& finding = report.findings[0];
  EXPECT_EQ(finding.shrunk.outcome.kind, RunKind::kFail);
  EXPECT_THAT(finding.shrunk.outcome.id, HasSubstr("explore_test.cc:"));
  EXPECT_THAT(finding.shrunk.outcome.message, HasSubstr("last"));
  EXPECT_TRUE(finding.shrunk.minimal);
  EXPECT_LE(finding.shrunk.tape.size(), 2u);
  EXPECT_THAT(report, Failed(finding.shrunk.outcome.signature().ToString()));
  EXPECT_THAT(report, Not(Failed("fail: something else")));
}

TEST(ExploreTest, OutsideOfExploreAnExpectationFailsTheTest) {
  EXPECT_NONFATAL_FAILURE(Simulation().Run([]() -> Coro<> {
    EXPECT_EQ(1, 2) << "as usual";
    co_return;
  }),
                          "as usual");
}

TEST(ExploreTest, TheMatchersMessageTellsHowToSeeItAgain) {
  EXPECT_NONFATAL_FAILURE(
      EXPECT_THAT(Explore(LastOneWins, {.schedules = 300}), NeverFailed()),
      " --rondo_replay=rondo1.");
}

TEST(ExploreTest, TheSameExplorationGivesTheSameReport) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const ExploreOptions options = {.schedules = 300, .seed = seed};
    EXPECT_EQ(Explore(LastOneWins, options).ToString(),
              Explore(LastOneWins, options).ToString())
        << "seed " << seed;
  }
}

TEST(ExploreTest, TheTokenInTheEnvironmentReplaysThatRunAlone) {
  const ExploreReport found = Explore(LastOneWins, {.schedules = 300});
  ASSERT_EQ(found.findings.size(), 1u);
  const ScopedVariable replay("RONDO_REPLAY", found.findings[0].token);
  const ExploreReport again = Explore(LastOneWins);
  EXPECT_EQ(again.schedules, 1u);
  ASSERT_EQ(again.findings.size(), 1u);
  EXPECT_EQ(again.findings[0].shrunk.outcome.digest,
            found.findings[0].shrunk.outcome.digest);
}

TEST(ExploreTest, ATokenReplaysWithItsOwnSeed) {
  ExploreOptions options = {.schedules = 300, .seed = 42};
  const ExploreReport found = Explore(LastOneWins, options);
  ASSERT_EQ(found.findings.size(), 1u);
  const ScopedVariable replay("RONDO_REPLAY", found.findings[0].token);
  const ExploreReport again = Explore(LastOneWins);  // Of seed 1.
  EXPECT_EQ(again.seed, 42u);
  ASSERT_EQ(again.findings.size(), 1u);
  EXPECT_EQ(again.findings[0].shrunk.outcome.digest,
            found.findings[0].shrunk.outcome.digest);
}

TEST(ExploreTest, ATokenOfAnotherBuildIsRefusedUnlessAskedFor) {
  const ExploreReport found = Explore(LastOneWins, {.schedules = 300});
  ASSERT_EQ(found.findings.size(), 1u);
  absl::StatusOr<ScheduleToken> token = ParseToken(found.findings[0].token);
  ASSERT_TRUE(token.ok()) << token.status();
  token->build = *token->build + 1;
  const ScopedVariable replay("RONDO_REPLAY", FormatToken(*token));
  EXPECT_THAT(Explore(LastOneWins).error, HasSubstr("another build"));
  const ScopedVariable other("RONDO_OTHER_BUILD", "1");
  EXPECT_EQ(Explore(LastOneWins).findings.size(), 1u);
}

TEST(ExploreTest, TheEnvironmentOverridesTheOptions) {
  const ScopedVariable schedules("RONDO_SCHEDULES", "17");
  const ScopedVariable seed("RONDO_SEED", "5");
  const ExploreReport report = Explore(Right, {.schedules = 300, .seed = 1});
  EXPECT_EQ(report.schedules, 17u);
  EXPECT_EQ(report.seed, 5u);
}

TEST(ExploreTest, WrongOptionsAreAnErrorAndNeverSuccess) {
  EXPECT_THAT(Explore(Right, {.strategy = "luck"}), Not(NeverFailed()));
  EXPECT_THAT(Explore(Right, {.strategy = "luck"}).error, HasSubstr("luck"));
  {
    const ScopedVariable schedules("RONDO_SCHEDULES", "many");
    EXPECT_THAT(Explore(Right).error, HasSubstr("RONDO_SCHEDULES"));
  }
  const ScopedVariable replay("RONDO_REPLAY", "rondo1.nonsense");
  EXPECT_THAT(Explore(Right).error, HasSubstr("RONDO_REPLAY"));
}

TEST(ExploreTest, EveryKindOfFailureIsFound) {
  const auto run = [](std::function<Coro<>(Simulation*)> body) {
    return Explore(
        [body](Simulation& sim) { sim.Run([&] { return body(&sim); }); },
        {.schedules = 1}, {.simulation = {.iteration_budget = 100}});
  };
  EXPECT_THAT(run([](Simulation*) -> Coro<> {
                throw std::out_of_range("x");
                co_return;
              }),
              Failed("exception: std::out_of_range"));
  EXPECT_THAT(
      run([](Simulation*) -> Coro<> { co_await RunningLoop().CreateFuture(); }),
      Failed("deadlock: main"));
  EXPECT_THAT(run([](Simulation*) -> Coro<> {
                for (;;) co_await Sleep(0s);
              }),
              Failed("livelock: iterations"));
  EXPECT_THAT(run([](Simulation* sim) -> Coro<> {
                sim->Fail("mine");
                co_return;
              }),
              Failed("fail: mine"));
}

// Two messages race; only the first one's latency can let it lose.
void FirstMessageWins(Simulation& sim) {
  sim.SetSlack(0ns);
  std::string arrived;
  sim.AddHost("store", [&]() -> Coro<> {
    Server server = co_await StartServer(
        [&arrived](Stream stream) -> Coro<> {
          arrived += co_await stream.ReadUntil('\n');
        },
        "", 80);
    co_await server.ServeForever();
  });
  const auto client = [](std::string line, Nanoseconds at) -> Coro<> {
    co_await Sleep(10ms);
    Stream stream = co_await OpenConnection("store", 80);
    co_await Sleep(at - RunningLoop().time());
    co_await stream.WriteAll(line);
    co_await Sleep(10ms);
  };
  sim.AddHost("a", [&] { return client("a\n", 20ms); });
  sim.AddHost("b", [&] { return client("b\n", 20ms + 300us); });
  sim.Run([&]() -> Coro<> {
    co_await Sleep(1s);
    if (arrived != "a\nb\n") sim.Fail("overtaken");
  });
}

TEST(ExploreTest, ADrawnLatencyIsNamed) {
  const ExploreReport report =
      Explore(FirstMessageWins, {.strategy = "random_walk"});
  ASSERT_EQ(report.findings.size(), 1u);
  // The segments before it are of the handshake.
  EXPECT_THAT(report.findings[0].decisions,
              testing::MatchesRegex(
                  "draw: latency of segment 2 \\(data\\) of a>store:80#1, "
                  "a to store: 40[01][.0-9]*us instead of 100us\n"))
      << report.ToString();
}

// State that outlives the run: the same decisions lead elsewhere.
TEST(ExploreTest, AScenarioThatKeepsStateIsReportedAsNondeterministic) {
  int runs = 0;
  const ExploreReport report = Explore(
      [&](Simulation& sim) {
        sim.Run([&]() -> Coro<> {
          for (int i = ++runs; i > 0; --i) co_await Sleep(1ms);
          if (runs % 2 == 0) sim.Fail("even");
        });
      },
      {.schedules = 10});
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].shrunk.outcome.kind, RunKind::kNondeterminism);
}

TEST(ExploreTest, TwoEqualSignaturesAreOneFinding) {
  ExploreOptions options = {.schedules = 300};
  options.max_findings = 0;
  EXPECT_EQ(Explore(LastOneWins, options).findings.size(), 1u);
}

}  // namespace
}  // namespace rondo
