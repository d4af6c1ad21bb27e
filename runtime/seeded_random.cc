#include "rondo/runtime/seeded_random.h"

#include <bit>

#include "rondo/runtime/identity.h"

namespace rondo {

SeededRandom::SeededRandom(std::uint64_t seed) {
  for (std::uint64_t& word : state_) {
    word = MixBits(seed);
    seed += 0x9e3779b97f4a7c15u;  // MixBits adds it too: this is SplitMix64.
  }
}

std::uint64_t SeededRandom::Next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

}  // namespace rondo
