#include "rondo/replay/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/replay/make_strategy.h"
#include "rondo/replay/rerun.h"
#include "rondo/replay/trace_file.h"
#include "rondo/replay/verify.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/simnet/scenario.h"
#include "rondo/tests/support/busy_hosts.h"
#include "rondo/tests/support/hand_clock.h"

namespace rondo {
namespace {

using namespace std::chrono_literals;

struct LevelRun {
  RunOutcome outcome;
  Trace trace;
};

// BusyHosts in FIFO order if `run` is 0, else as a random walk's run.
RunOutcome RunBusyHosts(std::uint64_t run, int level, TraceSink* sink) {
  ExecuteOptions options;
  options.name = "BusyHosts";
  options.level = level;
  options.sink = sink;
  options.simulation.seed = 7;
  if (run == 0) return Execute(BusyHosts, options);
  const auto strategy = MakeStrategy("random_walk");
  Scheduler scheduler(strategy->get(), LegalityMode::kContract);
  scheduler.Begin(MakePlan(7, run, RunProfile(), 0));
  RunOutcome outcome = Execute(BusyHosts, options, scheduler);
  scheduler.End(outcome);
  return outcome;
}

LevelRun AtLevel(std::uint64_t run, int level) {
  TraceTextWriter writer;
  LevelRun result;
  result.outcome = RunBusyHosts(run, level, &writer);
  absl::StatusOr<Trace> trace = ReadTraceText("recorded", writer.text());
  EXPECT_TRUE(trace.ok()) << trace.status();
  if (trace.ok()) result.trace = *std::move(trace);
  return result;
}

std::map<std::string, int> Kinds(const Trace& trace) {
  std::map<std::string, int> kinds;
  for (const Record& record : trace.records) {
    ++kinds[std::string(KindOf(record))];
  }
  return kinds;
}

TEST(RecorderTest, TracesOfEveryLevelVerify) {
  for (std::uint64_t run = 0; run < 20; ++run) {
    for (const int level : {kTraceInputs, kTraceHandles, kTraceEverything}) {
      const LevelRun recorded = AtLevel(run, level);
      EXPECT_TRUE(recorded.outcome.passed()) << recorded.outcome.message;
      for (const TraceProblem& problem : Verify(recorded.trace)) {
        ADD_FAILURE() << "run " << run << ", level " << level << ", line "
                      << problem.line << ": " << problem.what;
      }
    }
  }
}

TEST(RecorderTest, DigestsDependNeitherOnTheLevelNorOnTheSink) {
  for (std::uint64_t run = 0; run < 20; ++run) {
    SCOPED_TRACE(run);
    const RunOutcome silent = RunBusyHosts(run, kTraceHandles, nullptr);
    for (const int level : {kTraceInputs, kTraceHandles, kTraceEverything}) {
      const LevelRun recorded = AtLevel(run, level);
      EXPECT_EQ(recorded.outcome.digest, silent.digest) << level;
      EXPECT_EQ(recorded.outcome.iterations, silent.iterations) << level;
      ASSERT_NE(recorded.trace.end(), nullptr);
      const EndRecord& end = *recorded.trace.end();
      EXPECT_EQ(end.iterations, static_cast<std::int64_t>(silent.iterations));
      EXPECT_EQ(end.chain, AtLevel(run, kTraceEverything).trace.end()->chain);
      EXPECT_EQ(end.hosts.size(), 4u);
    }
  }
}

TEST(RecorderTest, OtherRunsHaveOtherDigests) {
  std::map<std::uint64_t, std::uint64_t> runs;
  for (std::uint64_t run = 0; run < 50; ++run) {
    const auto [place, is_new] =
        runs.emplace(RunBusyHosts(run, kTraceHandles, nullptr).digest, run);
    EXPECT_TRUE(is_new) << run << " and " << place->second;
  }
}

TEST(RecorderTest, EachLevelHoldsWhatTheSpecificationSays) {
  for (const std::uint64_t run : {0, 3}) {
    const auto inputs = Kinds(AtLevel(run, kTraceInputs).trace);
    const auto handles = Kinds(AtLevel(run, kTraceHandles).trace);
    const auto everything = Kinds(AtLevel(run, kTraceEverything).trace);
    EXPECT_FALSE(inputs.contains("out"));
    EXPECT_FALSE(inputs.contains("ev"));
    EXPECT_TRUE(handles.contains("out"));
    EXPECT_FALSE(handles.contains("ev"));
    EXPECT_TRUE(everything.contains("ev"));
    EXPECT_EQ(inputs.at("it"), everything.at("it"));
    EXPECT_EQ(handles.at("out"), everything.at("out"));
    EXPECT_LT(inputs.at("str"), handles.at("str"));
    for (const int level : {kTraceInputs, kTraceHandles}) {
      for (const Record& record : AtLevel(run, level).trace.records) {
        if (const auto* const it = std::get_if<ItRecord>(&record)) {
          EXPECT_EQ(it->has_handles, level == kTraceHandles);
        } else if (const auto* const ch = std::get_if<PickRecord>(&record)) {
          EXPECT_TRUE(ch->of.empty());
        }
      }
    }
  }
}

TEST(RecorderTest, WhatHappensInAnIterationBearsItsNumberAndComesBefore) {
  const LevelRun recorded = AtLevel(0, kTraceEverything);
  std::map<std::string, std::int64_t> next;  // Of each host.
  for (const Record& record : recorded.trace.records) {
    const Stamp& stamp = StampOf(record);
    if (stamp.host.empty()) continue;
    EXPECT_EQ(stamp.n, next[stamp.host]) << stamp.g;
    if (std::holds_alternative<ItRecord>(record)) ++next[stamp.host];
  }
  EXPECT_EQ(next.size(), 4u);
}

// The chain after an iteration, with `text` put out before it, or nothing.
std::uint64_t ChainAfter(std::string_view text) {
  Recorder recorder(nullptr);
  LoopObserver& loop = recorder.AddLoop("main", 0, nullptr);
  if (!text.empty()) recorder.Output(text);
  loop.OnSelected(0ns, 0ns, {});
  loop.OnIterationEnd(0, 0);
  return recorder.chain();
}

TEST(RecorderTest, WhatIsPutOutBetweenIterationsIsDigestedWithTheNext) {
  EXPECT_EQ(ChainAfter("a"), ChainAfter("a"));
  EXPECT_NE(ChainAfter("a"), ChainAfter("b"));
  EXPECT_NE(ChainAfter("a"), ChainAfter(""));
}

// As an iteration ends that something leaves the loop from.
TEST(RecorderTest, AnIterationThatIsLeftIsRecorded) {
  TraceTextWriter writer;
  Recorder recorder(&writer);
  HandClock clock;
  JumpSelector selector(&clock);
  EventLoop loop({.clock = &clock,
                  .selector = &selector,
                  .observer = &recorder.AddLoop("main", 0, nullptr)});
  recorder.Begin({});
  loop.CallSoon([] { throw LoopExit(); }, "leave");
  loop.CallSoon([] {}, "stay");
  EXPECT_THROW(loop.RunOnce(), LoopExit);
  EXPECT_EQ(recorder.iterations(), 1);
  loop.RunOnce();
  EXPECT_EQ(recorder.iterations(), 2);
  recorder.End("exit", "", "");

  const absl::StatusOr<Trace> trace = ReadTraceText("left", writer.text());
  ASSERT_TRUE(trace.ok()) << trace.status();
  std::vector<std::pair<std::size_t, std::int64_t>> ran_and_ready;
  for (const Record& record : trace->records) {
    if (const auto* const it = std::get_if<ItRecord>(&record)) {
      ran_and_ready.emplace_back(it->run.size(), it->ready);
    }
  }
  EXPECT_THAT(ran_and_ready,
              testing::ElementsAre(testing::Pair(1u, 1), testing::Pair(1u, 0)));
}

}  // namespace
}  // namespace rondo
