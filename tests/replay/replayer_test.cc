#include "rondo/replay/replayer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rondo/replay/make_strategy.h"
#include "rondo/replay/rerun.h"
#include "rondo/replay/tape_strategy.h"
#include "rondo/replay/trace_file.h"
#include "rondo/simnet/scenario.h"
#include "rondo/tests/support/busy_hosts.h"

namespace rondo {
namespace {

using testing::HasSubstr;

ExecuteOptions Options(TraceSink* sink, int level) {
  ExecuteOptions options;
  options.name = "BusyHosts";
  options.level = level;
  options.sink = sink;
  return options;
}

// A random walk's run, as text.
std::string Walk(std::uint64_t run, int level) {
  TraceTextWriter writer;
  const auto strategy = MakeStrategy("random_walk");
  Scheduler scheduler(strategy->get(), LegalityMode::kContract);
  scheduler.Begin(MakePlan(1, run, RunProfile(), 0));
  scheduler.End(Execute(BusyHosts, Options(&writer, level), scheduler));
  return writer.text();
}

Trace Parsed(const std::string& text) {
  absl::StatusOr<Trace> trace = ReadTraceText("recorded", text);
  EXPECT_TRUE(trace.ok()) << trace.status();
  return trace.ok() ? *std::move(trace) : Trace();
}

// Runs `tape` into `sink`; `fifo` as the trace that it comes from was.
RunOutcome Replay(const Tape& tape, bool fifo, int level, TraceSink* sink,
                  std::function<bool()> stop = nullptr) {
  TapeStrategy strategy(tape);
  Scheduler scheduler(&strategy, LegalityMode::kContract);
  scheduler.Begin({});
  ExecuteOptions options = Options(sink, level);
  options.fifo = fifo;
  options.stop = std::move(stop);
  return Execute(BusyHosts, options, scheduler);
}

TEST(ReplayerTest, TheTapeOfATraceGivesTheSameBytesAgain) {
  for (std::uint64_t run = 1; run <= 30; ++run) {
    for (const int level : {0, 1, 2}) {
      const std::string text = Walk(run, level);
      TraceTextWriter again;
      Replay(TapeOf(Parsed(text)), /*fifo=*/false, level, &again);
      ASSERT_EQ(again.text(), text) << "run " << run << ", level " << level;
    }
  }
}

TEST(ReplayerTest, AFifoTraceReplaysFromItsDrawsWhateverTheSeed) {
  for (const int level : {0, 1, 2}) {
    TraceTextWriter writer;
    ExecuteOptions options = Options(&writer, level);
    Execute(BusyHosts, options);
    const Trace trace = Parsed(writer.text());
    EXPECT_EQ(trace.header.order, TraceOrder::kFifo);
    TraceTextWriter again;
    Replay(TapeOf(trace), /*fifo=*/true, level, &again);
    EXPECT_EQ(again.text(), writer.text()) << "level " << level;
  }
}

TEST(ReplayerTest, AReplayThatIsTheSameIsComplete) {
  for (const int level : {0, 1, 2}) {
    const Trace trace = Parsed(Walk(5, level));
    ReplayCheck check(trace);
    Replay(TapeOf(trace), false, level, &check,
           [&] { return check.diverged(); });
    EXPECT_FALSE(check.diverged());
    EXPECT_TRUE(check.complete());
    EXPECT_FALSE(check.Explain().differs());
  }
}

// ---- A trace that was tampered with

using Edit = std::function<bool(Record*)>;  // Whether it edited.

struct Tampered {
  Trace trace;
  std::size_t at = 0;  // Of the record that was edited.
};

// Edits the first record in the second half that `edit` takes.
Tampered Tamper(const Trace& trace, const Edit& edit) {
  Tampered result{trace, 0};
  std::size_t i = trace.records.size() / 2;
  while (i < trace.records.size() && !edit(&result.trace.records[i])) ++i;
  EXPECT_LT(i, trace.records.size()) << "there was nothing to edit";
  result.at = i;
  return result;
}

// What a replay of the true tape says of it.
TraceDiff Check(const Trace& truth, const Tampered& tampered) {
  ReplayCheck check(tampered.trace);
  Replay(TapeOf(truth), false, truth.header.level, &check,
         [&] { return check.diverged(); });
  EXPECT_TRUE(check.diverged());
  EXPECT_FALSE(check.complete());
  // It stopped there, but for what the same step still recorded.
  EXPECT_GT(check.replayed().records.size(), tampered.at);
  EXPECT_LT(check.replayed().records.size(), tampered.at + 40);
  const TraceDiff diff = check.Explain();
  EXPECT_TRUE(diff.place.has_value());
  if (diff.place.has_value()) {
    EXPECT_EQ(diff.place->line_a, tampered.at + 2);
  }
  return diff;
}

TEST(ReplayerTest, AnotherOutputIsFoundThereAndCalledAnOutput) {
  const Trace truth = Parsed(Walk(2, 2));
  const TraceDiff diff = Check(truth, Tamper(truth, [](Record* record) {
                                 auto* const out =
                                     std::get_if<OutRecord>(record);
                                 if (out != nullptr) out->text = "forged";
                                 return out != nullptr;
                               }));
  EXPECT_EQ(diff.diff_class, DiffClass::kOutput);
  ASSERT_FALSE(diff.details.empty());
  EXPECT_THAT(diff.details[0].a, HasSubstr("forged"));
}

TEST(ReplayerTest, AnotherPickIsFoundThereAndCalledAChoice) {
  const Trace truth = Parsed(Walk(2, 2));
  const TraceDiff diff =
      Check(truth, Tamper(truth, [](Record* record) {
              auto* const pick = std::get_if<PickRecord>(record);
              if (pick == nullptr || pick->pick == pick->over) return false;
              pick->pick = pick->over;
              return true;
            }));
  EXPECT_EQ(diff.diff_class, DiffClass::kChoice);
}

TEST(ReplayerTest, AnotherNumberIsFoundThereAndCalledAChoice) {
  const Trace truth = Parsed(Walk(2, 1));
  const TraceDiff diff = Check(truth, Tamper(truth, [](Record* record) {
                                 auto* const draw =
                                     std::get_if<DrawRecord>(record);
                                 if (draw != nullptr)
                                   draw->value = (draw->value + 1) % draw->n;
                                 return draw != nullptr;
                               }));
  EXPECT_EQ(diff.diff_class, DiffClass::kChoice);
}

TEST(ReplayerTest, AnotherHandleIsFoundThereAndCalledALeak) {
  const Trace truth = Parsed(Walk(2, 1));
  const TraceDiff diff = Check(truth, Tamper(truth, [](Record* record) {
                                 auto* const it = std::get_if<ItRecord>(record);
                                 if (it == nullptr || it->run.empty())
                                   return false;
                                 it->run[0].handle ^= 1;
                                 it->digest[kReadyLane] ^= 1;
                                 return true;
                               }));
  EXPECT_EQ(diff.diff_class, DiffClass::kLeak);
  EXPECT_EQ(diff.lanes, "ready");
}

TEST(ReplayerTest, AnotherTimeIsFoundThereAndCalledALeak) {
  const Trace truth = Parsed(Walk(2, 0));
  const TraceDiff diff = Check(truth, Tamper(truth, [](Record* record) {
                                 auto* const it = std::get_if<ItRecord>(record);
                                 if (it != nullptr) ++it->t;
                                 return it != nullptr;
                               }));
  EXPECT_EQ(diff.diff_class, DiffClass::kLeak);
  ASSERT_FALSE(diff.details.empty());
  EXPECT_EQ(diff.details[0].field, "time");
}

TEST(ReplayerTest, AnotherEndIsFoundThereAndCalledStructure) {
  const Trace truth = Parsed(Walk(2, 1));
  const TraceDiff diff = Check(truth, Tamper(truth, [](Record* record) {
                                 auto* const end =
                                     std::get_if<EndRecord>(record);
                                 if (end != nullptr) end->why = "fail";
                                 return end != nullptr;
                               }));
  EXPECT_EQ(diff.diff_class, DiffClass::kStructure);
}

TEST(ReplayerTest, AReplayThatGoesOnAfterTheEndIsCalledStructure) {
  const Trace truth = Parsed(Walk(2, 1));
  Tampered tampered{truth, truth.records.size() / 2};
  // The recording says that the run ended there.
  tampered.trace.records[tampered.at] = truth.records.back();
  tampered.trace.records.resize(tampered.at + 1);
  EXPECT_EQ(Check(truth, tampered).diff_class, DiffClass::kStructure);
}

TEST(ReplayerTest, ARecordingThatWasCutShortIsReplayedUpToTheCut) {
  const Trace truth = Parsed(Walk(2, 1));
  Trace cut = truth;
  cut.records.resize(truth.records.size() / 2);
  cut.truncated = true;
  ReplayCheck check(cut);
  Replay(TapeOf(truth), false, 1, &check, [&] { return check.diverged(); });
  EXPECT_FALSE(check.diverged());
  EXPECT_TRUE(check.complete());
}

TEST(ReplayerTest, AReplayThatEndsEarlyIsNotComplete) {
  const Trace truth = Parsed(Walk(2, 1));
  ReplayCheck check(truth);
  Replay(TapeOf(truth), false, 1, &check,
         [&] { return check.replayed().records.size() > 20; });
  EXPECT_FALSE(check.complete());
}

// The decisions of an edited trace are what a replay takes: they lead
// elsewhere, but for numbers that nothing depends on, and never earlier.
TEST(ReplayerTest, TheTapesOfEditedTracesLeadElsewhere) {
  const Trace truth = Parsed(Walk(2, 2));
  int edited = 0;
  int elsewhere = 0;
  for (std::size_t i = 0; i < truth.records.size(); ++i) {
    Trace trace = truth;
    auto* const draw = std::get_if<DrawRecord>(&trace.records[i]);
    if (draw == nullptr) continue;
    draw->value = (draw->value + 50'000) % draw->n;
    ++edited;
    ReplayCheck check(trace);
    Replay(TapeOf(trace), false, 2, &check, [&] { return check.diverged(); });
    if (!check.diverged()) continue;
    ++elsewhere;
    EXPECT_GT(check.Explain().place->line_a, i + 2);
  }
  EXPECT_GT(elsewhere, edited / 2);
}

}  // namespace
}  // namespace rondo
