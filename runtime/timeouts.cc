#include "rondo/runtime/timeouts.h"

#include "rondo/runtime/event_loop.h"

namespace rondo {

TimeoutScope TimeoutScope::After(std::optional<Nanoseconds> delay) {
  EventLoop& loop = RunningLoop();
  if (!delay.has_value()) return TimeoutScope(std::nullopt);
  return TimeoutScope(internal::SaturatingAdd(loop.time(), *delay));
}

void TimeoutScope::Enter() {
  if (state_ != State::kCreated) {
    throw RuntimeError("Timeout has already been entered");
  }
  task_ = CurrentTask();
  state_ = State::kEntered;
  cancelling_ = task_.cancelling();
  Reschedule(when_);
}

void TimeoutScope::Reschedule(std::optional<Nanoseconds> when) {
  switch (state_) {
    case State::kEntered:
      break;
    case State::kCreated:
      throw RuntimeError("Timeout has not been entered");
    case State::kExpiring:
      throw RuntimeError("Cannot change state of expiring Timeout");
    case State::kExpired:
      throw RuntimeError("Cannot change state of expired Timeout");
    case State::kExited:
      throw RuntimeError("Cannot change state of finished Timeout");
  }
  when_ = when;
  timer_.Cancel();
  timer_ = Handle();
  if (!when.has_value()) return;
  EventLoop& loop = RunningLoop();
  const auto expire = [this] { OnTimeout(); };
  if (*when <= loop.time()) {
    timer_ = loop.CallSoon(expire, "timeout");
  } else {
    timer_ = loop.CallAt(*when, expire, "timeout");
  }
}

void TimeoutScope::OnTimeout() {
  timer_ = Handle();
  task_.Cancel();
  state_ = State::kExpiring;
}

void TimeoutScope::Exit(std::exception_ptr error) {
  timer_.Cancel();
  timer_ = Handle();
  if (state_ == State::kExpiring) {
    state_ = State::kExpired;
    // Nobody else has asked for the task's end: this cancellation is ours.
    if (task_.Uncancel() <= cancelling_ && internal::IsCancelled(error)) {
      throw TimeoutError();
    }
  } else if (state_ == State::kEntered) {
    state_ = State::kExited;
  }
  if (error != nullptr) std::rethrow_exception(error);
}

}  // namespace rondo
