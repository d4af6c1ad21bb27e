// The state of a future without its type: done or not, who waits.
//
// See future.h for the contract. A future's memory comes from its loop's pool
// and goes back with the last reference.
#ifndef RONDO_RUNTIME_FUTURE_CORE_H_
#define RONDO_RUNTIME_FUTURE_CORE_H_

#include <cstdint>
#include <exception>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/handle.h"
#include "rondo/runtime/loop_core.h"

namespace rondo::internal {

class FutureCore {
 public:
  enum class State : std::uint8_t { kPending, kResult, kException, kCancelled };

  explicit FutureCore(bool is_task) : is_task_(is_task) {}
  FutureCore(const FutureCore&) = delete;
  FutureCore& operator=(const FutureCore&) = delete;

  void Ref() { ++refs_; }
  void Unref() {
    if (--refs_ == 0) LastUnref();
  }

  // The loop whose pool the future came from.
  LoopCore* core() const { return static_cast<LoopCore*>(Pool::OwnerOf(this)); }
  // Nobody else holds it.
  bool unique() const { return refs_ == 1; }
  State state() const { return state_; }
  bool done() const { return state_ != State::kPending; }
  bool cancelled() const { return state_ == State::kCancelled; }
  bool is_task() const { return is_task_; }

  // Marks the exception as seen, so that it is not reported.
  void MarkRetrieved() { unretrieved_ = false; }

  // True if cancelling had an effect. Tasks and gathers override it.
  virtual bool Cancel(std::string_view message);
  // What a deadlock report says one waits for: "future", "task T1".
  virtual std::string Describe() const;
  // Where it was made: known in debug mode only.
  virtual std::source_location Created() const { return {}; }

  // Throws unless the result is there: the exception, CancelledError, or
  // InvalidStateError.
  void RequireResult() {
    if (state_ == State::kResult && !taken_) [[likely]] {
      return;
    }
    ThrowNoResult();
  }
  void MarkTaken() { taken_ = true; }
  bool taken() const { return taken_; }
  // Throws: InvalidStateError if pending, CancelledError if cancelled.
  // Returns null if there is a result.
  std::exception_ptr Exception();
  // The exception, or CancelledError, or null; throws nothing.
  std::exception_ptr Error() const;

  // Complete a pending future. Throw: InvalidStateError if it is done.
  void RequirePending() {
    if (done()) [[unlikely]] {
      ThrowDone();
    }
  }
  [[noreturn]] static void ThrowIsTask();
  void SetError(std::exception_ptr exception);
  void FinishResult() { Finish(State::kResult); }
  void FinishError(std::exception_ptr exception);
  // `error` is null or a CancelledError with a message.
  void FinishCancelled(std::exception_ptr error);

  // Adds `node` to those queued at completion, or queues it now. Takes over
  // one reference (none of a task's node).
  void AddCallback(Node* node) {
    if (done()) [[unlikely]] {
      QueueCallback(node);
    } else {
      AddWaiter(node);
    }
  }
  // The same. REQUIRES: pending.
  void AddWaiter(Node* node) {
    if (callbacks_ == nullptr) {
      node->next = node;
    } else {
      node->next = callbacks_->next;
      callbacks_->next = node;
    }
    callbacks_ = node;
  }
  // True if `node` was waiting here; drops its reference.
  bool RemoveCallback(Node* node);
  bool has_callbacks() const { return callbacks_ != nullptr; }
  // Adds those who wait here, in the order of their coming.
  void AwaitedBy(Awaiters* awaiters) const;
  // Forgets who waits, as when the loop is gone.
  void DropCallbacks();

 protected:
  ~FutureCore() = default;

  // Destroys the object and gives its memory back.
  virtual void Destroy() = 0;
  // Tells the exception handler of an error that nobody has seen.
  virtual void ReportUnseen();

  void Finish(State state) {
    state_ = state;
    Node* const last = callbacks_;
    if (last == nullptr) return;
    callbacks_ = nullptr;
    if (last->next != last) [[unlikely]] {
      QueueCallbacks(last);
      return;
    }
    QueueCallback(last);
  }

  // A CancelledError with `message`, or null if there is none.
  static std::exception_ptr MakeCancelled(std::string_view message);

  // The exception; or of a cancelled future the CancelledError that has a
  // message; or of a pending task the one that will be thrown.
  std::exception_ptr error_;

 private:
  [[noreturn]] void ThrowNoResult();
  [[noreturn]] void ThrowDone();
  void QueueCallback(Node* node) {
    LoopCore* const loop = core();
    if (node->Has(Node::kTask) && loop->plain) [[likely]] {
      loop->PushUnwatched(node);
    } else {
      QueueDoneCallback(node);
    }
  }
  void QueueDoneCallback(Node* node);
  void QueueCallbacks(Node* last);
  void LastUnref() {
    if (unretrieved_ || callbacks_ != nullptr) [[unlikely]] {
      LeaveUnseen();
    }
    Destroy();
  }
  // Nobody has it any more, but an error to tell or callbacks to drop.
  void LeaveUnseen();

  Node* callbacks_ = nullptr;  // The last of a ring.
  std::uint32_t refs_ = 1;
  State state_ = State::kPending;
  const bool is_task_;
  bool unretrieved_ = false;
  bool taken_ = false;
};

// Allocates a future from the loop's pool, where core() finds the loop.
template <class S, class... Args>
S* MakeFuture(LoopCore* core, Args&&... args) {
  static_assert(sizeof(S) <= Pool::kMaxBlock);
  return ::new (core->pool->Allocate(sizeof(S))) S(std::forward<Args>(args)...);
}

// The places in `futures` that hold a future for the first time, ascending.
std::vector<std::size_t> FirstOccurrences(
    const std::vector<FutureCore*>& futures);

// A counted reference to a FutureCore or something derived from it.
template <class C>
class FutureRef {
 public:
  FutureRef() = default;
  // Takes over one reference.
  explicit FutureRef(C* core) : core_(core) {}
  FutureRef(const FutureRef& other) : core_(other.core_) {
    if (core_ != nullptr) core_->Ref();
  }
  FutureRef(FutureRef&& other) noexcept
      : core_(std::exchange(other.core_, nullptr)) {}
  FutureRef& operator=(FutureRef other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~FutureRef() {
    if (core_ != nullptr) core_->Unref();
  }

  static FutureRef Share(C* core) {
    if (core != nullptr) core->Ref();
    return FutureRef(core);
  }

  // Gives the reference away.
  C* Release() { return std::exchange(core_, nullptr); }

  C* get() const { return core_; }
  C* operator->() const { return core_; }
  explicit operator bool() const { return core_ != nullptr; }

 private:
  C* core_ = nullptr;
};

// The base of a node that waits in a future's list; holds the future while it
// is in the ready queue.
struct DoneNode : Node {
  explicit DoneNode(FutureCore* f) : Node(kDoneCallback), future(f) {}

  FutureCore* future;
  bool holds = false;

 protected:
  ~DoneNode() {
    if (holds) future->Unref();
  }
};

// Calls `f(FutureCore*)` when `future` is done.
struct DoneCallbackNode : DoneNode {
  using DoneNode::DoneNode;

 protected:
  template <class F>
  void Invoke(F& f) {
    f(future);
  }
};

// A done callback of the library by which `awaiter` goes on. It keeps `awaiter`
// alive.
template <class F>
class LetsGoOn {
 public:
  LetsGoOn(FutureCore* awaiter, F f) : f_(std::move(f)), awaiter_(awaiter) {}

  void operator()(FutureCore* done) { f_(done); }
  void CollectAwaiters(Awaiters* awaiters) const {
    awaiters->push_back(awaiter_);
  }

 private:
  F f_;
  FutureCore* awaiter_;
};

// Adds a done callback; the handle is for RemoveCallback while the future is
// pending. Of a future that is done: throws RuntimeError if the loop is closed,
// returns an empty handle if it is inert.
template <class F>
Handle AddDoneCallback(FutureCore* future, HandleKind kind,
                       std::string_view name, F&& f) {
  LoopCore* const core = future->core();
  if (future->done() && !core->Accepts()) return Handle();
  using N = CallableNode<std::decay_t<F>, DoneCallbackNode>;
  N* const node = MakeNode<N>(core->pool, std::forward<F>(f), future);
  node->context.CopyCurrent();
  if (core->watched) [[unlikely]] {
    core->Identify(node, kind, name);
  }
  Handle handle = Handle::Share(node);
  future->AddCallback(node);
  return handle;
}

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_FUTURE_CORE_H_
