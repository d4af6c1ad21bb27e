// Wait: until some or all of several futures are done.
//
//   std::vector<rondo::AnyFuture> fs = {a, b, c};
//   rondo::WaitResult r = co_await rondo::Wait(
//       fs, {.timeout = 1s,
//            .return_when = rondo::ReturnWhen::kFirstCompleted});
//
// Throws nothing of the futures' own; a timeout only ends the wait.
// Cancellation: ends the wait; the futures go on.
// Source: asyncio.wait.
#ifndef RONDO_RUNTIME_WAIT_H_
#define RONDO_RUNTIME_WAIT_H_

#include <optional>
#include <vector>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/future.h"

namespace rondo {

enum class ReturnWhen {
  kAllCompleted,
  kFirstCompleted,
  kFirstException,  // Of a future that was not cancelled; else all.
};

struct WaitOptions {
  std::optional<Nanoseconds> timeout = std::nullopt;
  ReturnWhen return_when = ReturnWhen::kAllCompleted;
};

// Both in the order of the argument.
struct WaitResult {
  std::vector<AnyFuture> done;
  std::vector<AnyFuture> pending;
};

// Duplicates count once. Takes at least one turn of the loop.
// Throws: ValueError for an empty list.
Coro<WaitResult> Wait(std::vector<AnyFuture> futures, WaitOptions options = {});

namespace internal {

// Completes `waiter`, unless it is done.
void ReleaseWaiter(const Future<>& waiter);

// Cancels `future` and waits until it is done.
Coro<> CancelAndWait(AnyFuture future);

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_WAIT_H_
