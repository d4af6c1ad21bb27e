// WaitFor: one awaitable, with a time limit.
//
//   std::string page = co_await rondo::WaitFor(Fetch(url), 2s);
//
// At the limit the awaitable is cancelled, and TimeoutError is thrown when it
// has ended; if it ends with a result or another exception instead, that wins.
// No value: no limit. A limit that is not positive gives a result only if it
// is there already. A result that nobody else can see, or that cannot be
// copied, is moved; another one is copied.
//
// Cancellation: passed on to the awaitable.
// Throws: TimeoutError; what the awaitable throws.
// Source: asyncio.wait_for (3.12 and later).
#ifndef RONDO_RUNTIME_WAIT_FOR_H_
#define RONDO_RUNTIME_WAIT_FOR_H_

#include <optional>
#include <type_traits>
#include <utility>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/timeouts.h"
#include "rondo/runtime/wait.h"

namespace rondo {
namespace internal {

template <class T>
Coro<T> AwaitShared(Future<T> future) {
  if constexpr (!std::is_reference_v<T> && std::is_copy_constructible_v<T>) {
    T& result = co_await future;
    if (!future.core()->unique()) co_return result;
    co_return std::move(result);
  } else {
    co_return co_await std::move(future);
  }
}

// WaitFor with a limit that has passed.
template <class T>
Coro<T> WaitForNothing(Future<T> future) {
  if (!future.done()) {
    co_await CancelAndWait(future);
    if (IsCancelled(future.core()->Error())) throw TimeoutError();
  }
  co_return co_await AwaitShared(std::move(future));
}

}  // namespace internal

template <class T>
Coro<T> WaitFor(Future<T> future, std::optional<Nanoseconds> limit) {
  if (limit.has_value() && *limit <= Nanoseconds(0)) {
    co_return co_await internal::WaitForNothing(std::move(future));
  }
  TimeoutScope scope = TimeoutScope::After(limit);
  co_return co_await WithTimeout(scope, [&future](TimeoutScope&) {
    return internal::AwaitShared(std::move(future));
  });
}

template <class T>
Coro<T> WaitFor(Coro<T> coro, std::optional<Nanoseconds> limit) {
  if (limit.has_value() && *limit <= Nanoseconds(0)) {
    Future<T> future = EnsureFuture(std::move(coro));
    co_return co_await internal::WaitForNothing(std::move(future));
  }
  TimeoutScope scope = TimeoutScope::After(limit);
  co_return co_await WithTimeout(scope, [&coro](TimeoutScope&) -> Coro<T> {
    co_return co_await std::move(coro);
  });
}

template <class T>
Coro<T> WaitFor(Task<T> task, std::optional<Nanoseconds> limit) {
  return WaitFor(Future<T>(std::move(task)), limit);
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_WAIT_FOR_H_
