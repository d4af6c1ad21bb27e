#include "rondo/runtime/as_completed.h"

#include <algorithm>
#include <deque>

namespace rondo::internal {

// Shared by the iterator, its waiters, and the callbacks.
class AsCompletedState {
 public:
  AsCompletedState(const AsCompletedState&) = delete;
  AsCompletedState& operator=(const AsCompletedState&) = delete;

  struct Entry {
    AnyFuture future;
    Handle callback;
  };

  AsCompletedState() = default;
  ~AsCompletedState() { timer.Cancel(); }

  void OnCompletion(FutureCore* done) {
    const auto found =
        std::find_if(open.begin(), open.end(), [&](const Entry& entry) {
          return entry.future.core() == done;
        });
    if (found == open.end()) return;
    Put(found->future);
    open.erase(found);
    if (open.empty()) timer.Cancel();
  }

  void OnTimeout() {
    std::vector<Entry> left = std::exchange(open, {});
    for (Entry& entry : left) {
      entry.future.RemoveDoneCallback(entry.callback);
      Put(AnyFuture());
    }
  }

  // An empty future: the timeout has passed.
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

  std::size_t size = 0;
  std::vector<Entry> open;
  std::deque<AnyFuture> finished;
  std::deque<Future<>> getters;
  TimerHandle timer;
};

std::shared_ptr<AsCompletedState> StartAsCompleted(
    std::vector<AnyFuture> futures, std::optional<Nanoseconds> timeout) {
  auto state = std::make_shared<AsCompletedState>();
  const std::weak_ptr<AsCompletedState> weak = state;
  for (const AnyFuture& future : futures) {
    const bool seen = std::any_of(
        state->open.begin(), state->open.end(),
        [&](const auto& entry) { return entry.future == future; });
    if (seen) continue;
    state->open.push_back({future, Handle()});
  }
  state->size = state->open.size();
  for (AsCompletedState::Entry& entry : state->open) {
    entry.callback = Handle::Share(AddDoneCallback(
        entry.future.core(), HandleKind::kFutureDone, "as_completed",
        [weak](FutureCore* done) {
          if (auto locked = weak.lock()) locked->OnCompletion(done);
        }));
  }
  if (timeout.has_value() && state->size > 0) {
    state->timer = RunningLoop().CallLater(
        *timeout,
        [weak] {
          if (auto locked = weak.lock()) locked->OnTimeout();
        },
        "as_completed");
  }
  return state;
}

std::size_t AsCompletedSize(const AsCompletedState& state) {
  return state.size;
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
