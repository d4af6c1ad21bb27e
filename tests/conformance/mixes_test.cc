// Locks and queues in random programs do, turn by turn, what CPython's do.
#include "rondo/tests/conformance/mixes.h"

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace rondo::conformance {
namespace {

TEST(MixesTest, EveryProgramWritesTheSameLines) {
  const std::vector<Mix> mixes = ReadMixes("traces/asyncio/mixes.txt");
  ASSERT_FALSE(mixes.empty());
  for (const Mix& mix : mixes) {
    SCOPED_TRACE(mix.name);
    ASSERT_EQ(absl::StrJoin(RunMix(mix), "\n"), absl::StrJoin(mix.lines, "\n"));
  }
}

}  // namespace
}  // namespace rondo::conformance
