// What several scenarios start and await.
#ifndef RONDO_TESTS_CONFORMANCE_AWAITS_H_
#define RONDO_TESTS_CONFORMANCE_AWAITS_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait.h"

namespace rondo::conformance {

// Sleep as a coroutine, for AsOutcome and the like.
inline Coro<> Pause(Nanoseconds delay) { co_await Sleep(delay); }

// Wait, until all are done.
template <class T>
Coro<> WaitForAll(std::vector<T> futures) {
  co_await Wait(std::vector<AnyFuture>(futures.begin(), futures.end()));
}
template <class... Futures>
Coro<> WaitForAll(Futures... futures) {
  std::vector<AnyFuture> all;
  (all.push_back(futures), ...);
  co_await Wait(std::move(all));
}

// Makes a task of each coroutine make(name): one a letter, named by it.
template <class F>
std::vector<Task<>> StartEach(std::string_view letters, F make) {
  std::vector<Task<>> tasks;
  for (const char letter : letters) {
    const std::string name(1, letter);
    tasks.push_back(CreateTask(make(name), name));
  }
  return tasks;
}

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_AWAITS_H_
