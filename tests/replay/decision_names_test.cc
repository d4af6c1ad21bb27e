#include "rondo/replay/decision_names.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "rondo/replay/scheduler.h"
#include "rondo/replay/tape_strategy.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

constexpr Identity kStream = 0xaa;

// Asks `scheduler` as a program with one pick and three draws does.
void Ask(Scheduler& scheduler) {
  scheduler.Begin({});
  const std::vector<Candidate> candidates = {
      {.id = 1, .host = 0, .resource = 0, .label = "step of a"},
      {.id = 2, .host = 0, .resource = 0, .label = ""}};
  scheduler.Pick(PickPoint::kEvent, candidates);
  for (const std::uint64_t k : {0, 1, 2}) {
    const std::string what = "latency " + std::to_string(k);
    if (k != 2) scheduler.TellMeaning({what, 1ms});
    scheduler.Draw(kStream, k, 1'000'000);
  }
}

// How the names that were seen under `tape` describe it.
std::string Described(const Tape& tape) {
  DecisionNames names;
  TapeStrategy strategy(tape);
  Scheduler scheduler(&strategy, LegalityMode::kContract, &names);
  Ask(scheduler);
  return names.Describe(tape);
}

TEST(DecisionNamesTest, PicksAreDescribedByTheirLabelsOrIdentities) {
  EXPECT_EQ(Described(Tape({Decision::GoFirst(PickPoint::kEvent, 1, 2)})),
            "event: 0000000000000002 goes before step of a\n");
  EXPECT_EQ(Described(Tape({Decision::Hold(PickPoint::kEvent, 1, 2)})),
            "event: step of a waits until 0000000000000002 has gone\n");
}

TEST(DecisionNamesTest, DrawsAreDescribedByWhatTheyStandFor) {
  EXPECT_EQ(Described(Tape({Decision::Draw(kStream, 1, 200'000, 1'000'000)})),
            "draw: latency 1: 1.2ms instead of 1ms\n");
}

TEST(DecisionNamesTest, ADrawThatNobodyExplainsIsANumber) {
  // Without a meaning of its own it has not that of the one before it.
  EXPECT_EQ(Described(Tape({Decision::Draw(kStream, 2, 7, 1'000'000)})),
            "draw: 00000000000000aa[2] = 7 of 1000000\n");
  // Not asked in this run.
  EXPECT_EQ(Described(Tape({Decision::Draw(kStream, 9, 7, 1'000'000)})),
            "draw: 00000000000000aa[9] = 7 of 1000000\n");
}

TEST(DecisionNamesTest, MeaningsAreWantedOnlyByThoseWhoName) {
  TapeStrategy strategy{Tape()};
  EXPECT_FALSE(Scheduler(&strategy, LegalityMode::kContract).wants_meanings());
  DecisionNames names;
  EXPECT_TRUE(
      Scheduler(&strategy, LegalityMode::kContract, &names).wants_meanings());
}

}  // namespace
}  // namespace rondo
