#include "rondo/replay/flag_values.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace rondo {
namespace {

// The value, or -1.
std::int64_t Time(const std::string& text) {
  const absl::StatusOr<Nanoseconds> time = ParseDuration(text);
  return time.ok() ? time->count() : -1;
}

TEST(FlagValuesTest, TimesHaveUnitsOrAreSeconds) {
  EXPECT_EQ(Time("0"), 0);
  EXPECT_EQ(Time("0s"), 0);
  EXPECT_EQ(Time("5"), 5'000'000'000);
  EXPECT_EQ(Time("1.5"), 1'500'000'000);
  EXPECT_EQ(Time("250ms"), 250'000'000);
  EXPECT_EQ(Time("30us"), 30'000);
  EXPECT_EQ(Time("0.000000001s"), 1);
  EXPECT_EQ(Time("2m"), 120'000'000'000);
  EXPECT_EQ(Time("24h"), 86'400'000'000'000);
  EXPECT_EQ(Time("1h30m"), 5'400'000'000'000);
}

TEST(FlagValuesTest, WhatIsNoTimeIsRefused) {
  for (const char* const text :
       {"", "s", "-1s", "-1", ".", "1..5s", "1.5ns", "5 s", " 5s", "5sec",
        "inf", "soon", "99999999999999999999s", "9223372037s"}) {
    EXPECT_EQ(Time(text), -1) << text;
  }
  EXPECT_EQ(ParseDuration("soon").status().message(),
            "expected a time such as 30s or 250ms (ns, us, ms, s, m, h), got "
            "\"soon\"");
}

TEST(FlagValuesTest, ATimesTextParsesToItself) {
  for (const std::int64_t count :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{1'200'000},
        std::int64_t{5'400'000'000'000}, std::int64_t{1'000'000'007}}) {
    EXPECT_EQ(Time(DurationText(Nanoseconds(count))), count);
  }
  EXPECT_EQ(DurationText(Nanoseconds(1'200'000)), "1.2ms");
}

TEST(FlagValuesTest, NumbersFitOrAreRefused) {
  EXPECT_EQ(ParseInteger("-7").value(), -7);
  EXPECT_FALSE(ParseInteger("9223372036854775808").ok());
  EXPECT_FALSE(ParseInteger("7 apples").ok());
  EXPECT_EQ(ParseInteger("x").status().message(),
            "expected an integer, got \"x\"");
  EXPECT_EQ(ParseUnsigned("18446744073709551615").value(),
            std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(ParseUnsigned("0xff").value(), 255u);
  for (const char* const text :
       {"", "-1", "0x", "0xg", "18446744073709551616", "0x10000000000000000"}) {
    EXPECT_FALSE(ParseUnsigned(text).ok()) << text;
  }
}

TEST(FlagValuesTest, YesAndNo) {
  for (const char* const text : {"1", "true", "yes"}) {
    EXPECT_TRUE(ParseBool(text).value()) << text;
  }
  for (const char* const text : {"0", "false", "no"}) {
    EXPECT_FALSE(ParseBool(text).value()) << text;
  }
  EXPECT_EQ(ParseBool("perhaps").status().message(),
            "expected true or false, got \"perhaps\"");
}

}  // namespace
}  // namespace rondo
