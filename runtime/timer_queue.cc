#include "rondo/runtime/timer_queue.h"

#include <algorithm>
#include <utility>

namespace rondo::internal {

// `last_` starts at zero, so negative deadlines are early ones. Those in the
// buckets differ below bit 63, bucket 64 is never used, and 64 bits of
// `occupied_` are enough.

void TimerQueue::PushEarly(TimerNode* timer) {
  early_.push_back({timer->when, early_number_++, timer});
  std::push_heap(early_.begin(), early_.end(), Later);
}

// If `timer` was cancelled, drops the queue's reference to it.
bool TimerQueue::DropDead(TimerNode* timer) {
  if (!timer->Has(Node::kCancelled)) return false;
  --dead_;
  timer->Unset(Node::kScheduled);
  timer->Unref();
  return true;
}

// Makes the top of `early_` a live timer, if any is left.
void TimerQueue::TrimEarly() {
  while (!early_.empty() && DropDead(early_.front().timer)) {
    std::pop_heap(early_.begin(), early_.end(), Later);
    early_.pop_back();
  }
}

// Makes the front of bucket 0 a live timer, if any is left in the buckets.
bool TimerQueue::FillFront() {
  for (;;) {
    Bucket& front = buckets_[0];
    while (front_ < front.size()) {
      if (!DropDead(front[front_].timer)) return true;
      ++front_;
    }
    front.clear();
    front_ = 0;
    occupied_ &= ~std::uint64_t{1};
    if (occupied_ == 0) return false;
    const int index = __builtin_ctzll(occupied_);
    occupied_ &= ~(std::uint64_t{1} << index);
    Bucket& bucket = buckets_[index];
    std::int64_t least = kNever;
    std::size_t kept = 0;
    for (const Entry& entry : bucket) {
      if (DropDead(entry.timer)) continue;
      least = std::min(least, entry.when);
      bucket[kept++] = entry;
    }
    bucket.resize(kept);
    if (kept == 0) continue;
    last_ = least;
    for (const Entry& entry : bucket) {
      const int to = BucketOf(entry.when);
      occupied_ |= std::uint64_t{1} << to;
      buckets_[to].push_back(entry);
    }
    bucket.clear();
  }
}

std::int64_t TimerQueue::MinDeadline() {
  if (live_ == 0) return kNever;
  if (!early_.empty()) {
    TrimEarly();
    if (!early_.empty()) return early_.front().when;
  }
  return FillFront() ? buckets_[0][front_].when : kNever;
}

const TimerNode* TimerQueue::FirstAfter(std::int64_t time) const {
  const TimerNode* first = nullptr;
  const auto look = [&](const TimerNode* timer) {
    if (timer->Has(Node::kCancelled) || timer->when <= time) return;
    if (first == nullptr || timer->when < first->when) first = timer;
  };
  // All of bucket 0 is due at once, and what is in a bucket is due before all
  // that is in those that follow.
  const Bucket& front = buckets_[0];
  for (std::size_t i = front_; i < front.size() && first == nullptr; ++i) {
    look(front[i].timer);
  }
  std::uint64_t rest = occupied_ & ~std::uint64_t{1};
  for (; rest != 0 && first == nullptr; rest &= rest - 1) {
    const int index = __builtin_ctzll(rest);
    for (const Entry& entry : buckets_[index]) look(entry.timer);
  }
  for (const EarlyEntry& entry : early_) look(entry.timer);
  return first;
}

TimerNode* TimerQueue::PopDue(std::int64_t limit) {
  if (live_ == 0) return nullptr;
  TimerNode* timer = nullptr;
  if (!early_.empty()) TrimEarly();
  if (!early_.empty()) {
    if (early_.front().when > limit) return nullptr;
    timer = early_.front().timer;
    std::pop_heap(early_.begin(), early_.end(), Later);
    early_.pop_back();
  } else {
    if (!FillFront() || buckets_[0][front_].when > limit) return nullptr;
    timer = buckets_[0][front_++].timer;
  }
  --live_;
  timer->Unset(Node::kScheduled);
  return timer;
}

// Drops the tombstones, unless they are few.
void TimerQueue::SweepIfMany() {
  if (dead_ <= 100) return;
  const auto dead = [this](const auto& entry) { return DropDead(entry.timer); };
  // The consumed part of bucket 0 no longer belongs to the queue.
  Bucket& front = buckets_[0];
  front.erase(front.begin(),
              front.begin() + static_cast<std::ptrdiff_t>(front_));
  front_ = 0;
  for (Bucket& bucket : buckets_) std::erase_if(bucket, dead);
  std::erase_if(early_, dead);
  std::make_heap(early_.begin(), early_.end(), Later);
}

void TimerQueue::Clear() {
  // What dies here may cancel what is left: no sweep meanwhile.
  live_ = std::numeric_limits<std::size_t>::max() / 2;
  const auto clear = [](auto& entries, std::size_t from) {
    for (std::size_t i = from; i < entries.size(); ++i) {
      TimerNode* const timer = entries[i].timer;
      timer->Unset(Node::kScheduled);
      timer->Clear();  // It may hold the handle that holds the node.
      timer->Unref();
    }
    entries.clear();
  };
  clear(buckets_[0], std::exchange(front_, 0));
  for (std::size_t i = 1; i < buckets_.size(); ++i) clear(buckets_[i], 0);
  clear(early_, 0);
  occupied_ = 0;
  live_ = 0;
  dead_ = 0;
}

}  // namespace rondo::internal
