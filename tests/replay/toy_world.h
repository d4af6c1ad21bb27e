// A cooperative scheduler in a page, to explore with: tasks that yield, wait
// and share variables, and nothing of the event loop.
//
//   ToyTask Setter(ToyWorld& world, int& a) {
//     a = 1;
//     co_await world.Yield();
//     a = 2;
//   }
//   RunOutcome Program(Scheduler& scheduler) {
//     ToyWorld world(scheduler);
//     int a = 0;
//     world.Spawn("setter", Setter(world, a));
//     return world.Run();
//   }
//
// What runs between two awaits is one step; a step that yields goes to the end
// of the queue. Steps are named by their task and their number in it.
#ifndef RONDO_TESTS_REPLAY_TOY_WORLD_H_
#define RONDO_TESTS_REPLAY_TOY_WORLD_H_

#include <coroutine>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/replay/outcome.h"
#include "rondo/replay/scheduler.h"
#include "rondo/runtime/handle_info.h"

namespace rondo {

class ToyTask {
 public:
  struct promise_type {
    Identity id = 0;
    std::uint64_t steps = 0;
    Identity order_key = 0;
    std::string name;

    ToyTask get_return_object() {
      return ToyTask(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() const { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const {}
    void unhandled_exception() const { std::terminate(); }
  };
  using Handle = std::coroutine_handle<promise_type>;

  explicit ToyTask(Handle handle) : handle_(handle) {}
  ToyTask(ToyTask&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)) {}
  ToyTask& operator=(ToyTask&&) = delete;
  ~ToyTask() {
    if (handle_) handle_.destroy();
  }

  Handle handle() const { return handle_; }

 private:
  Handle handle_;
};

class ToyWorld {
 public:
  // Where tasks wait until somebody wakes the one that came first.
  using WaitList = std::vector<ToyTask::Handle>;

  explicit ToyWorld(Scheduler& scheduler) : scheduler_(scheduler) {}

  // Tasks of equal keys run in the order in which they became ready. The
  // world passes all candidates and leaves it to the scheduler to see to it.
  void Spawn(std::string_view name, ToyTask task, Identity order_key = 0);

  class YieldAwaiter {
   public:
    explicit YieldAwaiter(ToyWorld& world) : world_(world) {}
    bool await_ready() const { return false; }
    void await_suspend(ToyTask::Handle task) { world_.MakeReady(task); }
    void await_resume() const {}

   private:
    ToyWorld& world_;
  };
  YieldAwaiter Yield() { return YieldAwaiter(*this); }

  class WaitAwaiter {
   public:
    explicit WaitAwaiter(WaitList& list) : list_(list) {}
    bool await_ready() const { return false; }
    void await_suspend(ToyTask::Handle task) { list_.push_back(task); }
    void await_resume() const {}

   private:
    WaitList& list_;
  };
  WaitAwaiter Wait(WaitList& list) { return WaitAwaiter(list); }
  void Wake(WaitList& list);

  Scheduler& scheduler() { return scheduler_; }

  void Fail(std::string_view id);

  // Runs until all is done, fails, or is stuck.
  RunOutcome Run();

 private:
  void MakeReady(ToyTask::Handle task);

  Scheduler& scheduler_;
  std::vector<ToyTask> tasks_;
  std::vector<HandleInfo> ready_;
  std::vector<ToyTask::Handle> handles_;  // Beside ready_.
  RunOutcome outcome_;
};

}  // namespace rondo

#endif  // RONDO_TESTS_REPLAY_TOY_WORLD_H_
