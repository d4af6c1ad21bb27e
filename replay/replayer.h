// Replaying a recorded run, and seeing whether it is the same run again.
//
//   absl::StatusOr<Trace> trace = ReadTrace("run.jsonl");
//   ReplayCheck check(*trace);
//   ... execute the scenario with TapeOf(*trace), recording into `check`,
//       until check.diverged() ...
//   if (check.diverged()) std::cout << DiffText(check.Explain(), ...);
//
// The check compares record by record as they are made, so a replay can stop
// at the first that differs.
#ifndef RONDO_REPLAY_REPLAYER_H_
#define RONDO_REPLAY_REPLAYER_H_

#include <cstddef>
#include <cstdint>

#include "rondo/replay/diff.h"
#include "rondo/replay/scheduler.h"
#include "rondo/replay/tape.h"
#include "rondo/replay/trace.h"

namespace rondo {

// The decisions of a recorded run.
Tape TapeOf(const Trace& trace);
// The mode that they were taken in.
LegalityMode LegalityModeOf(const TraceHeader& header);
// If the run was ended because it had made too many iterations: how many it
// was granted. Otherwise 0.
std::uint64_t IterationBudgetOf(const Trace& trace);

// A sink that compares what a replay records with what was recorded.
class ReplayCheck final : public TraceSink {
 public:
  // `recorded` outlives it.
  explicit ReplayCheck(const Trace& recorded);

  void Begin(const TraceHeader& header) override;
  void Write(const Record& record) override;

  // A record differed: the replay need not go on.
  bool diverged() const { return diverged_; }
  // The replay has made every record of the recording, and no other.
  // REQUIRES: it is over.
  bool complete() const;
  // How the recording (A) and the replay so far (B) differ.
  TraceDiff Explain() const;
  const Trace& replayed() const { return replayed_; }

 private:
  const Trace& recorded_;
  std::vector<std::size_t> comparable_;
  std::size_t next_ = 0;
  Trace replayed_;
  bool diverged_ = false;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_REPLAYER_H_
