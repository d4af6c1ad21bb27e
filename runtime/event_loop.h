// The event loop: runs callbacks in order, one iteration at a time.
//
//   rondo::EventLoop loop(seams);
//   loop.CallSoon([] { std::cout << "hello\n"; });
//   loop.CallLater(1s, [&] { loop.Stop(); });
//   loop.RunForever();
//
// An iteration (`RunOnce`) asks the selector what is ready, moves due timers
// behind it, and runs exactly the handles that are ready at that point, in
// FIFO order; what they queue waits for the next iteration. It has two halves:
// `Prepare` returns how long to wait, `Finish` does the rest. A simulation
// calls only the halves.
//
// Most programs never touch a loop: Run (run.h) makes one, and free functions
// (CreateTask, Sleep, ...) find the one that runs on their thread.
//
// Names given to callbacks and tasks are their labels in traces.
//
// Thread-safety: the loop's thread only, but for CallSoonThreadsafe.
// Source: asyncio.BaseEventLoop.
#ifndef RONDO_RUNTIME_EVENT_LOOP_H_
#define RONDO_RUNTIME_EVENT_LOOP_H_

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "rondo/runtime/future.h"
#include "rondo/runtime/handle.h"
#include "rondo/runtime/io_table.h"
#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/loop_hooks.h"
#include "rondo/runtime/remote_loop.h"
#include "rondo/runtime/task.h"

namespace rondo {

// What a loop has to do now.
struct LoopStatistics {
  std::size_t ready = 0;       // Handles, the cancelled ones too.
  std::size_t scheduled = 0;   // Timers that are neither due nor cancelled.
  std::size_t tasks = 0;       // Unfinished.
  std::size_t generators = 0;  // Asynchronous, begun and not ended.
  std::size_t readers = 0;     // Of descriptors.
  std::size_t writers = 0;

  bool operator==(const LoopStatistics&) const = default;
};

class EventLoop {
 public:
  // The seams must outlive the loop.
  explicit EventLoop(const LoopSeams& seams);
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  // Closes the loop.
  virtual ~EventLoop();

  // ---- Scheduling. Throw: RuntimeError after Close. A coroutine function is
  // no callback: CreateTask.

  // Queues `callback` behind everything that is ready.
  template <internal::Callback F>
  [[gnu::always_inline]] Handle CallSoon(F&& callback,
                                         std::string_view name = {}) {
    return QueueNew(std::forward<F>(callback), name, nullptr);
  }
  template <internal::Callback F>
  Handle CallSoon(F&& callback, std::string_view name, const Context& context) {
    return QueueNew(std::forward<F>(callback), name, &context);
  }

  // Runs `callback` once, `delay` from now. A delay that is not positive is
  // due in the next iteration, behind what is ready by then.
  template <internal::Callback F>
  TimerHandle CallLater(Nanoseconds delay, F&& callback,
                        std::string_view name = {}) {
    return CallAt(After(delay), std::forward<F>(callback), name);
  }

  // Runs `callback` once when the loop's clock has reached `when`. Timers with
  // equal deadlines run in the order of their registration.
  template <internal::Callback F>
  TimerHandle CallAt(Nanoseconds when, F&& callback,
                     std::string_view name = {}) {
    if (!core_->Accepts()) return TimerHandle();
    return TimerHandle::Share(internal::NewTimer(
        core_, when, std::forward<F>(callback), HandleKind::kTimer, name));
  }

  // From any thread (remote_loop.h).
  template <internal::Callback F>
  void CallSoonThreadsafe(F&& callback, std::string name = {}) {
    remote().CallSoonThreadsafe(std::forward<F>(callback), std::move(name));
  }
  RemoteLoop remote() const { return RemoteLoop(core_->inbox); }

  template <class T = void>
  Future<T> CreateFuture(
      std::source_location where = std::source_location::current()) {
    return internal::NewFuture<T>(core_, where);
  }
  template <class T>
  Task<T> CreateTask(
      Coro<T> coro, std::string_view name = {},
      std::source_location where = std::source_location::current()) {
    return internal::NewTask(core_, std::move(coro), {name, nullptr, where});
  }
  template <class T>
  Task<T> CreateTask(
      Coro<T> coro, std::string_view name, const Context& context,
      std::source_location where = std::source_location::current()) {
    return internal::NewTask(core_, std::move(coro), {name, &context, where});
  }
  template <class T>
  Task<T> CreateTask(Coro<T> coro, const TaskSpec& spec) {
    return internal::NewTask(core_, std::move(coro), spec);
  }
  template <internal::CoroFunction F>
  auto CreateTask(
      F function, std::string_view name = {},
      std::source_location where = std::source_location::current()) {
    return CreateTask(internal::OwnedCoro(std::move(function)), name, where);
  }
  template <internal::CoroFunction F>
  auto CreateTask(F function, const TaskSpec& spec) {
    return CreateTask(internal::OwnedCoro(std::move(function)), spec);
  }

  // ---- Running.

  // One iteration. Throws: what leaves the loop (LoopExit, DeadlockError).
  void RunOnce();
  // The first half: how long Select may wait (no value: for ever).
  std::optional<Nanoseconds> Prepare();
  // The second half, with what Select returned.
  void Finish(std::span<const ReadyEvent> events,
              std::optional<Nanoseconds> timeout);

  // Runs iterations until Stop. Throws: RuntimeError if closed, if it or
  // another loop runs on this thread, or if a simulation drives it.
  void RunForever();

  // Runs until `future` is done and returns its result; what else was ready in
  // that iteration runs too. Throws: also RuntimeError if the loop was stopped
  // before; what the future holds.
  template <class T>
  T RunUntilComplete(const Future<T>& future) {
    RunUntilDone(future.core(), /*own=*/false);
    if constexpr (std::is_void_v<T>) {
      future.result();
    } else if constexpr (std::is_reference_v<T> ||
                         std::is_copy_constructible_v<T>) {
      return future.result();
    } else {
      T result = std::move(future.result());
      future.core()->MarkTaken();
      return result;
    }
  }
  template <class T>
  T RunUntilComplete(Coro<T> coro) {
    const Task<T> task = CreateTask(std::move(coro));
    RunUntilDone(task.core(), /*own=*/true);
    task.core()->RequireResult();
    return internal::ResultOf<T>(task.core()).Take();
  }

  // Makes RunForever return after this iteration (before it: after one).
  void Stop() { core_->stopping = true; }

  // Ends the loop: nothing runs any more, unfinished tasks are reported, in
  // the order of creation, and their coroutines destroyed, in the reverse
  // order; they become cancelled. Then its sockets and transports are closed,
  // whoever holds them. Idempotent. Throws: RuntimeError if running.
  void Close();

  // Makes the loop inert, as a crash does: what is queued or scheduled, now or
  // later, is dropped; tasks become cancelled and their coroutines are
  // destroyed, the youngest first, without running and without a report.
  // REQUIRES: no step is in progress.
  void Kill();

  // Takes so much memory for handles, futures, tasks and their frames now, and
  // touches it: the burst that fills it then pays no page faults. A queued
  // callback is 40 bytes and what it captures, a task about 200 and what its
  // frame keeps. Throws: std::bad_alloc.
  void Reserve(std::size_t bytes) { core_->pool->Reserve(bytes); }

  bool is_running() const { return core_->running; }
  bool is_closed() const { return core_->closed; }
  // The clock's time.
  Nanoseconds time() const { return core_->seams.clock->Now(); }

  // ---- Errors and debugging.

  // Replaces what is done with an exception that nobody can catch. An empty
  // handler restores the default one. If a handler throws, the default handler
  // is told.
  void SetExceptionHandler(ExceptionHandler handler);
  // Replaces the default handler, which writes to standard error.
  void SetDefaultExceptionHandler(ExceptionHandler handler);
  void CallExceptionHandler(const ExceptionReport& report);

  // An empty factory: tasks are made as CreateTask is told.
  void SetTaskFactory(TaskFactory factory);
  TaskFactory GetTaskFactory() const;

  // Debug mode (debug_mode.h).
  bool debug() const { return core_->debug; }
  void set_debug(bool on) { core_->SetDebug(on); }
  // From which time on a callback counts as slow.
  Nanoseconds slow_callback_duration() const { return core_->slow_callback; }
  void set_slow_callback_duration(Nanoseconds duration) {
    core_->slow_callback = duration;
  }

  // How many handles are ready, and how many timers wait.
  std::size_t ready_count() const { return core_->ReadyCount(); }
  std::size_t scheduled_count() const { return core_->timers.live(); }

  // Counted when it is called.
  LoopStatistics statistics() const;

  const LoopSeams& seams() const { return core_->seams; }
  internal::LoopCore* core() const { return core_; }

 private:
  template <class F>
  [[gnu::always_inline]] Handle QueueNew(F&& callback, std::string_view name,
                                         const Context* context) {
    internal::LoopCore* const core = core_;
    const bool plain = core->plain;
    if (!plain && !core->AcceptsSlow()) [[unlikely]] {
      return Handle();
    }
    internal::Node* const node =
        core->NewUnwatchedCallback(std::forward<F>(callback));
    if (context != nullptr) {
      node->context.Share(
          const_cast<internal::ContextObject*>(context->object()));
    }
    if (plain) [[likely]] {
      core->PushUnwatched(node);
    } else {
      core->PushNew(node, name);
    }
    return Handle::Share(node);
  }

  Nanoseconds After(Nanoseconds delay) const {
    return internal::SaturatingAdd(time(), delay);
  }
  void RunUntilDone(internal::FutureCore* future, bool own);
  void DrainInbox();
  // Finish, on the thread's running loop.
  void Turn(std::span<const ReadyEvent> events,
            std::optional<Nanoseconds> timeout);
  void FireTimers(std::span<const ReadyEvent> events,
                  std::optional<Nanoseconds> timeout);
  void RunTurns();
  void RunReadyInOrder();
  void RunReady();
  void RunWatched(internal::Node* node);
  void Call(internal::Node* node);
  void CallTimed(internal::Node* node);

  internal::LoopCore* core_;
  internal::IoTable io_;
};

// The loop that runs on this thread. Throws: RuntimeError if none does.
EventLoop& RunningLoop();

// A future of what is awaitable: a Coro becomes a task of the running loop, a
// future is itself. Throws: ValueError for a future of another loop.
template <class T>
Future<T> EnsureFuture(Coro<T> coro) {
  return CreateTask(std::move(coro));
}
template <class T>
Future<T> EnsureFuture(Future<T> future) {
  if (future.core()->core() != internal::RunningCore()) {
    throw ValueError("the future belongs to another event loop");
  }
  return future;
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_EVENT_LOOP_H_
