// What other threads ask a loop to run. It outlives the loop.
//
// Thread-safety: any thread, but for Drain and Close (the loop's).
#ifndef RONDO_RUNTIME_INBOX_H_
#define RONDO_RUNTIME_INBOX_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "rondo/runtime/node.h"
#include "rondo/runtime/selector.h"

namespace rondo::internal {

class Inbox {
 public:
  // What an item is, besides a call. Made only where somebody watches.
  struct Origin {
    std::string_view source;  // A literal: "executor", "port".
    std::unique_ptr<NodeInfo> info;
    Identity port = 0;
    std::string port_name = {};
    std::string payload = {};
  };
  struct Item {
    absl::AnyInvocable<void()> function;
    std::string name = {};
    std::unique_ptr<Origin> origin = nullptr;
  };

  explicit Inbox(Selector* selector) : selector_(selector) {}

  // Adds an item and wakes the loop; false after Close.
  bool Add(Item item);

  // Takes all items, oldest first.
  std::vector<Item> Drain();
  bool empty() const { return !filled_.load(std::memory_order_acquire); }
  // Whether there are any.
  const std::atomic<bool>& filled() const { return filled_; }
  // Makes it look filled, once.
  void Interrupt() { filled_.store(true, std::memory_order_release); }

  // Drops what is left; from now on Add refuses.
  void Close();

 private:
  std::mutex mutex_;
  std::vector<Item> items_;
  std::atomic<bool> filled_ = false;
  Selector* selector_;  // Null once closed.
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_INBOX_H_
