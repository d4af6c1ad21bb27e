// What other threads, and a signal handler, ask a loop to run. It outlives the
// loop.
//
// Thread-safety: any thread for Add and Interrupt, the loop's for the rest.
#ifndef RONDO_RUNTIME_INBOX_H_
#define RONDO_RUNTIME_INBOX_H_

#include <atomic>
#include <functional>
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
    bool interrupt = false;  // Runs before everything that is ready.
  };

  explicit Inbox(Selector* selector) : selector_(selector) {}

  // Adds an item and wakes the loop. Throws: RuntimeError after Close.
  void Add(Item item);

  // Has the loop run the interrupt handler once more. Async-signal-safe, if the
  // selector's Wake is. REQUIRES: no Close meanwhile.
  void Interrupt();
  // An empty handler: interrupts are only counted.
  void SetInterruptHandler(std::function<void()> handler);
  // How many interrupts there were that Drain has not taken.
  int TakeInterrupts();

  // Takes all items, oldest first, and one more for each interrupt.
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
  std::atomic<int> interrupts_ = 0;
  std::function<void()> on_interrupt_;
  Selector* selector_;  // Null once closed.
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_INBOX_H_
