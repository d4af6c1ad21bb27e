// The tape: every decision of a run that was not dull.
//
// A run is a function of its tape. What is not on the tape is dull: the first
// candidate, the number zero. So the empty tape is the plain FIFO run with a
// perfect network, and a tape is as long as the run is odd, not as it is long.
//
// There are three kinds of decision:
//
//   go first  "When X would go and Y is there, Y goes first." Used up once it
//             has been applied; several about the same X apply in the order
//             of the tape, skipping those whose Y is not there.
//   hold      "X waits until Y has gone." While X would go, the candidate after
//             it is considered in its place. Used up when Y goes. If all that
//             there is is held, the first candidate goes.
//   draw      "The k-th number of this stream is v", v > 0.
//
// Why a pick names X too. A tape of the identities chosen, replayed as "the
// next recorded one that is enabled", needs a record for dull picks as well;
// taking one record away changes what every later record means, and where the
// run has changed, the rest of the tape pulls it about at random. Keyed by X a
// decision is a fact about two things of the program: it holds wherever they
// meet, whatever else is on the tape. Removing one leaves the others in force,
// which is what makes shrinking converge; and the exact replay of a recording
// is the same rule, because an identity that was chosen never comes back: X
// meets the same candidates in the same order, each time with the decision
// that was recorded then at the head of its list.
//
// Why holds. Starving X for sixty picks takes "go first" sixty times, and one
// hold: the order of two things, wherever else they stand. Recordings have
// none; shrinking makes them.
//
// Thread-safety: as a standard container.
#ifndef RONDO_REPLAY_TAPE_H_
#define RONDO_REPLAY_TAPE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/replay/decisions.h"

namespace rondo {

enum class DecisionKind : std::uint8_t { kGoFirst, kHold, kDraw };

// "go first", "hold", "draw".
std::string_view DecisionKindName(DecisionKind kind);

struct Decision {
  DecisionKind kind = DecisionKind::kGoFirst;
  PickPoint point = PickPoint::kReady;  // Picks.
  Identity subject = 0;      // X, the dull candidate; the stream of a draw.
  std::uint64_t k = 0;       // Draws: the place in the stream.
  std::uint64_t answer = 0;  // Y, who goes first; the number drawn.
  std::uint64_t n = 0;       // Draws: answer < n.

  static Decision GoFirst(PickPoint point, Identity over, Identity chosen);
  static Decision Hold(PickPoint point, Identity held, Identity until);
  static Decision Draw(Identity stream, std::uint64_t k, std::uint64_t value,
                       std::uint64_t n);

  bool is_draw() const { return kind == DecisionKind::kDraw; }
  bool is_fault() const { return !is_draw() && point == PickPoint::kFault; }

  friend bool operator==(const Decision&, const Decision&) = default;

  // "ready: 00000000000000aa goes before 00000000000000bb".
  std::string ToString() const;
};

class Tape {
 public:
  Tape() = default;
  explicit Tape(std::vector<Decision> decisions)
      : decisions_(std::move(decisions)) {}

  // Appends: the order of the tape is the order in time of recording.
  // REQUIRES: a draw's value is not zero and less than n, and no other draw
  // on the tape has its stream and k.
  void Add(const Decision& decision) { decisions_.push_back(decision); }

  void Clear() { decisions_.clear(); }

  // Copies, less one decision, or with only the marked ones.
  // REQUIRES: index < size(); keep.size() == size().
  Tape Without(std::size_t index) const;
  Tape Only(const std::vector<bool>& keep) const;

  std::span<const Decision> decisions() const { return decisions_; }
  std::size_t size() const { return decisions_.size(); }
  bool empty() const { return decisions_.empty(); }
  const Decision& operator[](std::size_t index) const {
    return decisions_[index];
  }

  // By kind; picks() counts go-first and hold, at points other than faults.
  std::size_t faults() const;
  std::size_t picks() const;
  std::size_t draws() const;
  // The sum of the numbers drawn, at most 2^64 - 1.
  std::uint64_t draw_sum() const;

  // A digest of the content, in order.
  std::uint64_t Digest() const;

  friend bool operator==(const Tape&, const Tape&) = default;

  // One line for each decision.
  std::string ToString() const;

 private:
  std::vector<Decision> decisions_;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_TAPE_H_
