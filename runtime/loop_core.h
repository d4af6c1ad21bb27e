// The inside of an event loop: the ready queue, the current task, the pool.
//
// EventLoop is the contract; this is what futures, tasks and awaiters reach
// without a call. It lives as long as the loop or the last block of its pool,
// whichever is longer, so a pointer to it held by a future is never stale.
#ifndef RONDO_RUNTIME_LOOP_CORE_H_
#define RONDO_RUNTIME_LOOP_CORE_H_

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/runtime/clock.h"
#include "rondo/runtime/executor.h"
#include "rondo/runtime/loop_hooks.h"
#include "rondo/runtime/loop_observer.h"
#include "rondo/runtime/network.h"
#include "rondo/runtime/node.h"
#include "rondo/runtime/random.h"
#include "rondo/runtime/ready_order.h"
#include "rondo/runtime/selector.h"
#include "rondo/runtime/timer_queue.h"

namespace rondo {

class ProcessSpawner;

// The outside of a loop. What is null is absent: no network, FIFO order,
// nobody watching.
struct LoopSeams {
  Clock* clock = nullptr;        // Required.
  Selector* selector = nullptr;  // Required.
  Network* network = nullptr;
  Random* random = nullptr;
  ReadyOrder* ready_order = nullptr;
  LoopObserver* observer = nullptr;
  Executor* executor = nullptr;  // The default one: shut down by the loop.
  ProcessSpawner* processes = nullptr;
  // Distinguishes the loops of one simulation: part of every identity.
  Identity host = 0;
  // Ready order may swap even what contracts keep in order.
  bool adversarial = false;
  // A simulation drives the loop by halves: RunForever throws.
  bool driven = false;
  // The process's signals are the loop's to take (interrupts.h); the selector's
  // Wake is async-signal-safe.
  bool takes_signals = false;
};

namespace internal {

class GeneratorCore;
class TaskCore;
class Inbox;
class IoTable;

struct LoopCore {
  explicit LoopCore(const LoopSeams& seams, EventLoop* loop);
  ~LoopCore();

  // ---- The ready queue. It owns one reference to each node, but to tasks.

  void Push(Node* node) {
    PushUnwatched(node);
    if (watched) [[unlikely]] {
      NoteQueued(node);
    }
  }
  // The same where nobody watches.
  void PushUnwatched(Node* node) {
    node->next = nullptr;
    *ready_tail = node;
    ready_tail = &node->next;
  }
  Node* Pop() {
    Node* const node = ready_head;
    ready_head = node->next;
    if (ready_head == nullptr) ready_tail = &ready_head;
    return node;
  }
  // A callback that was made without an identity.
  void PushNew(Node* node, std::string_view name);
  // Counts them.
  std::size_t ReadyCount() const;

  // Puts nodes back in front of the queue, in their order.
  void PushFront(const std::vector<Node*>& nodes);

  // ---- While somebody watches (an observer or a ready order).

  // Gives `node` its identity: the k-th child with that label of what runs.
  void Identify(Node* node, HandleKind kind, std::string_view name);
  // The same for a task.
  void IdentifyTask(Node* node, std::string_view name);
  // The same for a descriptor's reader or writer.
  void IdentifyIo(Node* node, Identity resource, std::string_view name);
  void NoteQueued(Node* node);
  HandleInfo Describe(const Node* node) const;
  // Of the handle that is running; zero outside.
  Identity RunningIdentity() const;
  static Identity IdentityOf(const Node* node);
  // The path of the task or callback that is running.
  const std::string& RunningPath() const;

  // Reports to the exception handler. Never throws (but LoopExit).
  void Report(std::string_view message, std::exception_ptr exception,
              std::string_view source = {}, std::source_location created = {});

  void SetDebug(bool on);
  // In debug mode: throws RuntimeError on another thread than the loop's.
  void RequireThread() const;

  LoopHooks& Hooks();
  // The one that was set, or the seam; null if there is none.
  Executor* DefaultExecutor() const;

  // Throws RuntimeError unless the loop takes work; false if it is inert and
  // the work is to be dropped.
  bool Accepts() const {
    if (plain) [[likely]] {
      return true;
    }
    return AcceptsSlow();
  }
  bool AcceptsSlow() const;

  // The node of a new callback, with the queue's reference and no identity.
  // Inline, or small callables would go through memory.
  template <class F>
  [[gnu::always_inline]] Node* NewUnwatchedCallback(F&& f) {
    using N = CallableNode<std::decay_t<F>, CallbackNode>;
    N* const node = MakeNode<N>(pool, std::forward<F>(f));
    node->context.CopyCurrent();
    return node;
  }
  // The same with one, if somebody watches.
  template <class F>
  Node* NewCallback(F&& f, HandleKind kind, std::string_view name) {
    Node* const node = NewUnwatchedCallback(std::forward<F>(f));
    if (watched) [[unlikely]] {
      Identify(node, kind, name);
    }
    return node;
  }

  // The same, never to be overtaken by others of this key (handle_info.h).
  template <class F>
  Node* NewOrderedCallback(F&& f, HandleKind kind, std::string_view name,
                           Identity order_key) {
    Node* const node = NewCallback(std::forward<F>(f), kind, name);
    if (NodeInfo* const info = node->info()) info->order_key = order_key;
    return node;
  }

  Identity NameChild(NodeInfo* child, std::string_view label);

  Node* ready_head = nullptr;
  Node** ready_tail = &ready_head;  // Where the next one is linked.

  TaskCore* current_task = nullptr;
  // Where a coroutine that suspends leaves what runs next (coro.h).
  std::coroutine_handle<> next_frame;
  bool root_done = false;
  std::exception_ptr in_flight;  // What ended the last coroutine.

  bool plain = false;    // Open, not watched, not in debug mode.
  bool watched = false;  // By somebody, or in debug mode.
  bool open = true;      // Not closed, not inert.
  bool inert = false;    // Crashed or closing: work is dropped.
  bool closed = false;
  bool debug = false;
  bool running = false;
  bool stopping = false;
  bool wants_paths = false;
  std::uint32_t turns = 0;  // How often the loop was told what is ready.

  // No two loops of a process have the same: for equality only.
  const std::uint64_t serial;

  Pool* pool;
  TimerQueue timers;
  LoopSeams seams;
  EventLoop* loop;

  // Unfinished tasks, in the order of creation.
  TaskCore* tasks_first = nullptr;
  TaskCore* tasks_last = nullptr;
  std::uint64_t unnamed_tasks = 0;

  // The youngest generator that has begun and not ended (generator_core.h).
  GeneratorCore* generators = nullptr;
  bool generators_shut_down = false;

  Node* running_node = nullptr;  // Only while watched.
  NodeInfo root;                 // Owns what is made outside any handle.
  std::uint64_t thread = 0;      // Of the run; for the debug check.
  Nanoseconds slow_callback = std::chrono::milliseconds(100);
  std::shared_ptr<Inbox> inbox;       // From other threads; outlives the loop.
  LoopCore* previous_core = nullptr;  // In the list of all (all_cores).
  LoopCore* next_core = nullptr;
  IoTable* io = nullptr;             // The EventLoop's.
  std::unique_ptr<LoopHooks> hooks;  // Exception handler, task factory.
};

// The first of the process's cores, in the order of creation: where a debugger
// begins (tools/rondo_gdb.py). Nobody else may look.
extern LoopCore* all_cores;

// The core of the loop that runs on this thread, or null.
inline constinit thread_local LoopCore* running_core = nullptr;

// The pool for what is made now: the running loop's or the thread's.
inline Pool* CurrentPool() {
  return running_core != nullptr ? running_core->pool : Pool::ForThread();
}

// The running core. Throws: RuntimeError if no loop runs on this thread.
[[noreturn]] void ThrowNoRunningLoop();
inline LoopCore* RunningCore() {
  LoopCore* const core = running_core;
  if (core == nullptr) [[unlikely]] {
    ThrowNoRunningLoop();
  }
  return core;
}

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_LOOP_CORE_H_
