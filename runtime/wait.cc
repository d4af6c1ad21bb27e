#include "rondo/runtime/wait.h"

#include <memory>
#include <utility>

#include "rondo/runtime/event_loop.h"

namespace rondo {
namespace internal {
namespace {

// Shared by the wait and its callbacks, which may outlive it.
struct WaitState {
  Future<> waiter;
  TimerHandle timer;
  std::size_t unfinished = 0;
  ReturnWhen return_when = ReturnWhen::kAllCompleted;

  void OnCompletion(FutureCore* future) {
    --unfinished;
    bool release =
        unfinished == 0 || return_when == ReturnWhen::kFirstCompleted;
    if (!release && return_when == ReturnWhen::kFirstException &&
        future->state() == FutureCore::State::kException) {
      future->MarkRetrieved();
      release = true;
    }
    if (!release) return;
    timer.Cancel();
    ReleaseWaiter(waiter);
  }
};

// The callbacks of a wait in progress; its end takes them back.
class Callbacks {
 public:
  explicit Callbacks(std::shared_ptr<WaitState> state)
      : state_(std::move(state)) {}
  Callbacks(const Callbacks&) = delete;
  Callbacks& operator=(const Callbacks&) = delete;
  ~Callbacks() {
    state_->timer.Cancel();
    for (Entry& entry : entries_) {
      entry.future.RemoveDoneCallback(entry.callback);
    }
  }

  void Add(const AnyFuture& future) {
    Handle callback = AddDoneCallback(
        future.core(), HandleKind::kFutureDone, "wait",
        LetsGoOn(state_->waiter.core(), [state = state_](FutureCore* done) {
          state->OnCompletion(done);
        }));
    entries_.push_back({future, std::move(callback)});
  }

 private:
  struct Entry {
    AnyFuture future;
    Handle callback;
  };

  std::shared_ptr<WaitState> state_;
  std::vector<Entry> entries_;
};

}  // namespace

void ReleaseWaiter(const Future<>& waiter) {
  if (!waiter.done()) Future<>(waiter).SetResult();
}

Coro<> CancelAndWait(AnyFuture future) {
  Future<> waiter = CreateFuture();
  const Handle callback = AddDoneCallback(
      future.core(), HandleKind::kFutureDone, "release_waiter",
      LetsGoOn(waiter.core(),
               [waiter](FutureCore*) { ReleaseWaiter(waiter); }));
  struct Remove {
    AnyFuture future;
    Handle callback;
    Remove(AnyFuture f, Handle c)
        : future(std::move(f)), callback(std::move(c)) {}
    ~Remove() { future.RemoveDoneCallback(callback); }
  } const remove(future, callback);
  future.Cancel();
  co_await waiter;
}

}  // namespace internal

Coro<WaitResult> Wait(std::vector<AnyFuture> futures, WaitOptions options) {
  std::vector<internal::FutureCore*> cores;
  for (const AnyFuture& future : futures) {
    if (!future) throw ValueError("wait for an empty future");
    cores.push_back(future.core());
  }
  std::vector<AnyFuture> distinct;
  for (const std::size_t i : internal::FirstOccurrences(cores)) {
    distinct.push_back(futures[i]);
  }
  if (distinct.empty()) throw ValueError("wait for an empty list of futures");
  {
    auto state = std::make_shared<internal::WaitState>();
    state->waiter = CreateFuture();
    state->unfinished = distinct.size();
    state->return_when = options.return_when;
    if (options.timeout.has_value()) {
      state->timer = RunningLoop().CallLater(
          *options.timeout,
          [waiter = state->waiter] { internal::ReleaseWaiter(waiter); },
          "release_waiter");
    }
    internal::Callbacks callbacks(state);
    for (const AnyFuture& future : distinct) callbacks.Add(future);
    co_await state->waiter;
  }
  WaitResult result;
  for (AnyFuture& future : distinct) {
    (future.done() ? result.done : result.pending).push_back(future);
  }
  co_return result;
}

}  // namespace rondo
