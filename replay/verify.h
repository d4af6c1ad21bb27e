// Checks a trace against itself: whatever can be recomputed from it.
//
//   rondo::TraceVerifier verifier(reader.header());
//   while (reads record) verifier.Add(record, reader.line());
//   verifier.Finish(/*truncated=*/false);
//   for (const rondo::TraceProblem& p : verifier.problems()) …
//
// Checked: numbers `g` of records and `n` of iterations are without gaps; an
// identity is defined before it is used; the timer and I/O lanes of every
// iteration, its ready lane where enough is recorded (level 2, or level 1 of
// a FIFO run); the chain digests, hosts and count of iterations of the end.
//
// Thread-safety: none.
#ifndef RONDO_REPLAY_VERIFY_H_
#define RONDO_REPLAY_VERIFY_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rondo/replay/digest.h"
#include "rondo/replay/trace.h"

namespace rondo {

struct TraceProblem {
  std::size_t line = 0;
  std::string what;  // "number 8 after 6".
};

class TraceVerifier {
 public:
  explicit TraceVerifier(const TraceHeader& header) : header_(header) {}

  // The next record, and the line it is on.
  void Add(const Record& record, std::size_t line);
  // After the last: whether the end is missing.
  void Finish(bool truncated);

  // The first hundred; then only counted.
  const std::vector<TraceProblem>& problems() const { return problems_; }
  std::size_t problem_count() const { return problem_count_; }
  std::size_t records() const { return records_; }
  const ChainDigests& chains() const { return chains_; }

 private:
  // What is known of one boot of a host.
  struct Boot {
    std::int64_t iterations = 0;  // So far.
    std::int64_t last_n = 0;
    std::uint64_t picks = 0;  // Ready picks since the last iteration.
    IterationDigest digest;   // Of those picks.
  };

  void CheckNumbers(const Record& record);
  void CheckPick(const PickRecord& pick);
  void CheckIteration(const ItRecord& it);
  void CheckLanes(const ItRecord& it, Boot* boot);
  void CheckEnd(const EndRecord& end);
  void CheckDefined(Identity id, const std::set<Identity>& in,
                    const std::string& what);
  void Problem(std::string what);

  TraceHeader header_;
  ChainDigests chains_;
  std::map<std::pair<std::string, std::int64_t>, Boot> boots_;
  std::set<Identity> named_;      // By a str record.
  std::set<Identity> resources_;  // By a res record.
  std::vector<TraceProblem> problems_;
  std::size_t problem_count_ = 0;
  std::size_t records_ = 0;
  std::size_t line_ = 1;
  std::int64_t last_g_ = 0;
};

// All problems of a trace in memory.
std::vector<TraceProblem> Verify(const Trace& trace);

}  // namespace rondo

#endif  // RONDO_REPLAY_VERIFY_H_
