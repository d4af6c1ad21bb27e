// Submit: a call of a function, for an executor to make.
//
//   rondo::ThreadPoolExecutor pool;
//   rondo::ConcurrentFuture<int> sum = rondo::Submit(pool, Add, 40, 2);
//
// The function and its arguments are copied or moved, and die where they were
// called, before anybody is told of the end. They run in an empty context.
//
// Source: concurrent.futures.Executor.submit.
#ifndef RONDO_RUNTIME_SUBMIT_H_
#define RONDO_RUNTIME_SUBMIT_H_

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "rondo/runtime/concurrent_future.h"
#include "rondo/runtime/context_slot.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/executor.h"

namespace rondo {
namespace internal {

// What a call of `F` with `Args`, all copied or moved, returns.
template <class F, class... Args>
using CallResult = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;

// No coroutine function: its coroutine would belong to the other thread.
template <class F, class... Args>
concept Call = std::invocable<std::decay_t<F>, std::decay_t<Args>...> &&
               !requires { typename CoroValue<CallResult<F, Args...>>::type; };

// A job and its future in one block.
template <class T, class F>
class CallJob final : public Job, public ConcurrentState<T> {
 public:
  template <class G>
  explicit CallJob(G&& function) : function_(std::forward<G>(function)) {}

  bool Run() override {
    const bool begun = this->Begin();
    if (begun) Call();
    function_.reset();
    return begun;
  }
  void Complete() override {
    this->Finish(std::exchange(thrown_, nullptr), [] {});
  }
  bool Cancel() override { return ConcurrentCore::Cancel(); }

 private:
  void Call() {
    const FreshContext context;
    try {
      if constexpr (std::is_void_v<T>) {
        std::move (*function_)();
      } else {
        this->Construct(std::move(*function_)());
      }
    } catch (...) {  // tidy: allow(catch-all) it is the outcome
      thrown_ = std::current_exception();
    }
  }

  std::optional<F> function_;
  std::exception_ptr thrown_;
};

// A job of `f(args...)`.
template <class F, class... Args>
auto MakeJob(F&& f, Args&&... args) {
  using T = CallResult<F, Args...>;
  auto call =
      [f = std::decay_t<F>(std::forward<F>(f)),
       ... args = std::decay_t<Args>(std::forward<Args>(args))]() mutable -> T {
    return std::invoke(std::move(f), std::move(args)...);
  };
  return std::make_shared<CallJob<T, decltype(call)>>(std::move(call));
}

}  // namespace internal

// Has `executor` call `f(args...)`. Throws: RuntimeError after its Shutdown.
template <class F, class... Args>
  requires internal::Call<F, Args...>
ConcurrentFuture<internal::CallResult<F, Args...>> Submit(Executor& executor,
                                                          F&& f,
                                                          Args&&... args) {
  using T = internal::CallResult<F, Args...>;
  std::shared_ptr job =
      internal::MakeJob(std::forward<F>(f), std::forward<Args>(args)...);
  executor.Submit(job);
  return ConcurrentFuture<T>(std::move(job));
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_SUBMIT_H_
