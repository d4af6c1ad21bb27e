// What ports of CPython's tests have in place of `with assertRaises(E) as cm`.
#ifndef RONDO_TESTS_CONFORMANCE_RAISED_H_
#define RONDO_TESTS_CONFORMANCE_RAISED_H_

#include <algorithm>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/exception_group.h"
#include "rondo/runtime/sleep.h"
#include "rondo/tests/conformance/awaits.h"

namespace rondo::conformance {

// What `1 / 0` throws in the originals.
class ZeroDivisionError : public std::runtime_error {
 public:
  ZeroDivisionError() : std::runtime_error("division by zero") {}
};

// The E that `coro` throws; no value if it throws nothing. What is not an E
// goes on.
template <class E, class T>
Coro<std::optional<E>> Raised(Coro<T> coro) {
  try {
    co_await std::move(coro);
  } catch (const E& error) {
    co_return error;
  }
  co_return std::nullopt;
}

// `try: sleep(delay) finally: raise E`.
template <class E>
Coro<> SleepFinallyRaise(Nanoseconds delay) {
  try {
    co_await Sleep(delay);
  } catch (...) {  // tidy: allow(catch-all) another exception takes its place
  }
  throw E();
}

// `sleep(delay); raise E`.
template <class E>
Coro<> RaiseAfter(Nanoseconds delay) {
  co_await Sleep(delay);
  throw E();
}

// True if each member of `group` is of one of these types, and each type is
// there: `get_error_types(group) == {Es...}`.
template <class... Es>
bool HasErrorTypes(const std::optional<BaseExceptionGroup>& group) {
  if (!group.has_value()) return false;
  const auto& members = group->exceptions();
  const auto is_one = [](const std::exception_ptr& member) {
    return (IsException<Es>(member) || ...);
  };
  return std::ranges::all_of(members, is_one) &&
         (std::ranges::any_of(members, IsException<Es>) && ...);
}

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_RAISED_H_
