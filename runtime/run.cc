#include "rondo/runtime/run.h"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "rondo/runtime/async_generator.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/run_in_executor.h"
#include "rondo/runtime/system_loop.h"

namespace rondo {
namespace {

// Source: asyncio.constants.THREAD_JOIN_TIMEOUT.
constexpr Nanoseconds kThreadJoinTimeout = std::chrono::seconds(300);

}  // namespace

namespace internal {

void RequireNoRunningLoop(const char* function) {
  if (running_core == nullptr) return;
  throw RuntimeError(std::string(function) +
                     " cannot be called from a running event loop");
}

}  // namespace internal

Runner::Runner(RunOptions options) : Runner(LoopFactory(), options) {}

Runner::Runner(LoopFactory factory, RunOptions options)
    : factory_(std::move(factory)), options_(options) {
  if (!factory_) factory_ = MakeSystemLoop;
}

Runner::Runner(EventLoop& loop, RunOptions options)
    : given_(&loop), options_(options) {}

Runner::~Runner() {
  try {
    Close();
  } catch (...) {  // tidy: allow(catch-all) a destructor has nobody to tell
    std::fprintf(stderr, "rondo: Runner: closing ended with %s\n",
                 DescribeException(std::current_exception()).c_str());
  }
}

EventLoop& Runner::GetLoop() {
  if (closed_) throw RuntimeError("Runner is closed");
  if (loop_ != nullptr) return *loop_;
  if (given_ == nullptr) {
    owned_ = factory_();
    if (owned_ == nullptr) throw ValueError("a LoopFactory has made no loop");
  }
  loop_ = given_ == nullptr ? owned_.get() : given_;
  if (options_.debug.has_value()) loop_->set_debug(*options_.debug);
  context_ = Context::Copy();
  return *loop_;
}

EventLoop& Runner::Begin() {
  internal::RequireNoRunningLoop("Runner.Run");
  return GetLoop();
}

void Runner::Close() {
  if (loop_ == nullptr) return;
  internal::RequireNoRunningLoop("Runner.Close");
  const auto end = [this] {
    loop_->Close();
    loop_ = nullptr;
    owned_ = nullptr;
    closed_ = true;
  };
  try {
    if (!loop_->is_closed()) ShutDown();
  } catch (...) {
    end();
    throw;
  }
  end();
}

void Runner::ShutDown() {
  CancelAllTasks();
  loop_->RunUntilComplete(ShutdownAsyncgens());
  loop_->RunUntilComplete(ShutdownDefaultExecutor(kThreadJoinTimeout));
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
