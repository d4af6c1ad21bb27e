// Bytes without a pattern, the same every time.
#ifndef RONDO_TESTS_SUPPORT_RANDOM_BYTES_H_
#define RONDO_TESTS_SUPPORT_RANDOM_BYTES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "rondo/runtime/seeded_random.h"

namespace rondo {

inline std::string RandomBytes(std::uint64_t seed, std::size_t size) {
  SeededRandom random(seed);
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size;) {
    const std::uint64_t eight = random.Next();
    const std::size_t n = std::min(sizeof(eight), size - i);
    std::memcpy(bytes.data() + i, &eight, n);
    i += n;
  }
  return bytes;
}

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_RANDOM_BYTES_H_
