// Locks and queues in random programs do, turn by turn, what CPython's do.
#include "rondo/tests/conformance/mixes.h"

#include <algorithm>

#include "gtest/gtest.h"

namespace rondo::conformance {
namespace {

TEST(MixesTest, EveryProgramWritesTheSameLines) {
  const std::vector<Mix> mixes = ReadMixes("traces/asyncio/mixes.txt");
  ASSERT_FALSE(mixes.empty());
  for (const Mix& mix : mixes) {
    SCOPED_TRACE(mix.name);
    const std::vector<std::string> lines = RunMix(mix);
    for (std::size_t i = 0; i < std::min(lines.size(), mix.lines.size()); ++i) {
      ASSERT_EQ(lines[i], mix.lines[i]) << "line " << i + 1;
    }
    ASSERT_EQ(lines.size(), mix.lines.size());
  }
}

}  // namespace
}  // namespace rondo::conformance
