// StaggeredRace: starts one attempt after another until one succeeds.
//
//   std::vector<std::function<rondo::Coro<Socket>()>> attempts = ...;
//   rondo::Race<Socket> race =
//       co_await rondo::StaggeredRace(std::move(attempts), 250ms);
//   if (race.winner) Use(std::move(*race.result));
//
// An attempt is started when the one before it has failed, or `delay` after it
// was started; without a delay only when that has failed. The first to succeed
// cancels the others. Returns when none is running any more.
//
// Cancellation: cancels all attempts, and waits until they have ended.
// Throws: ExceptionGroup if something else than an attempt has failed.
// Source: asyncio.staggered.staggered_race (CPython 3.13).
#ifndef RONDO_RUNTIME_STAGGERED_H_
#define RONDO_RUNTIME_STAGGERED_H_

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "rondo/runtime/as_coro.h"
#include "rondo/runtime/clock.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/exception_group.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"

namespace rondo {

// How a race ended.
template <class T>
struct Race {
  Race() = default;

  std::optional<T> result;  // Of the winner, if there is one.
  std::optional<std::size_t> winner;
  // Of each attempt that was started; null if it has failed in no way.
  std::vector<std::exception_ptr> errors;
};

namespace internal {

template <class T>
class StaggeredRunner {
 public:
  using Attempt = std::function<Coro<T>()>;

  StaggeredRunner(std::vector<Attempt> attempts,
                  std::optional<Nanoseconds> delay)
      : attempts_(std::move(attempts)), delay_(delay) {}
  StaggeredRunner(const StaggeredRunner&) = delete;
  StaggeredRunner& operator=(const StaggeredRunner&) = delete;

  // REQUIRES: outlives what it returns.
  Coro<Race<T>> Run() {
    std::exception_ptr cancelled;
    Start(nullptr);
    while (!running_.empty()) {
      all_ended_ = CreateFuture();
      try {
        co_await Future<>(all_ended_);
      } catch (const CancelledError& error) {
        cancelled = std::current_exception();
        for (Task<>& task : Running()) task.Cancel(error.message());
      }
      all_ended_ = Future<>();
    }
    if (!unhandled_.empty()) {
      throw ExceptionGroup("staggered race failed", std::move(unhandled_));
    }
    if (cancelled != nullptr) std::rethrow_exception(cancelled);
    co_return std::move(race_);
  }

 private:
  using EventPtr = std::shared_ptr<Event>;

  // Makes the task of the next attempt. `previous`: set when that has failed.
  void Start(EventPtr previous) {
    const auto may_start = std::make_shared<Event>();
    Task<> task = CreateTask(RunNext(may_start, std::move(previous)));
    running_.push_back(task);
    task.AddDoneCallback([this](Future<> done) { Ended(done); }, "task_done");
    may_start->Set();
  }

  // What is left to cancel may change while it is cancelled.
  std::vector<Task<>> Running() const { return running_; }

  void Ended(const Future<>& task) {
    std::erase_if(running_, [&](const Task<>& one) { return one == task; });
    if (running_.empty() && all_ended_ && !all_ended_.done()) {
      all_ended_.SetResult();
    }
    if (task.cancelled()) return;
    if (const std::exception_ptr error = task.exception()) {
      unhandled_.push_back(error);
    }
  }

  Coro<> RunNext(EventPtr may_start, EventPtr previous) {
    // An eager task is known only when its maker goes on.
    co_await may_start->Wait();
    if (previous != nullptr) co_await WaitForTurn(previous);
    if (next_ == attempts_.size()) co_return;
    const std::size_t index = next_++;
    const auto failed = std::make_shared<Event>();
    Start(failed);
    race_.errors.push_back(nullptr);
    try {
      race_.result.emplace(co_await attempts_[index]());
    } catch (const LoopExit&) {
      throw;
    } catch (...) {  // tidy: allow(catch-all) it is part of the result
      race_.errors[index] = std::current_exception();
      failed->Set();
      co_return;
    }
    race_.winner = index;
    const AnyTask self = CurrentTask();
    for (Task<>& task : Running()) {
      if (!(task == self)) task.Cancel();
    }
  }

  Coro<> WaitForTurn(EventPtr previous) {
    if (!delay_.has_value()) {
      co_await previous->Wait();
      co_return;
    }
    try {
      co_await WaitFor(AsCoro(previous->Wait()), *delay_);
    } catch (const TimeoutError&) {
      // It takes long: this one's turn.
    }
  }

  std::vector<Attempt> attempts_;
  const std::optional<Nanoseconds> delay_;
  std::size_t next_ = 0;
  std::vector<Task<>> running_;  // In the order of their start.
  Future<> all_ended_;
  std::vector<std::exception_ptr> unhandled_;
  Race<T> race_;
};

}  // namespace internal

template <class T>
Coro<Race<T>> StaggeredRace(std::vector<std::function<Coro<T>()>> attempts,
                            std::optional<Nanoseconds> delay) {
  internal::StaggeredRunner<T> runner(std::move(attempts), delay);
  co_return co_await runner.Run();
}

}  // namespace rondo

#endif  // RONDO_RUNTIME_STAGGERED_H_
