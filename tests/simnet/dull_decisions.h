// Decisions for tests: always the dull answer, or a seed's.
#ifndef RONDO_TESTS_SIMNET_DULL_DECISIONS_H_
#define RONDO_TESTS_SIMNET_DULL_DECISIONS_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <stdexcept>
#include <utility>

#include "rondo/replay/decisions.h"
#include "rondo/runtime/identity.h"

namespace rondo {

class DullDecisions final : public Decisions {
 public:
  std::size_t Pick(PickPoint, std::span<const Candidate>) override { return 0; }
  std::uint64_t Draw(Identity, std::uint64_t, std::uint64_t) override {
    return 0;
  }
};

// Draws from a seed; throws if a (stream, k) is asked for twice.
class SeededDecisions final : public Decisions {
 public:
  explicit SeededDecisions(std::uint64_t seed) : seed_(seed) {}
  std::size_t Pick(PickPoint, std::span<const Candidate>) override { return 0; }
  std::uint64_t Draw(Identity stream, std::uint64_t k,
                     std::uint64_t n) override {
    if (!asked_.insert({stream, k}).second) {
      throw std::logic_error("a draw was asked for twice");
    }
    return Combine(Combine(seed_, stream), k) % n;
  }

 private:
  std::uint64_t seed_;
  std::set<std::pair<Identity, std::uint64_t>> asked_;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SIMNET_DULL_DECISIONS_H_
