// What other threads, and a signal handler, ask a loop to run. It outlives the
// loop.
//
// Thread-safety: any thread for Add and Interrupt, the loop's for the rest.
#ifndef RONDO_RUNTIME_INBOX_H_
#define RONDO_RUNTIME_INBOX_H_

#include <atomic>
#include <cstdint>
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

  // Has the loop run the interrupt handler once more. Async-signal-safe, if the
  // selector's Wake is. REQUIRES: no Close meanwhile.
  void Interrupt();
  // An empty handler: interrupts are only counted.
  void SetInterruptHandler(std::function<void()> handler);
  // Has the loop run the handler of signal `number` (1 to 64), once for all
  // times that it is asked to meanwhile. As Interrupt.
  void Signal(int number);
  // An empty handler: such signals are dropped.
  void SetSignalHandler(int number, std::function<void()> handler);
  // How many interrupts there were that Drain has not taken.
  int TakeInterrupts();

  // Takes all items, oldest first, and one more for each signal and interrupt.
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
  std::atomic<int> interrupts_ = 0;
  std::function<void()> on_interrupt_;
  std::atomic<std::uint64_t> signals_ = 0;  // Bit n - 1: signal n came.
  std::vector<std::pair<int, std::function<void()>>> on_signal_;
  Selector* selector_;  // Null once closed.
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_INBOX_H_
