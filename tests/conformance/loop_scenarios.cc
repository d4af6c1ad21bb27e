// Running and stopping the loop, and exceptions that nobody catches.
#include <chrono>
#include <string>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

// Stop lets the iteration in which it is called run to its end; before the
// run it allows exactly one; twice is the same as once.
void StopSemantics(Env& env) {
  EventLoop& loop = env.loop();
  const auto stopper = [&] {
    env.Log("stopper");
    loop.Stop();
    loop.CallSoon([&] { env.Log("c"); }, "c");
  };
  loop.CallSoon([&] { env.Log("a"); }, "a");
  loop.CallSoon(stopper, "stopper");
  loop.CallSoon([&] { env.Log("b"); }, "b");
  loop.RunForever();
  env.Log("returned 1");

  env.Log("running=", loop.is_running());
  loop.Stop();
  loop.CallSoon([&] { env.Log("d running=", loop.is_running()); }, "d");
  loop.CallLater(5s, [&] { env.Log("t"); }, "t");
  loop.RunForever();
  env.Log("returned 2 scheduled=", loop.scheduled_count());

  const auto d2 = [&] {
    env.Log("d2");
    loop.Stop();
    loop.Stop();
  };
  loop.CallLater(1s, d2, "d2");
  loop.RunForever();
  env.Log("returned 3 at ", env.t());
}

Coro<> Background(Env& env) {
  env.Log("bg start");
  co_await Sleep(1s);
  env.Log("bg end");
}

Coro<int> Quick(Env& env) {
  env.Log("quick");
  co_return 5;
}

Coro<> Bad() {
  throw AppError("bad");
  co_return;
}

// A future, a finished future, a coroutine while another task is left
// suspended, a coroutine that throws, a loop that is stopped before its
// future is done, and the task that was left.
void RunUntilComplete(Env& env) {
  EventLoop& loop = env.loop();
  Future<int> f1 = loop.CreateFuture<int>();
  loop.CallLater(1s, [f1]() mutable { f1.SetResult(11); }, "finish1");
  const int r1 = loop.RunUntilComplete(f1);
  env.Log("r1 ", r1, " at ", env.t());
  const int r2 = loop.RunUntilComplete(f1);
  env.Log("r2 ", r2, " at ", env.t());

  const Task<> background = loop.CreateTask(Background(env), "BG");
  const int r3 = loop.RunUntilComplete(Quick(env));
  env.Log("r3 ", r3, " bg done=", background.done());
  try {
    loop.RunUntilComplete(Bad());
  } catch (const AppError&) {
    env.Log("r4 ", CaughtText());
  }

  Future<> f2 = loop.CreateFuture();
  const Handle halt = loop.CallLater(500ms, [&] { loop.Stop(); }, "halt");
  try {
    loop.RunUntilComplete(f2);
  } catch (const RuntimeError&) {
    env.Log("r5 ", CaughtText(), " at ", env.t());
  }
  env.Log("callbacks removed ", f2.RemoveDoneCallback(halt));
  loop.RunUntilComplete(background);
  env.Log("BG done at ", env.t());
}

// What callbacks, done callbacks and timers throw goes to the exception
// handler, and what that throws to the default one; the loop goes on.
void HandlerExceptions(Env& env) {
  EventLoop& loop = env.loop();
  const auto handler = [&](EventLoop&, const ExceptionReport& report) {
    const std::string text = ExceptionText(report.exception);
    env.Log("handler ", text);
    if (text == "AppError(twice)") throw AppError("inside handler");
  };
  const auto fallback = [&](EventLoop&, const ExceptionReport& report) {
    env.Log("default ", ExceptionText(report.exception));
  };
  loop.SetExceptionHandler(handler);
  loop.SetDefaultExceptionHandler(fallback);

  Future<int> future = loop.CreateFuture<int>();
  const auto thrower = [](const char* message) {
    return [message] { throw AppError(message); };
  };
  const auto ok1 = [&] {
    env.Log("ok1");
    future.SetResult(7);
  };
  const auto cb_ok = [&](const Future<int>& f) {
    env.Log("cb_ok ", f.result());
  };
  future.AddDoneCallback(thrower("in done callback"), "cb_bad");
  future.AddDoneCallback(cb_ok, "cb_ok");
  loop.CallSoon(ok1, "ok1");
  loop.CallSoon(thrower("boom"), "boom");
  loop.CallSoon([&] { env.Log("ok2"); }, "ok2");
  loop.CallSoon(thrower("twice"), "twice");
  loop.CallSoon([&] { env.Log("ok3"); }, "ok3");
  loop.CallAt(1s, thrower("timer"), "tboom");
  loop.CallAt(1500ms, [&] { loop.Stop(); }, "stop_later");
  loop.RunForever();
}

Coro<> Fail(std::string message) {
  throw AppError(message);
  co_return;
}

// An exception that nobody asked for is reported when the last reference to
// its future goes; asking for it, or cancelling the future, prevents that.
Coro<> NeverRetrieved(Env& env) {
  EventLoop& loop = env.loop();
  Future<> f1 = loop.CreateFuture();
  f1.SetException(AppError("e1"));
  env.Log("before 1");
  f1 = Future<>();
  env.Log("after 1");

  Future<> f2 = loop.CreateFuture();
  f2.SetException(AppError("e2"));
  f2.exception();
  f2 = Future<>();
  env.Log("after 2");

  Future<> f3 = loop.CreateFuture();
  f3.SetException(AppError("e3"));
  env.Log("3 cancel ", f3.Cancel());
  f3 = Future<>();
  env.Log("after 3");

  Task<> t4 = CreateTask(Fail("t4"), "T4");
  co_await Sleep(250ms);
  env.Log("before 4");
  t4 = Task<>();
  env.Log("after 4");

  Task<> t5 = CreateTask(Fail("t5"), "T5");
  const auto reader = [&env](const Future<>& task) {
    env.Log("5 read ", ExceptionText(task.exception()));
  };
  t5.AddDoneCallback(reader, "reader");
  co_await Sleep(250ms);
  t5 = Task<>();
  env.Log("after 5");

  Future<int> f6 = loop.CreateFuture<int>();
  f6.SetResult(1);
  f6 = Future<int>();
  env.Log("after 6");
}

}  // namespace

Scenarios LoopScenarios() {
  return {{"handler_exceptions", HandlerExceptions},
          {"never_retrieved", NeverRetrieved},
          {"run_until_complete", RunUntilComplete},
          {"stop_semantics", StopSemantics}};
}

}  // namespace rondo::conformance
