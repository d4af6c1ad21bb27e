// AsCoro: what can be awaited, as a coroutine: to be made a task, or given a
// time limit.
//
//   rondo::Task<Job> next = rondo::CreateTask(rondo::AsCoro(jobs.Get()));
//   co_await rondo::WaitFor(rondo::AsCoro(ready.Wait()), 1s);
#ifndef RONDO_RUNTIME_AS_CORO_H_
#define RONDO_RUNTIME_AS_CORO_H_

#include <source_location>
#include <utility>

#include "rondo/runtime/coro.h"

namespace rondo {
namespace internal {

template <class A>
using AwaitResult =
    decltype(std::declval<A>().Await(std::source_location()).await_resume());

// Is awaited where AsCoro was called.
template <class A>
class AwaitableAt {
 public:
  AwaitableAt(A awaitable, std::source_location where)
      : awaitable_(std::move(awaitable)), where_(where) {}
  auto Await(std::source_location) && {
    return std::move(awaitable_).Await(where_);
  }

 private:
  A awaitable_;
  std::source_location where_;
};

template <class A>
Coro<AwaitResult<A>> AwaitIt(AwaitableAt<A> awaitable) {
  co_return co_await std::move(awaitable);
}

}  // namespace internal

// The coroutine has the awaitable; what that refers to must outlive it.
template <internal::Awaitable A>
Coro<internal::AwaitResult<A>> AsCoro(
    A awaitable, std::source_location where = std::source_location::current()) {
  return internal::AwaitIt(
      internal::AwaitableAt<A>(std::move(awaitable), where));
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_AS_CORO_H_
