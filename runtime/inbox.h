// What other threads, and a signal handler, ask a loop to run. It outlives the
// loop.
//
// Thread-safety: any thread for Add and Ring, the loop's for the rest.
#ifndef RONDO_RUNTIME_INBOX_H_
#define RONDO_RUNTIME_INBOX_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
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
    bool interrupt = false;  // Runs before everything that is ready.
  };

  explicit Inbox(Selector* selector) : selector_(selector) {}

  // Adds an item and wakes the loop; false after Close.
  bool Add(Item item);

  // What may ring from a signal handler: the loop calls `function` with how
  // often it rang, before everything that is ready, as a callback `name`.
  class Bell {
   public:
    Bell(std::string name, std::function<void(int times)> function)
        : name_(std::move(name)), function_(std::move(function)) {}
    // How often it rang since the last time.
    int Take() { return rings_.exchange(0, std::memory_order_relaxed); }

   private:
    friend class Inbox;

    const std::string name_;
    const std::function<void(int)> function_;
    std::atomic<int> rings_ = 0;
  };

  void AddBell(Bell* bell) { bells_.push_back(bell); }
  void RemoveBell(Bell* bell) { std::erase(bells_, bell); }
  // Async-signal-safe, if the selector's Wake is. REQUIRES: no Close meanwhile.
  void Ring(Bell& bell);

  // Takes all items, oldest first, and one more for each bell that rang.
  std::vector<Item> Drain();
  bool empty() const { return !filled_.load(std::memory_order_acquire); }
  // Whether there are any.
  const std::atomic<bool>& filled() const { return filled_; }
  // Makes it look filled, once.
  void Touch() { filled_.store(true, std::memory_order_release); }

  // Drops what is left; from now on Add refuses.
  void Close();

 private:
  std::mutex mutex_;
  std::vector<Item> items_;
  std::atomic<bool> filled_ = false;
  std::vector<Bell*> bells_;  // In the order in which they were added.
  Selector* selector_;        // Null once closed.
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_INBOX_H_
