// Outcome<T>: how something ended, as a value: a result or an exception.
//
// C++ allows no co_await inside a catch handler. So to clean up with awaits
// after an error, take the outcome, await the clean-up, then rethrow:
//
//   rondo::Outcome<int> outcome = co_await rondo::AsOutcome(Work());
//   co_await CloseConnection();
//   co_return outcome.Take();   // The result, or the exception again.
//
// A cancellation is an outcome too: rethrow it, or it is swallowed.
//
// Source: trio's `outcome`.
#ifndef RONDO_RUNTIME_OUTCOME_H_
#define RONDO_RUNTIME_OUTCOME_H_

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"

namespace rondo {
namespace internal {

// How a result is kept in a container: void and references have no place.
template <class T>
struct Element {
  using type = T;
};
template <>
struct Element<void> {
  using type = std::monostate;
};
template <class T>
struct Element<T&> {
  using type = std::reference_wrapper<T>;
};
template <class T>
using ElementOf = typename Element<T>::type;

}  // namespace internal

template <class T = void>
class [[nodiscard]] Outcome {
 public:
  using value_type = T;

  // A result.
  Outcome()
    requires(std::is_void_v<T>)
      : value_(std::monostate()) {}
  template <class U = T>
    requires(!std::is_void_v<T> &&
             std::is_constructible_v<internal::ElementOf<T>, U> &&
             !std::is_same_v<std::decay_t<U>, Outcome>)
  explicit Outcome(U&& value) : value_(std::in_place, std::forward<U>(value)) {}

  // An exception.
  static Outcome Failed(std::exception_ptr exception) {
    return Outcome(std::move(exception), 0);
  }

  bool ok() const { return exception_ == nullptr; }
  // Null if there is a result.
  const std::exception_ptr& exception() const { return exception_; }
  // True if it ended with CancelledError.
  bool cancelled() const;

  // Throws the exception, if there is one.
  void Rethrow() const {
    if (exception_ != nullptr) std::rethrow_exception(exception_);
  }

  // The result. Throws the exception instead, if there is one.
  std::add_lvalue_reference_t<T> value() {
    Rethrow();
    if constexpr (!std::is_void_v<T>) return *value_;
  }
  std::add_lvalue_reference_t<const T> value() const {
    Rethrow();
    if constexpr (!std::is_void_v<T>) return *value_;
  }
  // The same, moved out.
  T Take() {
    Rethrow();
    if constexpr (!std::is_void_v<T>) return std::move(*value_);
  }

 private:
  Outcome(std::exception_ptr exception, int)
      : exception_(std::move(exception)) {}

  std::optional<internal::ElementOf<T>> value_;
  std::exception_ptr exception_;
};

namespace internal {

// True if `exception` is a CancelledError.
bool IsCancelled(const std::exception_ptr& exception);

}  // namespace internal

template <class T>
bool Outcome<T>::cancelled() const {
  return internal::IsCancelled(exception_);
}

namespace internal {

// Runs what `function` returns, a Coro, and returns how the call or the
// coroutine ended.
template <class F>
auto OutcomeOf(F function)
    -> Coro<Outcome<typename CoroValue<std::invoke_result_t<F&>>::type>> {
  using T = typename CoroValue<std::invoke_result_t<F&>>::type;
  std::exception_ptr exception;
  try {
    if constexpr (std::is_void_v<T>) {
      co_await function();
      co_return Outcome<T>();
    } else {
      co_return Outcome<T>(co_await function());
    }
  } catch (...) {  // tidy: allow(catch-all) it is the result
    exception = std::current_exception();
  }
  co_return Outcome<T>::Failed(std::move(exception));
}

}  // namespace internal

// Runs `coro` inline and returns how it ended. Never throws.
template <class T>
Coro<Outcome<T>> AsOutcome(Coro<T> coro) {
  return internal::OutcomeOf(
      [held = std::move(coro)]() mutable { return std::move(held); });
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_OUTCOME_H_
