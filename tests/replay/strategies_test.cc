// All strategies: what they have in common, then what each is for.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "rondo/replay/make_strategy.h"
#include "rondo/replay/pct_strategy.h"
#include "rondo/replay/portfolio_strategy.h"
#include "rondo/replay/random_walk_strategy.h"
#include "rondo/replay/rerun.h"
#include "rondo/replay/run_hash.h"
#include "rondo/tests/replay/toy_programs.h"
#include "rondo/tests/replay/toy_world.h"

namespace rondo {
namespace {

constexpr std::uint64_t kSeed = 5;

RunPlan PlanOf(std::uint64_t run, std::uint64_t seed = kSeed) {
  return MakePlan(seed, run, {.picks = 50, .alternatives = 100, .draws = 10},
                  0);
}

std::vector<HandleInfo> Handles(std::size_t count, Identity first = 100) {
  std::vector<HandleInfo> handles(count);
  for (std::size_t i = 0; i < count; ++i) {
    handles[i].id = MixBits(first + i);
    handles[i].task = MixBits(MixBits(first + i));
  }
  return handles;
}

class EveryStrategyTest : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Strategy> Make() const {
    return std::move(MakeStrategy(GetParam())).value();
  }

  // The tape of one run of a program.
  static RerunResult RunWith(Strategy& strategy, const RunOnce& program,
                             std::uint64_t run) {
    Scheduler scheduler(&strategy, LegalityMode::kContract);
    scheduler.Begin(PlanOf(run));
    RunOutcome outcome = program(scheduler);
    scheduler.End(outcome);
    return {outcome, scheduler.profile(), scheduler.tape(), scheduler.tape()};
  }
};

INSTANTIATE_TEST_SUITE_P(AllStrategies, EveryStrategyTest,
                         testing::Values("fifo", "lifo", "random_walk",
                                         "random_deviation", "random_priority",
                                         "pct", "starvation", "sweep",
                                         "portfolio"),
                         [](const testing::TestParamInfo<std::string>& info) {
                           return info.param;
                         });

TEST_P(EveryStrategyTest, KnowsItsName) {
  EXPECT_EQ(Make()->name(), GetParam());
}

TEST_P(EveryStrategyTest, AnswersAreInBounds) {
  const std::unique_ptr<Strategy> strategy = Make();
  for (std::uint64_t run = 1; run < 60; ++run) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", " + std::to_string(run));
    strategy->Begin(PlanOf(run));
    for (std::uint64_t i = 0; i < 60; ++i) {
      const std::vector<HandleInfo> handles = Handles(2 + i % 7, i);
      for (const PickPoint point :
           {PickPoint::kReady, PickPoint::kEvent, PickPoint::kFault}) {
        EXPECT_LT(strategy->Pick(point, CandidateView(handles), i),
                  handles.size());
      }
      for (const std::uint64_t n : {std::uint64_t{2}, i + 2, ~i}) {
        EXPECT_LT(strategy->Draw(i, n, n), n);
      }
    }
  }
}

// The run after many others, and by another object, is the same run.
TEST_P(EveryStrategyTest, ARunDependsOnSeedAndNumberOnly) {
  const RunOnce program = SlowReply(Bug::kFixed);
  const std::unique_ptr<Strategy> busy = Make();
  for (std::uint64_t run = 1; run < 40; ++run) {
    SCOPED_TRACE("seed " + std::to_string(kSeed) + ", " + std::to_string(run));
    const std::unique_ptr<Strategy> fresh = Make();
    EXPECT_EQ(RunWith(*busy, program, run).tape,
              RunWith(*fresh, program, run).tape);
  }
}

TEST_P(EveryStrategyTest, EveryRunReplaysExactlyFromItsTape) {
  const std::unique_ptr<Strategy> strategy = Make();
  for (const ToyProgram& program : ToyPrograms()) {
    for (std::uint64_t run = 1; run < 40; ++run) {
      SCOPED_TRACE(std::string(program.name) + ", seed " +
                   std::to_string(kSeed) + ", " + std::to_string(run));
      const RerunResult first = RunWith(*strategy, program.with_bug, run);
      const RerunResult again =
          RerunTape(program.with_bug, first.tape, LegalityMode::kContract);
      EXPECT_EQ(again.outcome.digest, first.outcome.digest);
      EXPECT_EQ(again.outcome.signature(), first.outcome.signature());
      EXPECT_EQ(again.tape, first.tape);
      EXPECT_EQ(again.used, first.tape);
    }
  }
}

TEST_P(EveryStrategyTest, DrawsAreIndependentOfWhatElseIsAsked) {
  const std::unique_ptr<Strategy> alone = Make();
  const std::unique_ptr<Strategy> among = Make();
  for (std::uint64_t run = 1; run < 40; ++run) {
    alone->Begin(PlanOf(run));
    RunPlan longer = PlanOf(run);
    longer.dull = {.picks = 5000, .alternatives = 100, .draws = 900};
    among->Begin(longer);
    const std::vector<HandleInfo> handles = Handles(3);
    for (std::uint64_t k = 0; k < 20; ++k) {
      among->Draw(HashName("another"), k, 77);
      among->Pick(PickPoint::kReady, CandidateView(handles), k);
      EXPECT_EQ(among->Draw(HashName("stream"), 19 - k, 1000),
                alone->Draw(HashName("stream"), 19 - k, 1000))
          << "seed " << kSeed << ", run " << run;
    }
  }
}

// One task more, with its own stream: the draws of the others stay.
ToyTask Drawing(ToyWorld& world, Identity stream,
                std::vector<std::uint64_t>& drawn) {
  for (std::uint64_t k = 0; k < 5; ++k) {
    drawn.push_back(world.scheduler().Draw(stream, k, 1000));
    co_await world.Yield();
  }
}

TEST_P(EveryStrategyTest, OneTaskMoreShiftsNoDrawOfTheOthers) {
  const auto draws_of_first = [this](std::uint64_t run, int tasks) {
    std::vector<std::vector<std::uint64_t>> drawn(3);
    const std::unique_ptr<Strategy> strategy = Make();
    RunWith(
        *strategy,
        [&](Scheduler& scheduler) {
          ToyWorld world(scheduler);
          for (int i = 0; i < tasks; ++i) {
            const std::string name = "task" + std::to_string(i);
            world.Spawn(name, Drawing(world, HashName(name), drawn[i]));
          }
          return world.Run();
        },
        run);
    return drawn[0];
  };
  for (std::uint64_t run = 1; run < 40; ++run) {
    EXPECT_EQ(draws_of_first(run, 1), draws_of_first(run, 3))
        << "seed " << kSeed << ", run " << run;
  }
}

TEST(MakeStrategyTest, KnowsAllAndNamesThemWhenAskedForAnother) {
  for (const std::string_view name : StrategyNames()) {
    EXPECT_EQ((*MakeStrategy(name))->name(), name);
  }
  EXPECT_EQ(MakeStrategy("chance").status().message(),
            "no strategy is called \"chance\"; there are fifo, lifo, "
            "random_walk, random_deviation, random_priority, pct, starvation, "
            "sweep, portfolio");
}

TEST(RandomWalkTest, ReadyHandlesHaveEqualChances) {
  RandomWalkStrategy strategy;
  strategy.Begin(PlanOf(1));
  const std::vector<HandleInfo> handles = Handles(5);
  std::vector<int> counts(5);
  constexpr int kPicks = 50'000;
  for (int step = 0; step < kPicks; ++step) {
    ++counts[strategy.Pick(PickPoint::kReady, CandidateView(handles), step)];
  }
  double chi_squared = 0;
  for (const int count : counts) {
    chi_squared += std::pow(count - kPicks / 5.0, 2) / (kPicks / 5.0);
  }
  EXPECT_LT(chi_squared, 18.5);  // 4 degrees of freedom: one in 1,000.
}

TEST(RandomWalkTest, EventsAreMostlyDull) {
  RandomWalkStrategy strategy({.event_one_in = 10, .fault_one_in = 0});
  strategy.Begin(PlanOf(1));
  const std::vector<HandleInfo> handles = Handles(3);
  std::vector<int> counts(3);
  for (int step = 0; step < 10'000; ++step) {
    ++counts[strategy.Pick(PickPoint::kEvent, CandidateView(handles), step)];
    EXPECT_EQ(strategy.Pick(PickPoint::kFault, CandidateView(handles), step),
              0u);
  }
  EXPECT_NEAR(counts[0], 9000, 150);
  EXPECT_NEAR(counts[1], 500, 110);
  EXPECT_NEAR(counts[2], 500, 110);
}

// An event may be an hour away: half of the runs leave them mostly alone.
TEST(StrategiesTest, EventsAreDullInSomeRuns) {
  const std::vector<HandleInfo> handles = Handles(4);
  for (const char* name : {"random_priority", "pct", "starvation", "lifo"}) {
    const std::unique_ptr<Strategy> strategy =
        std::move(MakeStrategy(name)).value();
    int calm = 0;
    for (std::uint64_t run = 1; run <= 200; ++run) {
      strategy->Begin(PlanOf(run));
      int deviations = 0;
      for (std::uint64_t step = 0; step < 50; ++step) {
        deviations += strategy->Pick(PickPoint::kEvent, CandidateView(handles),
                                     step) != 0;
      }
      calm += deviations <= 5;
    }
    EXPECT_GT(calm, 40) << name;
  }
}

TEST(RandomDeviationTest, RunsAreSparseAndDense) {
  const std::unique_ptr<Strategy> strategy =
      std::move(MakeStrategy("random_deviation")).value();
  const std::vector<HandleInfo> handles = Handles(4);
  int sparse = 0;
  int dense = 0;
  for (std::uint64_t run = 1; run <= 300; ++run) {
    strategy->Begin(PlanOf(run));
    int deviations = 0;
    for (std::uint64_t step = 0; step < 50; ++step) {
      deviations +=
          strategy->Pick(PickPoint::kReady, CandidateView(handles), step) != 0;
    }
    sparse += deviations <= 3;
    dense += deviations >= 20;
  }
  EXPECT_GT(sparse, 75);
  EXPECT_GT(dense, 50);
}

TEST(RandomDeviationTest, InTheDensestRunsEverythingDeviates) {
  const std::unique_ptr<Strategy> strategy =
      std::move(MakeStrategy("random_deviation")).value();
  const std::vector<HandleInfo> handles = Handles(4);
  int all_picks = 0;
  int all_draws = 0;
  for (std::uint64_t run = 1; run <= 200; ++run) {
    strategy->Begin(PlanOf(run));
    int picks = 0;
    int draws = 0;
    for (std::uint64_t i = 0; i < 50; ++i) {
      picks +=
          strategy->Pick(PickPoint::kFault, CandidateView(handles), i) != 0;
      draws += strategy->Draw(1, i, 3) != 0;
    }
    all_picks += picks == 50;
    all_draws += draws == 50;
  }
  EXPECT_GT(all_picks, 15);
  EXPECT_GT(all_draws, 5);
}

TEST(RandomPriorityTest, OneCandidateMoreLeavesTheOrderOfTheOthers) {
  const std::unique_ptr<Strategy> strategy =
      std::move(MakeStrategy("random_priority")).value();
  for (std::uint64_t run = 1; run < 100; ++run) {
    strategy->Begin(PlanOf(run));
    std::vector<HandleInfo> handles = Handles(5);
    const std::size_t before =
        strategy->Pick(PickPoint::kReady, CandidateView(handles), 0);
    handles.push_back(Handles(1, 7777)[0]);
    const std::size_t after =
        strategy->Pick(PickPoint::kReady, CandidateView(handles), 9);
    EXPECT_TRUE(after == before || after == 5)
        << "seed " << kSeed << ", run " << run;
  }
}

TEST(PctTest, WithoutChangePointsTheOrderOfOwnersIsFixed) {
  PctStrategy strategy({.max_depth = 1});
  std::set<std::size_t> seen;
  for (std::uint64_t run = 1; run < 60; ++run) {
    strategy.Begin(PlanOf(run));
    const std::vector<HandleInfo> handles = Handles(3);
    const std::size_t first =
        strategy.Pick(PickPoint::kReady, CandidateView(handles), 0);
    seen.insert(first);
    for (std::uint64_t step = 1; step < 50; ++step) {
      EXPECT_EQ(strategy.Pick(PickPoint::kReady, CandidateView(handles), step),
                first);
    }
  }
  EXPECT_EQ(seen.size(), 3u);
}

TEST(PctTest, AtAChangePointTheHighestFalls) {
  PctStrategy strategy({.max_depth = 3});
  std::map<std::size_t, int> changes;
  const std::vector<HandleInfo> handles = Handles(4);
  for (std::uint64_t run = 1; run <= 300; ++run) {
    strategy.Begin(PlanOf(run));
    std::vector<std::size_t> fallen;
    std::size_t last = 0;
    for (std::uint64_t step = 0; step < 110; ++step) {
      const std::size_t chosen =
          strategy.Pick(PickPoint::kReady, CandidateView(handles), step);
      if (step > 0 && chosen != last) fallen.push_back(last);
      EXPECT_EQ(std::ranges::count(fallen, chosen), 0);
      last = chosen;
    }
    ++changes[fallen.size()];
    if (fallen.size() < 2) continue;
    // Who fell last is lowest.
    const std::vector<HandleInfo> both = {handles[fallen[1]],
                                          handles[fallen[0]]};
    EXPECT_EQ(strategy.Pick(PickPoint::kReady, CandidateView(both), 200), 1u);
  }
  EXPECT_EQ(changes.size(), 3u);
  for (const auto& [count, runs] : changes) EXPECT_GT(runs, 60) << count;
}

TEST(StarvationTest, SomeOwnersWaitLongAndMostDoNot) {
  const std::unique_ptr<Strategy> strategy =
      std::move(MakeStrategy("starvation")).value();
  const std::vector<HandleInfo> handles = Handles(2);
  int fifo_runs = 0;
  int long_waits = 0;
  for (std::uint64_t run = 1; run <= 300; ++run) {
    strategy->Begin(PlanOf(run));
    int longest = 0;
    int waiting = 0;
    for (std::uint64_t step = 0; step < 50; ++step) {
      waiting =
          strategy->Pick(PickPoint::kReady, CandidateView(handles), step) == 1
              ? waiting + 1
              : 0;
      longest = std::max(longest, waiting);
    }
    fifo_runs += longest == 0;
    long_waits += longest >= 25;
  }
  EXPECT_GT(fifo_runs, 100);
  EXPECT_GT(long_waits, 5);
}

TEST(SweepTest, TakesEveryAlternativeOfTheDullRunOnce) {
  const std::unique_ptr<Strategy> sweep =
      std::move(MakeStrategy("sweep")).value();
  const RunOnce program = Reorder(3, 2, Bug::kPresent);
  const RunProfile dull =
      RerunTape(program, Tape(), LegalityMode::kContract).profile;
  ASSERT_GT(dull.alternatives, 10u);
  std::set<std::uint64_t> tapes;
  for (std::uint64_t run = 1; run <= dull.alternatives; ++run) {
    Scheduler scheduler(sweep.get(), LegalityMode::kContract);
    scheduler.Begin(MakePlan(kSeed, run, dull, 0));
    program(scheduler);
    EXPECT_EQ(scheduler.tape().size(), 1u);
    tapes.insert(scheduler.tape().Digest());
  }
  EXPECT_EQ(tapes.size(), dull.alternatives);
  Scheduler past(sweep.get(), LegalityMode::kContract);
  past.Begin(MakePlan(kSeed, dull.alternatives + 1, dull, 0));
  program(past);
  EXPECT_TRUE(past.tape().empty());
}

TEST(PortfolioTest, SweepsInAQuarterOfTheRunsUntilDone) {
  PortfolioStrategy portfolio;
  std::map<std::string, int> turns;
  for (std::uint64_t run = 0; run < 1000; ++run) {
    portfolio.Begin(PlanOf(run));
    ++turns[std::string(portfolio.member().name())];
    if (run == 0) {
      EXPECT_EQ(portfolio.member().name(), "fifo");
    }
    if (run == 1) {
      EXPECT_EQ(portfolio.member().name(), "lifo");
    }
    if (run == 2) {
      EXPECT_EQ(portfolio.member().name(), "sweep");
    }
  }
  EXPECT_EQ(turns["fifo"], 1);
  EXPECT_EQ(turns["lifo"], 1);
  EXPECT_EQ(turns["sweep"], 100);  // PlanOf's alternatives.
  for (const char* name : {"random_deviation", "random_priority", "pct",
                           "starvation", "random_walk"}) {
    EXPECT_NEAR(turns[name], 180, 10) << name;
  }
}

TEST(PermuteIndexTest, IsAPermutationThatDependsOnItsKey) {
  for (const std::uint64_t n : {1u, 2u, 3u, 7u, 64u, 100u, 1025u}) {
    std::set<std::uint64_t> images;
    bool moved = false;
    for (std::uint64_t i = 0; i < n; ++i) {
      const std::uint64_t image = PermuteIndex(kSeed, i, n);
      EXPECT_LT(image, n);
      images.insert(image);
      moved |= image != PermuteIndex(kSeed + 1, i, n);
    }
    EXPECT_EQ(images.size(), n);
    EXPECT_TRUE(moved || n <= 3) << n;
  }
}

}  // namespace
}  // namespace rondo
