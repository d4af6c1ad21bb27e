// The state of an asynchronous generator without its type.
//
// See async_generator.h for the contract. It outlives the generator's frame; a
// frame that has begun to run is one of its loop's until it is gone.
#ifndef RONDO_RUNTIME_GENERATOR_CORE_H_
#define RONDO_RUNTIME_GENERATOR_CORE_H_

#include <coroutine>
#include <cstdint>
#include <exception>
#include <source_location>
#include <utility>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/loop_core.h"

namespace rondo::internal {

class GeneratorCore {
 public:
  enum class State : std::uint8_t { kCreated, kRunning, kSuspended, kFinished };
  // What a generator is resumed for.
  enum class Request : std::uint8_t { kNext, kThrow, kClose };

  // Owned by whoever holds a reference; begins with one.
  static GeneratorCore* New(std::coroutine_handle<> frame);
  GeneratorCore(const GeneratorCore&) = delete;
  GeneratorCore& operator=(const GeneratorCore&) = delete;

  void Ref() { ++refs_; }
  void Unref() {
    if (--refs_ == 0) LastUnref();
  }

  State state() const { return state_; }
  std::coroutine_handle<> frame() const { return frame_; }
  LoopCore* loop() const { return loop_; }
  // Its last handle is gone, and it is being closed for that reason.
  bool finalizing() const { return finalizing_; }
  GeneratorCore* older() const { return older_; }

  // Whether the frame is to be resumed; not if it has ended, or ends so.
  // Throws: RuntimeError if it is running, or of another loop.
  bool Begin(Request request);
  // Resumes the frame for `awaiter`; its co_yield throws `error`, if not null.
  void Resume(CoroAwaiterBase* awaiter, std::exception_ptr error);
  // The other way: at a co_yield.
  void Suspend();
  std::exception_ptr TakeError() { return std::exchange(error_, nullptr); }
  // Destroys the frame, if there is one.
  void DestroyFrame();
  // The frame is being destroyed.
  void OnFrameGone();

 private:
  explicit GeneratorCore(std::coroutine_handle<> frame) : frame_(frame) {}
  ~GeneratorCore() = default;

  void Register();
  void LastUnref();

  std::coroutine_handle<> frame_;  // Null when it has ended.
  std::exception_ptr error_;
  LoopCore* loop_ = nullptr;  // From its first step on.
  GeneratorCore* older_ = nullptr;
  GeneratorCore* younger_ = nullptr;
  std::uint32_t refs_ = 1;
  State state_ = State::kCreated;
  bool closing_ = false;
  bool finalizing_ = false;
};

// A counted reference.
class GeneratorRef {
 public:
  GeneratorRef() = default;
  // Takes over one reference.
  explicit GeneratorRef(GeneratorCore* core) : core_(core) {}
  GeneratorRef(const GeneratorRef& other) : core_(other.core_) {
    if (core_ != nullptr) core_->Ref();
  }
  GeneratorRef(GeneratorRef&& other) noexcept
      : core_(std::exchange(other.core_, nullptr)) {}
  GeneratorRef& operator=(GeneratorRef other) noexcept {
    std::swap(core_, other.core_);
    return *this;
  }
  ~GeneratorRef() {
    if (core_ != nullptr) core_->Unref();
  }

  GeneratorCore* get() const { return core_; }
  GeneratorCore* operator->() const { return core_; }
  explicit operator bool() const { return core_ != nullptr; }

 private:
  GeneratorCore* core_ = nullptr;
};

// In the frame of a coroutine that has resumed a generator.
class GeneratorAwaiter : public CoroAwaiterBase {
 public:
  GeneratorAwaiter(GeneratorRef generator, GeneratorCore::Request request,
                   std::exception_ptr error, std::source_location w)
      : CoroAwaiterBase(nullptr, w),
        generator_(std::move(generator)),
        error_(std::move(error)),
        request_(request) {}

  bool await_ready();
  void await_suspend(std::coroutine_handle<> self) {
    parent = self;
    generator_->Resume(this, std::move(error_));
  }
  // Whether it has yielded. Throws: what it has ended with.
  bool await_resume();

 protected:
  const GeneratorRef& generator() const { return generator_; }

 private:
  GeneratorRef generator_;
  std::exception_ptr error_;  // For the co_yield.
  GeneratorCore::Request request_;
};

// What gives a GeneratorAwaiter, or an A that derives from it.
template <class A>
class [[nodiscard]] GeneratorAwaitable {
 public:
  GeneratorAwaitable(GeneratorRef generator, GeneratorCore::Request request,
                     std::exception_ptr error = nullptr)
      : generator_(std::move(generator)),
        error_(std::move(error)),
        request_(request) {}

  A Await(std::source_location where) const {
    return A(generator_, request_, error_, where);
  }

 private:
  GeneratorRef generator_;
  std::exception_ptr error_;
  GeneratorCore::Request request_;
};

// Of a co_yield.
class YieldValueAwaiter {
 public:
  explicit YieldValueAwaiter(GeneratorCore* generator)
      : generator_(generator) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) const { generator_->Suspend(); }
  void await_resume() const {
    if (std::exception_ptr error = generator_->TakeError()) {
      std::rethrow_exception(std::move(error));
    }
  }

 private:
  GeneratorCore* generator_;
};

// Has the generator throw GeneratorExit and end.
Coro<> CloseGenerator(GeneratorRef generator);

// The generators of a loop that have begun and not ended, the oldest first,
// but for those that are being closed because nobody has them any more.
std::vector<GeneratorRef> OpenGenerators(LoopCore* loop);

// Destroys what is left of them.
void AbandonGenerators(LoopCore* loop);

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_GENERATOR_CORE_H_
