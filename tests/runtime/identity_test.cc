#include "rondo/runtime/identity.h"

#include <cstdint>
#include <set>

#include "gtest/gtest.h"

namespace rondo {
namespace {

// The expected numbers were computed by other means: SplitMix64's published
// outputs, FNV-1a's published hashes, and big-integer arithmetic.

TEST(IdentityTest, MixBitsIsTheFinalizerOfSplitMix64) {
  EXPECT_EQ(MixBits(0), 0xe220a8397b1dcdafu);
  EXPECT_EQ(MixBits(1), 0x910a2dec89025cc1u);
  EXPECT_EQ(MixBits(2), 0x975835de1c9756ceu);
  EXPECT_EQ(MixBits(~std::uint64_t{0}), 0xe4d971771b652c20u);
}

TEST(IdentityTest, NamesAreHashedForEverTheSame) {
  EXPECT_EQ(HashName(""), MixBits(0xcbf29ce484222325u));
  EXPECT_EQ(HashName("foobar"), MixBits(0x85944171f73967e8u));
  EXPECT_EQ(HashName(""), 0xc3817c016ba4ff30u);
  EXPECT_EQ(HashName("a"), 0x5f29c2aadd9b8527u);
  EXPECT_EQ(HashName("foobar"), 0x5df295413403de4fu);
  EXPECT_EQ(HashName("main/worker#2"), 0x83e6aa47dc64dbd8u);
  // Bytes above 127 count as what they are, whatever char is.
  EXPECT_EQ(HashName("\xc3\xa9"), 0x6e2411eb685090bau);
}

TEST(IdentityTest, CombinationsAreForEverTheSameAndOrdered) {
  EXPECT_EQ(Combine(1, 2), 0x1b1afb6f0c7c86b7u);
  EXPECT_EQ(Combine(2, 1), 0x7440ad11ad3b9744u);
  EXPECT_EQ(Combine(0, 0), 0xe220a8397b1dcdafu);
  EXPECT_EQ(Combine(0x123456789abcdef0u, 7), 0x90becaf6130d5a45u);
}

TEST(IdentityTest, SmallNumbersDoNotCollide) {
  std::set<Identity> seen;
  for (Identity a = 0; a < 300; ++a) {
    for (Identity b = 0; b < 300; ++b) seen.insert(Combine(a, b));
  }
  EXPECT_EQ(seen.size(), 90'000u);
}

}  // namespace
}  // namespace rondo
