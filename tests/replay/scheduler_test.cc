#include "rondo/replay/scheduler.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rondo/replay/fifo_strategy.h"
#include "rondo/replay/lifo_strategy.h"
#include "rondo/replay/tape_strategy.h"

namespace rondo {
namespace {

std::vector<HandleInfo> Handles(std::vector<Identity> ids) {
  std::vector<HandleInfo> handles;
  for (const Identity id : ids) {
    HandleInfo handle;
    handle.id = id;
    handles.push_back(handle);
  }
  return handles;
}

// Always the last candidate and the greatest number, and counts the questions.
class GreedyStrategy final : public Strategy {
 public:
  std::string_view name() const override { return "greedy"; }
  void Begin(const RunPlan&) override {}
  std::size_t Pick(PickPoint, const CandidateView& candidates,
                   std::uint64_t step) override {
    steps.push_back(step);
    return candidates.size() - 1;
  }
  std::uint64_t Draw(Identity, std::uint64_t, std::uint64_t n) override {
    return n - 1;
  }
  void End(const RunOutcome& outcome) override { ended = outcome.id; }

  std::vector<std::uint64_t> steps;
  std::string ended;
};

class LogObserver final : public DecisionObserver {
 public:
  void OnPick(PickPoint point, const CandidateView& candidates,
              std::size_t chosen) override {
    log += std::string(PickPointName(point)) + " " +
           std::to_string(candidates.id(chosen)) + " of " +
           std::to_string(candidates.size()) + ", " + candidates.label(chosen) +
           "\n";
  }
  void OnDraw(Identity stream, std::uint64_t k, std::uint64_t n,
              std::uint64_t value) override {
    log += "draw " + std::to_string(stream) + "[" + std::to_string(k) +
           "] = " + std::to_string(value) + " of " + std::to_string(n) + "\n";
  }

  std::string log;
};

TEST(SchedulerTest, DullAnswersWriteNothing) {
  FifoStrategy fifo;
  Scheduler scheduler(&fifo, LegalityMode::kContract);
  scheduler.Begin({});
  EXPECT_EQ(scheduler.PickReady(Handles({1, 2, 3})), 0u);
  EXPECT_EQ(scheduler.Draw(1, 0, 100), 0u);
  EXPECT_TRUE(scheduler.tape().empty());
  EXPECT_EQ(scheduler.profile().picks, 1u);
  EXPECT_EQ(scheduler.profile().alternatives, 2u);
  EXPECT_EQ(scheduler.profile().draws, 1u);
}

TEST(SchedulerTest, WritesWhatIsNotDull) {
  GreedyStrategy greedy;
  Scheduler scheduler(&greedy, LegalityMode::kContract);
  scheduler.Begin({});
  EXPECT_EQ(scheduler.PickReady(Handles({1, 2, 3})), 2u);
  EXPECT_EQ(scheduler.Draw(7, 4, 100), 99u);
  const std::vector<Candidate> events = {{.id = 5, .label = "a"},
                                         {.id = 6, .label = "b"}};
  EXPECT_EQ(scheduler.Pick(PickPoint::kEvent, events), 1u);
  EXPECT_EQ(scheduler.tape(),
            Tape({Decision::GoFirst(PickPoint::kReady, 1, 3),
                  Decision::Draw(7, 4, 99, 100),
                  Decision::GoFirst(PickPoint::kEvent, 5, 6)}));
}

TEST(SchedulerTest, WhereThereIsNoChoiceThereIsNoQuestion) {
  GreedyStrategy greedy;
  Scheduler scheduler(&greedy, LegalityMode::kContract);
  scheduler.Begin({});
  EXPECT_EQ(scheduler.PickReady(Handles({1})), 0u);
  EXPECT_EQ(scheduler.Draw(7, 0, 1), 0u);
  EXPECT_TRUE(greedy.steps.empty());
  EXPECT_EQ(scheduler.profile().picks + scheduler.profile().draws, 0u);
  scheduler.PickReady(Handles({1, 2}));
  scheduler.PickReady(Handles({1, 3}));
  EXPECT_EQ(greedy.steps, (std::vector<std::uint64_t>{0, 1}));
}

TEST(SchedulerTest, BeginForgetsTheRunBefore) {
  GreedyStrategy greedy;
  Scheduler scheduler(&greedy, LegalityMode::kContract);
  scheduler.Begin({});
  scheduler.PickReady(Handles({1, 2}));
  RunOutcome outcome;
  outcome.id = "first";
  scheduler.End(outcome);
  EXPECT_EQ(greedy.ended, "first");
  scheduler.Begin({.run = 2});
  EXPECT_TRUE(scheduler.tape().empty());
  EXPECT_EQ(scheduler.profile().picks, 0u);
  EXPECT_EQ(scheduler.plan().run, 2u);
}

TEST(SchedulerTest, InContractModeEqualOrderKeysNeverSwap) {
  std::vector<HandleInfo> handles = Handles({1, 2, 3});
  handles[1].order_key = handles[2].order_key = 9;
  GreedyStrategy greedy;
  Scheduler contract(&greedy, LegalityMode::kContract);
  contract.Begin({});
  EXPECT_EQ(contract.PickReady(handles), 1u);
  EXPECT_EQ(contract.tape()[0].answer, 2u);
  handles[0].order_key = 9;
  EXPECT_EQ(contract.PickReady(handles), 0u);
  EXPECT_EQ(contract.tape().size(), 1u);

  Scheduler adversarial(&greedy, LegalityMode::kAdversarial);
  adversarial.Begin({});
  EXPECT_EQ(adversarial.PickReady(handles), 2u);
  EXPECT_EQ(LegalityModeName(contract.mode()), "contract");
  EXPECT_EQ(LegalityModeName(adversarial.mode()), "adversarial");
}

TEST(SchedulerTest, PastTheHorizonAllIsDull) {
  GreedyStrategy greedy;
  Scheduler scheduler(&greedy, LegalityMode::kContract);
  scheduler.Begin({.horizon = 3});
  EXPECT_EQ(scheduler.PickReady(Handles({1, 2})), 1u);
  EXPECT_EQ(scheduler.Draw(1, 0, 10), 9u);
  EXPECT_EQ(scheduler.PickReady(Handles({1, 2})), 1u);
  EXPECT_EQ(scheduler.PickReady(Handles({1, 2})), 0u);
  EXPECT_EQ(scheduler.Draw(1, 1, 10), 0u);
  EXPECT_EQ(scheduler.tape().size(), 3u);
}

TEST(SchedulerTest, AnObserverSeesDullAnswersToo) {
  LifoStrategy lifo;
  LogObserver observer;
  Scheduler scheduler(&lifo, LegalityMode::kContract, &observer);
  scheduler.Begin({});
  std::vector<HandleInfo> handles = Handles({1, 2});
  handles[1].kind = HandleKind::kStep;
  handles[1].name = "T1";
  scheduler.PickReady(handles);
  scheduler.Pick(PickPoint::kFault,
                 std::vector<Candidate>{{.id = 3, .label = "no fault"},
                                        {.id = 4, .label = "crash"}});
  scheduler.Draw(7, 2, 10);
  EXPECT_EQ(observer.log,
            "ready 2 of 2, step:T1\n"
            "fault 3 of 2, no fault\n"
            "draw 7[2] = 0 of 10\n");
}

class TapeReplayTest : public testing::Test {
 protected:
  // Plays rounds in which all of `ids` are ready at first and one goes in
  // each; returns the order.
  std::vector<Identity> Play(const Tape& tape, std::vector<Identity> ids) {
    TapeStrategy strategy(tape);
    Scheduler scheduler(&strategy, LegalityMode::kContract);
    scheduler.Begin({});
    std::vector<Identity> order;
    while (!ids.empty()) {
      const std::size_t chosen = scheduler.PickReady(Handles(ids));
      order.push_back(ids[chosen]);
      ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(chosen));
    }
    used_ = strategy.Used();
    return order;
  }

  Tape used_;
};

using Order = std::vector<Identity>;

TEST_F(TapeReplayTest, GoFirstAppliesWhereTheTwoMeet) {
  const Tape tape({Decision::GoFirst(PickPoint::kReady, 2, 4)});
  EXPECT_EQ(Play(tape, {1, 2, 3, 4}), (Order{1, 4, 2, 3}));
  EXPECT_EQ(used_, tape);
}

TEST_F(TapeReplayTest, WhatMeetsNothingIsNotUsed) {
  const Tape tape({Decision::GoFirst(PickPoint::kReady, 2, 9),
                   Decision::GoFirst(PickPoint::kReady, 9, 1),
                   Decision::GoFirst(PickPoint::kEvent, 1, 2)});
  EXPECT_EQ(Play(tape, {1, 2, 3}), (Order{1, 2, 3}));
  EXPECT_TRUE(used_.empty());
}

TEST_F(TapeReplayTest, SeveralAboutOneApplyInOrderAndAreUsedUp) {
  const Tape tape({Decision::GoFirst(PickPoint::kReady, 1, 4),
                   Decision::GoFirst(PickPoint::kReady, 1, 9),
                   Decision::GoFirst(PickPoint::kReady, 1, 2)});
  EXPECT_EQ(Play(tape, {1, 2, 3, 4}), (Order{4, 2, 1, 3}));
  EXPECT_EQ(used_, tape.Without(1));
}

TEST_F(TapeReplayTest, RemovingOneLeavesTheOthersInForce) {
  const Tape tape({Decision::GoFirst(PickPoint::kReady, 1, 3),
                   Decision::GoFirst(PickPoint::kReady, 2, 4)});
  EXPECT_EQ(Play(tape, {1, 2, 3, 4}), (Order{3, 1, 4, 2}));
  EXPECT_EQ(Play(tape.Without(0), {1, 2, 3, 4}), (Order{1, 4, 2, 3}));
  EXPECT_EQ(Play(tape.Without(1), {1, 2, 3, 4}), (Order{3, 1, 2, 4}));
}

TEST_F(TapeReplayTest, OneDecisionAppliesOnce) {
  TapeStrategy strategy(Tape({Decision::GoFirst(PickPoint::kReady, 1, 2)}));
  Scheduler scheduler(&strategy, LegalityMode::kContract);
  scheduler.Begin({});
  EXPECT_EQ(scheduler.PickReady(Handles({1, 2})), 1u);
  EXPECT_EQ(scheduler.PickReady(Handles({1, 2})), 0u);
  scheduler.Begin({});
  EXPECT_EQ(scheduler.PickReady(Handles({1, 2})), 1u);
}

TEST_F(TapeReplayTest, AHoldWaitsUntilTheOtherHasGone) {
  const Tape tape({Decision::Hold(PickPoint::kReady, 1, 3)});
  EXPECT_EQ(Play(tape, {1, 2, 3, 4}), (Order{2, 3, 1, 4}));
  EXPECT_EQ(used_, tape);
}

TEST_F(TapeReplayTest, AHoldForNobodyLetsAllOthersGo) {
  const Tape tape({Decision::Hold(PickPoint::kReady, 1, 9)});
  EXPECT_EQ(Play(tape, {1, 2, 3}), (Order{2, 3, 1}));
}

TEST_F(TapeReplayTest, HoldsInACircleLetTheFirstGo) {
  const Tape tape({Decision::Hold(PickPoint::kReady, 1, 2),
                   Decision::Hold(PickPoint::kReady, 2, 1)});
  EXPECT_EQ(Play(tape, {1, 2}), (Order{1, 2}));
}

TEST_F(TapeReplayTest, ADrawOutOfBoundsIsTheGreatestNumber) {
  TapeStrategy strategy(Tape({Decision::Draw(1, 0, 50, 100)}));
  Scheduler scheduler(&strategy, LegalityMode::kContract);
  scheduler.Begin({});
  EXPECT_EQ(scheduler.Draw(1, 0, 10), 9u);
  EXPECT_EQ(scheduler.Draw(1, 1, 10), 0u);
}

}  // namespace
}  // namespace rondo
