#include "rondo/replay/shrink.h"

#include <gtest/gtest.h>

#include <string>

#include "rondo/replay/explorer.h"
#include "rondo/runtime/identity.h"
#include "rondo/tests/replay/toy_programs.h"

namespace rondo {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::uint64_t kSchedules = 2000;

Finding FindOne(const RunOnce& program, std::uint64_t seed = kSeed,
                const std::string& strategy = "portfolio") {
  Explorer explorer(
      program, {.schedules = kSchedules, .seed = seed, .strategy = strategy});
  const absl::StatusOr<ExploreResult> result = explorer.Run();
  if (!result.ok() || result->findings.empty()) {
    ADD_FAILURE() << "nothing found; seed " << seed << ", " << strategy;
    return {};
  }
  return result->findings.front();
}

ShrinkResult ShrinkFinding(const RunOnce& program, const Finding& finding) {
  return Shrink(program, finding.tape, finding.mode,
                finding.outcome.signature());
}

TEST(ShrinkTest, EveryToyProgramShrinksToItsMinimum) {
  for (const ToyProgram& program : ToyPrograms()) {
    for (std::uint64_t seed = kSeed; seed < kSeed + 5; ++seed) {
      SCOPED_TRACE(std::string(program.name) + ", seed " +
                   std::to_string(seed));
      const Finding finding = FindOne(program.with_bug, seed);
      const ShrinkResult result = ShrinkFinding(program.with_bug, finding);
      EXPECT_TRUE(result.minimal);
      EXPECT_EQ(result.tape.size(), program.minimum) << result.tape.ToString();
      EXPECT_EQ(result.outcome.signature(), finding.outcome.signature());
      RecordProperty(std::string(program.name) + "_" + std::to_string(seed),
                     std::to_string(finding.tape.size()) + " in " +
                         std::to_string(result.replays));
      printf("%-12s seed %d run %4d: %4zu -> %zu in %3d replays\n",
             std::string(program.name).c_str(), int(seed), int(finding.run),
             finding.tape.size(), result.tape.size(), int(result.replays));
    }
  }
}

}  // namespace
}  // namespace rondo
