// What other threads ask a loop to run. It outlives the loop.
//
// Thread-safety: any thread, but for Drain and Close (the loop's).
#ifndef RONDO_RUNTIME_INBOX_H_
#define RONDO_RUNTIME_INBOX_H_

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "rondo/runtime/selector.h"

namespace rondo::internal {

class Inbox {
 public:
  struct Item {
    absl::AnyInvocable<void()> function;
    std::string name;
  };

  explicit Inbox(Selector* selector) : selector_(selector) {}

  // Adds an item and wakes the loop. Throws: RuntimeError after Close.
  void Add(Item item);

  // Takes all items, oldest first.
  std::vector<Item> Drain();
  bool empty() const { return !filled_.load(std::memory_order_acquire); }
  // Whether there are any.
  const std::atomic<bool>& filled() const { return filled_; }

  // Drops what is left; from now on Add throws.
  void Close();

 private:
  std::mutex mutex_;
  std::vector<Item> items_;
  std::atomic<bool> filled_ = false;
  Selector* selector_;  // Null once closed.
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_INBOX_H_
