#include "rondo/runtime/system_clock.h"

#include <gtest/gtest.h>

#include <chrono>

namespace rondo {
namespace {

TEST(SystemClockTest, NowNeverDecreases) {
  SystemClock clock;
  Nanoseconds last = clock.Now();
  for (int i = 0; i < 10'000; ++i) {
    const Nanoseconds now = clock.Now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SystemClockTest, NowIsTheClockOfTimers) {
  SystemClock clock;
  const auto before = std::chrono::steady_clock::now().time_since_epoch();
  const Nanoseconds now = clock.Now();
  const auto after = std::chrono::steady_clock::now().time_since_epoch();
  EXPECT_LE(before, now);
  EXPECT_LE(now, after);
}

TEST(SystemClockTest, WallNowIsTheCalendar) {
  SystemClock clock;
  const auto before = std::chrono::system_clock::now().time_since_epoch();
  const Nanoseconds wall = clock.WallNow();
  EXPECT_LE(before - wall, std::chrono::seconds(1));
  EXPECT_LE(wall - before, std::chrono::seconds(1));
}

TEST(SystemClockTest, ResolutionIsOneNanosecond) {
  EXPECT_EQ(SystemClock().resolution(), Nanoseconds(1));
}

}  // namespace
}  // namespace rondo
