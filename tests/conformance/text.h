// How scenarios write values, futures and exceptions into their output.
//
// The texts are the same in every language (traces/asyncio): booleans are
// `True` and `False`, lists `[1, 2]` and `['a', 'b']`, an exception is its
// class's bare name, or more where the table below says so.
#ifndef RONDO_TESTS_CONFORMANCE_TEXT_H_
#define RONDO_TESTS_CONFORMANCE_TEXT_H_

#include <concepts>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/future.h"

namespace rondo::conformance {

// The exception that scenarios throw: any ordinary exception with a message.
class AppError : public std::exception {
 public:
  explicit AppError(std::string message) : message_(std::move(message)) {}

  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

inline std::string Text(std::string_view value) { return std::string(value); }

template <std::integral I>
std::string Text(I value) {
  if constexpr (std::is_same_v<I, bool>) {
    return value ? "True" : "False";
  } else {
    return std::to_string(value);
  }
}

template <class T>
std::string Text(const std::vector<T>& list) {
  std::string text = "[";
  for (const T& item : list) {
    if (text.size() > 1) text += ", ";
    if constexpr (std::is_integral_v<T>) {
      text += Text(item);
    } else {
      text += '\'' + Text(item) + '\'';
    }
  }
  return text + ']';
}

// Seconds with at most six decimals and no trailing zeros: "0", "0.125".
std::string TimeText(Nanoseconds time);

// Seconds with two decimals: "0.50".
std::string SpanText(Nanoseconds span);

// AppError m                      AppError(m)
// CancelledError with a message   CancelledError(m)
// a group of exceptions           ExceptionGroup[A, B], members recursively
// a stream's                      LimitOverrunError(consumed=N),
//                                 IncompleteReadError(partial=P,expected=N)
// the system's                    ConnectionResetError, ..., OSError
// null                            None
// anything else                   the bare class name
std::string ExceptionText(const std::exception_ptr& exception);

// Of the exception that is being handled.
inline std::string CaughtText() {
  return ExceptionText(std::current_exception());
}

// "pending", "cancelled", "result R" or "exception E" (which counts as
// retrieved then).
template <class T>
std::string StateText(const Future<T>& future) {
  if (!future.done()) return "pending";
  if (future.cancelled()) return "cancelled";
  if (const std::exception_ptr error = future.exception()) {
    return "exception " + ExceptionText(error);
  }
  if constexpr (std::is_void_v<T>) {
    return "result None";
  } else {
    return "result " + Text(future.result());
  }
}

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_TEXT_H_
