#include "rondo/runtime/as_completed.h"

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
    bool open = true;
  };

  AsCompletedState() = default;
  ~AsCompletedState() { timer.Cancel(); }

  void OnCompletion(std::size_t place) {
    Entry& entry = entries[place];
    if (!entry.open) return;
    entry.open = false;
    Put(entry.future);
    if (--open == 0) timer.Cancel();
  }

  void OnTimeout() {
    for (Entry& entry : entries) {
      if (!entry.open) continue;
      entry.open = false;
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

  std::vector<Entry> entries;
  std::size_t open = 0;
  std::deque<AnyFuture> finished;
  std::deque<Future<>> getters;
  TimerHandle timer;
};

namespace {

// The done callback of the future at `place`.
struct OnCompletion {
  void operator()(FutureCore*) const {
    if (const auto locked = state.lock()) locked->OnCompletion(place);
  }
  void CollectAwaiters(Awaiters* awaiters) const {
    const auto locked = state.lock();
    if (locked == nullptr) return;
    for (const Future<>& getter : locked->getters) {
      awaiters->push_back(getter.core());
    }
  }

  std::weak_ptr<AsCompletedState> state;
  std::size_t place;
};

}  // namespace

std::shared_ptr<AsCompletedState> StartAsCompleted(
    std::vector<AnyFuture> futures, std::optional<Nanoseconds> timeout) {
  auto state = std::make_shared<AsCompletedState>();
  const std::weak_ptr<AsCompletedState> weak = state;
  std::vector<FutureCore*> cores;
  for (const AnyFuture& future : futures) cores.push_back(future.core());
  for (const std::size_t i : FirstOccurrences(cores)) {
    state->entries.push_back({futures[i], Handle()});
  }
  state->open = state->entries.size();
  for (std::size_t i = 0; i < state->entries.size(); ++i) {
    AsCompletedState::Entry& entry = state->entries[i];
    entry.callback = Handle::Share(
        AddDoneCallback(entry.future.core(), HandleKind::kFutureDone,
                        "as_completed", OnCompletion{weak, i}));
  }
  if (timeout.has_value() && state->open > 0) {
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
  return state.entries.size();
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
