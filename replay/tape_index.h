// Finds the decisions of a tape while a run replays it.
//
// An open-addressed table over the tape, keyed by what a decision is about:
// (point, X) or (stream, k). A miss, the common case of a short tape, costs
// one probe. The table is only ever looked up; nothing depends on its order.
//
// Thread-safety: one run, one thread.
#ifndef RONDO_REPLAY_TAPE_INDEX_H_
#define RONDO_REPLAY_TAPE_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rondo/replay/tape.h"

namespace rondo {

class TapeIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  // REQUIRES: fewer than 2^31 decisions.
  explicit TapeIndex(const Tape& tape);

  // The position on the tape of the first decision about X, or kNone;
  // then the next one about the same X, in the order of the tape.
  std::uint32_t FirstPick(PickPoint point, Identity over) const {
    return Find(PickKey(point, over));
  }
  // The position of a draw, or kNone.
  std::uint32_t FindDraw(Identity stream, std::uint64_t k) const {
    return Find(DrawKey(stream, k));
  }
  std::uint32_t Next(std::uint32_t position) const { return next_[position]; }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t first = kNone;  // kNone: the slot is free.
    std::uint32_t last = kNone;
  };

  static std::uint64_t PickKey(PickPoint point, Identity over);
  static std::uint64_t DrawKey(Identity stream, std::uint64_t k);

  std::uint32_t Find(std::uint64_t key) const;
  void Insert(std::uint64_t key, std::uint32_t position);

  std::vector<Slot> slots_;  // A power of two, at most half full.
  std::vector<std::uint32_t> next_;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_TAPE_INDEX_H_
