#include "rondo/replay/tape_index.h"

#include <bit>

#include "rondo/runtime/identity.h"

namespace rondo {

namespace {

constexpr std::uint64_t kPickTag = HashName("pick");

}  // namespace

// Two keys that collide in all 64 bits would be taken for one; MixBits and
// Combine make that as unlikely as two identities that collide, which the
// whole library relies on never to happen.
std::uint64_t TapeIndex::PickKey(PickPoint point, Identity over) {
  return Combine(kPickTag + static_cast<std::uint64_t>(point), over);
}

std::uint64_t TapeIndex::DrawKey(Identity stream, std::uint64_t k) {
  return Combine(stream, k);
}

TapeIndex::TapeIndex(const Tape& tape)
    : slots_(std::bit_ceil(2 * tape.size() + 2)), next_(tape.size(), kNone) {
  for (std::uint32_t i = 0; i < tape.size(); ++i) {
    const Decision& d = tape[i];
    Insert(d.is_draw() ? DrawKey(d.subject, d.k) : PickKey(d.point, d.subject),
           i);
  }
}

std::uint32_t TapeIndex::Find(std::uint64_t key) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = key & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.first == kNone) return kNone;
    if (slot.key == key) return slot.first;
  }
}

void TapeIndex::Insert(std::uint64_t key, std::uint32_t position) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = key & mask;; i = (i + 1) & mask) {
    Slot& slot = slots_[i];
    if (slot.first == kNone) {
      slot = {key, position, position};
      return;
    }
    if (slot.key == key) {
      next_[slot.last] = position;
      slot.last = position;
      return;
    }
  }
}

}  // namespace rondo
