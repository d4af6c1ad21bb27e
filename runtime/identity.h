// Arithmetic on identities: 64-bit names of what a thing is.
//
// The functions are fixed for ever (they are part of the trace format): the
// same names give the same identities on every compiler and machine.
#ifndef RONDO_RUNTIME_IDENTITY_H_
#define RONDO_RUNTIME_IDENTITY_H_

#include <cstdint>
#include <string_view>

#include "rondo/runtime/handle_info.h"

namespace rondo {

// A bijection that spreads every bit over all the others.
// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators"
// (2014), the finalizer of SplitMix64.
constexpr std::uint64_t MixBits(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// The identity of a name. Source: FNV-1a, 64 bits, then MixBits.
constexpr Identity HashName(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  return MixBits(hash);
}

// The identity of "`b` within `a`"; not commutative.
constexpr Identity Combine(Identity a, Identity b) {
  return MixBits((a << 23 | a >> 41) * 0xd6e8feb86659fd93u ^ b);
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_IDENTITY_H_
