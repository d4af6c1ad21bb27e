#include "rondo/runtime/as_completed.h"

#include <deque>

namespace rondo::internal {

// Shared by the iterator, its waiters, the callbacks and the timer: as
// asyncio's it goes on when the iterator has been dropped.
class AsCompletedState {
 public:
  void Start(const std::vector<AnyFuture>& futures,
             std::optional<Nanoseconds> timeout,
             const std::shared_ptr<AsCompletedState>& self);

  // A future has its result; an empty one: the timeout has passed.
  void Put(AnyFuture future) {
    finished.push_back(std::move(future));
    WakeNext();
  }

  void WakeNext() {
    while (!getters.empty()) {
      Future<> getter = getters.front();
      getters.pop_front();
      if (getter.done()) continue;
      getter.SetResult();
      return;
    }
  }

  std::size_t size() const { return callbacks_.size(); }

  std::deque<AnyFuture> finished;
  std::deque<Future<>> getters;

 private:
  struct OnCompletion;

  void Complete(std::size_t place, FutureCore* future) {
    if (!callbacks_[place]) return;  // The timeout was here first.
    callbacks_[place] = Handle();
    Put(AnyFuture::Of(future));
    if (--open_ == 0) timer_.Cancel();
  }

  void TimeOut() {
    timer_ = TimerHandle();
    for (Handle& callback : callbacks_) {
      if (!callback) continue;
      // Cancelled, it waits no more: the future has died.
      Node* const node = callback.node();
      if (!callback.cancelled()) {
        static_cast<DoneNode*>(node)->future->RemoveCallback(node);
      }
      callback = Handle();
      Put(AnyFuture());
    }
  }

  // Of each future; empty when it has been put. These and the timer hold the
  // state, so that none is kept when it has run.
  std::vector<Handle> callbacks_;
  std::size_t open_ = 0;
  TimerHandle timer_;
};

// The done callback of the future at `place`.
struct AsCompletedState::OnCompletion {
  void operator()(FutureCore* future) const { state->Complete(place, future); }
  void CollectAwaiters(Awaiters* awaiters) const {
    for (const Future<>& getter : state->getters) {
      awaiters->push_back(getter.core());
    }
  }

  std::shared_ptr<AsCompletedState> state;
  std::size_t place;
};

void AsCompletedState::Start(const std::vector<AnyFuture>& futures,
                             std::optional<Nanoseconds> timeout,
                             const std::shared_ptr<AsCompletedState>& self) {
  std::vector<FutureCore*> cores;
  for (const AnyFuture& future : futures) cores.push_back(future.core());
  for (const std::size_t i : FirstOccurrences(cores)) {
    callbacks_.push_back(
        AddDoneCallback(cores[i], HandleKind::kFutureDone, "as_completed",
                        OnCompletion{self, callbacks_.size()}));
  }
  open_ = callbacks_.size();
  if (!timeout.has_value() || open_ == 0) return;
  timer_ = RunningLoop().CallLater(
      *timeout, [self] { self->TimeOut(); }, "as_completed");
}

std::shared_ptr<AsCompletedState> StartAsCompleted(
    std::vector<AnyFuture> futures, std::optional<Nanoseconds> timeout) {
  auto state = std::make_shared<AsCompletedState>();
  state->Start(futures, timeout, state);
  return state;
}

std::size_t AsCompletedSize(const AsCompletedState& state) {
  return state.size();
}

Coro<AnyFuture> NextCompleted(std::shared_ptr<AsCompletedState> state) {
  while (state->finished.empty()) {
    Future<> getter = CreateFuture();
    state->getters.push_back(getter);
    try {
      co_await getter;
    } catch (...) {
      // If it was woken and then cancelled, another takes its place.
      std::erase(state->getters, getter);
      if (!state->finished.empty() && !getter.cancelled()) state->WakeNext();
      throw;
    }
  }
  AnyFuture next = std::move(state->finished.front());
  state->finished.pop_front();
  if (!next) throw TimeoutError();
  co_return next;
}

}  // namespace rondo::internal
