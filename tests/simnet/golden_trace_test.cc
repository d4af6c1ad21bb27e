// The traces of traces/sim, byte for byte from the second record on: the same
// run with every compiler, at every level of optimisation.
//
// UPDATE_GOLDENS=1 writes them anew; then the change of each line is to be
// explained in the commit.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "rondo/replay/diff_text.h"
#include "rondo/replay/replayer.h"
#include "rondo/replay/tape_strategy.h"
#include "rondo/replay/trace_file.h"
#include "rondo/replay/verify.h"
#include "rondo/tests/simnet/golden_scenarios.h"
#include "rondo/tests/support/run_twice.h"

namespace rondo {
namespace {

// Where the sources are: Bazel says so to what it runs outside its sandbox.
std::string PathOf(const GoldenScenario& golden) {
  const char* const root = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  return (root == nullptr ? std::string() : std::string(root) + "/") +
         "traces/sim/" + golden.name + ".jsonl";
}

bool Updating() { return std::getenv("UPDATE_GOLDENS") != nullptr; }

std::string Stored(const GoldenScenario& golden) {
  std::ostringstream text;
  text << std::ifstream(PathOf(golden), std::ios::binary).rdbuf();
  return text.str();
}

std::string LineAt(const std::string& text, std::size_t at) {
  const std::size_t begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

TEST(GoldenTraceTest, EveryRunIsTheStoredOneByteForByte) {
  for (const GoldenScenario& golden : GoldenScenarios()) {
    TraceTextWriter writer;
    RunGolden(golden, &writer);
    const std::string now = WithoutHeader(writer.text());
    const std::string stored = WithoutHeader(Stored(golden));
    if (now == stored) continue;
    if (Updating()) {
      std::ofstream(PathOf(golden), std::ios::binary) << writer.text();
      continue;
    }
    std::size_t at = 0;
    while (at < now.size() && at < stored.size() && now[at] == stored[at]) ++at;
    ADD_FAILURE() << PathOf(golden) << "\nstored: " << LineAt(stored, at)
                  << "\nnow:    " << LineAt(now, at);
  }
}

TEST(GoldenTraceTest, EveryStoredTraceVerifies) {
  for (const GoldenScenario& golden : GoldenScenarios()) {
    const absl::StatusOr<Trace> trace = ReadTrace(PathOf(golden));
    ASSERT_TRUE(trace.ok()) << trace.status();
    for (const TraceProblem& problem : Verify(*trace)) {
      ADD_FAILURE() << PathOf(golden) << ":" << problem.line << ": "
                    << problem.what;
    }
  }
}

// The recording of another build, made again from its decisions alone.
TEST(GoldenTraceTest, EveryStoredTraceReplaysRecordByRecord) {
  for (const GoldenScenario& golden : GoldenScenarios()) {
    const absl::StatusOr<Trace> trace = ReadTrace(PathOf(golden));
    ASSERT_TRUE(trace.ok()) << trace.status();
    ReplayCheck check(*trace);
    ExecuteOptions options;
    options.name = golden.name;
    options.sink = &check;
    options.level = trace->header.level;
    options.fifo = trace->header.order == TraceOrder::kFifo;
    options.stop = [&check] { return check.diverged(); };
    TapeStrategy strategy(TapeOf(*trace));
    Scheduler scheduler(&strategy, LegalityMode::kContract);
    scheduler.Begin({});
    Execute(golden.scenario, options, scheduler);
    EXPECT_TRUE(check.complete())
        << golden.name << "\n"
        << DiffText(check.Explain(), DiffNames::OfReplay());
  }
}

}  // namespace
}  // namespace rondo
