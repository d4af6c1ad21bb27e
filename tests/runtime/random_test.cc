#include "rondo/runtime/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

#include "rondo/runtime/seeded_random.h"
#include "rondo/runtime/system_random.h"

namespace rondo {
namespace {

// The published reference: xoshiro256** from the state 1, 2, 3, 4.
TEST(SeededRandomTest, IsTheFixedAlgorithm) {
  SeededRandom random(SeededRandom::State{1, 2, 3, 4});
  EXPECT_EQ(random.Next(), 11520u);
  EXPECT_EQ(random.Next(), 0u);
  EXPECT_EQ(random.Next(), 1509978240u);
  EXPECT_EQ(random.Next(), 1215971899390074240u);
}

TEST(SeededRandomTest, SeedZeroIsFixedForEver) {
  SeededRandom random(0);
  EXPECT_EQ(random.Next(), 11091344671253066420u);
  EXPECT_EQ(random.Next(), 13793997310169335082u);
}

TEST(SeededRandomTest, SeedsDiffer) {
  SeededRandom a(1);
  SeededRandom b(2);
  EXPECT_NE(a.Next(), b.Next());
}

TEST(RandomTest, BelowIsInRangeAndReachesAll) {
  SeededRandom random(7);
  std::array<int, 10> count = {};
  for (int i = 0; i < 10'000; ++i) ++count[random.Below(10)];
  for (const int n : count) {
    EXPECT_GT(n, 850);
    EXPECT_LT(n, 1150);
  }
}

TEST(RandomTest, BelowOneIsZero) {
  SeededRandom random(7);
  EXPECT_EQ(random.Below(1), 0u);
}

TEST(RandomTest, UnitIsInRange) {
  SeededRandom random(7);
  for (int i = 0; i < 1'000; ++i) {
    const double unit = random.Unit();
    EXPECT_GE(unit, 0.0);
    EXPECT_LT(unit, 1.0);
  }
}

TEST(SystemRandomTest, TwoDiffer) {
  SystemRandom a;
  SystemRandom b;
  EXPECT_NE(a.Next(), b.Next());
}

}  // namespace
}  // namespace rondo
