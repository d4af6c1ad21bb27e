#include "rondo/runtime/generator_core.h"

#include <algorithm>
#include <new>
#include <string>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/task.h"

namespace rondo::internal {
namespace {

const char* NameOf(GeneratorCore::Request request) {
  switch (request) {
    case GeneratorCore::Request::kNext:
      return "Next";
    case GeneratorCore::Request::kThrow:
      return "Throw";
    case GeneratorCore::Request::kClose:
      return "Close";
  }
  __builtin_unreachable();
}

}  // namespace

GeneratorCore* GeneratorCore::New(std::coroutine_handle<> frame) {
  return ::new (CurrentPool()->Allocate(sizeof(GeneratorCore)))
      GeneratorCore(frame);
}

void GeneratorCore::Register() {
  LoopCore* const loop = running_core;
  if (loop_ == loop) return;
  if (loop_ != nullptr) {
    throw RuntimeError("the asynchronous generator is another event loop's");
  }
  loop_ = loop;
  older_ = loop->generators;
  if (older_ != nullptr) older_->younger_ = this;
  loop->generators = this;
  if (loop->generators_shut_down) {
    loop->Report(
        "an asynchronous generator was first used after ShutdownAsyncgens",
        nullptr);
  }
}

bool GeneratorCore::Begin(Request request) {
  if (state_ == State::kRunning) {
    throw RuntimeError(std::string(NameOf(request)) +
                       ": asynchronous generator is already running");
  }
  if (state_ == State::kFinished) return false;
  if (state_ == State::kCreated && request != Request::kNext) {
    DestroyFrame();
    return false;
  }
  Register();
  if (request == Request::kClose) closing_ = true;
  return true;
}

void GeneratorCore::Resume(CoroAwaiterBase* awaiter, std::exception_ptr error) {
  state_ = State::kRunning;
  error_ = std::move(error);
  PromiseOf(frame_).awaiter = awaiter;
  loop_->next_frame = frame_;
}

void GeneratorCore::Suspend() {
  state_ = State::kSuspended;
  loop_->next_frame = std::exchange(PromiseOf(frame_).awaiter, nullptr)->parent;
}

void GeneratorCore::DestroyFrame() {
  const std::coroutine_handle<> frame = std::exchange(frame_, nullptr);
  if (!frame) return;
  state_ = State::kFinished;  // What dies may have a handle of it.
  Ref();
  frame.destroy();
  Unref();
}

void GeneratorCore::OnFrameGone() {
  frame_ = nullptr;
  state_ = State::kFinished;
  if (loop_ == nullptr) return;
  if (older_ != nullptr) older_->younger_ = younger_;
  (younger_ == nullptr ? loop_->generators : younger_->older_) = older_;
  loop_ = nullptr;
}

void GeneratorCore::LastUnref() {
  if (!frame_) {
    this->~GeneratorCore();
    Pool::Free(this, sizeof(*this));
    return;
  }
  GeneratorRef self(this);
  refs_ = 1;
  if (state_ != State::kSuspended || closing_ || !loop_->open) {
    DestroyFrame();
    return;
  }
  finalizing_ = true;
  LoopCore* const loop = loop_;
  loop->Push(loop->NewCallback(
      [self = std::move(self)] {
        NewTask(RunningCore(), CloseGenerator(self), {});
      },
      HandleKind::kCallback, "create_task"));
}

bool GeneratorAwaiter::await_ready() {
  if (!generator_) throw ValueError("the AsyncGenerator is empty");
  const bool ended = generator_->state() == GeneratorCore::State::kFinished;
  if (ended) error_ = nullptr;  // Nobody is there to throw it.
  return !generator_->Begin(request_);
}

bool GeneratorAwaiter::await_resume() {
  const bool resumed = parent != nullptr;
  if (resumed && generator_->state() == GeneratorCore::State::kSuspended) {
    return true;
  }
  if (resumed) {
    error_ = std::exchange(running_core->in_flight, nullptr);
    generator_->DestroyFrame();
  }
  if (error_ != nullptr) std::rethrow_exception(std::move(error_));
  return false;
}

Coro<> CloseGenerator(GeneratorRef generator) {
  const GeneratorAwaitable<GeneratorAwaiter> close(
      std::move(generator), GeneratorCore::Request::kClose,
      std::make_exception_ptr(GeneratorExit()));
  bool yielded = false;
  try {
    yielded = co_await close;
  } catch (const GeneratorExit&) {
  }
  if (yielded) throw RuntimeError("async generator ignored GeneratorExit");
}

std::vector<GeneratorRef> OpenGenerators(LoopCore* loop) {
  std::vector<GeneratorRef> open;
  for (GeneratorCore* one = loop->generators; one != nullptr;
       one = one->older()) {
    if (one->finalizing()) continue;
    one->Ref();
    open.emplace_back(one);
  }
  std::reverse(open.begin(), open.end());
  return open;
}

void AbandonGenerators(LoopCore* loop) {
  while (loop->generators != nullptr) loop->generators->DestroyFrame();
}

}  // namespace rondo::internal
