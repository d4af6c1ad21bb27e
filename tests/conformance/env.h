// What a scenario receives: a loop in virtual time over a simple network, and a
// place for output.
//
//   void CallSoonFifo(Env& env) {
//     env.loop().CallSoon([&] { env.Log("a at ", env.t()); }, "a");
//     ...
//   }
//
// Time starts at zero and moves only while the selector waits (and by
// Advance); with nothing to wait for the selector throws DeadlockError. What
// reaches the exception handler is logged as "handler: MESSAGE: EXCEPTION".
#ifndef RONDO_TESTS_CONFORMANCE_ENV_H_
#define RONDO_TESTS_CONFORMANCE_ENV_H_

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/tests/conformance/oracle_network.h"
#include "rondo/tests/conformance/text.h"
#include "rondo/tests/conformance/trace_lines.h"
#include "rondo/tests/support/hand_clock.h"

namespace rondo::conformance {

class Env {
 public:
  Env();
  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;

  EventLoop& loop() { return loop_; }
  OracleNetwork& net() { return network_; }

  // The virtual time, as a number and as text.
  Nanoseconds now() { return clock_.Now(); }
  std::string t() { return TimeText(now()); }

  // The running callback has used this much CPU time.
  void Advance(Nanoseconds by) { clock_.Advance(by); }

  // Appends one text, made of its parts, to the output.
  template <class... Parts>
  void Log(const Parts&... parts) {
    if (!muted_) output_.push_back((Text(parts) + ...));
  }

  // Ends the trace: what is logged later is lost. Returns all its lines.
  std::vector<std::string> EndTrace(std::string_view scenario,
                                    std::string_view outcome);

 private:
  void OnException(const ExceptionReport& report);

  HandClock clock_;
  OracleNetwork network_{&clock_};
  OracleSelector selector_{&clock_, &network_};
  TraceLines trace_;
  std::vector<std::string> output_;
  bool muted_ = false;
  EventLoop loop_;  // The last: what its coroutines own uses the rest.
};

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_ENV_H_
