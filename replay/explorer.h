// Runs a scenario under many schedules and collects what goes wrong.
//
//   Explorer explorer(run_once, {.schedules = 10'000, .seed = 7});
//   absl::StatusOr<ExploreResult> result = explorer.Run();
//   for (const Finding& f : result->findings) std::cerr << f.token << "\n";
//
// The dull run comes first, and tells the strategies how long runs are. Every
// finding is run again from its tape: if that does not end alike, digest
// included, the finding is that the scenario is not deterministic.
//
// The same scenario, options and build give the same result, byte for byte,
// unless a time limit cuts it short. Shards divide the runs by number: shard i
// of n makes those with number = i (mod n), so that the findings of all shards
// together are those of one process that collects as many.
//
// Thread-safety: one thread.
#ifndef RONDO_REPLAY_EXPLORER_H_
#define RONDO_REPLAY_EXPLORER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "rondo/replay/outcome.h"
#include "rondo/replay/rerun.h"
#include "rondo/replay/scheduler.h"
#include "rondo/replay/strategy.h"
#include "rondo/replay/tape.h"

namespace rondo {

struct ExploreProgress {
  LegalityMode mode = LegalityMode::kContract;
  std::uint64_t schedules = 0;  // Made so far, in all modes.
  std::uint64_t distinct = 0;
  std::size_t findings = 0;
};

struct ExploreOptions {
  // In each mode, over all shards.
  std::uint64_t schedules = 1000;
  std::uint64_t seed = 1;
  std::string strategy = "portfolio";
  // After contract mode, if that has found nothing (in this shard), also
  // adversarial.
  bool adversarial = false;
  // Stops after so many findings of different signatures. Zero: never.
  std::size_t max_findings = 1;
  // See RunPlan.
  std::uint64_t iteration_budget = 0;
  // Besides findings, runs every so-many-th run again from its tape. Zero: no.
  std::uint64_t verify_every = 0;
  std::uint64_t shard_index = 0;
  std::uint64_t shard_count = 1;
  // Written into tokens.
  std::optional<std::uint64_t> build = std::nullopt;
  // Stops after so long by `elapsed`, a clock from outside: the explorer
  // itself knows no time. Without it, no limit.
  std::function<std::chrono::nanoseconds()> elapsed = nullptr;
  std::chrono::nanoseconds time_limit = std::chrono::nanoseconds::max();
  // Called after every run.
  std::function<void(const ExploreProgress&)> progress = nullptr;
};

struct Finding {
  RunOutcome outcome;
  LegalityMode mode = LegalityMode::kContract;
  std::uint64_t run = 0;
  Tape tape;
  std::string token;      // With the tape.
  std::string run_token;  // With the strategy and the run's number.
};

enum class ExploreEnd : std::uint8_t { kSchedules, kFindings, kTime };

struct ExploreResult {
  std::vector<Finding> findings;  // In the order of run numbers.
  std::uint64_t schedules = 0;    // Made here; re-runs not counted.
  std::uint64_t distinct = 0;     // Of different digests.
  ExploreEnd end = ExploreEnd::kSchedules;
  RunProfile dull;  // In contract mode.
  // How many of the dull run's alternatives were tried alone here, in contract
  // mode: if all, then every schedule within one deviation has been made.
  std::uint64_t single_deviations = 0;

  bool within_one_deviation() const {
    return single_deviations == dull.alternatives;
  }
};

// Makes the run of the tape again. If it ends as `outcome`, digest included,
// that is the result; otherwise it is nondeterminism.
RunOutcome VerifyRun(const RunOnce& run_once, RunOutcome outcome,
                     const Tape& tape, LegalityMode mode,
                     std::uint64_t iteration_budget = 0);

class Explorer {
 public:
  Explorer(RunOnce run_once, ExploreOptions options)
      : run_once_(std::move(run_once)), options_(std::move(options)) {}

  // Explores from the beginning. InvalidArgument: no such strategy or shard,
  // no schedules.
  absl::StatusOr<ExploreResult> Run();

 private:
  // Returns false when exploring is over.
  bool ExploreMode(LegalityMode mode);
  void Conclude(RunOutcome outcome, LegalityMode mode, std::uint64_t run,
                const Tape& tape);
  void CountSingleDeviation(LegalityMode mode, const Tape& tape);
  void Report(RunOutcome outcome, LegalityMode mode, std::uint64_t run,
              const Tape& tape);
  bool Over();

  RunOnce run_once_;
  ExploreOptions options_;
  std::unique_ptr<Strategy> strategy_;
  ExploreResult result_;
  // Sets whose order is never looked at: only their sizes.
  // tidy: allow(hash-order) only its size is asked for
  absl::flat_hash_set<std::uint64_t> digests_;
  // tidy: allow(hash-order) only its size is asked for
  absl::flat_hash_set<std::uint64_t> single_deviations_;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_EXPLORER_H_
