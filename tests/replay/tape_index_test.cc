#include "rondo/replay/tape_index.h"

#include <gtest/gtest.h>

#include <vector>

#include "rondo/replay/run_hash.h"

namespace rondo {
namespace {

TEST(TapeIndexTest, FindsNothingOnAnEmptyTape) {
  const TapeIndex index{Tape()};
  EXPECT_EQ(index.FirstPick(PickPoint::kReady, 0), TapeIndex::kNone);
  EXPECT_EQ(index.FindDraw(0, 0), TapeIndex::kNone);
}

TEST(TapeIndexTest, SeveralAboutTheSameComeInTheOrderOfTheTape) {
  Tape tape;
  tape.Add(Decision::GoFirst(PickPoint::kReady, 1, 10));
  tape.Add(Decision::GoFirst(PickPoint::kReady, 2, 20));
  tape.Add(Decision::Hold(PickPoint::kReady, 1, 11));
  tape.Add(Decision::GoFirst(PickPoint::kReady, 1, 12));
  const TapeIndex index(tape);
  EXPECT_EQ(index.FirstPick(PickPoint::kReady, 1), 0u);
  EXPECT_EQ(index.Next(0), 2u);
  EXPECT_EQ(index.Next(2), 3u);
  EXPECT_EQ(index.Next(3), TapeIndex::kNone);
}

TEST(TapeIndexTest, PointsAndDrawsDoNotMix) {
  Tape tape;
  tape.Add(Decision::GoFirst(PickPoint::kReady, 1, 10));
  tape.Add(Decision::GoFirst(PickPoint::kEvent, 0, 20));
  tape.Add(Decision::Draw(1, 0, 1, 2));
  const TapeIndex index(tape);
  EXPECT_EQ(index.FirstPick(PickPoint::kReady, 1), 0u);
  EXPECT_EQ(index.FirstPick(PickPoint::kReady, 0), TapeIndex::kNone);
  EXPECT_EQ(index.FirstPick(PickPoint::kEvent, 0), 1u);
  EXPECT_EQ(index.FirstPick(PickPoint::kEvent, 1), TapeIndex::kNone);
  EXPECT_EQ(index.FirstPick(PickPoint::kFault, 1), TapeIndex::kNone);
  EXPECT_EQ(index.FindDraw(1, 0), 2u);
  EXPECT_EQ(index.FindDraw(1, 1), TapeIndex::kNone);
}

TEST(TapeIndexTest, AgreesWithASearchOfTheTape) {
  constexpr std::uint64_t kSeed = 20240611;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  for (std::uint64_t round = 0; round < 50; ++round) {
    const std::uint64_t key = RunKey(kSeed, round);
    const std::uint64_t size = RandomBelow(RandomWord(key, 0), 300);
    const std::uint64_t subjects = 1 + size / 3;
    Tape tape;
    for (std::uint64_t i = 0; i < size; ++i) {
      tape.Add(Decision::GoFirst(
          PickPoint::kReady, RandomBelow(RandomWord(key, 1, i), subjects), i));
    }
    const TapeIndex index(tape);
    for (std::uint64_t subject = 0; subject < subjects + 5; ++subject) {
      std::vector<std::uint32_t> expected;
      for (std::uint32_t i = 0; i < size; ++i) {
        if (tape[i].subject == subject) expected.push_back(i);
      }
      std::vector<std::uint32_t> found;
      for (std::uint32_t at = index.FirstPick(PickPoint::kReady, subject);
           at != TapeIndex::kNone; at = index.Next(at)) {
        found.push_back(at);
      }
      EXPECT_EQ(found, expected) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace rondo
