#include "rondo/runtime/run_in_executor.h"

#include <algorithm>

#include "rondo/runtime/debug_mode.h"
#include "rondo/runtime/timeouts.h"

namespace rondo {
namespace {

// Whether `ended` did within the timeout.
Coro<bool> EndsWithin(std::optional<Nanoseconds> timeout, Future<> ended) {
  bool in_time = true;
  try {
    co_await WithTimeout(timeout,
                         [&ended](TimeoutScope&) -> Coro<> { co_await ended; });
  } catch (const TimeoutError&) {
    in_time = false;
  }
  co_return in_time;
}

}  // namespace

Executor& internal::DefaultExecutor(LoopCore* core) {
  if (core->hooks != nullptr && core->hooks->executor_shut_down) {
    throw RuntimeError("Executor shutdown has been called");
  }
  Executor* const executor = core->DefaultExecutor();
  if (executor == nullptr) {
    throw RuntimeError(
        "this event loop has no executor: give it one by SetDefaultExecutor");
  }
  return *executor;
}

void SetDefaultExecutor(EventLoop& loop, std::shared_ptr<Executor> executor) {
  if (executor == nullptr) throw ValueError("executor must not be null");
  loop.core()->Hooks().executor = std::move(executor);
}

Coro<> ShutdownDefaultExecutor(std::optional<Nanoseconds> timeout) {
  internal::LoopCore* const core = internal::RunningCore();
  core->Hooks().executor_shut_down = true;
  Executor* const executor = core->DefaultExecutor();
  if (executor == nullptr) co_return;
  auto ended = ConcurrentFuture<>::Pending();
  executor->Shutdown([ended]() mutable {
    if (ended.Begin()) ended.SetResult();
  });
  if (ended.done()) co_return;
  if (co_await EndsWithin(timeout, WrapFuture(ended))) co_return;
  core->Report("The executor did not finish joining its threads within " +
                   internal::SecondsText(std::max(*timeout, Nanoseconds(0))) +
                   " seconds.",
               nullptr);
}

}  // namespace rondo
