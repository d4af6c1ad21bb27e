// What several scenarios await.
#ifndef RONDO_TESTS_CONFORMANCE_AWAITS_H_
#define RONDO_TESTS_CONFORMANCE_AWAITS_H_

#include <utility>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/sleep.h"
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

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_AWAITS_H_
