// What the ready queue holds: a reference-counted, intrusive, runnable node.
//
// Callbacks and timers are nodes made from the loop's pool; a task has one
// embedded node, its next step. A node is in at most one place at a time: the
// ready queue, a future's list of callbacks, or the timer queue.
#ifndef RONDO_RUNTIME_NODE_H_
#define RONDO_RUNTIME_NODE_H_

#include <cstdint>
#include <memory>
#include <new>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "rondo/runtime/context_slot.h"
#include "rondo/runtime/handle_info.h"
#include "rondo/runtime/pool.h"

namespace rondo::internal {

struct LoopCore;
class FutureCore;

// Whom something that is to come lets go on: tasks, and futures for which
// others wait.
using Awaiters = std::vector<FutureCore*>;

// What a node carries only while somebody watches the loop, and a task also
// when it was given a name.
struct NodeInfo {
  struct ChildCount {
    Identity label;
    std::uint32_t count;
  };

  // Counts one more child with this label and returns how many there are.
  std::uint32_t CountChild(Identity label);

  Identity base = 0;  // Of the task, the resource, or the one-shot callback.
  Identity cause = 0;
  Identity order_key = 0;
  std::uint32_t fired = 0;  // How often it was queued: a task's steps.
  HandleKind kind = HandleKind::kCallback;
  std::source_location created;  // Of a task, in debug mode.
  std::string name;
  std::string path;  // Only if the observer wants paths.
  std::vector<ChildCount> children;
};

class Node {
 public:
  enum Flag : std::uint32_t {
    kCancelled = 1 << 0,
    kScheduled = 1 << 1,     // In the timer queue.
    kTimer = 1 << 2,         // Was made by CallLater or CallAt.
    kTask = 1 << 3,          // A task's own step; the task counts references.
    kDoneCallback = 1 << 4,  // Waits in a future's list.
    kRepeats = 1 << 5,       // A reader or a writer: queued many times,
    kQueued = 1 << 6,        // and now in the ready queue.
    kRunning = 1 << 7,       // Its callable must not be dropped now.
    kCleared = 1 << 13,      // Its callable is gone.
    // The rest is a task's.
    kWakeup = 1 << 8,         // A future caused the next step (if watched).
    kStarted = 1 << 9,        // The coroutine has been entered.
    kMustCancel = 1 << 10,    // The next step throws CancelledError.
    kThrowing = 1 << 11,      // This step throws at its await.
    kQuietDestroy = 1 << 12,  // No "destroyed but pending" report.
  };

  explicit Node(std::uint32_t flags) : flags_(flags) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // Does what the node is for. A callback then ends its run (EndRun), unless it
  // throws what the program throws: then its caller does. A task keeps itself.
  virtual void Run() = 0;
  // Drops the callable, and with it what the callable holds.
  virtual void Clear() = 0;
  // Ends the node's life. Called when the last reference goes.
  virtual void Destroy() = 0;
  // Adds those whom its run lets go on, where the library knows them.
  virtual void CollectAwaiters(Awaiters*) {}

  void Ref() { ++refs_; }
  void Unref() {
    if (--refs_ == 0) Destroy();
  }
  // Nobody else holds it.
  bool unique() const { return refs_ == 1; }

  // The end of a callback's run: gives the ready queue's reference back.
  void EndRun() {
    if (unique()) [[likely]] {
      Destroy();
    } else {
      EndSharedRun();
    }
  }

  // Clears a node that was marked as cancelled: now, or if it cancels itself,
  // when it has run.
  void ClearCancelled() {
    if (!Has(kRunning)) Clear();
  }

  bool Has(Flag flag) const { return (flags_ & flag) != 0; }
  bool HasAny(std::uint32_t flags) const { return (flags_ & flags) != 0; }
  void Set(Flag flag) { flags_ |= flag; }
  void Unset(Flag flag) { flags_ &= ~static_cast<std::uint32_t>(flag); }
  // The loop whose pool the node came from.
  LoopCore* core() const { return static_cast<LoopCore*>(Pool::OwnerOf(this)); }

  NodeInfo* info() const {
    return (info_ & 1) != 0 ? nullptr : reinterpret_cast<NodeInfo*>(info_);
  }
  void set_info(NodeInfo* info) {
    info_ = reinterpret_cast<std::uintptr_t>(info);
  }
  // An unnamed, unwatched task keeps its number where its info would be.
  void set_number(std::uint64_t number) { info_ = number << 1 | 1; }
  std::uint64_t number() const { return info_ >> 1; }

  Node* next = nullptr;
  ContextSlot context;

 protected:
  ~Node() = default;

  // Before its end, a node gives back its info and its context, if it has any.
  bool HasExtras() const { return info_ != 0 || !context.empty(); }
  void DropExtras();
  // EndRun while others hold the node.
  void EndSharedRun();

  std::uintptr_t info_ = 0;
  std::uint32_t refs_ = 1;
  std::uint32_t flags_;
};

// A callable in a node. Base is Node, or a struct that derives from it. One
// that is too large for a block of a pool's chunk is kept outside: core() needs
// the chunk.
template <class F, class Base = Node>
class CallableNode final : public Base {
 public:
  template <class G, class... Args>
  explicit CallableNode(G&& f, Args&&... args)
      : Base(std::forward<Args>(args)...) {
    if constexpr (kOutside) {
      ::new (static_cast<void*>(&storage_))
          Stored(std::make_unique<F>(std::forward<G>(f)));
    } else {
      ::new (static_cast<void*>(&storage_)) Stored(std::forward<G>(f));
    }
  }

  void Run() override {
    this->Set(Node::kRunning);
    this->Invoke(callable());
    this->EndRun();
  }
  void Clear() override {
    if (this->Has(Node::kCleared)) return;
    this->Set(Node::kCleared);
    stored()->~Stored();
  }
  void Destroy() override {
    if (!this->Has(Node::kCleared)) stored()->~Stored();
    if (this->HasExtras()) [[unlikely]] {
      this->DropExtras();
    }
    this->~CallableNode();
    Pool::Free(this, sizeof(*this));
  }
  void CollectAwaiters(Awaiters* awaiters) override {
    if constexpr (requires(F& f) { f.CollectAwaiters(awaiters); }) {
      if (!this->Has(Node::kCleared)) callable().CollectAwaiters(awaiters);
    }
  }

 private:
  static constexpr bool kOutside = sizeof(F) > 768;
  using Stored = std::conditional_t<kOutside, std::unique_ptr<F>, F>;

  ~CallableNode() = default;

  Stored* stored() {
    return std::launder(reinterpret_cast<Stored*>(&storage_));
  }
  F& callable() {
    if constexpr (kOutside) {
      return **stored();
    } else {
      return *stored();
    }
  }

  alignas(Stored) unsigned char storage_[sizeof(Stored)];
};

struct CallbackNode : Node {
  explicit CallbackNode(std::uint32_t flags = 0) : Node(flags) {}

 protected:
  template <class F>
  void Invoke(F& f) {
    f();
  }
};

struct TimerNode : Node {
  explicit TimerNode(std::int64_t deadline) : Node(kTimer), when(deadline) {}

  std::int64_t when;

 protected:
  template <class F>
  void Invoke(F& f) {
    f();
  }
};

// Allocates a node of type N from `pool`.
template <class N, class... Args>
N* MakeNode(Pool* pool, Args&&... args) {
  static_assert(alignof(N) <= 16, "over-aligned callables are not supported");
  static_assert(sizeof(N) <= Pool::kMaxBlock);
  // A multiple of 16 is aligned to 16.
  static_assert(alignof(N) < 16 || sizeof(N) % 16 == 0);
  void* const memory = pool->Allocate(sizeof(N));
  try {
    return ::new (memory) N(std::forward<Args>(args)...);
  } catch (...) {
    Pool::Free(memory, sizeof(N));
    throw;
  }
}

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_NODE_H_
