// The one place where a run is decided: picks and draws.
//
// Everything in a simulated run that could have gone another way is asked
// here, so a run is a function of the answers, and a tape of the answers is
// the run. Two kinds of question:
//
//   A *pick* chooses one of several candidates that could all come next: which
//   ready handle, which event, which fault. Each candidate has an identity
//   that does not depend on the schedule.
//
//   A *draw* asks for a number below n: a delay, a loss, a size. It is named
//   by its stream and its place k in the stream, so that taking one decision
//   away, or adding a host, shifts no other.
//
// The dull answer is the first: candidate 0 (FIFO, the earliest event, no
// fault), number 0 (the least delay, no loss).
//
// Thread-safety: one run, one thread.
#ifndef RONDO_REPLAY_DECISIONS_H_
#define RONDO_REPLAY_DECISIONS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/handle_info.h"

namespace rondo {

enum class PickPoint : std::uint8_t {
  kReady,  // Which ready handle of a host runs next.
  kEvent,  // What happens next in the world: a host's step, a delivery, a
           // timer.
  kFault,  // Whether a fault happens here, and which.
};

// "ready", "event", "fault".
std::string_view PickPointName(PickPoint point);

struct Candidate {
  Identity id = 0;
  Identity host = 0;
  // The thing that choosing it touches (a socket, a lock), if known.
  Identity resource = 0;
  std::string_view label;  // For display: "wakeup:T1".
};

// What a number that is drawn stands for: a time, so many nanoseconds more
// than the least.
struct DrawMeaning {
  std::string_view what;  // "latency of segment 3 (data) of n1>n2:80#1".
  Nanoseconds least{0};
};

class Decisions {
 public:
  virtual ~Decisions() = default;

  // Returns the index of the candidate that comes next.
  // REQUIRES: !candidates.empty(). One candidate: no question, the result is 0.
  virtual std::size_t Pick(PickPoint point,
                           std::span<const Candidate> candidates) = 0;

  // Returns a number in [0, n). REQUIRES: n > 0; (stream, k) asked only once.
  virtual std::uint64_t Draw(Identity stream, std::uint64_t k,
                             std::uint64_t n) = 0;

  // Whether somebody wants to know what the numbers of this run stand for;
  // then the next one is told just before it is drawn.
  virtual bool wants_meanings() const { return false; }
  virtual void TellMeaning(const DrawMeaning&) {}
};

}  // namespace rondo

#endif  // RONDO_REPLAY_DECISIONS_H_
