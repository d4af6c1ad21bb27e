// AsCompleted: results in the order in which they come.
//
//   rondo::AsCompletedIterator<int> it = rondo::AsCompleted(tasks);
//   while (it.HasNext()) {
//     int n = co_await it.Next();
//   }
//
// Source: asyncio.as_completed.
#ifndef RONDO_RUNTIME_AS_COMPLETED_H_
#define RONDO_RUNTIME_AS_COMPLETED_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"

namespace rondo {
namespace internal {

class AsCompletedState;

std::shared_ptr<AsCompletedState> StartAsCompleted(
    std::vector<AnyFuture> futures, std::optional<Nanoseconds> timeout);
std::size_t AsCompletedSize(const AsCompletedState& state);
// The next future that is done. Throws: TimeoutError.
Coro<AnyFuture> NextCompleted(std::shared_ptr<AsCompletedState> state);

}  // namespace internal

template <class T>
class AsCompletedIterator {
 public:
  explicit AsCompletedIterator(
      std::shared_ptr<internal::AsCompletedState> state)
      : state_(std::move(state)), left_(internal::AsCompletedSize(*state_)) {}

  // One more has not been asked for.
  bool HasNext() const { return left_ > 0; }

  // Waits for the next to be done and gives its result (moved out if T cannot
  // be copied). Throws: what it throws; TimeoutError after the timeout.
  // REQUIRES: HasNext().
  Coro<T> Next() {
    --left_;
    return Resolve(state_);
  }
  // The same, but gives the future itself, done.
  Coro<Future<T>> NextFuture() {
    --left_;
    return Typed(state_);
  }

 private:
  static Coro<Future<T>> Typed(
      std::shared_ptr<internal::AsCompletedState> state) {
    const AnyFuture next = co_await internal::NextCompleted(std::move(state));
    co_return Future<T>::Share(next.core());
  }
  static Coro<T> Resolve(std::shared_ptr<internal::AsCompletedState> state) {
    const Future<T> next = co_await Typed(std::move(state));
    if constexpr (std::is_void_v<T> || std::is_reference_v<T> ||
                  std::is_copy_constructible_v<T>) {
      co_return next.result();
    } else {
      co_return co_await Future<T>(next);
    }
  }

  std::shared_ptr<internal::AsCompletedState> state_;
  std::size_t left_;
};

// After `timeout` every Next that still waits throws TimeoutError; the futures
// go on. Coroutines become tasks.
template <class F>
auto AsCompleted(std::vector<F> awaitables,
                 std::optional<Nanoseconds> timeout = std::nullopt) {
  using T = typename F::value_type;
  std::vector<AnyFuture> futures;
  futures.reserve(awaitables.size());
  for (F& awaitable : awaitables) {
    futures.push_back(EnsureFuture(std::move(awaitable)));
  }
  return AsCompletedIterator<T>(
      internal::StartAsCompleted(std::move(futures), timeout));
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_AS_COMPLETED_H_
