#include "rondo/runtime/loop_hooks.h"

#include <cstdio>
#include <string>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/source_place.h"

namespace rondo::internal {
namespace {

std::string TextOf(const ExceptionReport& report) {
  std::string text(report.message);
  if (!report.source.empty()) text.append(": ").append(report.source);
  if (report.exception != nullptr) {
    text.append(": ").append(DescribeException(report.exception));
  }
  const std::string place = PlaceText(report.created);
  if (!place.empty()) text.append(" (created at ").append(place).append(")");
  if (report.original != nullptr) {
    text.append(" (it was told: ").append(TextOf(*report.original)).append(")");
  }
  return text;
}

}  // namespace

void CallExceptionHandler(const LoopHooks* hooks, EventLoop& loop,
                          const ExceptionReport& report) {
  const auto fallback = [&](const ExceptionReport& told) {
    if (hooks != nullptr && hooks->fallback) {
      hooks->fallback(loop, told);
      return;
    }
    std::fprintf(stderr, "rondo: %s\n", TextOf(told).c_str());
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
      fallback({.message = "Unhandled error in exception handler",
                .exception = second,
                .original = &report});
    } catch (const LoopExit&) {
      throw;
    } catch (...) {  // tidy: allow(catch-all) nobody is left to be told
      std::fprintf(stderr, "rondo: the default exception handler threw: %s\n",
                   DescribeException(std::current_exception()).c_str());
    }
  }
}

}  // namespace rondo::internal
