// Ports of CPython's tests that are about connections: over the kernel's
// sockets where the peers are others' programs, over simulated ones where time
// is to pass.
#ifndef RONDO_TESTS_CONFORMANCE_ON_SOCKETS_H_
#define RONDO_TESTS_CONFORMANCE_ON_SOCKETS_H_

#include <string>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/run.h"
#include "rondo/simnet/simulate.h"

namespace rondo::conformance {

// Awaits what `body` returns, and gathers what reaches the exception handler.
template <class F>
Coro<> Gathering(F* body, std::vector<std::string>* messages) {
  RunningLoop().SetExceptionHandler(
      [messages](EventLoop&, const ExceptionReport& report) {
        messages->emplace_back(report.message);
      });
  co_await (*body)();
}

// Runs the coroutine that `body` returns. Returns what has reached the
// exception handler.
template <class F>
std::vector<std::string> RunOnSockets(F body) {
  std::vector<std::string> messages;
  Run(Gathering(&body, &messages));
  return messages;
}
template <class F>
std::vector<std::string> RunSimulated(F body) {
  std::vector<std::string> messages;
  Simulate(Gathering(&body, &messages));
  return messages;
}

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_ON_SOCKETS_H_
