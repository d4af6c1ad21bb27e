// RunInExecutor, ToThread: work that would block the loop, done elsewhere.
//
//   std::string text = co_await rondo::ToThread(ReadFile, "/etc/hosts");
//
// The function and its arguments are copied or moved to the thread that calls
// it, and die there. They must not touch what belongs to the loop (futures,
// tasks, handles), but by RemoteLoop. In a simulation the function is called in
// one piece on the simulation's thread and must not wait for the loop.
//
// Cancellation: a call that has not begun is not made; one that has goes on,
// and what becomes of it is dropped.
// Throws, when awaited: what the function throws.
// Source: asyncio.loop.run_in_executor, asyncio.to_thread.
#ifndef RONDO_RUNTIME_RUN_IN_EXECUTOR_H_
#define RONDO_RUNTIME_RUN_IN_EXECUTOR_H_

#include <future>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "rondo/runtime/context.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/executor.h"
#include "rondo/runtime/future_chain.h"
#include "rondo/runtime/submit.h"
#include "rondo/runtime/task.h"

namespace rondo {
namespace internal {

// Throws: RuntimeError if it was shut down, or if the loop has none.
Executor& DefaultExecutor(LoopCore* core);

template <class F, class... Args>
auto RunJob(LoopCore* core, Executor* executor, F&& f, Args&&... args) {
  using T = CallResult<F, Args...>;
  Future<T> future = NewFuture<T>(core);
  if (!core->Accepts()) return future;  // Crashed: never done.
  if (executor == nullptr) executor = &DefaultExecutor(core);
  auto job = MakeJob(std::forward<F>(f), std::forward<Args>(args)...);
  std::unique_ptr<NodeInfo> info = NameReturn(core, "job");
  if (info != nullptr) {
    job->id = info->base;
    job->path = info->path;
  }
  executor->Submit(job);
  Chain(future.core(), job, &CarryOnly<T>, std::move(info));
  return future;
}

}  // namespace internal

// Has the default executor of the running loop, or of `loop`, call
// `f(args...)`. Throws: RuntimeError without a loop, or if the loop is closed
// or its executor was shut down.
template <class F, class... Args>
  requires internal::Call<F, Args...>
Future<internal::CallResult<F, Args...>> RunInExecutor(F&& f, Args&&... args) {
  return internal::RunJob(internal::RunningCore(), nullptr, std::forward<F>(f),
                          std::forward<Args>(args)...);
}
template <class F, class... Args>
  requires internal::Call<F, Args...>
Future<internal::CallResult<F, Args...>> RunInExecutor(EventLoop& loop, F&& f,
                                                       Args&&... args) {
  return internal::RunJob(loop.core(), nullptr, std::forward<F>(f),
                          std::forward<Args>(args)...);
}
// The same of another executor.
template <class F, class... Args>
  requires internal::Call<F, Args...>
Future<internal::CallResult<F, Args...>> RunInExecutor(Executor& executor,
                                                       F&& f, Args&&... args) {
  return internal::RunJob(internal::RunningCore(), &executor,
                          std::forward<F>(f), std::forward<Args>(args)...);
}
template <class F, class... Args>
  requires internal::Call<F, Args...>
Future<internal::CallResult<F, Args...>> RunInExecutor(EventLoop& loop,
                                                       Executor& executor,
                                                       F&& f, Args&&... args) {
  return internal::RunJob(loop.core(), &executor, std::forward<F>(f),
                          std::forward<Args>(args)...);
}

// Has the default executor call `f(args...)` in a copy of the current context.
template <class F, class... Args>
  requires internal::Call<F, Args...>
Coro<internal::CallResult<F, Args...>> ToThread(F f, Args... args) {
  using T = internal::CallResult<F, Args...>;
  auto call = [f = std::move(f), ... args = std::move(args),
               context = Context::CopyForThread()]() mutable -> T {
    return context.Run(
        [&]() -> T { return std::invoke(std::move(f), std::move(args)...); });
  };
  Future<T> future = RunInExecutor(std::move(call));
  co_return co_await std::move(future);
}

// A future of the running loop that ends as `future` does. A thread of the
// default executor waits for it meanwhile. Throws: as RunInExecutor.
template <class T>
Future<T> WrapFuture(std::future<T> future) {
  return RunInExecutor(
      [f = std::move(future)]() mutable -> T { return f.get(); });
}

// Replaces the default executor, which is the loop's seam (LoopSeams). What it
// replaces is not shut down. The loop shuts it down, and does not wait, when it
// is closed. Throws: ValueError if it is null.
void SetDefaultExecutor(EventLoop& loop, std::shared_ptr<Executor> executor);

// Shuts the running loop's default executor down and waits until its last job
// has ended; from now on RunInExecutor without an executor throws. After
// `timeout` (no value: never) it tells the exception handler and waits no more.
// Runner does this at its end.
// Source: shutdown_default_executor.
Coro<> ShutdownDefaultExecutor(
    std::optional<Nanoseconds> timeout = std::nullopt);

}  // namespace rondo

#endif  // RONDO_RUNTIME_RUN_IN_EXECUTOR_H_
