// The state of a task without its type: a future with a coroutine to step.
//
// See task.h for the contract. The loop holds one reference to every
// unfinished task, in a list in the order of creation.
#ifndef RONDO_RUNTIME_TASK_CORE_H_
#define RONDO_RUNTIME_TASK_CORE_H_

#include <coroutine>
#include <cstdint>
#include <exception>
#include <source_location>
#include <string>
#include <string_view>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/future_core.h"

namespace rondo::internal {

// Where a task is suspended: in the frame of the innermost coroutine.
struct WaitPoint {
  WaitPoint(FutureCore* f, std::source_location w) : future(f), where(w) {}

  FutureCore* future;  // Null: it only yields.
  std::source_location where;
};

class TaskCore : public FutureCore, public Node {
 public:
  // Takes over the coroutine; makes one reference for the loop and one for the
  // caller, and queues the first step.
  explicit TaskCore(std::coroutine_handle<> root)
      : FutureCore(/*is_task=*/true), Node(kTask), innermost_(root) {
    Node::refs_ = 0;  // No cancellation was requested.
  }

  void Start(const TaskSpec& spec);
  // The same, but if the loop is running the first step is taken now, inside
  // the step or callback that is in progress.
  void StartEagerly(const TaskSpec& spec);

  using FutureCore::Ref;
  using FutureCore::Unref;

  // ---- Node: one step.
  void Run() override { Step(core()); }
  void Clear() override {}
  void CollectAwaiters(Awaiters* awaiters) override {
    awaiters->push_back(this);
  }

  // ---- FutureCore
  bool Cancel(std::string_view message) override;
  std::string Describe() const override;
  std::source_location Created() const override;

  // One step: inline, since it is what a loop does most. `core` is core().
  void Step(LoopCore* core) {
    if (Has(kMustCancel)) [[unlikely]] {
      if (!BeginCancelled()) return;
    }
    flags_ = (flags_ | kStarted) & ~static_cast<std::uint32_t>(kWakeup);
    point_ = nullptr;
    core->current_task = this;
    innermost_.resume();
    while (core->next_frame) {
      innermost_ = std::exchange(core->next_frame, nullptr);
      innermost_.resume();
    }
    core->current_task = nullptr;
    if (core->root_done) FinishStep();
  }

  // Called by awaiters, inside the step: the coroutine `frame` waits for
  // `point->future`, which is pending, or only for its next turn.
  void Park(std::coroutine_handle<> frame, WaitPoint* point) {
    innermost_ = frame;
    point_ = point;
    point->future->AddWaiter(this);
    if (Has(kMustCancel)) [[unlikely]] {
      CancelAwaited();
    }
  }
  void Yield(std::coroutine_handle<> frame, WaitPoint* point) {
    innermost_ = frame;
    point_ = point;
    FutureCore::core()->Push(this);
  }
  // Throws what a cancellation brings to this await, if it does.
  void ThrowIfCancelled() {
    if (Has(kThrowing)) [[unlikely]] {
      ThrowCancelled();
    }
  }

  std::uint32_t cancelling() const { return cancel_requests(); }
  std::uint32_t Uncancel();
  bool must_cancel() const { return Has(kMustCancel); }

  std::string name() const;
  void set_name(std::string_view name);
  // REQUIRES: the loop is watched.
  void set_created(std::source_location place) { info()->created = place; }

  // Ends a pending task without running it: its frames die, innermost first;
  // the task becomes cancelled; nobody is told.
  void Abandon();

  const WaitPoint* wait_point() const { return point_; }
  std::coroutine_handle<> innermost() const { return innermost_; }
  TaskCore* next_task() const { return next_task_; }
  TaskCore* previous_task() const { return previous_task_; }
  LoopCore* core() const { return FutureCore::core(); }

 protected:
  ~TaskCore() = default;

  // Moves the result out of the finished outermost coroutine.
  virtual void TakeResult(std::coroutine_handle<> root) = 0;
  void Destroy() override = 0;
  void ReportUnseen() override;

 private:
  // FutureCore counts a task's references, so the node's counter is free.
  std::uint32_t cancel_requests() const { return Node::refs_; }

  // Makes it one of the loop's tasks.
  void Register(const TaskSpec& spec);
  void Identify(const TaskSpec& spec);
  // A step that a cancellation begins. False: the task has ended.
  bool BeginCancelled();
  void FinishStep();
  void FinishWithError(std::exception_ptr error);
  void CancelAwaited();
  void Unlink();
  [[noreturn]] void ThrowCancelled();

  std::coroutine_handle<> innermost_;  // To resume; null when done.
  WaitPoint* point_ = nullptr;
  TaskCore* previous_task_ = nullptr;
  TaskCore* next_task_ = nullptr;
};

// The task that is running on this thread, or null.
inline TaskCore* CurrentTaskCore() {
  return running_core == nullptr ? nullptr : running_core->current_task;
}

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_TASK_CORE_H_
