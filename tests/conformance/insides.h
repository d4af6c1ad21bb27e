// What CPython's tests look up in private fields, and how ports see a
// cancellation's message.
#ifndef RONDO_TESTS_CONFORMANCE_INSIDES_H_
#define RONDO_TESTS_CONFORMANCE_INSIDES_H_

#include <optional>
#include <string>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/task.h"

namespace rondo::conformance {

// Task._fut_waiter: what a suspended task waits for; empty if for nothing.
inline AnyFuture FutureWaiter(const AnyTask& task) {
  const internal::WaitPoint* const point = task.task_core()->wait_point();
  return point == nullptr ? AnyFuture() : AnyFuture::Of(point->future);
}

// Task._must_cancel: the next await of the task throws.
inline bool MustCancel(const AnyTask& task) {
  return task.task_core()->must_cancel();
}

// Whether Future._callbacks has any.
inline bool HasCallbacks(const AnyFuture& future) {
  return future.core()->has_callbacks();
}

// The message of the CancelledError that `function` throws; no value if it
// returns. What else it throws goes on.
template <class F>
std::optional<std::string> CancelledWith(F function) {
  try {
    function();
  } catch (const CancelledError& error) {
    return error.message();
  }
  return std::nullopt;
}

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_INSIDES_H_
