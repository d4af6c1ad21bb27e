// Ports of CPython's tests that are about real sockets.
#ifndef RONDO_TESTS_CONFORMANCE_ON_SOCKETS_H_
#define RONDO_TESTS_CONFORMANCE_ON_SOCKETS_H_

#include <string>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/run.h"

namespace rondo::conformance {

// Runs the coroutine that `body` returns on a loop with the kernel's sockets.
// Returns what has reached the exception handler.
template <class F>
std::vector<std::string> RunOnSockets(F body) {
  std::vector<std::string> messages;
  auto main = [&]() -> Coro<> {
    RunningLoop().SetExceptionHandler(
        [&messages](EventLoop&, const ExceptionReport& report) {
          messages.emplace_back(report.message);
        });
    co_await body();
  };
  Run(main());
  return messages;
}

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_ON_SOCKETS_H_
