// Task<T>: a coroutine that runs concurrently, as a Future of its result.
//
//   rondo::Task<int> t = rondo::CreateTask(Answer(), "answer");
//   ...
//   int n = co_await t;
//
// A task's first step is queued when it is made. The loop keeps unfinished
// tasks alive: dropping the handle stops nothing.
//
// Cancellation: Cancel() makes the await in which the task is suspended throw
// CancelledError (or the next one, if it runs). The task may catch it, clean
// up, and rethrow; it may also go on, and then `cancelled()` stays false.
//
// Thread-safety: the loop's thread only.
// Source: asyncio.Task.
#ifndef RONDO_RUNTIME_TASK_H_
#define RONDO_RUNTIME_TASK_H_

#include <concepts>
#include <cstdint>
#include <iosfwd>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "rondo/runtime/context.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/task_core.h"
#include "rondo/runtime/task_stack.h"

namespace rondo {
namespace internal {

template <class T>
class TaskState final : public ResultBase<T, TaskCore> {
 public:
  using ResultBase<T, TaskCore>::ResultBase;

 protected:
  void TakeResult(std::coroutine_handle<> root) override {
    std::coroutine_handle<CoroPromise<T>>::from_address(root.address())
        .promise()
        .Deliver(this->result);
  }
  void Destroy() override {
    if (this->state() == FutureCore::State::kResult) this->result.Destroy();
    if (this->info() != nullptr || !this->context.empty()) [[unlikely]] {
      this->DropExtras();
    }
    this->~TaskState();
    Pool::Free(this, sizeof(*this));
  }

 private:
  ~TaskState() = default;
};

template <class T>
ResultSlot<T>& ResultOf(FutureCore* core) {
  if (core->is_task()) {
    return static_cast<ResultBase<T, TaskCore>*>(static_cast<TaskCore*>(core))
        ->result;
  }
  return static_cast<FutureState<T>*>(core)->result;
}

}  // namespace internal

// A task of any type.
class AnyTask : public AnyFuture {
 public:
  AnyTask() = default;

  std::string name() const { return task_core()->name(); }
  void set_name(std::string_view name) { task_core()->set_name(name); }

  // What its coroutine runs in. Source: asyncio.Task.get_context.
  Context context() const { return Context::Of(task_core()->context); }

  // How many cancellations were asked for and not taken back.
  std::uint32_t cancelling() const { return task_core()->cancelling(); }
  // Takes one request back and returns how many are left. At zero a
  // cancellation that was not delivered yet is withdrawn.
  std::uint32_t Uncancel() { return task_core()->Uncancel(); }

  // Where it waits, outermost coroutine first. Empty if it has not begun or
  // has ended; of the task that runs, without its innermost coroutine.
  // Source: Task.get_stack; differs: there are no frames of an exception.
  std::vector<AwaitFrame> Stack() const {
    return internal::StackOf(*task_core());
  }
  // The same as text, with the exception that it has ended with.
  void PrintStack(std::ostream& out) const;
  void PrintStack() const;  // To standard error.

  internal::TaskCore* task_core() const {
    return static_cast<internal::TaskCore*>(core());
  }
  static AnyTask Of(internal::TaskCore* core) {
    return AnyTask(internal::FutureRef<internal::FutureCore>::Share(core));
  }

 private:
  using AnyFuture::AnyFuture;
};

template <class T = void>
class Task : public Future<T> {
 public:
  Task() = default;

  std::string name() const { return task_core()->name(); }
  void set_name(std::string_view name) { task_core()->set_name(name); }
  Context context() const { return Context::Of(task_core()->context); }
  std::uint32_t cancelling() const { return task_core()->cancelling(); }
  std::uint32_t Uncancel() { return task_core()->Uncancel(); }
  std::vector<AwaitFrame> Stack() const { return AnyTask(*this).Stack(); }
  void PrintStack(std::ostream& out) const { AnyTask(*this).PrintStack(out); }
  void PrintStack() const { AnyTask(*this).PrintStack(); }

  operator AnyTask() const { return AnyTask::Of(task_core()); }

  internal::TaskCore* task_core() const {
    return static_cast<internal::TaskCore*>(this->core());
  }
  static Task Adopt(internal::TaskCore* core) {
    return Task(internal::FutureRef<internal::FutureCore>(core));
  }

 private:
  explicit Task(internal::FutureRef<internal::FutureCore> core)
      : Future<T>(std::move(core)) {}
};

namespace internal {

// Runs the loop's task factory, if it has one.
void ApplyTaskFactory(LoopCore* core, TaskSpec& spec);

template <class T>
Task<T> NewTask(LoopCore* core, Coro<T> coro, TaskSpec spec) {
  if (!coro) throw ValueError("CreateTask with an empty Coro");
  if (!core->plain) core->AcceptsSlow();
  if (core->hooks != nullptr) [[unlikely]] {
    ApplyTaskFactory(core, spec);
  }
  using S = TaskState<T>;
  S* const task = MakeFuture<S>(core, coro.Release());
  if (spec.context != nullptr) {
    task->context.Share(const_cast<ContextObject*>(spec.context->object()));
  } else {
    task->context.CopyCurrent();
  }
  Task<T> result = Task<T>::Adopt(task);
  if (spec.eager_start.value_or(false)) [[unlikely]] {
    task->StartEagerly(spec);
  } else {
    task->Start(spec);
  }
  return result;
}

// Keeps a callable alive for as long as the coroutine it made.
template <class F>
auto RunOwned(F function) -> std::invoke_result_t<F&> {
  co_return co_await function();
}

// A coroutine of `function`, which lives as long as it.
template <class F>
auto OwnedCoro(F&& function) -> std::invoke_result_t<std::decay_t<F>&> {
  if constexpr (std::is_empty_v<std::decay_t<F>> ||
                std::is_pointer_v<std::decay_t<F>>) {
    return function();  // Nothing that could die.
  } else {
    return RunOwned<std::decay_t<F>>(std::forward<F>(function));
  }
}

template <class F>
concept CoroFunction =
    requires(F& f) { typename CoroValue<std::invoke_result_t<F&>>::type; };

// What it returns is dropped, so it is no coroutine function.
template <class F>
concept Callback =
    std::invocable<std::decay_t<F>&> && !CoroFunction<std::decay_t<F>>;

}  // namespace internal

// Makes a task of the running loop. Throws: RuntimeError without one.
template <class T>
Task<T> CreateTask(
    Coro<T> coro, std::string_view name = {},
    std::source_location where = std::source_location::current()) {
  return internal::NewTask(internal::RunningCore(), std::move(coro),
                           {name, nullptr, where});
}
template <class T>
Task<T> CreateTask(
    Coro<T> coro, std::string_view name, const Context& context,
    std::source_location where = std::source_location::current()) {
  return internal::NewTask(internal::RunningCore(), std::move(coro),
                           {name, &context, where});
}
template <class T>
Task<T> CreateTask(Coro<T> coro, const TaskSpec& spec) {
  return internal::NewTask(internal::RunningCore(), std::move(coro), spec);
}
// The same of a callable that returns a Coro; the task owns the callable.
template <internal::CoroFunction F>
auto CreateTask(F function, std::string_view name = {},
                std::source_location where = std::source_location::current()) {
  return CreateTask(internal::OwnedCoro(std::move(function)), name, where);
}
template <internal::CoroFunction F>
auto CreateTask(F function, const TaskSpec& spec) {
  return CreateTask(internal::OwnedCoro(std::move(function)), spec);
}

// The task that is running. Throws: RuntimeError if none is.
// Source: asyncio.current_task; differs: that returns None in a callback.
AnyTask CurrentTask();

// The unfinished tasks of the running loop, in the order of creation.
std::vector<AnyTask> AllTasks();

}  // namespace rondo

#endif  // RONDO_RUNTIME_TASK_H_
