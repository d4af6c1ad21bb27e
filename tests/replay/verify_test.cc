#include "rondo/replay/verify.h"

#include <string>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "rondo/replay/trace.h"
#include "rondo/tests/replay/trace_builder.h"

namespace rondo {
namespace {

TraceHeader Level(int level) {
  TraceHeader header;
  header.level = level;
  return header;
}

Trace GoodTrace(TraceHeader header) {
  TraceBuilder build(header);
  const Identity task = build.Name("main");
  const Identity stream = build.Name("latency");
  const Identity tcp = build.Resource("n1>n2:80#1");
  build.Run("n1", 1, "step:main", 0, task).Iterate("n1", 0);
  build.Draw("", stream, 0, 3, 10);
  build.Out("n2", "hello").Iterate("n2", 5);
  build.Io("n1", tcp, 1).Timer("n1", 9).Run("n1", 2, "io:recv", 1);
  build.Run("n1", 9, "timer:sleep", 1).Iterate("n1", 10);
  return build.End();
}

template <typename T>
T& Find(Trace* trace, int index = 0) {
  for (Record& record : trace->records) {
    if (T* found = std::get_if<T>(&record); found != nullptr && index-- == 0) {
      return *found;
    }
  }
  throw std::logic_error("no such record");
}

std::string Problems(const Trace& trace) {
  std::string text;
  for (const TraceProblem& problem : Verify(trace)) {
    text += std::to_string(problem.line) + ": " + problem.what + "\n";
  }
  return text;
}

TEST(VerifyTest, FindsNothingInAGoodTrace) {
  for (const int level : {0, 1, 2}) {
    EXPECT_EQ(Problems(GoodTrace(Level(level))), "") << level;
  }
}

TEST(VerifyTest, SeesAGapInTheNumbersOfRecords) {
  Trace trace = GoodTrace(Level(1));
  trace.records.erase(trace.records.begin() + 5);  // The draw.
  EXPECT_EQ(Problems(trace), "7: record number 7 after 5\n");
}

TEST(VerifyTest, SeesAMissingIteration) {
  Trace trace = GoodTrace(Level(1));
  Find<ItRecord>(&trace, 2).stamp.n = 7;
  EXPECT_NE(
      Problems(trace).find("iteration 7 of host \"n1\", boot 0, expected 1"),
      std::string::npos)
      << Problems(trace);
}

TEST(VerifyTest, SeesWhatIsUsedBeforeItIsDefined) {
  Trace trace = GoodTrace(Level(1));
  Find<StrRecord>(&trace).id = 5;
  Find<ResRecord>(&trace).resource = 6;
  const std::string problems = Problems(trace);
  EXPECT_NE(problems.find("task "), std::string::npos) << problems;
  EXPECT_NE(problems.find("resource "), std::string::npos) << problems;
  EXPECT_NE(problems.find("is used before it is defined"), std::string::npos);
}

TEST(VerifyTest, RecomputesTheLanes) {
  Trace trace = GoodTrace(Level(1));
  Find<ItRecord>(&trace, 2).run[0].handle = 77;
  EXPECT_NE(Problems(trace).find("the ready lane is"), std::string::npos);
  trace = GoodTrace(Level(1));
  Find<ItRecord>(&trace, 2).timers[0] = 77;
  EXPECT_NE(Problems(trace).find("the timers lane is"), std::string::npos);
  trace = GoodTrace(Level(0));
  Find<ItRecord>(&trace, 2).io[0].mask = 2;
  EXPECT_NE(Problems(trace).find("the io lane is"), std::string::npos);
}

TEST(VerifyTest, RecomputesTheReadyLaneOfPicksWhereCandidatesAreRecorded) {
  for (const int level : {1, 2}) {
    TraceHeader header = Level(level);
    header.order = TraceOrder::kContract;
    TraceBuilder build(header);
    build.Pick("n1", 2, 1, {1, 2})
        .Run("n1", 2, "step:b")
        .Run("n1", 1, "step:a");
    Trace trace = build.Iterate("n1", 0).End();
    EXPECT_EQ(Problems(trace), "") << level;
    auto& pick = Find<PickRecord>(&trace);
    pick.pick = 3;
    EXPECT_EQ(Problems(trace).empty(), level == 1) << Problems(trace);
  }
}

TEST(VerifyTest, RecomputesTheChains) {
  Trace trace = GoodTrace(Level(1));
  Find<ItRecord>(&trace, 1).digest[kOutputLane] ^= 1;
  const std::string problems = Problems(trace);
  EXPECT_NE(problems.find("the chain digest is"), std::string::npos);
  EXPECT_NE(problems.find("the chain digest of host \"n2\" is"),
            std::string::npos)
      << problems;
  EXPECT_EQ(problems.find("host \"n1\""), std::string::npos) << problems;
}

TEST(VerifyTest, CountsIterationsAndHosts) {
  Trace trace = GoodTrace(Level(1));
  Find<EndRecord>(&trace).iterations = 4;
  Find<EndRecord>(&trace).hosts.pop_back();
  EXPECT_EQ(Problems(trace),
            "10: the end counts 4 iterations, the trace has 3\n"
            "10: the end names 1 hosts, the trace has 2\n");
}

TEST(VerifyTest, SeesAMissingEnd) {
  Trace trace = GoodTrace(Level(1));
  trace.records.pop_back();
  EXPECT_NE(Problems(trace).find("cut short"), std::string::npos);
}

TEST(VerifyTest, TellsOnlyTheFirstHundredProblems) {
  TraceVerifier verifier(Level(1));
  for (int i = 0; i < 500; ++i) {
    OutRecord out;
    out.stamp.g = 7;
    verifier.Add(out, 2);
  }
  EXPECT_EQ(verifier.problems().size(), 100u);
  EXPECT_EQ(verifier.problem_count(), 500u);
}

}  // namespace
}  // namespace rondo
