// What comes from other threads, and debug mode.
#include <chrono>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/executor.h"
#include "rondo/runtime/run_coroutine_threadsafe.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

// Runs a job at once, in place.
class InlineExecutor final : public Executor {
 public:
  void Submit(std::shared_ptr<Job> job) override {
    if (job->Run()) job->Complete();
  }
  void Shutdown(absl::AnyInvocable<void()> ended) override {
    if (ended) ended();
  }
};

Coro<std::string> SleepAndReturn() {
  co_await Sleep(500ms);
  co_return "rct";
}

// The job runs in the caller's step, and its result comes by way of
// CallSoonThreadsafe: a result, an exception, and one that nobody wants any
// more. Then the two other ways into a loop.
Coro<> ExecutorAndThreadsafe(Env& env) {
  EventLoop& loop = env.loop();
  InlineExecutor executor;
  const auto add = [&env](int a, int b) {
    env.Log("add called");
    return a + b;
  };
  Future<int> sum = RunInExecutor(executor, add, 2, 3);
  env.Log("1 ", co_await sum);
  Future<> failing = RunInExecutor(executor, [] { throw AppError("exec"); });
  try {
    co_await failing;
  } catch (const AppError&) {
    env.Log("2 ", CaughtText());
  }
  loop.CallSoonThreadsafe([&env] { env.Log("note"); }, "note");
  co_await Sleep(0s);

  const ConcurrentFuture<std::string> result =
      RunCoroutineThreadsafe(loop, SleepAndReturn);
  co_await Sleep(1s);
  env.Log("4 ", result.done(), " ", result.result());

  Future<int> unwanted = RunInExecutor(executor, add, 1, 1);
  env.Log("5 cancel ", unwanted.Cancel());
  co_await Sleep(0s);
  co_await Sleep(0s);
  env.Log("5 ", StateText(unwanted));
}

// asyncio refuses a coroutine function when it is passed; C++ before.
template <class F>
std::string WhyNoCallback() {
  constexpr bool kAccepted =
      requires(EventLoop& loop, F f) { loop.CallSoon(f); };
  return kAccepted ? "accepted" : "TypeError";
}

Coro<> TwoSteps(Env& env) {
  env.Advance(500ms);
  env.Log("T step 1");
  co_await Sleep(0s);
  env.Log("T step 2");
}

// Callbacks and steps that take 0.1 s or longer are reported.
void DebugSlowCallback(Env& env) {
  EventLoop& loop = env.loop();
  loop.set_debug(true);
  env.Log(WhyNoCallback<Coro<std::string> (*)()>());
  const auto taking = [&env](Nanoseconds time, const char* name) {
    return [&env, time, name] {
      env.Advance(time);
      env.Log(name);
    };
  };
  loop.CallSoon(taking(62'500us, "fast"), "fast");
  loop.CallSoon(taking(250ms, "slow"), "slow");
  const Task<> task = loop.CreateTask(TwoSteps(env), "T");
  loop.CallSoon(taking(125ms, "edge"), "edge");
  const auto stop = [&] {
    env.Log("stop at ", env.t());
    loop.Stop();
  };
  loop.CallAt(1s, stop, "stop_later");
  loop.RunForever();
  env.Log("T ", StateText(task));
}

}  // namespace

Scenarios ThreadScenarios() {
  return {{"debug_slow_callback", DebugSlowCallback},
          {"executor_and_threadsafe", ExecutorAndThreadsafe}};
}

}  // namespace rondo::conformance
