#include "rondo/runtime/task_group.h"

#include <optional>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/exception_group.h"

namespace rondo {

using internal::FutureCore;
using internal::Node;
using internal::TaskCore;

// The done callback of a task of the group: one block of the pool, and the
// group's list at the same time.
class TaskGroup::Child final : public internal::DoneNode {
 public:
  Child(TaskGroup* group, TaskCore* task)
      : DoneNode(task), group_(group), previous_(group->last_) {
    (previous_ == nullptr ? group->first_ : previous_->next_) = this;
    group->last_ = this;
    ++group->size_;
  }

  void Run() override {
    if (TaskGroup* const group = group_; group != nullptr) {
      Leave();
      group->OnTaskDone(future);
    }
    EndRun();
  }
  // The task dies with its loop.
  void Clear() override { Leave(); }
  void Destroy() override {
    Leave();
    if (HasExtras()) DropExtras();
    this->~Child();
    internal::Pool::Free(this, sizeof(*this));
  }

  void CollectAwaiters(internal::Awaiters* awaiters) override {
    if (group_ != nullptr) awaiters->push_back(group_->parent_.core());
  }

  void Leave() {
    if (group_ == nullptr) return;
    (previous_ == nullptr ? group_->first_ : previous_->next_) = next_;
    (next_ == nullptr ? group_->last_ : next_->previous_) = previous_;
    --group_->size_;
    group_ = nullptr;
  }

  TaskCore* task() const { return static_cast<TaskCore*>(future); }
  Child* next() const { return next_; }

 private:
  ~Child() = default;

  TaskGroup* group_;
  Child* previous_;
  Child* next_ = nullptr;
};

TaskGroup::~TaskGroup() {
  while (first_ != nullptr) first_->Leave();
}

std::string TaskGroup::Describe() const {
  std::string text = "<TaskGroup";
  if (size_ > 0) text += " tasks=" + std::to_string(size_);
  if (!errors_.empty()) text += " errors=" + std::to_string(errors_.size());
  if (aborting_) {
    text += " cancelling";
  } else if (core_ != nullptr) {
    text += " entered";
  }
  return text + ">";
}

void TaskGroup::Enter() {
  if (core_ != nullptr) {
    throw RuntimeError("TaskGroup " + Describe() + " has already been entered");
  }
  internal::LoopCore* const core = internal::RunningCore();
  if (core->current_task == nullptr) {
    throw RuntimeError("TaskGroup " + Describe() +
                       " cannot determine the parent task");
  }
  parent_ = AnyTask::Of(core->current_task);
  core_ = core;
}

void TaskGroup::RequireOpen() const {
  const char* why = nullptr;
  if (core_ == nullptr) {
    why = " has not been entered";
  } else if (exiting_ && first_ == nullptr) {
    why = " is finished";
  } else if (aborting_) {
    why = " is shutting down";
  }
  if (why != nullptr) throw RuntimeError("TaskGroup " + Describe() + why);
}

void TaskGroup::Add(TaskCore* task) {
  auto* const child = internal::MakeNode<Child>(core_->pool, this, task);
  child->context.CopyCurrent();
  if (core_->watched) [[unlikely]] {
    core_->Identify(child, HandleKind::kFutureDone, "task_group");
  }
  task->AddCallback(child);
}

void TaskGroup::Abort() {
  aborting_ = true;
  for (Child* child = first_; child != nullptr; child = child->next()) {
    if (!child->task()->done()) child->task()->Cancel({});
  }
}

void TaskGroup::KeepBaseError(const std::exception_ptr& error) {
  if (base_error_ == nullptr && IsException<LoopExit>(error)) {
    base_error_ = error;
  }
}

void TaskGroup::OnTaskDone(FutureCore* task) {
  if (first_ == nullptr && waiter_ && !waiter_.done()) waiter_.SetResult();
  if (task->cancelled()) return;
  const std::exception_ptr error = task->Exception();
  if (error == nullptr) return;
  errors_.push_back(error);
  KeepBaseError(error);
  if (parent_.done()) {
    core_->Report(
        "Task has errored out but its parent task is already completed", error,
        task->Describe());
    return;
  }
  if (aborting_ || parent_cancel_requested_) return;
  Abort();
  parent_cancel_requested_ = true;
  parent_.Cancel();
}

// Returns the cancellation by which somebody else has ended the block.
Coro<std::exception_ptr> TaskGroup::WaitForTasks() {
  std::exception_ptr cancelled;
  while (first_ != nullptr) {
    waiter_ = CreateFuture();
    try {
      co_await waiter_;
    } catch (const CancelledError&) {
      if (!aborting_) {
        cancelled = std::current_exception();
        Abort();
      }
    }
    waiter_ = Future<>();
  }
  co_return cancelled;
}

Coro<> TaskGroup::Exit(std::exception_ptr error) {
  exiting_ = true;
  const bool cancelled = internal::IsCancelled(error);
  std::exception_ptr cancellation = cancelled ? error : nullptr;
  if (error != nullptr) {
    KeepBaseError(error);
    if (!aborting_) Abort();
  }
  if (first_ != nullptr) {
    const std::exception_ptr later = co_await WaitForTasks();
    if (later != nullptr) cancellation = later;
  }
  if (base_error_ != nullptr) std::rethrow_exception(base_error_);
  if (parent_cancel_requested_ && parent_.Uncancel() == 0) {
    cancellation = nullptr;  // It was the group's alone.
  }
  if (cancellation != nullptr && errors_.empty()) {
    std::rethrow_exception(cancellation);
  }
  if (error != nullptr && !cancelled) errors_.push_back(error);
  if (!errors_.empty()) ThrowErrors();
}

void TaskGroup::ThrowErrors() {
  // Somebody else has cancelled the parent: that is not lost over the errors.
  if (parent_.cancelling() > 0) {
    parent_.Uncancel();
    parent_.Cancel();
  }
  BaseExceptionGroup("unhandled errors in a TaskGroup",
                     std::exchange(errors_, {}))
      .Throw();
}

}  // namespace rondo
