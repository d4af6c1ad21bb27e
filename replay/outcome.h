// How one run of a scenario ended.
//
// Two failures are the same when their signatures are: the kind, and an id
// that the program or the library gives (`sim.Fail("two leaders")`, the type
// of the exception that escaped). The message, which may hold values, is for
// display. Shrinking never trades one signature for another.
#ifndef RONDO_REPLAY_OUTCOME_H_
#define RONDO_REPLAY_OUTCOME_H_

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace rondo {

enum class RunKind : std::uint8_t {
  kPass,
  kFail,            // The program said so.
  kException,       // One escaped.
  kDeadlock,        // Nothing is ready, and nothing will be.
  kLivelock,        // The budget of iterations or of virtual time is spent.
  kNondeterminism,  // The same decisions led elsewhere (found by Explorer).
};

// "pass", "fail", "exception", "deadlock", "livelock", "nondeterminism".
std::string_view RunKindName(RunKind kind);

struct Signature {
  RunKind kind = RunKind::kPass;
  std::string id;

  friend auto operator<=>(const Signature&, const Signature&) = default;

  // "fail: two leaders"; "pass".
  std::string ToString() const;
};

struct RunOutcome {
  RunKind kind = RunKind::kPass;
  std::string id;
  std::string message;
  std::uint64_t iterations = 0;  // Of all loops.
  std::chrono::nanoseconds virtual_time{0};
  // Of everything that happened, in order: equal runs, equal digests.
  std::uint64_t digest = 0;

  bool passed() const { return kind == RunKind::kPass; }
  Signature signature() const { return {kind, id}; }
};

}  // namespace rondo

#endif  // RONDO_REPLAY_OUTCOME_H_
