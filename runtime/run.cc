#include "rondo/runtime/run.h"

#include <vector>

#include "rondo/runtime/gather.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/system_loop.h"

namespace rondo {
namespace {

// asyncio runs the shutdown of asynchronous generators as a task of its own;
// here there are none, but the iterations are to be the same.
Coro<> ShutDownNothing() { co_return; }

// Source: asyncio.constants.THREAD_JOIN_TIMEOUT.
constexpr Nanoseconds kThreadJoinTimeout = std::chrono::seconds(300);

}  // namespace

Runner::Runner() : Runner(LoopFactory(&MakeSystemLoop)) {}

Runner::Runner(LoopFactory factory) : factory_(std::move(factory)) {}

Runner::Runner(EventLoop& loop) : loop_(&loop) {}

Runner::~Runner() { Close(); }

EventLoop& Runner::Begin() {
  if (closed_) throw RuntimeError("Runner is closed");
  if (internal::running_core != nullptr) {
    throw RuntimeError("Runner.Run cannot be called from a running event loop");
  }
  if (loop_ == nullptr) {
    owned_ = factory_();
    loop_ = owned_.get();
  }
  if (!context_.has_value()) context_ = Context::Copy();
  return *loop_;
}

void Runner::Close() {
  if (closed_) return;
  closed_ = true;
  if (loop_ == nullptr) return;
  if (!loop_->is_closed()) {
    CancelAllTasks();
    loop_->RunUntilComplete(ShutDownNothing());
    loop_->RunUntilComplete(ShutdownDefaultExecutor(kThreadJoinTimeout));
    loop_->Close();
  }
  owned_.reset();
  loop_ = nullptr;
}

void Runner::CancelAllTasks() {
  std::vector<AnyTask> tasks;
  std::vector<internal::ChildRef> children;
  for (internal::TaskCore* task = loop_->core()->tasks_first; task != nullptr;
       task = task->next_task()) {
    tasks.push_back(AnyTask::Of(task));
    children.push_back(internal::ChildRef::Share(task));
  }
  if (tasks.empty()) return;
  for (AnyTask& task : tasks) task.Cancel();
  loop_->RunUntilComplete(internal::StartGather<void, void>(
      loop_->core(), /*return_exceptions=*/true, std::move(children)));
  for (const AnyTask& task : tasks) {
    if (task.cancelled()) continue;
    if (const std::exception_ptr error = task.exception()) {
      loop_->CallExceptionHandler({"unhandled exception during shutdown", error,
                                   task.core()->Describe()});
    }
  }
}

}  // namespace rondo
