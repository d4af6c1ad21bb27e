#include "rondo/replay/align.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rondo/tests/replay/random_records.h"

namespace rondo {
namespace {

// Letters are keys; an upper-case letter is the same key with other content.
std::vector<AlignItem> Items(const std::string& text) {
  std::vector<AlignItem> items;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    items.push_back({.key = static_cast<std::uint64_t>(upper ? c + 32 : c),
                     .content = upper});
  }
  return items;
}

// "=a" same, "!a" changed, "~a" moved, "-a" only A, "+a" only B.
std::string Aligned(const std::string& a, const std::string& b) {
  const std::vector<AlignItem> items_a = Items(a);
  const std::vector<AlignItem> items_b = Items(b);
  std::string text;
  for (const AlignedItem& item : Align(items_a, items_b)) {
    text += "=!~-+"[static_cast<std::size_t>(item.status)];
    text += item.a != AlignedItem::kNone ? a[item.a] : b[item.b];
  }
  return text;
}

TEST(AlignTest, EqualSequencesAreTheSame) {
  EXPECT_EQ(Aligned("", ""), "");
  EXPECT_EQ(Aligned("abc", "abc"), "=a=b=c");
}

TEST(AlignTest, WhatOneLacksStandsWhereItWas) {
  EXPECT_EQ(Aligned("abc", "ac"), "=a-b=c");
  EXPECT_EQ(Aligned("ac", "abc"), "=a+b=c");
  EXPECT_EQ(Aligned("", "ab"), "+a+b");
}

TEST(AlignTest, AShiftIsNoDifference) {
  EXPECT_EQ(Aligned("abcdef", "xabcdef"), "+x=a=b=c=d=e=f");
}

TEST(AlignTest, OneThatWasOvertakenHasMoved) {
  EXPECT_EQ(Aligned("abcd", "bcda"), "~a=b=c=d");
}

TEST(AlignTest, OtherContentIsAChange) {
  EXPECT_EQ(Aligned("abc", "aBc"), "=a!b=c");
}

TEST(AlignTest, EveryItemOfBothAppearsOnce) {
  RandomRecords random(TestSeed());
  for (int round = 0; round < 500; ++round) {
    std::string a, b;
    for (char c = 'a'; c <= 'z'; ++c) {
      if (random.Below(3) != 0) a.insert(random.Below(a.size() + 1), 1, c);
      if (random.Below(3) != 0) b.insert(random.Below(b.size() + 1), 1, c);
    }
    const auto items = Align(Items(a), Items(b));
    std::string seen_a, seen_b;
    for (const AlignedItem& item : items) {
      if (item.a != AlignedItem::kNone) seen_a += a[item.a];
      if (item.b != AlignedItem::kNone) seen_b += b[item.b];
    }
    EXPECT_EQ(seen_a, a);
    std::sort(seen_b.begin(), seen_b.end());
    std::sort(b.begin(), b.end());
    EXPECT_EQ(seen_b, b);
  }
}

}  // namespace
}  // namespace rondo
