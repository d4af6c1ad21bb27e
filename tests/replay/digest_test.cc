#include "rondo/replay/digest.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rondo/replay/json_text.h"
#include "rondo/replay/trace.h"
#include "rondo/runtime/identity.h"

namespace rondo {
namespace {

// These numbers are in files: they never change.
TEST(DigestTest, ValuesAreFixedForEver) {
  EXPECT_EQ(Hex(MixBits(0)), "e220a8397b1dcdaf");
  EXPECT_EQ(Hex(HashName("")), "c3817c016ba4ff30");
  EXPECT_EQ(Hex(HashName("n1")), "5badd04f049599a9");
  EXPECT_EQ(Hex(HashBytes("")), "e220a8397b1dcdaf");
  EXPECT_EQ(Hex(HashBytes("hello, world")), "dec6c5bcf1a062b1");
  IterationDigest digest;
  digest.AddPick(2, std::vector<Identity>{1, 2});
  digest.AddRun(2);
  digest.AddOutput("send", 5, "hello");
  digest.AddTime(250, -1);
  digest.AddTimer(7);
  digest.AddIo(5, 1);
  digest.AddArrival("threadsafe", 3);
  const LaneDigests lanes = digest.Take();
  EXPECT_EQ(Hex(lanes[kReadyLane]), "9477240f81edfaa0");
  EXPECT_EQ(Hex(lanes[kOutputLane]), "6e187d6fad77ea8b");
  EXPECT_EQ(Hex(lanes[kTimerLane]), "87b13483a8258046");
  EXPECT_EQ(Hex(lanes[kIoLane]), "2059bf386469d4de");
  ChainDigests chains;
  chains.Add("n1", 0, lanes);
  EXPECT_EQ(Hex(chains.host("n1")), "47d132ec7520bacc");
  EXPECT_EQ(Hex(chains.whole()), "2f25a09aa550d76b");
}

TEST(DigestTest, AnIterationInWhichNothingHappenedHasZeroLanes) {
  IterationDigest digest;
  EXPECT_EQ(digest.Take(), LaneDigests());
}

TEST(DigestTest, TakeBeginsTheNextIteration) {
  IterationDigest digest;
  digest.AddRun(1);
  const LaneDigests first = digest.Take();
  digest.AddRun(1);
  EXPECT_EQ(digest.Take(), first);
}

TEST(DigestTest, EachThingTouchesItsOwnLane) {
  const LaneDigests zero = {};
  IterationDigest digest;
  digest.AddRun(1);
  EXPECT_EQ(DifferingLanes(digest.Take(), zero), "ready");
  digest.AddPick(1, std::vector<Identity>{1, 2});
  EXPECT_EQ(DifferingLanes(digest.Take(), zero), "ready");
  digest.AddOutput("out", 0, "");
  EXPECT_EQ(DifferingLanes(digest.Take(), zero), "outputs");
  digest.AddTime(0, 0);
  EXPECT_EQ(DifferingLanes(digest.Take(), zero), "timers");
  digest.AddTimer(1);
  EXPECT_EQ(DifferingLanes(digest.Take(), zero), "timers");
  digest.AddIo(1, 1);
  EXPECT_EQ(DifferingLanes(digest.Take(), zero), "io");
  digest.AddArrival("signal", 1);
  EXPECT_EQ(DifferingLanes(digest.Take(), zero), "io");
}

TEST(DigestTest, OrderMatters) {
  IterationDigest digest;
  digest.AddRun(1);
  digest.AddRun(2);
  const LaneDigests one = digest.Take();
  digest.AddRun(2);
  digest.AddRun(1);
  EXPECT_NE(digest.Take()[kReadyLane], one[kReadyLane]);
}

TEST(DigestTest, PicksAndRunsMayInterleave) {
  const std::vector<Identity> candidates = {1, 2};
  IterationDigest digest;
  digest.AddPick(1, candidates);
  digest.AddRun(1);
  digest.AddRun(2);
  const LaneDigests one = digest.Take();
  digest.AddRun(1);
  digest.AddRun(2);
  digest.AddPick(1, candidates);
  EXPECT_EQ(digest.Take(), one);
}

TEST(DigestTest, TextsOfAllLengthsAreToldApart) {
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size < 64; ++size) {
    EXPECT_TRUE(seen.insert(HashBytes(std::string(size, '\0'))).second);
    EXPECT_TRUE(seen.insert(HashBytes(std::string(size, 'x') + "y")).second);
  }
}

TEST(DigestTest, ChainsOfHostsDoNotDependOnOneAnother) {
  ChainDigests together;
  ChainDigests alone;
  together.Add("n1", 0, {1, 2, 3, 4});
  together.Add("n2", 0, {5, 6, 7, 8});
  together.Add("n1", 1, {1, 2, 3, 4});
  alone.Add("n2", 0, {5, 6, 7, 8});
  EXPECT_EQ(together.host("n2"), alone.host("n2"));
  EXPECT_NE(together.whole(), alone.whole());
  EXPECT_EQ(together.iterations(), 3);
  ASSERT_EQ(together.hosts().size(), 2u);
  EXPECT_EQ(together.hosts()[0].host, "n1");
  EXPECT_EQ(together.host("n3"), HashName("n3"));
}

TEST(DigestTest, TheWholeDependsOnTheOrderOfHosts) {
  ChainDigests one;
  ChainDigests other;
  one.Add("n1", 0, {1, 0, 0, 0});
  one.Add("n2", 0, {1, 0, 0, 0});
  other.Add("n2", 0, {1, 0, 0, 0});
  other.Add("n1", 0, {1, 0, 0, 0});
  EXPECT_EQ(one.host("n1"), other.host("n1"));
  EXPECT_NE(one.whole(), other.whole());
}

}  // namespace
}  // namespace rondo
