#include "rondo/replay/shrink.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "rondo/replay/explorer.h"
#include "rondo/runtime/identity.h"
#include "rondo/tests/replay/toy_programs.h"
#include "rondo/tests/replay/toy_world.h"

namespace rondo {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::uint64_t kSeeds = 10;

Finding FindOne(const RunOnce& program, std::uint64_t seed = kSeed,
                const std::string& strategy = "portfolio") {
  const absl::StatusOr<ExploreResult> result =
      Explorer(program, {.schedules = 5000,
                         .seed = seed,
                         .strategy = strategy,
                         .adversarial = true})
          .Run();
  if (!result.ok() || result->findings.empty()) {
    ADD_FAILURE() << "nothing found; seed " << seed << ", " << strategy;
    return {};
  }
  return result->findings.front();
}

ShrinkResult ShrinkFinding(const RunOnce& program, const Finding& finding,
                           const ShrinkOptions& options = {}) {
  return Shrink(program, finding.tape, finding.mode,
                finding.outcome.signature(), options);
}

// What every result promises.
void ExpectMinimal(const RunOnce& program, const ShrinkResult& result,
                   const Signature& signature) {
  EXPECT_TRUE(result.minimal);
  EXPECT_EQ(result.outcome.signature(), signature);
  const RerunResult again = RerunTape(program, result.tape, result.mode);
  EXPECT_EQ(again.outcome.signature(), signature);
  EXPECT_EQ(again.outcome.digest, result.outcome.digest);
  EXPECT_EQ(again.used, result.tape);
  for (std::size_t i = 0; i < result.tape.size(); ++i) {
    EXPECT_TRUE(RerunTape(program, result.tape.Without(i), result.mode)
                    .outcome.passed())
        << "without " << result.tape[i].ToString();
  }
  ASSERT_EQ(result.neighbour.has_value(), !result.tape.empty());
  if (!result.neighbour.has_value()) return;
  const RerunResult neighbour =
      RerunTape(program, result.neighbour->tape, result.mode);
  EXPECT_TRUE(neighbour.outcome.passed());
  EXPECT_EQ(neighbour.outcome.digest, result.neighbour->outcome.digest);
}

TEST(ShrinkTest, EveryToyProgramShrinksToItsMinimum) {
  for (const ToyProgram& program : ToyPrograms()) {
    std::uint64_t most = 0;
    for (std::uint64_t seed = kSeed; seed < kSeed + kSeeds; ++seed) {
      SCOPED_TRACE(std::string(program.name) + ", seed " +
                   std::to_string(seed));
      const Finding finding = FindOne(program.with_bug, seed);
      const ShrinkResult result = ShrinkFinding(program.with_bug, finding);
      EXPECT_EQ(result.tape.size(), program.minimum) << result.tape.ToString();
      ExpectMinimal(program.with_bug, result, finding.outcome.signature());
      most = std::max(most, result.replays);
    }
    EXPECT_LE(most, 200u) << program.name;
  }
}

// Dense tapes: nearly every pick of a random walk deviates.
TEST(ShrinkTest, ARandomWalkShrinksToTheSame) {
  for (const ToyProgram& program : ToyPrograms()) {
    if (program.name == "starve_60" || program.name == "reorder_10") {
      continue;  // A random walk never gets there.
    }
    for (std::uint64_t seed = kSeed; seed < kSeed + kSeeds; ++seed) {
      SCOPED_TRACE(std::string(program.name) + ", seed " +
                   std::to_string(seed));
      const Finding finding = FindOne(program.with_bug, seed, "random_walk");
      const ShrinkResult result = ShrinkFinding(program.with_bug, finding);
      EXPECT_EQ(result.tape.size(), program.minimum)
          << result.tape.ToString() << "from " << finding.tape.size();
      ExpectMinimal(program.with_bug, result, finding.outcome.signature());
    }
  }
}

TEST(ShrinkTest, TheSameFindingShrinksTheSameWay) {
  const RunOnce program = AtomicityViolation(10, Bug::kPresent);
  const Finding finding = FindOne(program);
  const ShrinkResult a = ShrinkFinding(program, finding);
  const ShrinkResult b = ShrinkFinding(program, finding);
  EXPECT_EQ(a.tape, b.tape);
  EXPECT_EQ(a.replays, b.replays);
  EXPECT_EQ(a.neighbour->tape, b.neighbour->tape);
}

TEST(ShrinkTest, StarvingIsOneHold) {
  const RunOnce program = Starvation(60, Bug::kPresent);
  const Finding finding = FindOne(program);
  EXPECT_GE(finding.tape.size(), 60u);
  const ShrinkResult result = ShrinkFinding(program, finding);
  ASSERT_EQ(result.tape.size(), 1u);
  EXPECT_EQ(result.tape[0],
            Decision::Hold(PickPoint::kReady, Combine(HashName("setter"), 0),
                           Combine(HashName("needer"), 60)));
}

TEST(ShrinkTest, AHoldThatNeedNotBeIsNone) {
  const Identity producer = Combine(HashName("producer"), 0);
  const Identity consumer = Combine(HashName("consumer"), 0);
  const ShrinkResult result =
      Shrink(LostWakeup(Bug::kPresent),
             Tape({Decision::Hold(PickPoint::kReady, producer, consumer)}),
             LegalityMode::kContract, {RunKind::kDeadlock, ""});
  EXPECT_EQ(result.tape,
            Tape({Decision::GoFirst(PickPoint::kReady, producer, consumer)}));
}

TEST(ShrinkTest, DrawsAreLoweredToTheLeastThatFails) {
  const RunOnce program = SlowReply(Bug::kPresent);
  for (std::uint64_t seed = kSeed; seed < kSeed + kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const ShrinkResult result = ShrinkFinding(program, FindOne(program, seed));
    ASSERT_EQ(result.tape.draws(), 1u) << result.tape.ToString();
    EXPECT_EQ(result.tape.faults(), 1u) << result.tape.ToString();
    EXPECT_EQ(result.tape.draw_sum(), 700u);
    // Nearer than no delay at all is one that is just short of the timeout.
    EXPECT_EQ(result.neighbour->tape.draw_sum(), 699u);
    EXPECT_TRUE(result.neighbour->removed.is_draw());
  }
}

ToyTask Fails(ToyWorld& world, const bool& early, bool late) {
  if (early) world.Fail("early");
  if (late) world.Fail("late");
  co_return;
}

// Two bugs: shrinking the one must not slip to the other, which is nearer.
RunOutcome TwoBugs(Scheduler& scheduler) {
  ToyWorld world(scheduler);
  const std::uint64_t a = scheduler.Draw(HashName("a"), 0, 10);
  const std::uint64_t b = scheduler.Draw(HashName("b"), 0, 10);
  const bool early = a >= 5 && b >= 5;
  world.Spawn("fails", Fails(world, early, a >= 2));
  return world.Run();
}

TEST(ShrinkTest, NeverTradesOneSignatureForAnother) {
  const Tape tape({Decision::Draw(HashName("a"), 0, 9, 10),
                   Decision::Draw(HashName("b"), 0, 9, 10)});
  const ShrinkResult early =
      Shrink(TwoBugs, tape, LegalityMode::kContract, {RunKind::kFail, "early"});
  EXPECT_TRUE(early.minimal);
  EXPECT_EQ(early.tape.draw_sum(), 10u) << early.tape.ToString();
  // Without any one of its decisions it is the other bug or none.
  ASSERT_TRUE(early.neighbour.has_value());
  EXPECT_TRUE(early.neighbour->outcome.passed());
  const ShrinkResult late =
      Shrink(TwoBugs, tape.Without(1), LegalityMode::kContract,
             {RunKind::kFail, "late"});
  EXPECT_EQ(late.tape, Tape({Decision::Draw(HashName("a"), 0, 2, 10)}));
}

TEST(ShrinkTest, NamesTheWeakestModeThatShowsIt) {
  const RunOnce program = LostWakeup(Bug::kPresent);
  const Finding finding = FindOne(program);
  const ShrinkResult result =
      Shrink(program, finding.tape, LegalityMode::kAdversarial,
             finding.outcome.signature());
  EXPECT_EQ(result.mode, LegalityMode::kContract);
  EXPECT_EQ(result.tape.size(), 1u);

  const RunOnce swap = [](Scheduler& scheduler) {
    ToyWorld world(scheduler);
    bool early = true;
    const auto made = [](bool& flag) -> ToyTask {
      flag = false;
      co_return;
    };
    world.Spawn("made", made(early), /*order_key=*/7);
    world.Spawn("read", Fails(world, early, false), /*order_key=*/7);
    return world.Run();
  };
  const Finding needs_swap = FindOne(swap);
  EXPECT_EQ(needs_swap.mode, LegalityMode::kAdversarial);
  const ShrinkResult still = ShrinkFinding(swap, needs_swap);
  EXPECT_EQ(still.mode, LegalityMode::kAdversarial);
  EXPECT_TRUE(still.minimal);
}

TEST(ShrinkTest, WhatFailsAnywayNeedsNoDecision) {
  const RunOnce program = Overdraft(Bug::kPresent);
  const Tape tape({Decision::GoFirst(PickPoint::kReady, 1, 2)});
  const ShrinkResult result = Shrink(program, tape, LegalityMode::kContract,
                                     {RunKind::kFail, "overdrawn"});
  EXPECT_TRUE(result.minimal);
  EXPECT_TRUE(result.tape.empty());
  EXPECT_FALSE(result.neighbour.has_value());
}

TEST(ShrinkTest, ATapeThatDoesNotFailComesBackAsItIs) {
  const Tape tape({Decision::GoFirst(PickPoint::kReady, 1, 2)});
  const ShrinkResult result =
      Shrink(Overdraft(Bug::kFixed), tape, LegalityMode::kContract,
             {RunKind::kFail, "overdrawn"});
  EXPECT_FALSE(result.minimal);
  EXPECT_EQ(result.tape, tape);
  EXPECT_TRUE(result.outcome.passed());
  EXPECT_EQ(result.replays, 1u);
}

TEST(ShrinkTest, KeepsToItsBudgetAndReportsProgress) {
  const RunOnce program = AtomicityViolation(10, Bug::kPresent);
  const Finding finding = FindOne(program, kSeed, "random_walk");
  std::vector<ShrinkProgress> seen;
  const ShrinkResult result = ShrinkFinding(
      program, finding,
      {.max_replays = 8,
       .progress = [&seen](const ShrinkProgress& p) { seen.push_back(p); }});
  EXPECT_FALSE(result.minimal);
  EXPECT_EQ(result.replays, 8u);
  ASSERT_EQ(seen.size(), 8u);
  EXPECT_EQ(seen.back().replays, 8u);
  EXPECT_LT(result.tape.size(), finding.tape.size());
  EXPECT_EQ(result.outcome.signature(), finding.outcome.signature());
}

}  // namespace
}  // namespace rondo
