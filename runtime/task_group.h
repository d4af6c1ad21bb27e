// TaskGroup: tasks that end before the block in which they were made does.
//
//   co_await rondo::WithTaskGroup([&](rondo::TaskGroup& group)
//                                     -> rondo::Coro<> {
//     group.CreateTask(Fetch("a"));
//     group.CreateTask(Fetch("b"), "b");
//     co_await SomethingElse();
//   });
//   // Both are done.
//
// The block waits for all of its tasks. The first that fails has the others and
// the body cancelled; then an ExceptionGroup of all that failed is thrown, in
// the order in which they did, the body's own error last. A task that is
// cancelled has not failed. A LoopExit is thrown as itself.
//
// The group cancels its owner with a request of its own and takes that back
// again: cancelling() is afterwards what others have asked for. If others have,
// and nothing has failed, CancelledError leaves the block; if something has,
// the owner's next await throws it.
//
// Cancellation: cancels the body and the tasks, and waits for them; what comes
// while it waits does not cut that short.
// Source: asyncio.TaskGroup; an eager task that fails at once is noticed one
// iteration later, as from 3.13.2.
#ifndef RONDO_RUNTIME_TASK_GROUP_H_
#define RONDO_RUNTIME_TASK_GROUP_H_

#include <cstddef>
#include <exception>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "rondo/runtime/context.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/task.h"

namespace rondo {

class TaskGroup {
 public:
  TaskGroup() = default;
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  // Tasks that are left, as after a crash, go on without the group.
  ~TaskGroup();

  // Makes a task of the group. While the block waits, its tasks may do so.
  // Throws: RuntimeError before the block, once it is shutting down (something
  // has failed, or it was cancelled), and when it has ended. The coroutine is
  // gone then.
  template <class T>
  Task<T> CreateTask(Coro<T> coro, const TaskSpec& spec) {
    RequireOpen();
    Task<T> task = internal::NewTask(core_, std::move(coro), spec);
    Add(task.task_core());
    return task;
  }
  template <class T>
  Task<T> CreateTask(
      Coro<T> coro, std::string_view name = {},
      std::source_location where = std::source_location::current()) {
    return CreateTask(std::move(coro), TaskSpec{name, nullptr, where});
  }
  template <class T>
  Task<T> CreateTask(
      Coro<T> coro, std::string_view name, const Context& context,
      std::source_location where = std::source_location::current()) {
    return CreateTask(std::move(coro), TaskSpec{name, &context, where});
  }
  // The same of a callable that returns a Coro; the task owns the callable.
  template <internal::CoroFunction F>
  auto CreateTask(
      F function, std::string_view name = {},
      std::source_location where = std::source_location::current()) {
    return CreateTask(internal::OwnedCoro(std::move(function)), name, where);
  }
  template <internal::CoroFunction F>
  auto CreateTask(F function, const TaskSpec& spec) {
    return CreateTask(internal::OwnedCoro(std::move(function)), spec);
  }

  // How many of its tasks are not done, or not yet known to be.
  std::size_t size() const { return size_; }
  // "<TaskGroup tasks=2 entered>".
  std::string Describe() const;

  // For WithTaskGroup: around the body. Enter throws RuntimeError outside a
  // task or the second time. Exit gets the exception that leaves the body, or
  // null, and throws what is to leave the block instead.
  void Enter();
  Coro<> Exit(std::exception_ptr error);

 private:
  class Child;

  void RequireOpen() const;
  void Add(internal::TaskCore* task);
  void OnTaskDone(internal::FutureCore* task);
  void Abort();
  Coro<std::exception_ptr> WaitForTasks();
  void KeepBaseError(const std::exception_ptr& error);
  [[noreturn]] void ThrowErrors();

  internal::LoopCore* core_ = nullptr;
  AnyTask parent_;  // Whose block it is.
  Future<> waiter_;
  Child* first_ = nullptr;  // In the order of creation.
  Child* last_ = nullptr;
  std::size_t size_ = 0;
  std::vector<std::exception_ptr> errors_;
  std::exception_ptr base_error_;
  bool exiting_ = false;
  bool aborting_ = false;
  bool parent_cancel_requested_ = false;
};

// Runs `body(group)` in a group that was made before.
template <class F>
auto WithTaskGroup(TaskGroup& group, F body)
    -> std::invoke_result_t<F&, TaskGroup&> {
  using T =
      typename internal::CoroValue<std::invoke_result_t<F&, TaskGroup&>>::type;
  group.Enter();
  const auto call = [&] { return body(group); };
  Outcome<T> outcome = co_await internal::OutcomeOf(call);
  co_await group.Exit(outcome.exception());
  co_return outcome.Take();
}

// Runs `body(group)`, waits for the group's tasks, and returns its result.
// Throws: ExceptionGroup, BaseExceptionGroup, LoopExit.
template <class F>
auto WithTaskGroup(F body) -> std::invoke_result_t<F&, TaskGroup&> {
  TaskGroup group;
  co_return co_await WithTaskGroup(group, std::move(body));
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_TASK_GROUP_H_
