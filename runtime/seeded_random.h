// A fixed generator: the same seed gives the same numbers, for ever.
#ifndef RONDO_RUNTIME_SEEDED_RANDOM_H_
#define RONDO_RUNTIME_SEEDED_RANDOM_H_

#include <array>
#include <cstdint>

#include "rondo/runtime/random.h"

namespace rondo {

// The algorithm is part of the trace format: a recorded seed must mean the
// same numbers in every build. Not for secrets.
// Source: Blackman, Vigna, "Scrambled Linear Pseudorandom Number Generators"
// (2021), xoshiro256**, its state filled by SplitMix64.
class SeededRandom final : public Random {
 public:
  using State = std::array<std::uint64_t, 4>;

  explicit SeededRandom(std::uint64_t seed);
  // REQUIRES: `state` is not all zeros.
  explicit SeededRandom(const State& state) : state_(state) {}

  std::uint64_t Next() override;

 private:
  State state_;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_SEEDED_RANDOM_H_
