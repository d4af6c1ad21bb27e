// ConcurrentFuture<T>: a result that one thread waits for and another one has.
//
//   rondo::ConcurrentFuture<int> f =
//       rondo::RunCoroutineThreadsafe(remote, [] { return Answer(); });
//   int n = f.result(2s);   // Blocks this thread, not the loop's.
//
// A counted reference: copies share one state. A loop awaits one by WrapFuture
// (future_chain.h); to wait for it here while a loop runs on this thread would
// stop that loop, perhaps for ever, and throws RuntimeError instead.
//
// Thread-safety: any thread.
// Source: concurrent.futures.Future.
#ifndef RONDO_RUNTIME_CONCURRENT_FUTURE_H_
#define RONDO_RUNTIME_CONCURRENT_FUTURE_H_

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "rondo/runtime/clock.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/result_slot.h"

namespace rondo {
namespace internal {

// The state without its type. Always held by a shared_ptr.
class ConcurrentCore : public std::enable_shared_from_this<ConcurrentCore> {
 public:
  // Called on the thread that ends it, which holds it.
  using Callback = absl::AnyInvocable<void(ConcurrentCore& ended)>;

  ConcurrentCore() = default;
  ConcurrentCore(const ConcurrentCore&) = delete;
  ConcurrentCore& operator=(const ConcurrentCore&) = delete;
  virtual ~ConcurrentCore() = default;

  bool cancelled() const { return Is(State::kCancelled); }
  bool running() const { return Is(State::kRunning); }
  bool done() const;

  bool Cancel();
  bool Begin();
  void AddDoneCallback(Callback callback);

  // Waits until it has ended. Throws: TimeoutError.
  void Wait() const;
  void WaitFor(Nanoseconds timeout) const;
  // Null if there is a result. REQUIRES: ended. Throws: CancelledError.
  std::exception_ptr Exception() const;
  // The same, moved out: nobody else may ask. REQUIRES: also not cancelled.
  std::exception_ptr TakeException();

 protected:
  // Ends it: `construct` puts the result into place.
  // Throws: InvalidStateError if it has ended already; what `construct` throws.
  template <class Construct>
  void Finish(std::exception_ptr error, Construct construct) {
    std::vector<Callback> callbacks;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      RequireOpen();
      construct();
      callbacks = EndLocked(State::kFinished, std::move(error));
    }
    Tell(std::move(callbacks));
  }

 private:
  enum class State : std::uint8_t { kPending, kRunning, kCancelled, kFinished };

  bool Is(State state) const;
  bool Ended() const {
    return state_ == State::kCancelled || state_ == State::kFinished;
  }
  void RequireOpen() const;
  void RefuseToBlock() const;
  std::vector<Callback> EndLocked(State state, std::exception_ptr error);
  void Tell(std::vector<Callback> callbacks);

  mutable std::mutex mutex_;
  mutable std::condition_variable ended_;
  State state_ = State::kPending;
  std::exception_ptr error_;
  std::vector<Callback> callbacks_;
};

template <class T>
class ConcurrentState : public ConcurrentCore {
 public:
  ~ConcurrentState() override {
    if (constructed_) result_.Destroy();
  }

  template <class... U>
  void SetResult(U&&... value) {
    Finish(nullptr, [&] { Construct(std::forward<U>(value)...); });
  }
  void SetException(std::exception_ptr error) {
    Finish(std::move(error), [] {});
  }

  // REQUIRES: it ended with a result.
  ResultSlot<T>& result() { return result_; }

 protected:
  template <class... U>
  void Construct(U&&... value) {
    result_.Construct(std::forward<U>(value)...);
    constructed_ = true;
  }

 private:
  [[no_unique_address]] ResultSlot<T> result_;
  bool constructed_ = false;
};

// While one lives, its thread may not wait for a ConcurrentFuture that is not
// done: that throws RuntimeError with `reason`.
class NoBlocking {
 public:
  explicit NoBlocking(const char* reason);
  NoBlocking(const NoBlocking&) = delete;
  NoBlocking& operator=(const NoBlocking&) = delete;
  ~NoBlocking();

 private:
  const char* previous_;
};

}  // namespace internal

template <class T = void>
class ConcurrentFuture {
 public:
  using value_type = T;

  // Refers to nothing.
  ConcurrentFuture() = default;
  explicit ConcurrentFuture(std::shared_ptr<internal::ConcurrentState<T>> state)
      : state_(std::move(state)) {}
  // A pending one, for whoever will complete it.
  static ConcurrentFuture Pending() {
    return ConcurrentFuture(std::make_shared<internal::ConcurrentState<T>>());
  }

  explicit operator bool() const { return state_ != nullptr; }

  bool done() const { return state_->done(); }
  bool running() const { return state_->running(); }
  bool cancelled() const { return state_->cancelled(); }

  // Ends it, unless it runs or has ended. Returns whether it is cancelled.
  bool Cancel() { return state_->Cancel(); }

  // Wait for the end. Throw: the exception, CancelledError; TimeoutError after
  // `timeout`; RuntimeError if this would stop a loop (see above).
  std::add_lvalue_reference_t<const T> result() const {
    state_->Wait();
    return Ended();
  }
  std::add_lvalue_reference_t<const T> result(Nanoseconds timeout) const {
    state_->WaitFor(timeout);
    return Ended();
  }
  // The same; null if there is a result.
  std::exception_ptr exception() const {
    state_->Wait();
    return state_->Exception();
  }
  std::exception_ptr exception(Nanoseconds timeout) const {
    state_->WaitFor(timeout);
    return state_->Exception();
  }

  // Calls `callback` when it has ended: on the thread that ends it, or at once
  // if it has. What it throws is written to standard error.
  void AddDoneCallback(absl::AnyInvocable<void()> callback) {
    state_->AddDoneCallback(
        [f = std::move(callback)](internal::ConcurrentCore&) mutable { f(); });
  }

  // For whoever completes it. Begin: false if it was cancelled; after it,
  // Cancel has no effect. Throw: InvalidStateError if it has ended, or has
  // begun.
  bool Begin() { return state_->Begin(); }
  template <class... U>
  void SetResult(U&&... value) {
    state_->SetResult(std::forward<U>(value)...);
  }
  void SetException(std::exception_ptr error) {
    if (error == nullptr) throw ValueError("SetException without exception");
    state_->SetException(std::move(error));
  }

  const std::shared_ptr<internal::ConcurrentState<T>>& state() const {
    return state_;
  }

 private:
  std::add_lvalue_reference_t<const T> Ended() const {
    if (const std::exception_ptr error = state_->Exception()) {
      std::rethrow_exception(error);
    }
    return state_->result().value();
  }

  std::shared_ptr<internal::ConcurrentState<T>> state_;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_CONCURRENT_FUTURE_H_
