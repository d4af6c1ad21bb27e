// Run: a program's entry into the asynchronous world.
//
//   int main() { rondo::Run(Serve()); }
//
// Source: asyncio.run, asyncio.Runner.
#ifndef RONDO_RUNTIME_RUN_H_
#define RONDO_RUNTIME_RUN_H_

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "rondo/runtime/context.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/event_loop.h"

namespace rondo {

// How a Runner gets its loop.
using LoopFactory = std::function<std::unique_ptr<EventLoop>()>;

// Runs several coroutines, one after the other, on one loop and in one
// context.
class Runner {
 public:
  // On a loop of the real world (system_loop.h), made at the first Run.
  Runner();
  explicit Runner(LoopFactory factory);
  // On a loop that the caller keeps; Close closes it.
  explicit Runner(EventLoop& loop);
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  // Closes.
  ~Runner();

  // Runs `coro` as a task until it is done and returns its result. Other
  // tasks stay for the next Run.
  // Throws: what `coro` throws; RuntimeError inside a running loop or after
  // Close.
  template <class T>
  T Run(Coro<T> coro) {
    EventLoop& loop = Begin();
    const Task<T> task = loop.CreateTask(std::move(coro), {}, *context_);
    return loop.RunUntilComplete(static_cast<const Future<T>&>(task));
  }

  // Cancels what is left, in the order of creation, waits for its end, shuts
  // the default executor down (and waits for it, at most 300 s), and closes the
  // loop. Errors of tasks that fail meanwhile go to the exception
  // handler. Idempotent.
  void Close();

  // The loop. Throws: RuntimeError after Close.
  EventLoop& loop() { return Begin(); }

 private:
  EventLoop& Begin();
  void CancelAllTasks();

  LoopFactory factory_;
  std::unique_ptr<EventLoop> owned_;
  EventLoop* loop_ = nullptr;
  std::optional<Context> context_;
  bool closed_ = false;
};

// Runs `coro` to its end on a loop of its own and returns its result. What
// `coro` started and left is cancelled and waited for.
// Throws: what `coro` throws; RuntimeError inside a running loop.
template <class T>
T Run(Coro<T> coro) {
  Runner runner;
  return runner.Run(std::move(coro));
}
// The same of a callable, which lives as long as its coroutine.
template <internal::CoroFunction F>
auto Run(F function) {
  return Run(function());
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_RUN_H_
