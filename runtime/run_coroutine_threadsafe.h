// RunCoroutineThreadsafe: a coroutine on a loop, asked for by another thread.
//
//   // On any thread:
//   auto f = rondo::RunCoroutineThreadsafe(remote, [key] { return Fetch(key);
//   }); std::string value = f.result(2s);
//
// A coroutine's memory belongs to the thread that makes it, so what is passed
// is a function; the loop calls it, keeps it, and runs its coroutine as a task.
// Cancelling the future cancels the task. If the loop is closed before the task
// has ended, the future is cancelled.
//
// Throws: RuntimeError if the loop is closed.
// Thread-safety: any thread.
// Source: asyncio.run_coroutine_threadsafe; differs: it takes a function.
#ifndef RONDO_RUNTIME_RUN_COROUTINE_THREADSAFE_H_
#define RONDO_RUNTIME_RUN_COROUTINE_THREADSAFE_H_

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

#include "rondo/runtime/concurrent_future.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future_chain.h"
#include "rondo/runtime/remote_loop.h"
#include "rondo/runtime/task.h"

namespace rondo {
namespace internal {

template <class T>
void CarryToThread(ConcurrentCore& to, FutureCore* from) {
  auto& state = static_cast<ConcurrentState<T>&>(to);
  if (std::exception_ptr error = from->Exception()) {
    state.SetException(std::move(error));
  } else if constexpr (std::is_void_v<T>) {
    state.SetResult();
  } else {
    from->MarkTaken();
    state.SetResult(ResultOf<T>(from).Take());
  }
}

}  // namespace internal

template <internal::CoroFunction F>
auto RunCoroutineThreadsafe(const RemoteLoop& loop, F function) {
  using T = typename internal::CoroValue<std::invoke_result_t<F&>>::type;
  auto future = ConcurrentFuture<T>::Pending();
  auto start = [end = internal::CancelAtEnd(future.state()),
                function = std::move(function)]() mutable {
    try {
      const Task<T> task = CreateTask(std::move(function));
      internal::Chain(end.get(), task.core(), &internal::CarryToThread<T>);
      end.Release();
    } catch (const LoopExit&) {
      throw;
    } catch (...) {
      if ((*end).Begin()) {
        static_cast<internal::ConcurrentState<T>&>(*end).SetException(
            std::current_exception());
      }
      throw;
    }
  };
  loop.CallSoonThreadsafe(std::move(start), "run_coroutine_threadsafe");
  return future;
}

template <internal::CoroFunction F>
auto RunCoroutineThreadsafe(const EventLoop& loop, F function) {
  return RunCoroutineThreadsafe(loop.remote(), std::move(function));
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_RUN_COROUTINE_THREADSAFE_H_
