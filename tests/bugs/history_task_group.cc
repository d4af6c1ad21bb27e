// asyncio.TaskGroup and asyncio.timeout, as they were in Python 3.11.
//
// TaskGroupSwallowsCancellation: a group whose child has failed drops the
// cancellation that comes while it waits, also if a group around it has asked
// for it: the body of that one goes on.
// TaskGroupKeepsCount: a child that fails while the group waits has the parent
// cancelled, and the request is never taken back. A deadline around the group
// then takes its own cancellation for somebody else's.
// TimeoutTrustsNobody: the same for a deadline in a task that has caught a
// cancellation before: it compares the requests with none, not with those that
// were there when it began.
//
// Source: gh-116720; gh-95289; gh-102780.

#include <chrono>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/exception_group.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/task_group.h"
#include "rondo/runtime/timeouts.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class OldTaskGroup {
 public:
  void CreateTask(rondo::Coro<> coro, std::string_view name) {
    rondo::Task<> task = rondo::CreateTask(std::move(coro), name);
    ++unfinished_;
    tasks_.push_back(task);
    task.AddDoneCallback([this](rondo::Future<> done) { OnDone(done); },
                         "task_group");
  }

  void Enter() { parent_ = rondo::CurrentTask(); }

  rondo::Coro<> Exit(std::exception_ptr error) {
    const bool cancelled = rondo::IsException<rondo::CancelledError>(error);
    std::exception_ptr cancellation = cancelled ? error : nullptr;
    // The second fault: asked only here.
    if (parent_cancel_requested_ && parent_.Uncancel() == 0) {
      cancellation = nullptr;
    }
    if (error != nullptr && !aborting_) Abort();
    while (unfinished_ > 0) {
      waiter_ = rondo::CreateFuture();
      try {
        co_await waiter_;
      } catch (const rondo::CancelledError&) {
        // The first fault: if it is aborting, this is taken for its own.
        if (!aborting_) {
          cancellation = std::current_exception();
          Abort();
        }
      }
    }
    if (error != nullptr && !cancelled) errors_.push_back(error);
    if (cancellation != nullptr && errors_.empty()) {
      std::rethrow_exception(cancellation);
    }
    if (errors_.empty()) co_return;
    rondo::BaseExceptionGroup("errors", std::move(errors_)).Throw();
  }

 private:
  void OnDone(const rondo::AnyFuture& task) {
    if (--unfinished_ == 0 && waiter_ && !waiter_.done()) waiter_.SetResult();
    if (task.cancelled() || task.exception() == nullptr) return;
    errors_.push_back(task.exception());
    if (aborting_ || parent_cancel_requested_) return;
    Abort();
    parent_cancel_requested_ = true;
    parent_.Cancel();
  }

  void Abort() {
    aborting_ = true;
    for (rondo::Task<>& task : tasks_) task.Cancel();
  }

  rondo::AnyTask parent_;
  std::vector<rondo::Task<>> tasks_;
  int unfinished_ = 0;
  rondo::Future<> waiter_;
  std::vector<std::exception_ptr> errors_;
  bool aborting_ = false;
  bool parent_cancel_requested_ = false;
};

class OldTimeout {
 public:
  static OldTimeout After(rondo::Nanoseconds delay) {
    return OldTimeout(delay);
  }
  OldTimeout(const OldTimeout&) = delete;
  ~OldTimeout() { timer_.Cancel(); }

  void Enter() {
    task_ = rondo::CurrentTask();
    const auto expire = [this] {
      expired_ = true;
      task_.Cancel();
    };
    timer_ = rondo::RunningLoop().CallLater(delay_, expire, "timeout");
  }
  void Exit(std::exception_ptr error) {
    timer_.Cancel();
    if (expired_ && task_.Uncancel() == 0 &&
        rondo::IsException<rondo::CancelledError>(error)) {
      throw rondo::TimeoutError();
    }
    if (error != nullptr) std::rethrow_exception(error);
  }

 private:
  explicit OldTimeout(rondo::Nanoseconds delay) : delay_(delay) {}

  rondo::Nanoseconds delay_;
  rondo::AnyTask task_;
  rondo::TimerHandle timer_;
  bool expired_ = false;
};

template <class Group>
using GroupBody = std::function<rondo::Coro<>(Group*)>;

template <class Group>
rondo::Coro<> InGroup(GroupBody<Group> body) {
  Group group;
  group.Enter();
  const rondo::Outcome<> outcome = co_await rondo::AsOutcome(body(&group));
  co_await group.Exit(outcome.exception());
  outcome.Rethrow();
}

rondo::Coro<> FailAfter(rondo::Nanoseconds delay) {
  co_await rondo::Sleep(delay);
  throw std::runtime_error("a child has failed");
}

// Both groups have a child that fails, the inner one's a little later.
template <class Group>
rondo::Coro<> Nested(bool* went_on) {
  const GroupBody<Group> inner = [](Group* group) -> rondo::Coro<> {
    group->CreateTask(FailAfter(26ms), "inner child");
    co_return;
  };
  const GroupBody<Group> outer = [&inner,
                                  went_on](Group* group) -> rondo::Coro<> {
    group->CreateTask(FailAfter(20ms), "outer child");
    try {
      co_await InGroup<Group>(inner);
    } catch (const rondo::ExceptionGroup&) {
      // It can do without.
    }
    co_await rondo::Sleep(5s);
    *went_on = true;
  };
  try {
    co_await InGroup<Group>(outer);
  } catch (const rondo::ExceptionGroup&) {
    // As it should be.
  }
}

template <class Group>
void BothGroupsFail(rondo::Simulation& sim) {
  sim.Run([&sim]() -> rondo::Coro<> {
    bool went_on = false;
    co_await Nested<Group>(&went_on);
    if (went_on) {
      sim.Fail("swallowed cancellation",
               "a child has failed, and the body went on to its end");
    }
  });
}

// `body`, which takes longer than that, within 100 ms.
template <class Scope>
rondo::Coro<> Within100ms(std::function<rondo::Coro<>()> body) {
  Scope scope = Scope::After(100ms);
  scope.Enter();
  const rondo::Outcome<> outcome = co_await rondo::AsOutcome(body());
  scope.Exit(outcome.exception());
}

// Fails unless the end of `task` is a TimeoutError.
rondo::Coro<> ExpectTimeout(rondo::Simulation* sim, rondo::Task<> task) {
  co_await rondo::Sleep(20s);
  if (task.cancelled()) {
    sim->Fail("timeout as cancellation", "CancelledError, not TimeoutError");
  } else if (!rondo::IsException<rondo::TimeoutError>(task.exception())) {
    sim->Fail("no timeout");
  }
}

// Asks two sources at once, of which one fails, and then a slow one.
template <class Group>
rondo::Coro<> AskSources() {
  const GroupBody<Group> sources = [](Group* group) -> rondo::Coro<> {
    group->CreateTask(FailAfter(20ms), "source");
    co_await rondo::Sleep(24ms);  // Asks one itself.
  };
  try {
    co_await InGroup<Group>(sources);
  } catch (const rondo::ExceptionGroup&) {
    // The slow one it is.
  }
  co_await rondo::Sleep(10s);
}

template <class Group>
void AskWithinLimit(rondo::Simulation& sim) {
  sim.Run([&sim]() -> rondo::Coro<> {
    const rondo::Task<> asking = rondo::CreateTask(
        Within100ms<rondo::TimeoutScope>(AskSources<Group>), "asking");
    co_await ExpectTimeout(&sim, asking);
  });
}

// Does a thing that may be left out, and then one within a limit.
template <class Scope>
rondo::Coro<> DoTwoThings(bool* may_be_left_out) {
  *may_be_left_out = true;
  try {
    co_await rondo::Sleep(20ms);
  } catch (const rondo::CancelledError&) {
    // Then the next.
  }
  *may_be_left_out = false;
  const auto second = []() -> rondo::Coro<> { co_await rondo::Sleep(10s); };
  co_await Within100ms<Scope>(second);
}

template <class Scope>
void LeaveOutTheFirst(rondo::Simulation& sim) {
  sim.Run([&sim]() -> rondo::Coro<> {
    bool may_be_left_out = false;
    rondo::Task<> doing =
        rondo::CreateTask(DoTwoThings<Scope>(&may_be_left_out), "doing");
    co_await rondo::Sleep(24ms);
    if (may_be_left_out) doing.Cancel();
    co_await ExpectTimeout(&sim, doing);
  });
}

}  // namespace

RONDO_SCENARIO(TaskGroupSwallowsCancellation) {
  BothGroupsFail<OldTaskGroup>(sim);
}
RONDO_SCENARIO(RondoTaskGroupInGroup) { BothGroupsFail<rondo::TaskGroup>(sim); }

RONDO_SCENARIO(TaskGroupKeepsCount) { AskWithinLimit<OldTaskGroup>(sim); }
RONDO_SCENARIO(RondoTaskGroupInTimeout) {
  AskWithinLimit<rondo::TaskGroup>(sim);
}

RONDO_SCENARIO(TimeoutTrustsNobody) { LeaveOutTheFirst<OldTimeout>(sim); }
RONDO_SCENARIO(RondoTimeout) { LeaveOutTheFirst<rondo::TimeoutScope>(sim); }
