// WaitFor: one awaitable, with a time limit.
//
//   std::string page = co_await rondo::WaitFor(Fetch(url), 2s);
//
// At the limit the awaitable is cancelled, and TimeoutError is thrown when it
// has ended; if it ends with a result or another exception instead, that wins.
// No value: no limit. A limit that is not positive gives a result only if it
// is there already.
//
// Cancellation: passed on to the awaitable.
// Throws: TimeoutError; what the awaitable throws.
// Source: asyncio.wait_for (3.12 and later).
#ifndef RONDO_RUNTIME_WAIT_FOR_H_
#define RONDO_RUNTIME_WAIT_FOR_H_

#include <optional>
#include <utility>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/timeouts.h"
#include "rondo/runtime/wait.h"

namespace rondo {
namespace internal {

// WaitFor with a limit that has passed.
template <class T>
Coro<T> WaitForNothing(Future<T> future) {
  if (!future.done()) {
    co_await CancelAndWait(future);
    if (IsCancelled(future.core()->Error())) throw TimeoutError();
  }
  co_return co_await std::move(future);
}

}  // namespace internal

template <class T>
Coro<T> WaitFor(Future<T> future, std::optional<Nanoseconds> limit) {
  if (limit.has_value() && *limit <= Nanoseconds(0)) {
    co_return co_await internal::WaitForNothing(std::move(future));
  }
  TimeoutScope scope = TimeoutScope::After(limit);
  co_return co_await WithTimeout(
      scope, [&future](TimeoutScope&) -> Coro<T> {
        co_return co_await std::move(future);
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
