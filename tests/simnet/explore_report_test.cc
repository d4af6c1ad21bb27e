#include "rondo/simnet/explore_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace rondo {
namespace {

using testing::HasSubstr;
using testing::Not;

Tape TapeOfSize(std::size_t size) {
  Tape tape;
  for (std::size_t i = 1; i <= size; ++i) {
    tape.Add(Decision::GoFirst(PickPoint::kReady, i, i + 1));
  }
  return tape;
}

// Something failed in run 12, after `found` decisions; `left` of them are left.
ShrunkFinding FindingOf(std::size_t found, std::size_t left) {
  ShrunkFinding finding;
  finding.found.run = 12;
  finding.found.tape = TapeOfSize(found);
  finding.shrunk.tape = TapeOfSize(left);
  finding.shrunk.outcome.kind = RunKind::kFail;
  finding.shrunk.outcome.id = "two leaders";
  finding.shrunk.outcome.message = "n1\nn2";
  finding.decisions = finding.shrunk.tape.ToString();
  return finding;
}

ExploreReport ReportOf(ShrunkFinding finding) {
  ExploreReport report;
  report.schedules = 13;
  report.distinct = 9;
  report.seed = 1;
  report.end = ExploreEnd::kFindings;
  report.findings.push_back(std::move(finding));
  return report;
}

TEST(ExploreReportTest, AShrunkFindingTellsWhatMatters) {
  ShrunkFinding finding = FindingOf(5, 2);
  finding.shrinking = true;
  finding.shrunk.minimal = true;
  finding.traces = {"out/x.failed.jsonl"};
  finding.commands = {"x replay rondo1.A", "bazel test //x"};
  EXPECT_EQ(ReportOf(finding).ToString(),
            "13 schedules (9 distinct), seed 1: 1 failure\n"
            "fail: two leaders\n"
            "    n1\n"
            "    n2\n"
            "  found by run 12 in contract mode with 5 decisions; 2 matter:\n"
            "    ready: 0000000000000002 goes before 0000000000000001\n"
            "    ready: 0000000000000003 goes before 0000000000000002\n"
            "  trace: out/x.failed.jsonl\n"
            "  again: x replay rondo1.A\n"
            "  again: bazel test //x\n");
}

TEST(ExploreReportTest, OneMattersAndNoneMatters) {
  ShrunkFinding finding = FindingOf(1, 1);
  finding.shrinking = true;
  finding.shrunk.minimal = true;
  EXPECT_THAT(ReportOf(finding).ToString(),
              HasSubstr("with 1 decision; 1 matters:\n"));
  finding.shrunk.tape = Tape();
  EXPECT_THAT(
      ReportOf(finding).ToString(),
      HasSubstr("with 1 decision; none matters: it fails without any\n"));
}

TEST(ExploreReportTest, WhatWasNotShrunkIsNotSaidToMatter) {
  const std::string text = ReportOf(FindingOf(12, 12)).ToString();
  EXPECT_THAT(text, HasSubstr("with 12 decisions, not shrunk:\n"));
  EXPECT_THAT(text, HasSubstr("goes before 000000000000000a\n"));
  EXPECT_THAT(text, HasSubstr("    … and 2 more\n"));
  EXPECT_THAT(text, Not(HasSubstr("matter")));
}

TEST(ExploreReportTest, ShrinkingThatWasCutShortPromisesNothing) {
  ShrunkFinding finding = FindingOf(9, 4);
  finding.shrinking = true;
  EXPECT_THAT(
      ReportOf(finding).ToString(),
      HasSubstr("with 9 decisions, shrunk to 4, perhaps not the fewest:\n"));
}

TEST(ExploreReportTest, ARunThatWasNotTheSameTwiceShowsBoth) {
  ShrunkFinding finding = FindingOf(0, 0);
  finding.shrunk.outcome.kind = RunKind::kNondeterminism;
  finding.nondeterminism = "first difference: …\n";
  EXPECT_THAT(ReportOf(finding).ToString(),
              HasSubstr("with 0 decisions\n"
                        "  two runs of these decisions:\n"
                        "    first difference: …\n"));
}

TEST(ExploreReportTest, TheTimeLimitAndAReplayAreSaid) {
  ExploreReport report;
  report.schedules = 7;
  report.distinct = 7;
  report.end = ExploreEnd::kTime;
  EXPECT_EQ(report.ToString(),
            "7 schedules (7 distinct), seed 0: 0 failures\n"
            "the time limit ended it\n");
  report = ReportOf(FindingOf(1, 1));
  report.schedules = 1;
  report.replay = true;
  EXPECT_THAT(report.ToString(),
              HasSubstr("1 schedule replayed, seed 1: 1 failure\n"));
  EXPECT_THAT(report.ToString(),
              HasSubstr("  replayed in contract mode with 1 decision:\n"));
}

TEST(ExploreReportTest, AnErrorIsAllThereIsToSay) {
  ExploreReport report;
  report.error = "no such strategy";
  EXPECT_FALSE(report.never_failed());
  EXPECT_EQ(report.ToString(), "no such strategy\n");
}

}  // namespace
}  // namespace rondo
