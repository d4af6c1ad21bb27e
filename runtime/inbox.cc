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

void Inbox::Interrupt() {
  interrupts_.fetch_add(1, std::memory_order_relaxed);
  filled_.store(true, std::memory_order_release);
  selector_->Wake();
}

void Inbox::SetInterruptHandler(std::function<void()> handler) {
  on_interrupt_ = std::move(handler);
}

void Inbox::Signal(int number) {
  signals_.fetch_or(std::uint64_t{1} << (number - 1),
                    std::memory_order_relaxed);
  filled_.store(true, std::memory_order_release);
  selector_->Wake();
}

void Inbox::SetSignalHandler(int number, std::function<void()> handler) {
  std::erase_if(on_signal_,
                [&](const auto& entry) { return entry.first == number; });
  if (handler) on_signal_.emplace_back(number, std::move(handler));
}

int Inbox::TakeInterrupts() {
  return interrupts_.exchange(0, std::memory_order_relaxed);
}

std::vector<Inbox::Item> Inbox::Drain() {
  const std::lock_guard<std::mutex> lock(mutex_);
  filled_.store(false, std::memory_order_relaxed);
  std::vector<Item> items = std::exchange(items_, {});
  const std::uint64_t signals = signals_.exchange(0, std::memory_order_relaxed);
  for (const auto& [number, handler] : on_signal_) {
    if ((signals >> (number - 1) & 1) == 0) continue;
    items.push_back({.function = handler, .name = "signal", .interrupt = true});
  }
  if (on_interrupt_) {
    for (int left = TakeInterrupts(); left > 0; --left) {
      items.push_back(
          {.function = on_interrupt_, .name = "interrupt", .interrupt = true});
    }
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
