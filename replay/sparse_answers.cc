#include "rondo/replay/sparse_answers.h"

#include <algorithm>

#include "rondo/replay/run_hash.h"

namespace rondo {
namespace {

// Without a profile, and for draws, which must not depend on one.
constexpr std::uint64_t kSparsest = 1 << 11;

}  // namespace

void SparseAnswers::Begin(const RunPlan& plan) {
  key_ = Combine(RunKey(plan.seed, plan.run), HashName("sparse"));
  pick_key_ = Combine(key_, HashName("pick"));
  pick_one_in_ = RandomMagnitude(
      RandomWord(key_, HashName("pick density")),
      plan.dull.picks > 0 ? 2 * plan.dull.picks + 2 : kSparsest);
  draw_one_in_ =
      RandomMagnitude(RandomWord(key_, HashName("draw density")), kSparsest);
  covers_events_ = OneIn(RandomWord(key_, HashName("events")), 2);
}

std::size_t SparseAnswers::Pick(const CandidateView& candidates,
                                std::uint64_t step) const {
  const std::uint64_t word = Combine(pick_key_, step);
  if (!OneIn(word, pick_one_in_)) return 0;
  return 1 + RandomBelow(MixBits(word), candidates.size() - 1);
}

std::uint64_t SparseAnswers::Draw(Identity stream, std::uint64_t k,
                                  std::uint64_t n) const {
  const std::uint64_t word = RandomWord(key_, stream, k);
  if (!OneIn(word, draw_one_in_)) return 0;
  std::uint64_t limit = n - 1;
  const std::uint64_t second = MixBits(word);
  if ((second & 1) != 0) {
    limit = std::min(limit, RandomMagnitude(MixBits(second), limit));
  }
  return 1 + RandomBelow(second, limit);
}

}  // namespace rondo
