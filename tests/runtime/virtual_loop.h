// A loop in virtual time with nothing around it: no network, no observer.
//
//   VirtualLoop world;
//   world.Run([&]() -> Coro<> { co_await Sleep(24h); });
//
// Time starts at zero and moves only while the selector waits, and by Advance.
// With nothing to wait for, the selector throws DeadlockError. What reaches
// the exception handler is kept in `reports`.
#ifndef RONDO_TESTS_RUNTIME_VIRTUAL_LOOP_H_
#define RONDO_TESTS_RUNTIME_VIRTUAL_LOOP_H_

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/tests/support/hand_clock.h"

namespace rondo {

class VirtualLoop {
 public:
  explicit VirtualLoop(ReadyOrder* order = nullptr) : loop_(Seams(order)) {
    loop_.SetExceptionHandler(
        [this](EventLoop&, const ExceptionReport& report) {
          std::string text(report.message);
          if (report.exception != nullptr) {
            text += ": " + DescribeException(report.exception);
          }
          reports.push_back(std::move(text));
        });
  }

  EventLoop& loop() { return loop_; }
  Nanoseconds now() { return clock_.Now(); }
  void Advance(Nanoseconds by) { clock_.Advance(by); }
  // How often the selector was asked: the iterations. And how long it has
  // waited, each time that it did.
  int selects() const { return selector_.selects(); }
  const std::vector<Nanoseconds>& waits() const { return selector_.waits(); }

  // Runs what `function` returns, a Coro, to its end.
  template <class F>
  auto Run(F function) {
    return loop_.RunUntilComplete(function());
  }

  std::vector<std::string> reports;

 private:
  LoopSeams Seams(ReadyOrder* order) {
    LoopSeams seams;
    seams.clock = &clock_;
    seams.selector = &selector_;
    seams.ready_order = order;
    return seams;
  }

  HandClock clock_;
  JumpSelector selector_{&clock_};
  EventLoop loop_;
};

}  // namespace rondo

#endif  // RONDO_TESTS_RUNTIME_VIRTUAL_LOOP_H_
