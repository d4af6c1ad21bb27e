// A loop over a scripted network: a test says what is ready, and what each call
// answers, iteration by iteration.
#ifndef RONDO_TESTS_SUPPORT_SCRIPTED_LOOP_H_
#define RONDO_TESTS_SUPPORT_SCRIPTED_LOOP_H_

#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/io_table.h"
#include "rondo/runtime/selector.h"
#include "rondo/tests/support/hand_clock.h"
#include "rondo/tests/support/noting_selector.h"
#include "rondo/tests/support/one_socket_network.h"

namespace rondo {

class ScriptedLoop {
 public:
  static constexpr int kFd = 7;  // The one that can be ready.

  ScriptedLoop() {
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

  // Calls `function` in an iteration of the loop.
  template <class F>
  void Do(F function) {
    loop_.CallSoon(std::move(function));
    loop_.RunOnce();
  }
  // Some iterations in which nothing is ready, more than anything needs.
  void Settle() {
    for (int i = 0; i < 10; ++i) loop_.RunOnce();
  }
  // One iteration in which the descriptor is.
  void Ready(unsigned events) {
    selector_.ready = events;
    loop_.RunOnce();
    selector_.ready = 0;
  }

  // Whether anybody waits for it.
  bool reads() const { return Watches(kReadable); }
  bool writes() const { return Watches(kWritable); }

  OneSocketNetwork network;
  std::vector<std::string> reports;

 private:
  bool Watches(unsigned direction) const {
    return loop_.core()->io->Find(kFd, direction) != nullptr;
  }

  LoopSeams Seams() {
    LoopSeams seams;
    seams.clock = &clock_;
    seams.selector = &selector_;
    seams.network = &network;
    return seams;
  }

  HandClock clock_;
  NotingSelector selector_{kFd};
  EventLoop loop_{Seams()};
};

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_SCRIPTED_LOOP_H_
