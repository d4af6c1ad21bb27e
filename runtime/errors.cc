#include "rondo/runtime/errors.h"

#include <string_view>
#include <typeinfo>

#include "rondo/runtime/type_name.h"

namespace rondo {
IncompleteReadError::IncompleteReadError(std::string partial,
                                         std::optional<std::size_t> expected)
    : std::runtime_error(std::to_string(partial.size()) +
                         " bytes read on a total of " +
                         (expected ? std::to_string(*expected) : "undefined") +
                         " expected bytes"),
      partial_(std::move(partial)),
      expected_(expected) {}

LimitOverrunError::LimitOverrunError(std::size_t consumed, bool found)
    : std::runtime_error((found ? "separator is found, but the "
                                : "separator is not found, and ") +
                         std::to_string(consumed) +
                         (found ? " bytes before it" : " bytes") +
                         " exceed the limit"),
      consumed_(consumed) {}

std::string DescribeException(const std::exception_ptr& exception) {
  if (exception == nullptr) return "no exception";
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return internal::TypeName(typeid(error)) + ": " + error.what();
  } catch (const BaseException& error) {
    const std::string_view what = error.what();
    const std::string name = internal::TypeName(typeid(error));
    return what.empty() ? name : name + ": " + std::string(what);
  } catch (...) {  // tidy: allow(catch-all) any type may be thrown
    return internal::CaughtTypeName();
  }
}

}  // namespace rondo
