#include "rondo/replay/explorer.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "rondo/replay/make_strategy.h"
#include "rondo/replay/token.h"

namespace rondo {
namespace {

std::string Describe(const RunOutcome& outcome) {
  return outcome.signature().ToString() + " after " +
         std::to_string(outcome.iterations) + " iterations, digest " +
         std::to_string(outcome.digest);
}

}  // namespace

RunOutcome VerifyRun(const RunOnce& run_once, RunOutcome outcome,
                     const Tape& tape, LegalityMode mode,
                     std::uint64_t iteration_budget) {
  const RunOutcome again =
      RerunTape(run_once, tape, mode, {.iteration_budget = iteration_budget})
          .outcome;
  if (again.signature() == outcome.signature() &&
      again.digest == outcome.digest) {
    return outcome;
  }
  outcome.message = "the same decisions led once to " + Describe(outcome) +
                    ", then to " + Describe(again);
  outcome.kind = RunKind::kNondeterminism;
  return outcome;
}

absl::StatusOr<ExploreResult> Explorer::Run() {
  if (options_.schedules == 0) {
    return absl::InvalidArgumentError("schedules: expected at least 1, got 0");
  }
  if (options_.shard_index >= options_.shard_count) {
    return absl::InvalidArgumentError(
        "shard " + std::to_string(options_.shard_index) + " of " +
        std::to_string(options_.shard_count) + ": shards count from zero");
  }
  absl::StatusOr<std::unique_ptr<Strategy>> strategy =
      MakeStrategy(options_.strategy);
  if (!strategy.ok()) return strategy.status();
  strategy_ = std::move(*strategy);
  result_ = {};
  digests_.clear();
  single_deviations_.clear();
  if (ExploreMode(LegalityMode::kContract) && result_.findings.empty() &&
      options_.adversarial) {
    ExploreMode(LegalityMode::kAdversarial);
  }
  result_.distinct = digests_.size();
  result_.single_deviations = single_deviations_.size();
  return std::move(result_);
}

bool Explorer::ExploreMode(LegalityMode mode) {
  // Every shard makes the dull run, for its profile; the first one owns it.
  RerunResult dull = RerunTape(run_once_, Tape(), mode,
                               {.iteration_budget = options_.iteration_budget});
  if (mode == LegalityMode::kContract) result_.dull = dull.profile;
  if (options_.shard_index == 0 && options_.schedules > 0) {
    Conclude(std::move(dull.outcome), mode, 0, dull.tape);
    if (Over()) return false;
  }
  Scheduler scheduler(strategy_.get(), mode);
  for (std::uint64_t run = options_.shard_index; run < options_.schedules;
       run += options_.shard_count) {
    if (run == 0) continue;
    scheduler.Begin(
        MakePlan(options_.seed, run, dull.profile, options_.iteration_budget));
    RunOutcome outcome = run_once_(scheduler);
    scheduler.End(outcome);
    Conclude(std::move(outcome), mode, run, scheduler.tape());
    if (Over()) return false;
  }
  return true;
}

void Explorer::Conclude(RunOutcome outcome, LegalityMode mode,
                        std::uint64_t run, const Tape& tape) {
  digests_.insert(outcome.digest);
  ++result_.schedules;
  CountSingleDeviation(mode, tape);
  if (!outcome.passed() ||
      (options_.verify_every != 0 && run % options_.verify_every == 0)) {
    outcome = VerifyRun(run_once_, std::move(outcome), tape, mode,
                        options_.iteration_budget);
  }
  if (!outcome.passed()) Report(std::move(outcome), mode, run, tape);
  if (options_.progress == nullptr) return;
  options_.progress({.mode = mode,
                     .schedules = result_.schedules,
                     .distinct = digests_.size(),
                     .findings = result_.findings.size()});
}

void Explorer::CountSingleDeviation(LegalityMode mode, const Tape& tape) {
  if (mode != LegalityMode::kContract) return;
  if (tape.size() != 1 || tape[0].is_draw()) return;
  single_deviations_.insert(tape.Digest());
}

void Explorer::Report(RunOutcome outcome, LegalityMode mode, std::uint64_t run,
                      const Tape& tape) {
  const Signature signature = outcome.signature();
  const bool known = std::ranges::any_of(
      result_.findings, [&signature](const Finding& finding) {
        return finding.outcome.signature() == signature;
      });
  if (known) return;
  ScheduleToken token;
  token.mode = mode;
  token.seed = options_.seed;
  token.build = options_.build;
  ScheduleToken run_token = token;
  token.tape = tape;
  run_token.strategy = options_.strategy;
  run_token.run = run;
  result_.findings.push_back({.outcome = std::move(outcome),
                              .mode = mode,
                              .run = run,
                              .tape = tape,
                              .token = FormatToken(token),
                              .run_token = FormatToken(run_token)});
}

bool Explorer::Over() {
  if (options_.max_findings != 0 &&
      result_.findings.size() >= options_.max_findings) {
    result_.end = ExploreEnd::kFindings;
    return true;
  }
  if (options_.elapsed != nullptr &&
      options_.elapsed() >= options_.time_limit) {
    result_.end = ExploreEnd::kTime;
    return true;
  }
  return false;
}

}  // namespace rondo
