// Who decides a run: asks a strategy, and writes the tape.
//
// A Scheduler is what a loop (as its ReadyOrder) and a simulation (as its
// Decisions) ask, one object for one run at a time:
//
//   Scheduler scheduler(&strategy, LegalityMode::kContract);
//   scheduler.Begin(plan);
//   RunOutcome outcome = run_once(scheduler);  // Asks PickReady, Pick, Draw.
//   scheduler.End(outcome);
//   scheduler.tape();  // Only what was not dull.
//
// Identities. A candidate's identity names one occurrence: once chosen it is
// never a candidate again, and "no fault here" is another thing at each place.
// The replay of a tape relies on it (see tape.h).
//
// Cost: a virtual call for the strategy; a dull answer writes nothing; no
// allocation once the tape has grown. A pick of a random walk, tape included,
// takes 12 ns (tests/benchmarks/replay_benchmark.cc).
//
// Thread-safety: one run, one thread.
#ifndef RONDO_REPLAY_SCHEDULER_H_
#define RONDO_REPLAY_SCHEDULER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "rondo/replay/decision_observer.h"
#include "rondo/replay/decisions.h"
#include "rondo/replay/strategy.h"
#include "rondo/replay/tape.h"
#include "rondo/runtime/ready_order.h"

namespace rondo {

// Which orders count as possible. The weaker, the fewer false alarms.
enum class LegalityMode : std::uint8_t {
  // Only what a real loop could do: candidates of equal order keys never
  // swap. The loop passes one for each key.
  kContract,
  // Any ready handle: finds code that leans on FIFO without knowing it. The
  // loop passes all of them.
  kAdversarial,
};

// "contract", "adversarial".
std::string_view LegalityModeName(LegalityMode mode);

class Scheduler final : public ReadyOrder, public Decisions {
 public:
  // Borrows both. An observer sees every question, dull or not.
  Scheduler(Strategy* strategy, LegalityMode mode,
            DecisionObserver* observer = nullptr)
      : strategy_(strategy), observer_(observer), mode_(mode) {}

  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Starts a run: an empty tape and profile.
  void Begin(const RunPlan& plan);
  void End(const RunOutcome& outcome);

  // ReadyOrder and Decisions. In contract mode the result is never overtaken
  // by an older candidate with its order key, whatever the strategy says.
  std::size_t PickReady(std::span<const HandleInfo> candidates) override;
  std::size_t Pick(PickPoint point,
                   std::span<const Candidate> candidates) override;
  std::uint64_t Draw(Identity stream, std::uint64_t k,
                     std::uint64_t n) override;
  bool wants_meanings() const override {
    return observer_ != nullptr && observer_->wants_meanings();
  }
  void TellMeaning(const DrawMeaning& meaning) override {
    observer_->OnMeaning(meaning);
  }

  // Another witness, of the run that is in progress: its recorder. May be null.
  void set_recorder(DecisionObserver* recorder) { recorder_ = recorder; }

  LegalityMode mode() const { return mode_; }
  const RunPlan& plan() const { return plan_; }

  // Of the run so far.
  const Tape& tape() const { return tape_; }
  const RunProfile& profile() const { return profile_; }

 private:
  std::size_t PickFrom(PickPoint point, const CandidateView& candidates);
  bool WithinHorizon() const {
    return profile_.picks + profile_.draws <= horizon_;
  }

  Strategy* strategy_;
  DecisionObserver* observer_;
  DecisionObserver* recorder_ = nullptr;
  LegalityMode mode_;
  RunPlan plan_;
  std::uint64_t horizon_ = 0;
  RunProfile profile_;
  Tape tape_;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_SCHEDULER_H_
