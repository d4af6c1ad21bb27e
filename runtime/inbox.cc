#include "rondo/runtime/inbox.h"

#include <utility>

namespace rondo::internal {

bool Inbox::Add(Item item) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (selector_ == nullptr) return false;
  items_.push_back(std::move(item));
  filled_.store(true, std::memory_order_release);
  selector_->Wake();  // Under the lock: Close must not overtake it.
  return true;
}

void Inbox::Ring(Bell& bell) {
  bell.rings_.fetch_add(1, std::memory_order_relaxed);
  filled_.store(true, std::memory_order_release);
  selector_->Wake();
}

std::vector<Inbox::Item> Inbox::Drain() {
  const std::lock_guard<std::mutex> lock(mutex_);
  filled_.store(false, std::memory_order_relaxed);
  std::vector<Item> items = std::exchange(items_, {});
  for (Bell* const bell : bells_) {
    const int times = bell->Take();
    if (times == 0) continue;
    items.push_back(
        {.function = [function = bell->function_, times] { function(times); },
         .name = bell->name_,
         .interrupt = true});
  }
  return items;
}

void Inbox::Close() {
  std::vector<Item> dropped;  // Destroyed outside the lock.
  const std::lock_guard<std::mutex> lock(mutex_);
  selector_ = nullptr;
  dropped.swap(items_);
}

}  // namespace rondo::internal
