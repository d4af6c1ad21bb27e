#include "rondo/runtime/ring.h"

#include <deque>
#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "rondo/runtime/seeded_random.h"

namespace rondo::internal {
namespace {

// Against std::deque, in the same random mix.
TEST(RingTest, GivesFirstWhatCameFirst) {
  constexpr std::uint64_t kSeed = 7;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  Ring<std::unique_ptr<int>> ring;
  std::deque<int> expected;
  for (int i = 0; i < 5000; ++i) {
    const bool push = random.Below(100) < (i < 2500 ? 60u : 40u);
    if (push || expected.empty()) {
      ring.Push(std::make_unique<int>(i));
      expected.push_back(i);
    } else {
      EXPECT_EQ(*ring.Pop(), expected.front());
      expected.pop_front();
    }
  }
  for (const int value : expected) EXPECT_EQ(*ring.Pop(), value);
}

TEST(RingTest, WhatIsTakenOutIsGone) {
  const auto item = std::make_shared<int>(1);
  Ring<std::shared_ptr<int>> ring;
  ring.Push(item);
  ring.Push(item);
  EXPECT_EQ(item.use_count(), 3);
  ring.Pop();
  EXPECT_EQ(item.use_count(), 2);
}

TEST(RingTest, WhatIsLeftDiesWithIt) {
  const auto item = std::make_shared<int>(1);
  {
    Ring<std::shared_ptr<int>> ring;
    for (int i = 0; i < 9; ++i) ring.Push(item);
    const Ring<std::shared_ptr<int>> taken = std::move(ring);
    EXPECT_EQ(item.use_count(), 10);
  }
  EXPECT_EQ(item.use_count(), 1);
}

}  // namespace
}  // namespace rondo::internal
