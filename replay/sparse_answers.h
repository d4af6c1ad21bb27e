// Answers that are dull but for one in so many, in each run another number.
//
// How many decisions a bug needs is not known beforehand: one delay, or a
// network that loses half of everything. So a run draws its densities on a
// logarithmic scale, once for picks (between all of them and about one in the
// run) and once for draws, and what deviates is uniform: any other candidate,
// a number of any size or, as often, of any order of magnitude.
//
// Shared by the strategies whose own idea is about the order of tasks only.
#ifndef RONDO_REPLAY_SPARSE_ANSWERS_H_
#define RONDO_REPLAY_SPARSE_ANSWERS_H_

#include <cstddef>
#include <cstdint>

#include "rondo/replay/strategy.h"

namespace rondo {

class SparseAnswers {
 public:
  void Begin(const RunPlan& plan);

  // As Strategy's.
  std::size_t Pick(const CandidateView& candidates, std::uint64_t step) const;
  std::uint64_t Draw(Identity stream, std::uint64_t k, std::uint64_t n) const;

 private:
  std::uint64_t key_ = 0;
  std::uint64_t pick_key_ = 0;
  std::uint64_t pick_one_in_ = 1;
  std::uint64_t draw_one_in_ = 1;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_SPARSE_ANSWERS_H_
