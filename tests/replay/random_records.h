// Records with random contents, for the tests of the trace format.
#ifndef RONDO_TESTS_REPLAY_RANDOM_RECORDS_H_
#define RONDO_TESTS_REPLAY_RANDOM_RECORDS_H_

#include <cstdint>
#include <string>

#include "rondo/replay/trace.h"

namespace rondo {

class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Bits();
  // Below n.
  std::uint64_t Below(std::uint64_t n);
  // Small, or at the edges of its type.
  std::int64_t Integer();
  std::int64_t Natural();
  // Any bytes: ASCII, well-formed UTF-8, and neither.
  std::string Bytes();
  // Well-formed UTF-8.
  std::string Text();

  // Texts are well-formed unless `any_bytes`.
  TraceHeader Header(bool any_bytes);
  Record Any(bool any_bytes);

 private:
  std::string Some(bool any_bytes) { return any_bytes ? Bytes() : Text(); }
  Record Definition(bool any_bytes);
  Record Happening(bool any_bytes);
  Record Choice(bool any_bytes);
  Record Note(bool any_bytes);
  Record End(bool any_bytes);
  ItRecord It(bool any_bytes);

  std::uint64_t state_;
};

// The seed of RONDO_SEED, or a fixed one; prints it.
std::uint64_t TestSeed();

}  // namespace rondo

#endif  // RONDO_TESTS_REPLAY_RANDOM_RECORDS_H_
