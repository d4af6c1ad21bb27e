// Ring: first in, first out, in a buffer that only grows.
//
// Unlike std::deque it allocates nothing while the number of its elements
// stays below what it once was.
#ifndef RONDO_RUNTIME_RING_H_
#define RONDO_RUNTIME_RING_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "rondo/runtime/result_slot.h"

namespace rondo::internal {

template <class T>
class Ring {
 public:
  Ring() = default;
  Ring(Ring&& other) noexcept
      : slots_(std::move(other.slots_)),
        first_(std::exchange(other.first_, 0)),
        size_(std::exchange(other.size_, 0)) {}
  Ring& operator=(Ring&&) = delete;
  ~Ring() {
    for (std::size_t i = 0; i < size_; ++i) At(slots_, i).Destroy();
  }

  void Push(T item) {
    if (size_ == slots_.size()) Grow();
    At(slots_, size_).Construct(std::move(item));
    ++size_;
  }

  // REQUIRES: it is not empty.
  T Pop() {
    ResultSlot<T>& slot = At(slots_, 0);
    T item = slot.Take();
    slot.Destroy();
    ++first_;
    --size_;
    return item;
  }

 private:
  using Slots = std::vector<ResultSlot<T>>;

  // The number of slots is a power of two.
  ResultSlot<T>& At(Slots& slots, std::size_t i) {
    return slots[(first_ + i) & (slots.size() - 1)];
  }

  void Grow() {
    Slots more(slots_.empty() ? 4 : 2 * slots_.size());
    for (std::size_t i = 0; i < size_; ++i) {
      At(more, i).MoveFrom(At(slots_, i));
      At(slots_, i).Destroy();
    }
    slots_ = std::move(more);
  }

  Slots slots_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_RING_H_
