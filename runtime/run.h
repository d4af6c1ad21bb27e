// Run: a program's entry into the asynchronous world.
//
//   int main() { rondo::Run(Serve()); }
//
// Ctrl-C cancels the coroutine that is run, so that it can clean up, and Run
// throws KeyboardInterrupt; a second one does that at once (interrupts.h tells
// when). An uncaught KeyboardInterrupt ends the process as SIGINT does.
//
// Source: asyncio.run, asyncio.Runner.
#ifndef RONDO_RUNTIME_RUN_H_
#define RONDO_RUNTIME_RUN_H_

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "rondo/runtime/context.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/interrupts.h"

namespace rondo {

// How a Runner gets its loop.
using LoopFactory = std::function<std::unique_ptr<EventLoop>()>;

struct RunOptions {
  std::optional<bool> debug = std::nullopt;  // No value: as the loop comes.
};

// Runs several coroutines, one after the other, on one loop and in one
// context. The loop is made, and the context copied, when they are first asked
// for.
class Runner {
 public:
  // On a loop of the real world (system_loop.h).
  explicit Runner(RunOptions options = {});
  // On a loop of `factory`'s; an empty one means the same as none.
  explicit Runner(LoopFactory factory, RunOptions options = {});
  // On a loop that the caller keeps; Close closes it.
  explicit Runner(EventLoop& loop, RunOptions options = {});
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  // Closes. What that throws is written to standard error.
  ~Runner();

  // Runs `coro` as a task until it is done and returns its result. Other
  // tasks stay for the next Run.
  // Throws: what `coro` throws; KeyboardInterrupt; RuntimeError inside a
  // running loop or after Close.
  template <class T>
  T Run(Coro<T> coro) {
    EventLoop& loop = Begin();
    return RunMain(loop.CreateTask(std::move(coro), {}, *context_));
  }
  // The same in a context of the caller's.
  template <class T>
  T Run(Coro<T> coro, const Context& context) {
    return RunMain(Begin().CreateTask(std::move(coro), {}, context));
  }

  // Cancels what is left, in the order of creation, and waits for its end;
  // closes asynchronous generators; shuts the default executor down (and waits
  // for it, at most 300 s); closes the loop, also if one of these throws.
  // Errors of tasks that fail meanwhile go to the exception handler.
  // Idempotent; nothing happens if the loop was never asked for.
  // Throws: LoopExit; RuntimeError inside a running loop.
  void Close();

  // The loop. Throws: RuntimeError after Close.
  EventLoop& GetLoop();

 private:
  // The loop, for a Run.
  EventLoop& Begin();
  void ShutDown();
  void CancelAllTasks();

  template <class T>
  T RunMain(const Task<T>& task) {
    internal::Interrupts interrupts(loop_->core(), task);
    const Future<T>& future = task;
    try {
      if constexpr (std::is_void_v<T>) {
        loop_->RunUntilComplete(future);
        interrupts.OnResult();
      } else {
        T result = loop_->RunUntilComplete(future);
        interrupts.OnResult();
        return result;
      }
    } catch (const CancelledError&) {
      interrupts.OnCancelled();
      throw;
    }
  }

  LoopFactory factory_;
  EventLoop* given_ = nullptr;  // Instead of a factory.
  RunOptions options_;
  std::unique_ptr<EventLoop> owned_;
  EventLoop* loop_ = nullptr;  // Null before the first use, and when closed.
  std::optional<Context> context_;
  bool closed_ = false;
};

namespace internal {

// Throws: RuntimeError, in the name of `function`, if a loop runs here.
void RequireNoRunningLoop(const char* function);

}  // namespace internal

// Runs `coro` to its end on a loop of its own and returns its result. What
// `coro` started and left is cancelled and waited for.
// Throws: what `coro` throws; KeyboardInterrupt; RuntimeError inside a running
// loop.
template <class T>
T Run(Coro<T> coro, LoopFactory factory, RunOptions options = {}) {
  internal::RequireNoRunningLoop("Run");
  Runner runner(std::move(factory), options);
  try {
    if constexpr (std::is_void_v<T>) {
      runner.Run(std::move(coro));
      runner.Close();
    } else {
      T result = runner.Run(std::move(coro));
      runner.Close();
      return result;
    }
  } catch (...) {
    runner.Close();
    throw;
  }
}
template <class T>
T Run(Coro<T> coro, RunOptions options = {}) {
  return Run(std::move(coro), LoopFactory(), options);
}
// The same of a callable, which lives as long as its coroutine.
template <internal::CoroFunction F>
auto Run(F function, LoopFactory factory, RunOptions options = {}) {
  return Run(function(), std::move(factory), options);
}
template <internal::CoroFunction F>
auto Run(F function, RunOptions options = {}) {
  return Run(function(), options);
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_RUN_H_
