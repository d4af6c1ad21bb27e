#include "rondo/runtime/loop_hooks.h"

#include <cstdio>
#include <string>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/source_place.h"

namespace rondo::internal {

void CallExceptionHandler(const LoopHooks* hooks, EventLoop& loop,
                          const ExceptionReport& report) {
  const auto fallback = [&](const ExceptionReport& told) {
    if (hooks != nullptr && hooks->fallback) {
      hooks->fallback(loop, told);
      return;
    }
    std::string text(told.message);
    if (!told.source.empty()) text.append(": ").append(told.source);
    if (told.exception != nullptr) {
      text.append(": ").append(DescribeException(told.exception));
    }
    const std::string place = PlaceText(told.created);
    if (!place.empty()) text.append(" (created at ").append(place).append(")");
    std::fprintf(stderr, "rondo: %s\n", text.c_str());
  };
  try {
    if (hooks != nullptr && hooks->handler) {
      hooks->handler(loop, report);
      return;
    }
    fallback(report);
    return;
  } catch (const LoopExit&) {
    throw;
  } catch (...) {  // tidy: allow(catch-all) told to the default handler
    const std::exception_ptr second = std::current_exception();
    try {
      fallback({"Unhandled error in exception handler", second, ""});
    } catch (const LoopExit&) {
      throw;
    } catch (...) {  // tidy: allow(catch-all) nobody is left to be told
      std::fprintf(stderr, "rondo: the default exception handler threw: %s\n",
                   DescribeException(std::current_exception()).c_str());
    }
  }
}

}  // namespace rondo::internal
