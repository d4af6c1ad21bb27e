// Future<T>: a result that will be there, or an error, or a cancellation.
//
//   rondo::Future<int> f = rondo::CreateFuture<int>();
//   loop.CallLater(1s, [f]() mutable { f.SetResult(42); });
//   int n = co_await f;
//
// A Future is a counted reference: copies share one state. Awaiting a named
// future gives T& (several may wait); awaiting a temporary moves the result
// out, after which result() throws InvalidStateError.
//
// An exception that nobody asked for is reported to the loop's exception
// handler when the last reference goes.
//
// Thread-safety: the loop's thread only.
// Source: asyncio.Future.
#ifndef RONDO_RUNTIME_FUTURE_H_
#define RONDO_RUNTIME_FUTURE_H_

#include <coroutine>
#include <cstddef>
#include <exception>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

#include "rondo/runtime/context.h"
#include "rondo/runtime/future_core.h"
#include "rondo/runtime/handle.h"
#include "rondo/runtime/result_slot.h"
#include "rondo/runtime/task_core.h"

namespace rondo {
namespace internal {

template <class T>
class FutureState : public FutureCore {
 public:
  FutureState() : FutureCore(/*is_task=*/false) {}

  // The value is there: constructs it and completes the future.
  template <class... U>
  void Complete(U&&... value) {
    result.Construct(std::forward<U>(value)...);
    FinishResult();
  }

  [[no_unique_address]] ResultSlot<T> result;

 protected:
  ~FutureState() {
    if (state() == State::kResult) result.Destroy();
  }
  void Destroy() override {
    this->FutureState::~FutureState();
    Pool::Free(this, sizeof(*this));
  }
};

// A result of T in place of FutureState's, for tasks and gathers.
template <class T, class Base>
class ResultBase : public Base {
 public:
  using Base::Base;

  [[no_unique_address]] ResultSlot<T> result;

 protected:
  ~ResultBase() = default;
};

template <class T>
ResultSlot<T>& ResultOf(FutureCore* core);

}  // namespace internal

// A future of any type: to be waited for, cancelled, looked at.
class AnyFuture {
 public:
  // Refers to nothing.
  AnyFuture() = default;

  bool done() const { return core_->done(); }
  bool cancelled() const { return core_->cancelled(); }

  // The exception, or null if there is a result; marks it as retrieved.
  // Throws: InvalidStateError if not done; CancelledError if cancelled.
  std::exception_ptr exception() const { return core_->Exception(); }

  // Makes a pending future cancelled, with a message for the CancelledError.
  // Of a task: asks it to end. Returns false if it is done already.
  bool Cancel(std::string_view message = {}) { return core_->Cancel(message); }

  // The loop that it belongs to. Throws: RuntimeError if that is gone.
  EventLoop& loop() const;

  // Throws: InvalidStateError if done; ValueError if `exception` is null.
  void SetException(std::exception_ptr exception) {
    RequireNotTask();
    core_->SetError(std::move(exception));
  }
  template <class E>
    requires(!std::is_same_v<std::decay_t<E>, std::exception_ptr>)
  void SetException(E exception) {
    SetException(std::make_exception_ptr(std::move(exception)));
  }

  // Removes a callback that AddDoneCallback returned. Returns how many were
  // removed: 0 once they were queued.
  std::size_t RemoveDoneCallback(const Handle& callback) {
    return callback && core_->RemoveCallback(callback.node()) ? 1 : 0;
  }

  explicit operator bool() const { return static_cast<bool>(core_); }
  friend bool operator==(const AnyFuture& a, const AnyFuture& b) {
    return a.core_.get() == b.core_.get();
  }

  internal::FutureCore* core() const { return core_.get(); }
  // Shares `core`.
  static AnyFuture Of(internal::FutureCore* core) {
    return AnyFuture(internal::FutureRef<internal::FutureCore>::Share(core));
  }

 protected:
  explicit AnyFuture(internal::FutureRef<internal::FutureCore> core)
      : core_(std::move(core)) {}

  void RequireNotTask() const {
    if (core_->is_task()) [[unlikely]] {
      internal::FutureCore::ThrowIsTask();
    }
  }

  internal::FutureRef<internal::FutureCore> core_;
};

namespace internal {

// Base of the awaiters of futures: holds the future while it waits.
class FutureAwaiterBase : public WaitPoint {
 public:
  FutureAwaiterBase(FutureRef<FutureCore> ref, std::source_location where)
      : WaitPoint(ref.Release(), where) {}
  FutureAwaiterBase(const FutureAwaiterBase&) = delete;
  FutureAwaiterBase& operator=(const FutureAwaiterBase&) = delete;
  ~FutureAwaiterBase() {
    if (future != nullptr) future->Unref();
  }

  bool await_ready() const {
    if (future == nullptr || future->core() != running_core) [[unlikely]] {
      ThrowMisuse();
    }
    return future->done();
  }
  void await_suspend(std::coroutine_handle<> self) {
    TaskCore* const task = running_core->current_task;
    if (future == task) [[unlikely]] {
      ThrowMisuse();
    }
    task->Park(self, this);
  }

 protected:
  // After a suspension or without one: returns if the result is there.
  void Settle() {
    TaskCore* const task = running_core->current_task;
    task->ThrowIfCancelled();
    future->RequireResult();
  }

 private:
  [[noreturn]] void ThrowMisuse() const;
};

// Of a named future: gives T&.
template <class T>
class FutureAwaiter : public FutureAwaiterBase {
 public:
  using FutureAwaiterBase::FutureAwaiterBase;
  std::add_lvalue_reference_t<T> await_resume() {
    Settle();
    return ResultOf<T>(future).value();
  }
};

// Of a temporary: moves the result out.
template <class T>
class TakingAwaiter : public FutureAwaiterBase {
 public:
  using FutureAwaiterBase::FutureAwaiterBase;
  T await_resume() {
    Settle();
    if constexpr (!std::is_void_v<T> && !std::is_reference_v<T>) {
      future->MarkTaken();
    }
    return ResultOf<T>(future).Take();
  }
};

}  // namespace internal

template <class T = void>
class Future : public AnyFuture {
 public:
  using value_type = T;

  Future() = default;

  // Throws: InvalidStateError if done.
  template <class U = T>
    requires(!std::is_void_v<T>)
  void SetResult(U&& value) {
    RequireNotTask();
    core_->RequirePending();
    internal::ResultOf<T>(core()).Construct(std::forward<U>(value));
    core_->FinishResult();
  }
  void SetResult()
    requires(std::is_void_v<T>)
  {
    RequireNotTask();
    core_->RequirePending();
    core_->FinishResult();
  }

  // The result. Throws: the exception; CancelledError; InvalidStateError if
  // pending or moved out.
  std::add_lvalue_reference_t<T> result() const {
    core_->RequireResult();
    return internal::ResultOf<T>(core()).value();
  }

  // Queues `callback` when the future is done, or now if it is: with the
  // future as argument, or none. `name` is its label in traces.
  // Throws: RuntimeError if the future is done and its loop is closed.
  template <class F>
  Handle AddDoneCallback(F&& callback, std::string_view name = {}) {
    return internal::AddDoneCallback(core(), HandleKind::kCallback, name,
                                     Adapt(std::forward<F>(callback)));
  }

  // A typed future of `core`.
  static Future Adopt(internal::FutureRef<internal::FutureCore> core) {
    return Future(std::move(core));
  }
  static Future Share(internal::FutureCore* core) {
    return Future(internal::FutureRef<internal::FutureCore>::Share(core));
  }

  internal::FutureAwaiter<T> Await(std::source_location where) & {
    return internal::FutureAwaiter<T>(core_, where);
  }
  internal::FutureAwaiter<T> Await(std::source_location where) const& {
    return internal::FutureAwaiter<T>(core_, where);
  }
  internal::TakingAwaiter<T> Await(std::source_location where) && {
    return internal::TakingAwaiter<T>(std::move(core_), where);
  }

 protected:
  explicit Future(internal::FutureRef<internal::FutureCore> core)
      : AnyFuture(std::move(core)) {}

 private:
  template <class F>
  static auto Adapt(F&& callback) {
    return [f = std::decay_t<F>(std::forward<F>(callback))](
               internal::FutureCore* core) mutable {
      if constexpr (std::is_invocable_v<std::decay_t<F>&, Future<T>>) {
        f(Share(core));
      } else {
        (void)core;
        f();
      }
    };
  }
};

namespace internal {

// In debug mode: remembers where it was made.
template <class T>
class PlacedFutureState final : public FutureState<T> {
 public:
  explicit PlacedFutureState(std::source_location where) : where_(where) {}

  std::source_location Created() const override { return where_; }

 private:
  ~PlacedFutureState() = default;
  void Destroy() override {
    this->~PlacedFutureState();
    Pool::Free(this, sizeof(*this));
  }

  std::source_location where_;
};

// Apart, so that `where` takes no place in the frame of who makes a future.
template <class T>
[[gnu::noinline]] Future<T> NewPlacedFuture(LoopCore* core,
                                            std::source_location where) {
  return Future<T>::Adopt(
      FutureRef<FutureCore>(MakeFuture<PlacedFutureState<T>>(core, where)));
}

// A pending future of the loop of `core`.
template <class T>
Future<T> NewFuture(LoopCore* core, std::source_location where = {}) {
  if (core->debug) [[unlikely]] {
    return NewPlacedFuture<T>(core, where);
  }
  return Future<T>::Adopt(
      FutureRef<FutureCore>(MakeFuture<FutureState<T>>(core)));
}

}  // namespace internal

// A pending future of the running loop. Throws: RuntimeError without one.
template <class T = void>
Future<T> CreateFuture(
    std::source_location where = std::source_location::current()) {
  return internal::NewFuture<T>(internal::RunningCore(), where);
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_FUTURE_H_
