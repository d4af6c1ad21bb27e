#include "rondo/replay/tape.h"

#include <gtest/gtest.h>

#include <limits>

namespace rondo {
namespace {

Tape ExampleTape() {
  Tape tape;
  tape.Add(Decision::GoFirst(PickPoint::kReady, 1, 2));
  tape.Add(Decision::Draw(7, 0, 5, 10));
  tape.Add(Decision::GoFirst(PickPoint::kFault, 3, 4));
  tape.Add(Decision::Hold(PickPoint::kEvent, 5, 6));
  tape.Add(Decision::Draw(7, 1, 9, 10));
  return tape;
}

TEST(TapeTest, AnEmptyTapeIsTheDullRun) {
  const Tape tape;
  EXPECT_TRUE(tape.empty());
  EXPECT_EQ(tape.picks() + tape.faults() + tape.draws(), 0u);
  EXPECT_EQ(tape.ToString(), "");
}

TEST(TapeTest, KeepsTheOrderOfRecording) {
  const Tape tape = ExampleTape();
  ASSERT_EQ(tape.size(), 5u);
  EXPECT_EQ(tape[0].answer, 2u);
  EXPECT_EQ(tape[3].kind, DecisionKind::kHold);
  EXPECT_EQ(tape[4].k, 1u);
}

TEST(TapeTest, CountsByKind) {
  const Tape tape = ExampleTape();
  EXPECT_EQ(tape.faults(), 1u);
  EXPECT_EQ(tape.picks(), 2u);
  EXPECT_EQ(tape.draws(), 2u);
  EXPECT_EQ(tape.draw_sum(), 14u);
}

TEST(TapeTest, TheSumOfDrawsDoesNotWrap) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  Tape tape;
  tape.Add(Decision::Draw(1, 0, kMost - 1, kMost));
  tape.Add(Decision::Draw(1, 1, kMost - 1, kMost));
  EXPECT_EQ(tape.draw_sum(), kMost);
}

TEST(TapeTest, WithoutOneLeavesTheOthersInOrder) {
  const Tape tape = ExampleTape();
  const Tape rest = tape.Without(2);
  ASSERT_EQ(rest.size(), 4u);
  EXPECT_EQ(rest.faults(), 0u);
  EXPECT_EQ(rest[1], tape[1]);
  EXPECT_EQ(rest[2], tape[3]);
}

TEST(TapeTest, OnlyKeepsWhatIsMarked) {
  const Tape tape = ExampleTape();
  const Tape kept = tape.Only({false, true, false, false, true});
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0], tape[1]);
  EXPECT_EQ(kept[1], tape[4]);
  EXPECT_EQ(tape.Only({true, true, true, true, true}), tape);
}

TEST(TapeTest, EqualityAndDigestSeeEveryFieldAndTheOrder) {
  const Tape tape = ExampleTape();
  EXPECT_EQ(tape, ExampleTape());
  EXPECT_EQ(tape.Digest(), ExampleTape().Digest());
  const Decision same = Decision::GoFirst(PickPoint::kReady, 1, 2);
  for (const Decision& other :
       {Decision::GoFirst(PickPoint::kEvent, 1, 2),
        Decision::GoFirst(PickPoint::kReady, 2, 1),
        Decision::GoFirst(PickPoint::kReady, 1, 3),
        Decision::Hold(PickPoint::kReady, 1, 2), Decision::Draw(1, 0, 2, 3),
        Decision::Draw(1, 1, 2, 3), Decision::Draw(1, 0, 2, 4)}) {
    EXPECT_NE(Tape({same}), Tape({other})) << other.ToString();
    EXPECT_NE(Tape({same}).Digest(), Tape({other}).Digest());
    EXPECT_NE(Tape({same, other}).Digest(), Tape({other, same}).Digest());
  }
  EXPECT_NE(Tape({same}).Digest(), Tape({same, same}).Digest());
}

TEST(TapeTest, ReadsAsText) {
  EXPECT_EQ(ExampleTape().ToString(),
            "ready: 0000000000000002 goes before 0000000000000001\n"
            "draw: 0000000000000007[0] = 5 of 10\n"
            "fault: 0000000000000004 goes before 0000000000000003\n"
            "event: 0000000000000005 waits for 0000000000000006\n"
            "draw: 0000000000000007[1] = 9 of 10\n");
  EXPECT_EQ(DecisionKindName(DecisionKind::kGoFirst), "go first");
  EXPECT_EQ(DecisionKindName(DecisionKind::kHold), "hold");
  EXPECT_EQ(DecisionKindName(DecisionKind::kDraw), "draw");
}

}  // namespace
}  // namespace rondo
