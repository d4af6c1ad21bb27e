// Ready handles: their order, cancelling them, stopping, what they throw.
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/handle.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

// a, b and c run in one iteration, what b queues in the next, and what e
// queues in the one after that.
void CallSoonFifo(Env& env) {
  EventLoop& loop = env.loop();
  const auto f = [&] {
    env.Log("f");
    loop.Stop();
  };
  const auto e = [&] {
    env.Log("e");
    loop.CallSoon(f, "f");
  };
  const auto b = [&] {
    env.Log("b");
    loop.CallSoon([&] { env.Log("d"); }, "d");
    loop.CallSoon(e, "e");
  };
  loop.CallSoon([&] { env.Log("a"); }, "a");
  loop.CallSoon(b, "b");
  loop.CallSoon([&] { env.Log("c"); }, "c");
  loop.RunForever();
  env.Log("stopped");
}

// b is cancelled before the loop runs, d by a, and c by itself while it runs.
// Cancelled handles keep their place in the queue and are skipped.
void CallSoonCancel(Env& env) {
  EventLoop& loop = env.loop();
  Handle c;
  Handle d;
  const auto cancel_d = [&] {
    env.Log("a");
    d.Cancel();
  };
  const auto cancel_itself = [&] {
    env.Log("c");
    c.Cancel();
    env.Log("c cancelled=", c.cancelled());
  };
  const auto stop_now = [&] {
    env.Log("stop");
    loop.Stop();
  };
  Handle a = loop.CallSoon(cancel_d, "a");
  Handle b = loop.CallSoon([&] { env.Log("b"); }, "b");
  c = loop.CallSoon(cancel_itself, "c");
  d = loop.CallSoon([&] { env.Log("d"); }, "d");
  b.Cancel();
  loop.CallSoon(stop_now, "stop_now");
  loop.RunForever();
  env.Log("b cancelled=", b.cancelled(), " a cancelled=", a.cancelled());
}

}  // namespace

Scenarios CallSoonScenarios() {
  return {{"call_soon_cancel", CallSoonCancel},
          {"call_soon_fifo", CallSoonFifo}};
}

}  // namespace rondo::conformance
