#include "rondo/tests/conformance/text.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/exception_group.h"

namespace rondo::conformance {
namespace {

double Seconds(Nanoseconds time) {
  return static_cast<double>(time.count()) / 1e9;
}

std::string Fixed(int decimals, Nanoseconds time) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", decimals, Seconds(time));
  return text;
}

std::string GroupText(const BaseExceptionGroup& group) {
  const bool ordinary = IsException<std::exception>(group.ToException());
  std::string text = ordinary ? "ExceptionGroup[" : "BaseExceptionGroup[";
  for (const std::exception_ptr& one : group.exceptions()) {
    if (text.back() != '[') text += ", ";
    text += ExceptionText(one);
  }
  return text + "]";
}

// Python has a class for each of these.
std::string SystemErrorText(const std::system_error& error) {
  switch (error.code().value()) {
    case ECONNREFUSED:
      return "ConnectionRefusedError";
    case ECONNRESET:
      return "ConnectionResetError";
    case EPIPE:
      return "BrokenPipeError";
    default:
      return "OSError";
  }
}

}  // namespace

std::string TimeText(Nanoseconds time) {
  std::string text = Fixed(6, time);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string SpanText(Nanoseconds span) { return Fixed(2, span); }

std::string ExceptionText(const std::exception_ptr& exception) {
  if (exception == nullptr) return "None";
  try {
    std::rethrow_exception(exception);
  } catch (const AppError& error) {
    return std::string("AppError(") + error.what() + ")";
  } catch (const CancelledError& error) {
    if (error.message().empty()) return "CancelledError";
    return "CancelledError(" + error.message() + ")";
  } catch (const BaseExceptionGroup& group) {
    return GroupText(group);
  } catch (const LimitOverrunError& error) {
    return "LimitOverrunError(consumed=" + Text(error.consumed()) + ")";
  } catch (const IncompleteReadError& error) {
    return "IncompleteReadError(partial=" + error.partial() + ",expected=" +
           (error.expected().has_value() ? Text(*error.expected()) : "None") +
           ")";
  } catch (const std::system_error& error) {
    return SystemErrorText(error);
  } catch (...) {  // tidy: allow(catch-all) its name is all that matters
    // "rondo::TimeoutError: deadline exceeded" has the name in the middle.
    const std::string text = DescribeException(exception);
    const std::string name = text.substr(0, text.find(": "));
    const std::size_t scope = name.rfind("::");
    return scope == std::string::npos ? name : name.substr(scope + 2);
  }
}

}  // namespace rondo::conformance
