// The seam from which a program takes its random numbers.
//
// In a simulation each host has one stream, derived from the run's seed, so
// that adding a host shifts nobody else's numbers.
//
// Standard distributions differ between libraries, so they must never shape
// anything that a trace shows: `Below` and `Unit` are integer algorithms of
// our own. Thread-safety: the loop's thread only.
#ifndef RONDO_RUNTIME_RANDOM_H_
#define RONDO_RUNTIME_RANDOM_H_

#include <cstdint>

namespace rondo {

class Random {
 public:
  virtual ~Random() = default;

  // 64 uniformly distributed bits.
  virtual std::uint64_t Next() = 0;

  // Uniform in [0, n), without bias. REQUIRES: n > 0.
  // Source: Lemire, "Fast Random Integer Generation in an Interval" (2019).
  std::uint64_t Below(std::uint64_t n) {
    unsigned __int128 product = static_cast<unsigned __int128>(Next()) * n;
    auto low = static_cast<std::uint64_t>(product);
    if (low < n) {
      const std::uint64_t threshold = (0 - n) % n;
      while (low < threshold) {
        product = static_cast<unsigned __int128>(Next()) * n;
        low = static_cast<std::uint64_t>(product);
      }
    }
    return static_cast<std::uint64_t>(product >> 64);
  }

  // Uniform in [0, 1): 53 bits.
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_RANDOM_H_
