// What scheduling a callback returns: a reference through which to cancel it.
//
// Dropping a handle never cancels. Cancelling leaves the callback's place in
// the queue, marked: it is skipped when its turn comes, and what the callable
// holds is released at once.
//
// Thread-safety: the loop's thread only.
// Source: asyncio.Handle, asyncio.TimerHandle.
#ifndef RONDO_RUNTIME_HANDLE_H_
#define RONDO_RUNTIME_HANDLE_H_

#include <utility>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/node.h"

namespace rondo {

class Handle {
 public:
  // Refers to nothing; Cancel does nothing.
  Handle() = default;
  Handle(const Handle& other) : node_(other.node_) {
    if (node_ != nullptr) node_->Ref();
  }
  Handle(Handle&& other) noexcept
      : node_(std::exchange(other.node_, nullptr)) {}
  Handle& operator=(Handle other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~Handle() {
    if (node_ != nullptr) node_->Unref();
  }

  // Idempotent. A callback that cancels itself keeps what it holds to its end.
  void Cancel() {
    if (node_ == nullptr || node_->Has(internal::Node::kCancelled)) return;
    node_->Set(internal::Node::kCancelled);
    if (node_->Has(internal::Node::kScheduled)) {
      // May drop the queue's reference.
      node_->core()->timers.NoteCancelled();
    }
    node_->ClearCancelled();  // Perhaps the end of this handle.
  }
  bool cancelled() const {
    return node_ != nullptr && node_->Has(internal::Node::kCancelled);
  }
  explicit operator bool() const { return node_ != nullptr; }

  // For the library: takes over one reference, or adds one.
  static Handle Adopt(internal::Node* node) { return Handle(node); }
  static Handle Share(internal::Node* node) {
    node->Ref();
    return Handle(node);
  }
  internal::Node* node() const { return node_; }

 protected:
  explicit Handle(internal::Node* node) : node_(node) {}

  internal::Node* node_ = nullptr;
};

class TimerHandle : public Handle {
 public:
  TimerHandle() = default;

  // The deadline. REQUIRES: refers to a timer.
  Nanoseconds when() const {
    return Nanoseconds(static_cast<internal::TimerNode*>(node_)->when);
  }

  static TimerHandle Share(internal::TimerNode* node) {
    node->Ref();
    return TimerHandle(node);
  }

 private:
  explicit TimerHandle(internal::TimerNode* node) : Handle(node) {}
};

namespace internal {

// `a + b` without overflow.
inline Nanoseconds SaturatingAdd(Nanoseconds a, Nanoseconds b) {
  std::int64_t sum;
  if (__builtin_add_overflow(a.count(), b.count(), &sum)) {
    return b.count() > 0 ? Nanoseconds::max() : Nanoseconds::min();
  }
  return Nanoseconds(sum);
}

// Arms a timer; the queue has the only reference.
template <class F>
TimerNode* NewTimer(LoopCore* core, Nanoseconds when, F&& callback,
                    HandleKind kind, std::string_view name) {
  using N = CallableNode<std::decay_t<F>, TimerNode>;
  N* const node =
      MakeNode<N>(core->pool, std::forward<F>(callback), when.count());
  node->context.CopyCurrent();
  if (core->watched) [[unlikely]] {
    core->Identify(node, kind, name);
  }
  core->timers.Push(node);
  return node;
}

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_HANDLE_H_
