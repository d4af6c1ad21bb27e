// Task groups, timeouts and generators in random programs do, turn by turn,
// what CPython's do.
#include "rondo/tests/conformance/trees.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace rondo::conformance {
namespace {

std::string Joined(const std::vector<std::string>& lines) {
  return absl::StrJoin(lines, "\n");
}

TEST(TreesTest, EveryProgramWritesTheSameLines) {
  const std::vector<Tree> trees = ReadTrees("traces/asyncio/trees.txt");
  ASSERT_FALSE(trees.empty());
  for (const Tree& tree : trees) {
    SCOPED_TRACE(tree.program);
    ASSERT_EQ(Joined(RunTree(tree)), Joined(tree.lines));
  }
}

// Each in ten programs at least.
TEST(TreesTest, TheProgramsGetAround) {
  const std::vector<Tree> trees = ReadTrees("traces/asyncio/trees.txt");
  const auto programs_with = [&](const std::string& text) {
    return std::ranges::count_if(trees, [&](const Tree& tree) {
      return absl::StrContains(Joined(tree.lines), text);
    });
  };
  for (const char* text :
       {"swallowed", "cancels main 1", "cancelling 1", "TimeoutError",
        "AppError(e", "ExceptionGroup[", " pending", " done", "closed", "next",
        "after timeout", "after wait_for", "after shield", "after wait,",
        "after gather", "after outcomes", "after completed", "after clean_up",
        "\ncancelled"}) {
    EXPECT_GE(programs_with(text), 10) << text;
  }
}

}  // namespace
}  // namespace rondo::conformance
