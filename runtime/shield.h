// Shield: lets a task go on when whoever waits for it is cancelled.
//
//   co_await rondo::Shield(commit);   // commit: a Task somebody keeps.
//
// Cancelling the returned future leaves `inner` alone; cancelling `inner`
// cancels it. The caller must keep `inner`. The result is copied, or moved if
// T cannot be copied.
//
// Source: asyncio.shield.
#ifndef RONDO_RUNTIME_SHIELD_H_
#define RONDO_RUNTIME_SHIELD_H_

#include <type_traits>
#include <utility>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"

namespace rondo {
namespace internal {

// The future of a shield has got its callback on `inner`; takes that back when
// `outer` is done first.
void UnshieldWhenDone(FutureCore* outer, FutureCore* inner, Handle callback);

template <class T>
void CopyOutcome(FutureCore* inner, Future<T>& outer) {
  if (outer.cancelled()) {
    inner->MarkRetrieved();
  } else if (inner->cancelled()) {
    outer.Cancel();
  } else if (std::exception_ptr error = inner->Exception()) {
    outer.SetException(std::move(error));
  } else if constexpr (std::is_void_v<T>) {
    outer.SetResult();
  } else if constexpr (std::is_reference_v<T> ||
                       std::is_copy_constructible_v<T>) {
    outer.SetResult(ResultOf<T>(inner).value());
  } else {
    inner->MarkTaken();
    outer.SetResult(ResultOf<T>(inner).Take());
  }
}

}  // namespace internal

template <class T>
Future<T> Shield(Future<T> inner) {
  if (!inner) throw ValueError("shield of an empty future");
  if (inner.done()) return inner;
  Future<T> outer = internal::NewFuture<T>(inner.core()->core());
  Handle callback = internal::AddDoneCallback(
      inner.core(), HandleKind::kFutureDone, "shield_inner",
      internal::LetsGoOn(outer.core(),
                         [outer](internal::FutureCore* done) mutable {
                           internal::CopyOutcome(done, outer);
                         }));
  internal::UnshieldWhenDone(outer.core(), inner.core(), std::move(callback));
  return outer;
}
template <class T>
Future<T> Shield(Task<T> inner) {
  return Shield(Future<T>(std::move(inner)));
}
// A coroutine becomes a task.
template <class T>
Future<T> Shield(Coro<T> inner) {
  return Shield(EnsureFuture(std::move(inner)));
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_SHIELD_H_
