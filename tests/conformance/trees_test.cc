// Task groups, timeouts and generators in random programs do, turn by turn,
// what CPython's do.
#include "rondo/tests/conformance/trees.h"

#include <algorithm>

#include "gtest/gtest.h"

namespace rondo::conformance {
namespace {

TEST(TreesTest, EveryProgramWritesTheSameLines) {
  const std::vector<Tree> trees = ReadTrees("traces/asyncio/trees.txt");
  ASSERT_FALSE(trees.empty());
  for (const Tree& tree : trees) {
    SCOPED_TRACE(tree.program);
    const std::vector<std::string> lines = RunTree(tree);
    for (std::size_t i = 0; i < std::min(lines.size(), tree.lines.size());
         ++i) {
      ASSERT_EQ(lines[i], tree.lines[i]) << "line " << i + 1;
    }
    ASSERT_EQ(lines.size(), tree.lines.size());
  }
}

}  // namespace
}  // namespace rondo::conformance
