#include "rondo/replay/rerun.h"

#include <memory>

#include "rondo/replay/make_strategy.h"
#include "rondo/replay/tape_strategy.h"

namespace rondo {
namespace {

constexpr std::uint64_t kHorizonFactor = 8;
constexpr std::uint64_t kLeastHorizon = 1024;

}  // namespace

RunPlan MakePlan(std::uint64_t seed, std::uint64_t run, const RunProfile& dull,
                 std::uint64_t iteration_budget) {
  return {.seed = seed,
          .run = run,
          .dull = dull,
          .horizon = kLeastHorizon + kHorizonFactor * (dull.picks + dull.draws),
          .iteration_budget = iteration_budget};
}

RerunResult RerunTape(const RunOnce& run_once, const Tape& tape,
                      LegalityMode mode, const RerunOptions& options) {
  TapeStrategy strategy(tape);
  Scheduler scheduler(&strategy, mode, options.observer);
  scheduler.Begin({.iteration_budget = options.iteration_budget});
  RunOutcome outcome = run_once(scheduler);
  scheduler.End(outcome);
  return {std::move(outcome), scheduler.profile(), scheduler.tape(),
          strategy.Used()};
}

absl::StatusOr<RerunResult> RerunToken(const RunOnce& run_once,
                                       const ScheduleToken& token,
                                       const RerunOptions& options) {
  if (token.strategy.empty()) {
    return RerunTape(run_once, token.tape, token.mode, options);
  }
  absl::StatusOr<std::unique_ptr<Strategy>> strategy =
      MakeStrategy(token.strategy);
  if (!strategy.ok()) return strategy.status();
  if (token.run == 0) {
    return RerunTape(run_once, Tape(), token.mode, options);
  }
  const RerunResult dull =
      RerunTape(run_once, Tape(), token.mode,
                {.iteration_budget = options.iteration_budget});
  Scheduler scheduler(strategy->get(), token.mode, options.observer);
  scheduler.Begin(
      MakePlan(token.seed, token.run, dull.profile, options.iteration_budget));
  RunOutcome outcome = run_once(scheduler);
  scheduler.End(outcome);
  return RerunResult{std::move(outcome), scheduler.profile(), scheduler.tape(),
                     scheduler.tape()};
}

}  // namespace rondo
