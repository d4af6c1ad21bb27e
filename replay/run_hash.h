// Random numbers by name: a keyed hash in place of a generator.
//
// A generator has a position, so one number more shifts all that follow. Here
// each number is a pure function of a run's key and of what it is for:
//
//   const std::uint64_t key = RunKey(seed, run);
//   RandomBelow(RandomWord(key, stream, k), n)  // The k-th draw of a stream.
//
// so a run depends on (seed, run number) only, in any process and in any
// order of runs, and adding a stream shifts no other.
//
// Thread-safety: pure functions.
#ifndef RONDO_REPLAY_RUN_HASH_H_
#define RONDO_REPLAY_RUN_HASH_H_

#include <bit>
#include <cstdint>

#include "rondo/runtime/identity.h"

namespace rondo {

// The key of one run.
constexpr std::uint64_t RunKey(std::uint64_t seed, std::uint64_t run) {
  return Combine(MixBits(seed), run);
}

// 64 uniform bits for the k-th use of `what`.
constexpr std::uint64_t RandomWord(std::uint64_t key, Identity what,
                                   std::uint64_t k = 0) {
  return Combine(Combine(key, what), k);
}

// Maps uniform bits to [0, n); the bias is below n / 2^64. REQUIRES: n > 0.
constexpr std::uint64_t RandomBelow(std::uint64_t word, std::uint64_t n) {
  return static_cast<std::uint64_t>(static_cast<unsigned __int128>(word) * n >>
                                    64);
}

// True once in `n` words. Zero: never.
constexpr bool OneIn(std::uint64_t word, std::uint64_t n) {
  return n != 0 && RandomBelow(word, n) == 0;
}

// A power of two between 1 and about `limit`, uniform on the logarithmic
// scale: small and large orders of magnitude are equally likely.
constexpr std::uint64_t RandomMagnitude(std::uint64_t word,
                                        std::uint64_t limit) {
  const int orders = std::bit_width(limit | 1);
  return std::uint64_t{1} << RandomBelow(word, static_cast<unsigned>(orders));
}

// The image of `i` under a permutation of [0, n) chosen by `key`, in constant
// space. REQUIRES: i < n.
// Source: a Feistel network over the next even number of bits, with
// cycle-walking (Black, Rogaway, "Ciphers with Arbitrary Finite Domains",
// 2002).
constexpr std::uint64_t PermuteIndex(std::uint64_t key, std::uint64_t i,
                                     std::uint64_t n) {
  const int half = (std::bit_width(n - 1) + 1) / 2;
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  do {
    std::uint64_t left = i >> half;
    std::uint64_t right = i & mask;
    for (std::uint64_t round = 0; round < 4; ++round) {
      const std::uint64_t next = left ^ (RandomWord(key, right, round) & mask);
      left = right;
      right = next;
    }
    i = left << half | right;
  } while (i >= n);
  return i;
}

}  // namespace rondo

#endif  // RONDO_REPLAY_RUN_HASH_H_
