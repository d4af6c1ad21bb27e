#include "rondo/runtime/concurrent_future.h"

#include <algorithm>
#include <cstdio>

#include "rondo/runtime/loop_core.h"

namespace rondo::internal {
namespace {

// A wait for longer is one for ever; the sum with any instant must not
// overflow.
constexpr Nanoseconds kLongestWait = std::chrono::hours(24 * 365 * 100);

constinit thread_local const char* no_blocking = nullptr;

void Call(ConcurrentCore::Callback& callback, ConcurrentCore& ended) {
  try {
    callback(ended);
  } catch (...) {  // tidy: allow(catch-all) nobody else could be told
    std::fprintf(stderr,
                 "rondo: a done callback of a ConcurrentFuture threw: %s\n",
                 DescribeException(std::current_exception()).c_str());
  }
}

}  // namespace

NoBlocking::NoBlocking(const char* reason)
    : previous_(std::exchange(no_blocking, reason)) {}

NoBlocking::~NoBlocking() { no_blocking = previous_; }

bool ConcurrentCore::Is(State state) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return state_ == state;
}

bool ConcurrentCore::done() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return Ended();
}

bool ConcurrentCore::Cancel() {
  std::vector<Callback> callbacks;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (state_ == State::kCancelled) return true;
    if (state_ != State::kPending) return false;
    callbacks = EndLocked(State::kCancelled, nullptr);
  }
  Tell(std::move(callbacks));
  return true;
}

bool ConcurrentCore::Begin() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (state_ == State::kCancelled) return false;
  if (state_ != State::kPending) {
    throw InvalidStateError("the call has begun already");
  }
  state_ = State::kRunning;
  return true;
}

void ConcurrentCore::AddDoneCallback(Callback callback) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!Ended()) {
      callbacks_.push_back(std::move(callback));
      return;
    }
  }
  Call(callback, *this);
}

void ConcurrentCore::RequireOpen() const {
  if (Ended()) throw InvalidStateError("future is done already");
}

void ConcurrentCore::RefuseToBlock() const {
  if (running_core != nullptr) {
    throw RuntimeError(
        "waiting here would stop the event loop of this thread: co_await "
        "WrapFuture(future) instead");
  }
  if (no_blocking != nullptr) throw RuntimeError(no_blocking);
}

void ConcurrentCore::Wait() const {
  std::unique_lock<std::mutex> lock(mutex_);
  if (Ended()) return;
  RefuseToBlock();
  ended_.wait(lock, [this] { return Ended(); });
}

void ConcurrentCore::WaitFor(Nanoseconds timeout) const {
  std::unique_lock<std::mutex> lock(mutex_);
  if (Ended()) return;
  if (timeout > Nanoseconds(0)) {
    RefuseToBlock();
    if (ended_.wait_for(lock, std::min(timeout, kLongestWait),
                        [this] { return Ended(); })) {
      return;
    }
  }
  throw TimeoutError();
}

std::exception_ptr ConcurrentCore::Exception() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (state_ == State::kCancelled) throw CancelledError();
  return error_;
}

std::exception_ptr ConcurrentCore::TakeException() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(error_, nullptr);
}

std::vector<ConcurrentCore::Callback> ConcurrentCore::EndLocked(
    State state, std::exception_ptr error) {
  state_ = state;
  error_ = std::move(error);
  ended_.notify_all();
  return std::exchange(callbacks_, {});
}

void ConcurrentCore::Tell(std::vector<Callback> callbacks) {
  for (Callback& callback : callbacks) Call(callback, *this);
}

}  // namespace rondo::internal
