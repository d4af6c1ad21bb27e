// CPython 3.13's test_locks.py: those of ConditionTests that cancel a task
// while it is being notified.
#include <chrono>
#include <exception>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rondo/runtime/condition.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/timeouts.h"
#include "rondo/tests/conformance/briefly.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

// Notes what leaves the wait.
Coro<> WaitForWake(Condition& condition, const bool& wake,
                   std::exception_ptr& raised) {
  const LockGuard guard = co_await condition.Scoped();
  try {
    co_await condition.WaitFor([&wake] { return wake; });
  } catch (...) {
    raised = std::current_exception();
    throw;
  }
}

// The task ended with this very exception, and that has the message.
Coro<> ExpectRaised(Task<> task, std::exception_ptr& raised,
                    std::string message) {
  try {
    co_await task;
    ADD_FAILURE() << "nothing was thrown";
  } catch (const CancelledError& error) {
    EXPECT_EQ(error.message(), message);
    EXPECT_EQ(std::current_exception(), raised);
  }
}

// Cancelled while it waits to be notified.
TEST(ConditionTests, test_cancelled_error_wakeup) {
  RunTest([]() -> Coro<> {
    Condition condition;
    const bool wake = false;
    std::exception_ptr raised;
    Task<> task = CreateTask(WaitForWake(condition, wake, raised));
    co_await Yield();
    task.Cancel("foo");
    co_await ExpectRaised(task, raised, "foo");
  });
}

// Cancelled while it waits for the lock.
TEST(ConditionTests, test_cancelled_error_re_aquire) {
  RunTest([]() -> Coro<> {
    Condition condition;
    bool wake = false;
    std::exception_ptr raised;
    Task<> task = CreateTask(WaitForWake(condition, wake, raised));
    co_await Yield();
    co_await condition.Acquire();
    wake = true;
    condition.Notify();
    co_await Yield();
    task.Cancel("foo");
    condition.Release();
    co_await ExpectRaised(task, raised, "foo");
  });
}

// Uses items up, of which there are `state`, until that is negative.
Coro<> Consumer(Condition& condition, int& state) {
  const LockGuard guard = co_await condition.Scoped();
  for (;;) {
    co_await condition.WaitFor([&state] { return state != 0; });
    if (state < 0) co_return;
    --state;
  }
}

// One of two consumers is notified of an item and cancelled: at once, or when
// it waits for the lock already. The other one must get the item.
Coro<> CancelTheNotified(bool relock) {
  Condition condition;
  int state = 0;
  std::vector<Task<>> consumers;
  for (int i = 0; i < 2; ++i) {
    consumers.push_back(CreateTask(Consumer(condition, state)));
  }
  co_await Yield();
  {
    const LockGuard guard = co_await condition.Scoped();
    ++state;
    condition.Notify(1);
    if (relock) co_await Yield();
    consumers[0].Cancel();
    const auto wait = [&](TimeoutScope&) -> Coro<> {
      co_await condition.WaitFor([&state] { return state == 0; });
    };
    try {
      co_await WithTimeout(10ms, wait);
    } catch (const TimeoutError&) {
      // The item tells.
    }
    EXPECT_EQ(state, 0);
    state = -1;
    condition.NotifyAll();
  }
  co_await consumers[1];
}

TEST(ConditionTests, test_cancelled_wakeup) {
  RunTest([] { return CancelTheNotified(/*relock=*/false); });
}

TEST(ConditionTests, test_cancelled_wakeup_relock) {
  RunTest([] { return CancelTheNotified(/*relock=*/true); });
}

}  // namespace
}  // namespace rondo::conformance
