// Task groups, timeouts and generators in random programs do, turn by turn,
// what CPython's do.
#include "rondo/tests/conformance/trees.h"

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace rondo::conformance {
namespace {

TEST(TreesTest, EveryProgramWritesTheSameLines) {
  const std::vector<Tree> trees = ReadTrees("traces/asyncio/trees.txt");
  ASSERT_FALSE(trees.empty());
  for (const Tree& tree : trees) {
    SCOPED_TRACE(tree.program);
    ASSERT_EQ(absl::StrJoin(RunTree(tree), "\n"),
              absl::StrJoin(tree.lines, "\n"));
  }
}

}  // namespace
}  // namespace rondo::conformance
