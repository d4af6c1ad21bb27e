#include "rondo/runtime/task_core.h"

#include <utility>

namespace rondo::internal {

inline void TaskCore::Register(const TaskSpec& spec) {
  LoopCore* const core = FutureCore::core();
  FutureCore::Ref();  // The loop's.
  previous_task_ = core->tasks_last;
  (previous_task_ == nullptr ? core->tasks_first : previous_task_->next_task_) =
      this;
  core->tasks_last = this;
  if (spec.name.empty()) {
    set_number(++core->unnamed_tasks);
  }
  if (core->watched || !spec.name.empty()) [[unlikely]] {
    Identify(spec);
  }
}

void TaskCore::Identify(const TaskSpec& spec) {
  LoopCore* const core = FutureCore::core();
  if (!core->watched) {
    set_name(spec.name);
    return;
  }
  core->IdentifyTask(this, spec.name);
  if (core->debug) set_created(spec.created);
}

void TaskCore::Start(const TaskSpec& spec) {
  Register(spec);
  LoopCore* const core = FutureCore::core();
  // Made by what dies in Kill, it is abandoned with the rest: nothing may be
  // left in the queue that refers to it.
  if (!core->inert) core->Push(this);
}

void TaskCore::StartEagerly(const TaskSpec& spec) {
  LoopCore* const core = FutureCore::core();
  if (running_core != core || !core->open) {
    Start(spec);
    return;
  }
  Register(spec);
  // What runs now is put aside and goes on afterwards.
  struct Aside {
    explicit Aside(LoopCore* c)
        : core(c),
          context(current_context),
          node(c->running_node),
          task(c->current_task),
          frame(std::exchange(c->next_frame, nullptr)),
          root_done(std::exchange(c->root_done, false)),
          in_flight(std::exchange(c->in_flight, nullptr)) {}
    Aside(const Aside&) = delete;
    ~Aside() {
      core->in_flight = std::move(in_flight);
      core->root_done = root_done;
      core->next_frame = frame;
      core->current_task = task;
      core->running_node = node;
      current_context = context;
    }

    LoopCore* core;
    ContextSlot* context;
    Node* node;
    TaskCore* task;
    std::coroutine_handle<> frame;
    bool root_done;
    std::exception_ptr in_flight;
  } const aside(core);
  current_context = &context;
  core->running_node = this;
  Step(core);
}

void TaskCore::Unlink() {
  LoopCore* const core = FutureCore::core();
  (previous_task_ == nullptr ? core->tasks_first : previous_task_->next_task_) =
      next_task_;
  (next_task_ == nullptr ? core->tasks_last : next_task_->previous_task_) =
      previous_task_;
  previous_task_ = nullptr;
  next_task_ = nullptr;
}

bool TaskCore::BeginCancelled() {
  Unset(kMustCancel);
  if (Has(kStarted)) {
    FutureCore* const awaited = point_ == nullptr ? nullptr : point_->future;
    if (awaited != nullptr && awaited->cancelled()) {
      error_ = nullptr;  // What it awaits throws, with the first message.
      return true;
    }
    // What it waited for may have failed meanwhile: nobody else will ask.
    if (awaited != nullptr) awaited->MarkRetrieved();
    Set(kThrowing);
    return true;
  }
  // Cancelled before its first step: the body never runs.
  DestroyFrames(std::exchange(innermost_, nullptr));
  std::exception_ptr error = std::exchange(error_, nullptr);
  Unlink();
  FinishCancelled(std::move(error));
  FutureCore::Unref();
  return false;
}

// The outermost coroutine has ended. What it owned dies before anyone who
// waits for the task is queued.
void TaskCore::FinishStep() {
  LoopCore* const core = FutureCore::core();
  core->root_done = false;
  const std::coroutine_handle<> root = std::exchange(innermost_, nullptr);
  Unlink();
  if (core->in_flight != nullptr) [[unlikely]] {
    root.destroy();
    FinishWithError(std::exchange(core->in_flight, nullptr));
  } else if (Has(kMustCancel)) [[unlikely]] {
    // It cancelled itself in its last stretch.
    root.destroy();
    Unset(kMustCancel);
    FinishCancelled(std::exchange(error_, nullptr));
  } else {
    TakeResult(root);
    root.destroy();
    FinishResult();
  }
  FutureCore::Unref();  // The loop's.
}

void TaskCore::FinishWithError(std::exception_ptr error) {
  Unset(kMustCancel);
  error_ = nullptr;
  bool leave = false;
  try {
    std::rethrow_exception(error);
  } catch (const CancelledError& cancelled) {
    FinishCancelled(cancelled.message().empty() ? nullptr : error);
    return;
  } catch (const LoopExit&) {
    leave = true;
  } catch (...) {  // tidy: allow(catch-all) kept in the task
  }
  FinishError(error);
  if (leave) {
    MarkRetrieved();
    FutureCore::Unref();  // The loop's.
    std::rethrow_exception(error);
  }
}

// What a task waits for is cancelled first, and may be a task that waits: a
// loop, since such a chain may be long.
bool TaskCore::Cancel(std::string_view message) {
  MarkRetrieved();
  if (done()) return false;
  TaskCore* task = this;
  for (;;) {
    ++task->Node::refs_;
    FutureCore* const awaited =
        task->point_ == nullptr ? nullptr : task->point_->future;
    if (awaited == nullptr) break;
    if (awaited->is_task() && !awaited->done()) {
      task = static_cast<TaskCore*>(awaited);
      task->MarkRetrieved();
    } else if (awaited->Cancel(message)) {
      return true;
    } else {
      break;
    }
  }
  task->Set(kMustCancel);
  task->error_ = MakeCancelled(message);
  return true;
}

// The task asked for its own cancellation and then began to wait.
void TaskCore::CancelAwaited() {
  std::string message;
  if (error_ != nullptr) {
    try {
      std::rethrow_exception(error_);
    } catch (const CancelledError& cancelled) {
      message = cancelled.message();
    }
  }
  if (point_->future->Cancel(message)) {
    Unset(kMustCancel);
    error_ = nullptr;
  }
}

void TaskCore::ThrowCancelled() {
  Unset(kThrowing);
  const std::exception_ptr error = std::exchange(error_, nullptr);
  if (error != nullptr) std::rethrow_exception(error);
  throw CancelledError();
}

std::uint32_t TaskCore::Uncancel() {
  if (Node::refs_ > 0 && --Node::refs_ == 0 && !done()) {
    Unset(kMustCancel);
    error_ = nullptr;
  }
  return Node::refs_;
}

std::string TaskCore::name() const {
  const NodeInfo* const own = info();
  return own == nullptr ? "Task-" + std::to_string(number()) : own->name;
}

void TaskCore::set_name(std::string_view name) {
  NodeInfo* own = info();
  if (own == nullptr) {
    own = new NodeInfo;
    own->kind = HandleKind::kStep;
    set_info(own);
  }
  own->name.assign(name);
}

std::string TaskCore::Describe() const { return "task " + name(); }

std::source_location TaskCore::Created() const {
  const NodeInfo* const own = info();
  return own == nullptr ? std::source_location() : own->created;
}

// In the task's context.
void TaskCore::ReportUnseen() {
  struct Within {
    ContextSlot* outer;
    explicit Within(ContextSlot* slot)
        : outer(std::exchange(current_context, slot)) {}
    ~Within() { current_context = outer; }
  } const within(&context);
  core()->Report("Task exception was never retrieved", error_, Describe(),
                 Created());
}

void TaskCore::Abandon() {
  FutureRef<TaskCore> self = FutureRef<TaskCore>::Share(this);
  const std::coroutine_handle<> frame = std::exchange(innermost_, nullptr);
  Unlink();
  if (point_ != nullptr && point_->future != nullptr) {
    std::exchange(point_, nullptr)->future->RemoveCallback(this);
  }
  point_ = nullptr;
  DestroyFrames(frame);
  DropCallbacks();
  error_ = nullptr;
  FinishCancelled(nullptr);
  FutureCore::Unref();  // The loop's.
}

}  // namespace rondo::internal
