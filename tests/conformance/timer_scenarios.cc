// Timers: their order, deadlines that are over, cancelling them.
#include <chrono>
#include <string>
#include <vector>

#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/handle.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

// Four timers registered out of order; the last to fire stops the loop.
void CallLaterOrder(Env& env) {
  EventLoop& loop = env.loop();
  const auto last = [&] {
    env.Log("t3 at ", env.t());
    loop.Stop();
  };
  loop.CallLater(3s, last, "t3");
  loop.CallLater(1s, [&] { env.Log("t1 at ", env.t()); }, "t1");
  loop.CallLater(2s, [&] { env.Log("t2 at ", env.t()); }, "t2");
  loop.CallLater(500ms, [&] { env.Log("t05 at ", env.t()); }, "t05");
  loop.CallSoon([&] { env.Log("soon at ", env.t()); }, "soon");
  loop.RunForever();
}

// Equal deadlines fire in the order of registration, in one iteration.
void CallLaterTies(Env& env) {
  EventLoop& loop = env.loop();
  for (int i = 0; i < 8; ++i) {
    loop.CallAt(1s, [&env, i] { env.Log("k", i); }, "k" + Text(i));
  }
  loop.CallAt(2s, [&] { loop.Stop(); }, "stop_later");
  loop.RunForever();
}

// At time 1, ready handles come first; timers that are due already are queued
// behind them, by deadline, in the same iteration.
void CallAtPast(Env& env) {
  EventLoop& loop = env.loop();
  const auto note = [&env](const char* name) {
    return [&env, name] { env.Log(name, " at ", env.t()); };
  };
  const auto tick = [&] {
    env.Log("tick at ", env.t());
    loop.Stop();
  };
  const auto half = [&] {
    env.Log("half at ", env.t());
    loop.Stop();
  };
  loop.CallLater(1s, tick, "tick");
  loop.RunForever();
  loop.CallSoon(note("s1"), "s1");
  loop.CallLater(0s, note("z0"), "z0");
  loop.CallAt(250ms, note("past25"), "past25");
  loop.CallLater(-5s, note("neg"), "neg");
  loop.CallSoon(note("s2"), "s2");
  loop.CallLater(500ms, half, "half");
  loop.RunForever();
}

// A cancelled timer never causes a wake-up: the timeouts are 3 and 1.
void TimerCancelHead(Env& env) {
  EventLoop& loop = env.loop();
  const auto c = [&] {
    env.Log("c at ", env.t());
    loop.CallAt(3500ms, [&] { env.Log("e at ", env.t()); }, "e").Cancel();
  };
  const auto d = [&] {
    env.Log("d at ", env.t());
    loop.Stop();
  };
  TimerHandle a = loop.CallAt(1s, [&] { env.Log("a at ", env.t()); }, "a");
  TimerHandle b = loop.CallAt(2s, [&] { env.Log("b at ", env.t()); }, "b");
  loop.CallAt(3s, c, "c");
  loop.CallAt(4s, d, "d");
  a.Cancel();
  b.Cancel();
  loop.RunForever();
  env.Log("scheduled left ", loop.scheduled_count());
}

// The second of three timers is already in the ready queue (and counts as
// fired) when the first cancels it. The third cancels the first, which has run.
void TimerCancelSameIteration(Env& env) {
  EventLoop& loop = env.loop();
  TimerHandle first;
  TimerHandle second;
  const auto cancel_second = [&] {
    env.Log("first");
    second.Cancel();
  };
  const auto cancel_first = [&] {
    env.Log("third");
    first.Cancel();
    env.Log("first cancelled=", first.cancelled());
    loop.Stop();
  };
  first = loop.CallAt(1s, cancel_second, "first");
  second = loop.CallAt(1s, [&] { env.Log("second"); }, "second");
  loop.CallAt(1s, cancel_first, "third");
  loop.RunForever();
}

// Most of 120 timers are cancelled, 79 before the loop runs and the others,
// but n1 and n117, at 0.5: none of them fires or wakes the loop.
void TimerCompaction(Env& env) {
  EventLoop& loop = env.loop();
  std::vector<TimerHandle> timers;
  const auto check3 = [&] {
    loop.CallAt(130s, [&] { loop.Stop(); }, "stop_later");
  };
  const auto check2 = [&] {
    for (std::size_t i = 0; i < timers.size(); ++i) {
      if (i != 1 && i != 117) timers[i].Cancel();
    }
    loop.CallSoon(check3, "check3");
  };
  for (int i = 0; i < 120; ++i) {
    const auto note = [&env, i] { env.Log("n", i, " at ", env.t()); };
    timers.push_back(loop.CallAt(10s + i * 1s, note, "n" + Text(i)));
  }
  for (std::size_t i = 0; i < timers.size(); ++i) {
    if (i % 3 != 0 && i != 1) timers[i].Cancel();
  }
  loop.CallSoon([&] { loop.CallLater(500ms, check2, "check2"); }, "check");
  loop.RunForever();
  env.Log("end at ", env.t());
}

// A callback that reschedules itself five times, and on its third turn uses a
// second of CPU time: the timers that became due meanwhile fire together,
// late, in the iteration after it.
void TimerVsReady(Env& env) {
  EventLoop& loop = env.loop();
  const auto note = [&env](const char* name) {
    return [&env, name] { env.Log(name, " at ", env.t()); };
  };
  const auto end = [&] {
    env.Log("end at ", env.t());
    loop.Stop();
  };
  int turn = 0;
  struct Spin {
    Env& env;
    int& turn;

    void operator()() {
      ++turn;
      env.Log("spin ", turn, " at ", env.t());
      if (turn == 2) {
        Env& e = env;
        env.loop().CallLater(0s, [&e] { e.Log("zero at ", e.t()); }, "zero");
      }
      if (turn == 3) env.Advance(1s);
      if (turn < 5) env.loop().CallSoon(*this, "spin");
    }
  };
  loop.CallAt(750ms, note("late"), "late");
  loop.CallAt(500ms, note("early"), "early");
  loop.CallAt(2s, end, "end");
  loop.CallSoon(Spin{env, turn}, "spin");
  loop.RunForever();
}

}  // namespace

Scenarios TimerScenarios() {
  return {{"call_at_past", CallAtPast},
          {"call_later_order", CallLaterOrder},
          {"call_later_ties", CallLaterTies},
          {"timer_cancel_head", TimerCancelHead},
          {"timer_cancel_same_iteration", TimerCancelSameIteration},
          {"timer_compaction", TimerCompaction},
          {"timer_vs_ready", TimerVsReady}};
}

}  // namespace rondo::conformance
