// Timers in the order of (deadline, registration).
//
// A radix heap: bucket k holds the timers whose deadline first differs from
// the last popped one at bit k, so a timer moves at most 64 times and equal
// deadlines keep their order without a number. It needs deadlines that are not
// before the last one popped; the few that are go into a small binary heap
// beside it. A cancelled timer stays as a tombstone, and all tombstones go
// when they outnumber the living.
//
// Source: Ahuja, Mehlhorn, Orlin, Tarjan, "Faster Algorithms for the Shortest
// Path Problem" (1990). Ties by registration: every implementation must.
#ifndef RONDO_RUNTIME_TIMER_QUEUE_H_
#define RONDO_RUNTIME_TIMER_QUEUE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "rondo/runtime/huge_allocator.h"
#include "rondo/runtime/node.h"

namespace rondo::internal {

class TimerQueue {
 public:
  static constexpr std::int64_t kNever =
      std::numeric_limits<std::int64_t>::max();

  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;
  ~TimerQueue() { Clear(); }

  // How many timers wait that were not cancelled.
  std::size_t live() const { return live_; }

  // Takes over one reference to `timer`.
  void Push(TimerNode* timer) {
    timer->Set(Node::kScheduled);
    ++live_;
    if (timer->when >= last_) [[likely]] {
      const int index = BucketOf(timer->when);
      occupied_ |= std::uint64_t{1} << index;
      buckets_[index].push_back({timer->when, timer});
    } else {
      PushEarly(timer);
    }
  }

  // A timer in the queue has been marked cancelled.
  void NoteCancelled() {
    --live_;
    if (++dead_ > live_) [[unlikely]] {
      SweepIfMany();
    }
  }

  // The first deadline of a live timer, or kNever.
  std::int64_t MinDeadline();

  // The live timer with the first deadline after `time`, or null.
  const TimerNode* FirstAfter(std::int64_t time) const;

  // Takes the first live timer out if it is due at `limit`, with the queue's
  // reference; else returns null.
  TimerNode* PopDue(std::int64_t limit);

  // Drops everything, and what the callables hold.
  void Clear();

 private:
  struct Entry {
    std::int64_t when;
    TimerNode* timer;
  };
  struct EarlyEntry {
    std::int64_t when;
    std::uint64_t number;
    TimerNode* timer;
  };
  using Bucket = std::vector<Entry, HugeAllocator<Entry>>;

  int BucketOf(std::int64_t when) const {
    const std::uint64_t difference =
        static_cast<std::uint64_t>(when) ^ static_cast<std::uint64_t>(last_);
    return difference == 0 ? 0 : 64 - __builtin_clzll(difference);
  }
  static bool Later(const EarlyEntry& a, const EarlyEntry& b) {
    return a.when != b.when ? a.when > b.when : a.number > b.number;
  }

  void PushEarly(TimerNode* timer);
  bool DropDead(TimerNode* timer);
  void TrimEarly();
  bool FillFront();
  void SweepIfMany();

  // Bucket 0 holds the deadline `last_` alone, consumed from front_ on.
  std::array<Bucket, 65> buckets_;
  std::size_t front_ = 0;
  // Bit k: bucket k may hold something.
  std::uint64_t occupied_ = 0;
  std::int64_t last_ = 0;
  std::vector<EarlyEntry> early_;
  std::uint64_t early_number_ = 0;
  std::size_t live_ = 0;
  std::size_t dead_ = 0;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_TIMER_QUEUE_H_
