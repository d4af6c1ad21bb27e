// The candidates of a pick, whoever asks: a loop's handles or the world's
// events, seen alike and without a copy.
//
// Thread-safety: a view; valid as long as the span it was made of.
#ifndef RONDO_REPLAY_CANDIDATE_VIEW_H_
#define RONDO_REPLAY_CANDIDATE_VIEW_H_

#include <cstddef>
#include <span>
#include <string>

#include "rondo/replay/decisions.h"
#include "rondo/runtime/handle_info.h"

namespace rondo {

class CandidateView {
 public:
  explicit CandidateView(std::span<const HandleInfo> handles)
      : size_(handles.size()), handles_(handles.data()) {}
  explicit CandidateView(std::span<const Candidate> candidates)
      : size_(candidates.size()), candidates_(candidates.data()) {}

  std::size_t size() const { return size_; }

  Identity id(std::size_t i) const {
    return handles_ != nullptr ? handles_[i].id : candidates_[i].id;
  }

  // Whom a strategy favours or starves when it does so to the candidate: the
  // task of a handle, the resource or the host of an event, else itself.
  Identity owner(std::size_t i) const {
    if (handles_ != nullptr) {
      const HandleInfo& handle = handles_[i];
      if (handle.task != 0) return handle.task;
      return handle.order_key != 0 ? handle.order_key : handle.id;
    }
    const Candidate& candidate = candidates_[i];
    if (candidate.resource != 0) return candidate.resource;
    return candidate.host != 0 ? candidate.host : candidate.id;
  }

  // Candidates of equal keys never overtake one another. Zero: no promise.
  Identity order_key(std::size_t i) const {
    return handles_ != nullptr ? handles_[i].order_key : 0;
  }

  // For display.
  std::string label(std::size_t i) const {
    return handles_ != nullptr ? handles_[i].label()
                               : std::string(candidates_[i].label);
  }

  // The index of `id`, or size().
  std::size_t Find(Identity wanted) const {
    std::size_t i = 0;
    while (i < size_ && id(i) != wanted) ++i;
    return i;
  }

 private:
  std::size_t size_;
  const HandleInfo* handles_ = nullptr;
  const Candidate* candidates_ = nullptr;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_CANDIDATE_VIEW_H_
