#include "rondo/replay/diff.h"

#include <string>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "rondo/replay/diff_text.h"
#include "rondo/replay/trace.h"
#include "rondo/runtime/identity.h"
#include "rondo/tests/replay/trace_builder.h"

namespace rondo {
namespace {

TraceHeader Header(TraceMode mode = TraceMode::kSim, int level = 1) {
  TraceHeader header;
  header.mode = mode;
  header.level = level;
  header.scenario = "store";
  return header;
}

std::string ClassOf(const Trace& a, const Trace& b) {
  return std::string(DiffClassName(Diff(a, b).diff_class));
}

// One iteration before and one after what `middle` does to n1's second.
template <typename Middle>
Trace Made(TraceHeader header, Middle middle) {
  TraceBuilder build(header);
  build.Resource("n1>n2:80#1");
  build.Run("n1", 1, "step:main").Iterate("n1", 0);
  middle(build);
  build.Run("n1", 20, "wakeup:main", 1).Iterate("n1", 100);
  return build.End();
}

TEST(DiffTest, EqualTracesAreEqual) {
  const auto nothing = [](TraceBuilder& b) { b.Iterate("n1", 50); };
  const Trace trace = Made(Header(), nothing);
  const TraceDiff diff = Diff(trace, trace);
  EXPECT_FALSE(diff.differs());
  EXPECT_EQ(diff.same_iterations, 3);
  EXPECT_EQ(diff.same_chain, trace.end()->chain);
}

TEST(DiffTest, TheBuildAndPlacesAreNoDifference) {
  const auto nothing = [](TraceBuilder& b) { b.Iterate("n1", 50); };
  TraceHeader other = Header();
  other.build.cc = "gcc 12";
  Trace b = Made(other, nothing);
  LocRecord loc;
  loc.place = "main.cc:7";
  b.records.insert(b.records.begin(), loc);
  const TraceDiff diff = Diff(Made(Header(), nothing), b);
  EXPECT_FALSE(diff.differs());
  ASSERT_EQ(diff.header.size(), 1u);
  EXPECT_EQ(diff.header[0], (DiffDetail{"build.cc", "", "gcc 12"}));
}

TEST(DiffTest, AnotherScenarioIsADifferenceOfTheHeader) {
  const auto nothing = [](TraceBuilder& b) { b.Iterate("n1", 50); };
  TraceHeader other = Header();
  other.scenario = "queue";
  EXPECT_EQ(ClassOf(Made(Header(), nothing), Made(other, nothing)), "header");
  other = Header();
  other.sem = kLoopSemantics + 1;
  EXPECT_EQ(ClassOf(Made(Header(), nothing), Made(other, nothing)), "header");
}

TEST(DiffTest, ARunThatEndsEarlyOrOtherwiseIsADifferenceOfStructure) {
  TraceBuilder one(Header());
  one.Iterate("n1", 0).Iterate("n1", 1);
  TraceBuilder two(Header());
  two.Iterate("n1", 0);
  const Trace cut = two.CutShort();
  const Trace whole = one.End();
  EXPECT_EQ(ClassOf(whole, two.End()), "structure");
  EXPECT_EQ(ClassOf(cut, whole), "structure");
  TraceBuilder three(Header());
  three.Iterate("n1", 0).Iterate("n1", 1);
  const TraceDiff diff = Diff(whole, three.End("fail", "lost-write"));
  EXPECT_EQ(diff.diff_class, DiffClass::kStructure);
  EXPECT_EQ(diff.b.end, "fail lost-write");
}

TEST(DiffTest, AnotherWorldIsADifferenceOfInput) {
  const auto io = [](unsigned mask) {
    return [mask](TraceBuilder& b) {
      b.Io("n1", HashName("n1>n2:80#1"), mask).Iterate("n1", 50);
    };
  };
  const TraceHeader live = Header(TraceMode::kLive);
  const TraceDiff diff = Diff(Made(live, io(1)), Made(live, io(2)));
  EXPECT_EQ(diff.diff_class, DiffClass::kInput);
  EXPECT_EQ(diff.lanes, "io");
  ASSERT_EQ(diff.details.size(), 1u);
  EXPECT_EQ(diff.details[0],
            (DiffDetail{"io", "tcp n1>n2:80#1 read", "tcp n1>n2:80#1 write"}));
  // In a simulation what is ready follows from the rest.
  EXPECT_EQ(ClassOf(Made(Header(), io(1)), Made(Header(), io(2))), "leak");
}

TEST(DiffTest, OtherBytesReceivedAreADifferenceOfInput) {
  const auto receive = [](const std::string& bytes) {
    return [bytes](TraceBuilder& b) {
      b.In("n1", "recv", HashName("n1>n2:80#1"), bytes);
      b.Run("n1", bytes.size(), "io:recv", 1).Iterate("n1", 50);
    };
  };
  const TraceHeader live = Header(TraceMode::kLive);
  const TraceDiff diff =
      Diff(Made(live, receive("abc")), Made(live, receive("a")));
  EXPECT_EQ(diff.diff_class, DiffClass::kInput);
  ASSERT_FALSE(diff.details.empty());
  EXPECT_EQ(diff.details[0].a, "recv of tcp n1>n2:80#1: 3, 3 bytes \"abc\"");
  EXPECT_EQ(diff.details[0].b, "recv of tcp n1>n2:80#1: 1, 1 bytes \"a\"");
}

// Two handles are ready; one of them is picked, and what it does follows.
Trace Race(Identity first, int level = 1) {
  const Identity second = 5 - first;
  TraceBuilder build(Header(TraceMode::kSim, level));
  build.Run("n1", 1, "step:main").Iterate("n1", 0);
  build.Pick("n1", first, 2, {2, 3});
  const auto label = [](Identity id) {
    return id == 2 ? "wakeup:reader" : "wakeup:writer";
  };
  build.Run("n1", first, label(first), 1).Run("n1", second, label(second), 1);
  build.Iterate("n1", 1'204'000'000);
  build.Run("n1", 10 + first, "future_done:ack", first).Iterate("n1", 2);
  return first == 2 ? build.End() : build.End("fail", "lost-write", "n1");
}

TEST(DiffTest, AnotherDecisionIsADifferenceOfChoice) {
  const TraceDiff diff = Diff(Race(2), Race(3));
  EXPECT_EQ(diff.diff_class, DiffClass::kChoice);
  EXPECT_EQ(diff.lanes, "ready");
  ASSERT_TRUE(diff.place.has_value());
  EXPECT_EQ(diff.place->host, "n1");
  EXPECT_EQ(diff.place->n, 1);
  EXPECT_EQ(diff.place->t, 1'204'000'000);
  EXPECT_EQ(diff.same_iterations, 1);
  EXPECT_EQ(diff.counts.choices, 1u);
  EXPECT_EQ(diff.counts.moved, 1u);
  EXPECT_EQ(diff.counts.only_a, 1u);
  EXPECT_EQ(diff.counts.only_b, 1u);
}

TEST(DiffTest, ACauseIsFollowedBackAndItsEffectForward) {
  const TraceDiff diff = Diff(Race(2), Race(3));
  ASSERT_EQ(diff.cause_b.size(), 2u);
  EXPECT_EQ(diff.cause_b[0].name, "step:main");
  EXPECT_TRUE(diff.cause_b[0].before);
  EXPECT_EQ(diff.cause_b[1].name, "wakeup:writer");
  EXPECT_FALSE(diff.cause_b[1].before);
  ASSERT_EQ(diff.effect_b.size(), 3u);
  EXPECT_EQ(diff.effect_b[2].name, "future_done:ack");
}

TEST(DiffTest, ADecisionThatOneRunDidNotTakeIsADifferenceOfChoice) {
  const auto plain = [](TraceBuilder& b) { b.Iterate("n1", 50); };
  const auto drew = [](TraceBuilder& b) {
    b.Draw("", HashName("latency"), 0, 3, 10).Iterate("n1", 50);
  };
  EXPECT_EQ(ClassOf(Made(Header(), plain), Made(Header(), drew)), "choice");
}

TEST(DiffTest, OtherOutputAloneIsADifferenceOfOutput) {
  const auto say = [](const std::string& text) {
    return [text](TraceBuilder& b) { b.Out("n1", text).Iterate("n1", 50); };
  };
  const TraceDiff diff =
      Diff(Made(Header(), say("x=1")), Made(Header(), say("x=2")));
  EXPECT_EQ(diff.diff_class, DiffClass::kOutput);
  ASSERT_EQ(diff.details.size(), 1u);
  EXPECT_EQ(diff.details[0], (DiffDetail{"output", "\"x=1\"", "\"x=2\""}));
}

TEST(DiffTest, OtherHandlesWithTheSameInputsAndChoicesAreALeak) {
  const auto order = [](Identity first, Identity second) {
    return [=](TraceBuilder& b) {
      b.Run("n1", first, "step:T" + std::to_string(first), 1);
      b.Run("n1", second, "step:T" + std::to_string(second), 1);
      b.Out("n1", std::to_string(first)).Iterate("n1", 50);
    };
  };
  const TraceDiff diff =
      Diff(Made(Header(), order(2, 3)), Made(Header(), order(3, 2)));
  EXPECT_EQ(diff.diff_class, DiffClass::kLeak);
  EXPECT_EQ(diff.lanes, "ready, outputs");
  ASSERT_FALSE(diff.details.empty());
  EXPECT_EQ(diff.details[0], (DiffDetail{"run[0]", "step:T2", "step:T3"}));
}

TEST(DiffTest, AtLevelZeroALeakIsSeenInTheLanes) {
  const auto run = [](Identity id) {
    return
        [id](TraceBuilder& b) { b.Run("n1", id, "step:T").Iterate("n1", 5); };
  };
  const TraceHeader header = Header(TraceMode::kSim, 0);
  const TraceDiff diff = Diff(Made(header, run(2)), Made(header, run(3)));
  EXPECT_EQ(diff.diff_class, DiffClass::kLeak);
  ASSERT_EQ(diff.details.size(), 1u);
  EXPECT_EQ(diff.details[0].field, "lane ready");
  EXPECT_EQ(diff.counts.changed, 1u);
}

TEST(DiffTest, TracesOfDifferentLevelsAreComparedInWhatBothHold) {
  EXPECT_EQ(ClassOf(Race(2, 0), Race(2, 2)), "equal");
  EXPECT_EQ(ClassOf(Race(2, 1), Race(2, 2)), "equal");
  EXPECT_EQ(ClassOf(Race(2, 0), Race(3, 2)), "choice");
}

TEST(DiffTest, OtherCandidatesUnderTheSameTapeAreALeak) {
  const auto pick = [](Identity other) {
    return [other](TraceBuilder& b) {
      b.Pick("n1", other, 2, {2, other}).Iterate("n1", 50);
    };
  };
  const TraceHeader header = Header(TraceMode::kSim, 2);
  EXPECT_EQ(ClassOf(Made(header, pick(3)), Made(header, pick(4))), "leak");
  TraceHeader seeded = header;
  seeded.seed = 7;
  EXPECT_EQ(ClassOf(Made(header, pick(3)), Made(seeded, pick(4))), "choice");
}

TEST(DiffTest, AShiftOfTheRestIsNotADifferenceOfEveryLine) {
  TraceBuilder a(Header());
  TraceBuilder b(Header());
  b.Run("n1", 999, "callback:extra").Iterate("n1", 0);
  for (Identity i = 1; i <= 200; ++i) {
    a.Run("n1", i, "step:T").Iterate("n1", static_cast<int>(i));
    b.Run("n1", i, "step:T").Iterate("n1", static_cast<int>(i));
  }
  const TraceDiff diff = Diff(a.End(), b.End());
  EXPECT_EQ(diff.counts.only_b, 1u);
  EXPECT_EQ(diff.counts.same, 200u);
  EXPECT_EQ(diff.counts.moved + diff.counts.changed + diff.counts.only_a, 0u);
}

TEST(DiffTest, ShowsNoMoreThanAsked) {
  TraceBuilder a(Header());
  TraceBuilder b(Header());
  for (Identity i = 1; i <= 50; ++i) {
    a.Run("n1", i, "step:T").Iterate("n1", 0);
    b.Run("n1", i + 100, "step:T").Iterate("n1", 0);
  }
  const TraceDiff diff = Diff(a.End(), b.End(), {.limit = 3});
  EXPECT_EQ(diff.items.size(), 3u);
  EXPECT_EQ(diff.counts.only_a, 50u);
  EXPECT_NE(DiffText(diff, {}).find("… and 97 more"), std::string::npos);
}

TEST(DiffTest, ReadsAsText) {
  EXPECT_EQ(
      DiffText(Diff(Race(2), Race(3)),
               {.path_a = "ok.jsonl", .path_b = "bad.jsonl"}),
      "A  ok.jsonl   sim, 3 iterations, exit\n"
      "B  bad.jsonl  sim, 3 iterations, fail lost-write\n"
      "class: choice\n"
      "first difference: host n1, iteration 1, t=+1.204000000 s, lanes: "
      "ready\n"
      "  1 iteration before it the same, chain 20fd85133713fd13; A line 3, B "
      "line 3\n"
      "  choice  A  picked wakeup:reader, the first (ready)\n"
      "          B  picked wakeup:writer over wakeup:reader (ready)\n"
      "cause, A:\n"
      "  n1 iteration 0 +0.000000000 s  step:main  (in both)\n"
      "  n1 iteration 1 +1.204000000 s  wakeup:reader\n"
      "cause, B:\n"
      "  n1 iteration 0 +0.000000000 s  step:main  (in both)\n"
      "  n1 iteration 1 +1.204000000 s  wakeup:writer\n"
      "from there to the end of B (fail lost-write):\n"
      "  n1 iteration 0 +0.000000000 s  step:main  (in both)\n"
      "  n1 iteration 1 +1.204000000 s  wakeup:writer\n"
      "  n1 iteration 2 +0.000000002 s  future_done:ack\n"
      "after alignment: 1 choice, 0 inputs; 1 moved, 1 changed, 1 only A, 1 "
      "only B, 1 the same\n"
      "  changed  choice  n1  picked wakeup:reader, the first (ready) -> "
      "picked "
      "wakeup:writer over wakeup:reader (ready)\n"
      "  moved    run     n1  wakeup:reader\n"
      "  only A   run     n1  future_done:ack\n"
      "  only B   run     n1  future_done:ack\n"
      "see it: rondo show ok.jsonl --host n1 --from 1 --to 1\n");
}

TEST(DiffTest, AReplaySaysRecordedAndReplayed) {
  const std::string text =
      DiffText(Diff(Race(2), Race(3)), DiffNames::OfReplay());
  EXPECT_NE(text.find("recorded  picked wakeup:reader"), std::string::npos)
      << text;
  EXPECT_NE(text.find("replayed  picked wakeup:writer"), std::string::npos);
  EXPECT_NE(text.find("only replayed"), std::string::npos);
}

TEST(DiffTest, ReadsAsJson) {
  const nlohmann::ordered_json json =
      DiffJson(Diff(Race(2), Race(3)), {.path_a = "a", .path_b = "b"});
  EXPECT_EQ(json["class"], "choice");
  EXPECT_EQ(json["place"]["n"], 1);
  EXPECT_EQ(json["b"]["end"], "fail lost-write");
  EXPECT_EQ(json["counts"]["choices"], 1);
  EXPECT_EQ(json["cause_b"][1]["name"], "wakeup:writer");
  const TraceDiff same = Diff(Race(2), Race(2));
  EXPECT_EQ(DiffJson(same, {})["class"], "equal");
  EXPECT_TRUE(DiffJson(same, {})["place"].is_null());
}

}  // namespace
}  // namespace rondo
