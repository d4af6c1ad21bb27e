// Eager tasks: the first step is taken when the task is made.
//
//   loop.SetTaskFactory(rondo::EagerTaskFactory);
//   ...
//   const rondo::Task<int> task = rondo::CreateTask(Cached(key));
//   // If Cached did not have to wait, `task` is done by now, and the ready
//   // queue has never seen it.
//
// The step runs inside CreateTask, in the context of the new task, which is the
// current one meanwhile. If it suspends, the task goes on like any other; if it
// ends, the task is done when CreateTask returns. Its done callbacks are queued
// as always. For one task alone: `CreateTask(coro, {.eager_start = true})`.
//
// Two things are different then: a child can run before its creator has stored
// the Task, and a child's LoopExit leaves through CreateTask. On a loop that
// is not running, tasks start as usual.
//
// Source: asyncio.eager_task_factory, asyncio.create_eager_task_factory.
#ifndef RONDO_RUNTIME_EAGER_TASKS_H_
#define RONDO_RUNTIME_EAGER_TASKS_H_

#include "rondo/runtime/loop_hooks.h"

namespace rondo {

// For EventLoop::SetTaskFactory. A task that was made with its own eager_start
// keeps that.
void EagerTaskFactory(EventLoop& loop, TaskSpec& spec);

// The same after `factory`, which may be empty.
TaskFactory CreateEagerTaskFactory(TaskFactory factory);

}  // namespace rondo

#endif  // RONDO_RUNTIME_EAGER_TASKS_H_
