// The seam through which a loop waits: which descriptors are ready, and when.
//
// asyncio's `selectors.BaseSelector` with small integers for descriptors. What
// a descriptor means is the `Network`'s affair; the two come as a pair.
//
// Thread-safety: `Wake` may be called from any thread; the rest belongs to the
// loop's thread.
#ifndef RONDO_RUNTIME_SELECTOR_H_
#define RONDO_RUNTIME_SELECTOR_H_

#include <optional>
#include <span>
#include <utility>

#include "rondo/runtime/clock.h"

namespace rondo {

// Bits of an interest or of a readiness.
inline constexpr unsigned kReadable = 1;
inline constexpr unsigned kWritable = 2;

struct ReadyEvent {
  int fd = -1;
  unsigned mask = 0;
};

class Selector {
 public:
  virtual ~Selector() = default;

  // Starts, changes or ends the interest in `fd`. `events` is a non-empty set
  // of kReadable and kWritable. A descriptor is unregistered before it is
  // closed.
  // REQUIRES: `fd` is not registered (Register), is registered (the others).
  // The machine's selectors throw otherwise (system_selector.h).
  // Throws: std::system_error when the descriptor cannot be watched.
  virtual void Register(int fd, unsigned events) = 0;
  virtual void Modify(int fd, unsigned events) = 0;
  virtual void Unregister(int fd) = 0;

  // Waits until a registered descriptor is ready, `Wake` was called, or
  // `timeout` has passed (no value: for ever; zero: not at all), and returns
  // what is ready, level-triggered, in an order that a replay can rely on.
  // The span is valid until the next call.
  virtual std::span<const ReadyEvent> Select(
      std::optional<Nanoseconds> timeout) = 0;

  // Makes the present or the next Select return at once. Any thread.
  virtual void Wake() = 0;

  // Unregister, by who owns the descriptor and is likely to register it again:
  // a selector may keep what the system knows of it until then, which saves
  // system calls. Whoever does so calls Forget, and then closes the descriptor.
  virtual void Rest(int fd) { Unregister(fd); }
  virtual void Forget(int) {}

  // For loops: how many zero timeouts, from now on, may be answered with
  // nothing, without the call. Whoever takes them need not use them.
  int TakePasses() { return std::exchange(passes_, 0); }

 protected:
  // Set by Select.
  int passes_ = 0;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_SELECTOR_H_
