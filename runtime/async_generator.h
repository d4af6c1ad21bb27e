// AsyncGenerator<T>: a coroutine that yields values, and may await in between.
//
//   rondo::AsyncGenerator<std::string> Lines(rondo::Stream stream) {
//     while (std::optional<std::string> line = co_await ReadLine(stream)) {
//       co_yield *line;
//     }
//   }
//   ...
//   rondo::AsyncGenerator<std::string> lines = Lines(std::move(stream));
//   while (std::optional<std::string> line = co_await lines.Next()) {
//     Use(*line);
//   }
//
// Nothing runs until the first Next. A generator is run by whoever awaits its
// Next, in that one's task and context; values are handed over without a turn
// of the loop. An AsyncGenerator is a counted reference; hazards of arguments
// and captures are those of a Coro.
//
// A generator that is left before its end is suspended at a co_yield, and what
// it owns stays. Close ends it: the co_yield throws GeneratorExit, and whatever
// it awaits to clean up is waited for. When its last handle is dropped, the
// loop closes it in a task of its own; when the loop ends, its frame dies
// without running. ForEach closes it in any case.
//
// Cancellation: of the task that awaits Next, comes at the generator's own
// await; what that throws ends the generator.
// Thread-safety: the loop's thread only.
// Source: PEP 525; differs: co_yield gives nothing back (there is no asend).
#ifndef RONDO_RUNTIME_ASYNC_GENERATOR_H_
#define RONDO_RUNTIME_ASYNC_GENERATOR_H_

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/generator_core.h"
#include "rondo/runtime/outcome.h"

namespace rondo {

template <class T>
class AsyncGenerator;

namespace internal {

template <class T>
struct GeneratorPromise : PromiseBase {
  ~GeneratorPromise() {
    if (core != nullptr) core->OnFrameGone();
  }

  AsyncGenerator<T> get_return_object();
  template <class U = T>
    requires(std::is_constructible_v<ElementOf<T>, U>)
  YieldValueAwaiter yield_value(U&& value) {
    yielded.emplace(std::forward<U>(value));
    return YieldValueAwaiter(core);
  }
  void return_void() {}

  GeneratorCore* core = nullptr;  // Outlives the frame.
  std::optional<ElementOf<T>> yielded;
};

template <class T>
class NextAwaiter : public GeneratorAwaiter {
 public:
  using GeneratorAwaiter::GeneratorAwaiter;

  std::optional<ElementOf<T>> await_resume() {
    if (!GeneratorAwaiter::await_resume()) return std::nullopt;
    return std::exchange(
        std::coroutine_handle<GeneratorPromise<T>>::from_address(
            generator()->frame().address())
            .promise()
            .yielded,
        std::nullopt);
  }
};

}  // namespace internal

template <class T>
class [[nodiscard]] AsyncGenerator {
 public:
  using promise_type = internal::GeneratorPromise<T>;
  using value_type = T;

  // Refers to nothing.
  AsyncGenerator() = default;

  // Runs it up to its next co_yield and gives the value (of a T& a
  // std::reference_wrapper); nothing if it has ended.
  // Throws: what the generator throws, which ends it; RuntimeError if it is
  // running already, as when two tasks await it, or on another loop.
  internal::GeneratorAwaitable<internal::NextAwaiter<T>> Next() {
    return {core_, internal::GeneratorCore::Request::kNext};
  }

  // As Next, but the co_yield at which it is suspended throws `error`. One that
  // has not begun ends and throws it; one that has ended gives nothing.
  internal::GeneratorAwaitable<internal::NextAwaiter<T>> Throw(
      std::exception_ptr error) {
    return {core_, internal::GeneratorCore::Request::kThrow, std::move(error)};
  }
  template <class E>
    requires(!std::is_same_v<std::decay_t<E>, std::exception_ptr>)
  auto Throw(E error) {
    return Throw(std::make_exception_ptr(std::move(error)));
  }

  // Has the co_yield at which it is suspended throw GeneratorExit, and waits
  // for its end. Idempotent. Throws: what it throws instead; RuntimeError if it
  // yields once more, or is running.
  Coro<> Close() { return internal::CloseGenerator(core_); }

  // A Next, Throw or Close has not returned yet.
  bool running() const { return Is(internal::GeneratorCore::State::kRunning); }
  // It has ended, and its frame is gone.
  bool finished() const {
    return Is(internal::GeneratorCore::State::kFinished);
  }

  explicit operator bool() const { return static_cast<bool>(core_); }

 private:
  friend promise_type;
  explicit AsyncGenerator(internal::GeneratorCore* core) : core_(core) {}
  bool Is(internal::GeneratorCore::State state) const {
    return core_->state() == state;
  }

  internal::GeneratorRef core_;
};

// Closes the running loop's generators that have begun and not ended, at the
// same time, the oldest first. Their errors go to the exception handler. A
// Runner does that when it closes; a generator that begins later is reported.
// Source: loop.shutdown_asyncgens.
Coro<> ShutdownAsyncgens();

namespace internal {

template <class T>
AsyncGenerator<T> GeneratorPromise<T>::get_return_object() {
  static_assert(!std::is_void_v<T>, "a generator yields values");
  static_assert(alignof(GeneratorPromise) <= 16);
  core = GeneratorCore::New(
      std::coroutine_handle<GeneratorPromise>::from_promise(*this));
  return AsyncGenerator<T>(core);
}

template <class R>
constexpr bool kIsCoro = requires { typename CoroValue<R>::type; };

// Calls `body` with every value, as long as it does not say false.
template <class T, class F>
Coro<> Consume(AsyncGenerator<T> generator, F& body) {
  using R = std::invoke_result_t<F&, T>;
  for (;;) {
    std::optional<ElementOf<T>> value = co_await generator.Next();
    if (!value.has_value()) co_return;
    if constexpr (std::is_void_v<R>) {
      body(static_cast<T&&>(*value));
    } else if constexpr (std::is_same_v<R, Coro<void>>) {
      co_await body(static_cast<T&&>(*value));
    } else {
      bool more = true;
      if constexpr (kIsCoro<R>) {
        more = co_await body(static_cast<T&&>(*value));
      } else {
        more = body(static_cast<T&&>(*value));
      }
      if (!more) co_return;
    }
  }
}

}  // namespace internal

// Calls `body(value)` with every value of `generator`, until it returns or
// throws something, or `body` does; then closes it. `body` returns nothing, or
// false to stop; or a Coro of one of these, which is awaited.
template <class T, class F>
Coro<> ForEach(AsyncGenerator<T> generator, F body) {
  const Outcome<> outcome =
      co_await AsOutcome(internal::Consume(generator, body));
  co_await generator.Close();
  outcome.Rethrow();
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_ASYNC_GENERATOR_H_
