// Timeouts: a deadline over a block of code.
//
//   std::string page = co_await rondo::WithTimeout(
//       2s, [&](rondo::TimeoutScope&) -> rondo::Coro<std::string> {
//         co_return co_await Fetch(url);
//       });
//
// When the deadline passes, the task is cancelled where it waits; the
// CancelledError that leaves the block becomes TimeoutError. A block that
// swallows the cancellation ends normally, with expired() true. If somebody
// else has cancelled the task too, CancelledError goes on.
//
// A block that never suspends cannot time out.
// Source: asyncio.timeout, asyncio.timeout_at.
#ifndef RONDO_RUNTIME_TIMEOUTS_H_
#define RONDO_RUNTIME_TIMEOUTS_H_

#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/handle.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/task.h"

namespace rondo {

class TimeoutScope {
 public:
  // Expires at `when` of the loop's clock (no value: never).
  static TimeoutScope At(std::optional<Nanoseconds> when) {
    return TimeoutScope(when);
  }
  // Expires `delay` after now. Throws: RuntimeError without a running loop.
  static TimeoutScope After(std::optional<Nanoseconds> delay);

  TimeoutScope(const TimeoutScope&) = delete;
  TimeoutScope& operator=(const TimeoutScope&) = delete;
  ~TimeoutScope() { timer_.Cancel(); }

  std::optional<Nanoseconds> when() const { return when_; }
  // Moves the deadline. Throws: RuntimeError unless the block is running and
  // has not expired.
  void Reschedule(std::optional<Nanoseconds> when);
  // The deadline has passed while the block ran.
  bool expired() const {
    return state_ == State::kExpiring || state_ == State::kExpired;
  }

  // For WithTimeout: around the block. Enter throws RuntimeError outside a
  // task or the second time. Exit gets the exception that leaves the block,
  // or null, and throws what is to leave it instead.
  void Enter();
  void Exit(std::exception_ptr error);

 private:
  enum class State { kCreated, kEntered, kExpiring, kExpired, kExited };

  explicit TimeoutScope(std::optional<Nanoseconds> when) : when_(when) {}
  void OnTimeout();

  State state_ = State::kCreated;
  std::optional<Nanoseconds> when_;
  std::uint32_t cancelling_ = 0;  // Of the task, when the block began.
  AnyTask task_;
  Handle timer_;
};

// Runs `body(scope)` under a scope that was made before.
template <class F>
auto WithTimeout(TimeoutScope& scope, F body)
    -> std::invoke_result_t<F&, TimeoutScope&> {
  using T = typename internal::CoroValue<
      std::invoke_result_t<F&, TimeoutScope&>>::type;
  scope.Enter();
  const auto call = [&] { return body(scope); };
  Outcome<T> outcome = co_await internal::OutcomeOf(call);
  scope.Exit(outcome.exception());
  co_return outcome.Take();
}

// Runs `body(scope)`, at most until `delay` from now (no value: for ever).
// Throws: TimeoutError.
template <class F>
auto WithTimeout(std::optional<Nanoseconds> delay, F body)
    -> std::invoke_result_t<F&, TimeoutScope&> {
  TimeoutScope scope = TimeoutScope::After(delay);
  co_return co_await WithTimeout(scope, std::move(body));
}

// The same until `when` of the loop's clock.
template <class F>
auto WithTimeoutAt(std::optional<Nanoseconds> when, F body)
    -> std::invoke_result_t<F&, TimeoutScope&> {
  TimeoutScope scope = TimeoutScope::At(when);
  co_return co_await WithTimeout(scope, std::move(body));
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_TIMEOUTS_H_
