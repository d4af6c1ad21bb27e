// Lays two sequences of things side by side by what they are, not by where
// they stand.
//
// After two runs have parted, everything shifts: comparing line by line finds
// only noise. Things are matched by their keys (identities that do not depend
// on the schedule); of those matched, the longest run that both have in the
// same order stays in place and the others have moved.
// Source: patience diff (Bram Cohen), with keys that are unique in each.
//
// Cost: n log n.
#ifndef RONDO_REPLAY_ALIGN_H_
#define RONDO_REPLAY_ALIGN_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rondo {

struct AlignItem {
  std::uint64_t key = 0;      // Unique in its sequence.
  std::uint64_t content = 0;  // Digest of what may have changed.
};

enum class AlignStatus : std::uint8_t {
  kSame,     // In both, in the same order, with the same content.
  kChanged,  // In both, with other content.
  kMoved,    // In both, with the same content, in another order.
  kOnlyA,
  kOnlyB,
};

struct AlignedItem {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  AlignStatus status = AlignStatus::kSame;
  std::size_t a = kNone;  // Index into the first sequence.
  std::size_t b = kNone;  // Index into the second.
};

// Every item of both once, in the order of `a`, those of `b` alone where they
// stand among the ones that have not moved.
std::vector<AlignedItem> Align(std::span<const AlignItem> a,
                               std::span<const AlignItem> b);

}  // namespace rondo

#endif  // RONDO_REPLAY_ALIGN_H_
