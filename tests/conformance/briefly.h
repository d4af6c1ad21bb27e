// What the ports of CPython's own tests share.
//
//   TEST(LockTests, test_context_manager) {
//     RunTest([]() -> Coro<> {
//       Lock lock;
//       const LockGuard guard = co_await lock.Scoped();
//       EXPECT_TRUE(lock.locked());
//     });
//   }
//
// A port is named as its original, class and test, so that the two can be laid
// side by side. `create_task(x)` is CreateTask(AsCoro(x)) if x is no coroutine;
// `sleep(0)` is Yield(); what a test looks up in private fields is in
// statistics().
#ifndef RONDO_TESTS_CONFORMANCE_BRIEFLY_H_
#define RONDO_TESTS_CONFORMANCE_BRIEFLY_H_

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/coro.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/runtime/virtual_loop.h"

namespace rondo::conformance {

// Runs the coroutine that `body` returns on a loop in virtual time, then
// cancels what it left behind. Nothing may reach the exception handler.
// Source: unittest.IsolatedAsyncioTestCase.
template <class F>
void RunTest(F body) {
  VirtualLoop world;
  Runner runner(world.loop());
  runner.Run(body());
  runner.Close();
  EXPECT_THAT(world.reports, testing::IsEmpty());
}

// Lets the loop do what is ready now. Source: test_utils.run_briefly.
inline void RunBriefly(EventLoop& loop) {
  const auto once = []() -> Coro<> { co_return; };
  loop.RunUntilComplete(loop.CreateTask(once()));
}

// `n` tasks of coroutines that `coro` returns, which must outlive them.
template <class F>
auto MakeTasks(int n, F& coro) {
  std::vector<decltype(CreateTask(coro()))> tasks;
  for (int i = 0; i < n; ++i) tasks.push_back(CreateTask(coro()));
  return tasks;
}

// The same, and their results.
template <class F>
auto GatherTasks(int n, F& coro) {
  return Gather(MakeTasks(n, coro));
}

// `co_await x` is a program, if x is a T.
template <class T>
concept CanAwait = internal::Awaitable<T>;

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_BRIEFLY_H_
