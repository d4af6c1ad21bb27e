#include "rondo/tests/benchmarks/sync_metrics.h"

#include <chrono>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/queue.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/runtime/task_group.h"

namespace rondo::benchmarks {
namespace {

double Rate(std::int64_t n, double since) {
  return static_cast<double>(n) / (Now() - since);
}

Coro<> TakeAndRelease(Lock& lock, std::int64_t n, bool yields) {
  for (std::int64_t i = 0; i < n; ++i) {
    co_await lock.Acquire();
    if (yields) co_await Yield();
    lock.Release();
  }
}

Coro<double> Locks(int tasks, std::int64_t each) {
  Lock lock;
  std::vector<Task<>> running;
  const double start = Now();
  for (int i = 0; i < tasks; ++i) {
    running.push_back(CreateTask(TakeAndRelease(lock, each, tasks > 1)));
  }
  for (const Task<>& task : running) co_await task;
  co_return Rate(tasks * each, start);
}

double LockFree() {
  return MakeSystemLoop()->RunUntilComplete(Locks(1, Count(1e7)));
}
double LockPass() {
  return MakeSystemLoop()->RunUntilComplete(Locks(10, Count(3e5)));
}

Coro<> Produce(Queue<std::int64_t>& queue, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) co_await queue.Put(i);
}

Coro<double> PassItems(std::int64_t n) {
  Queue<std::int64_t> queue(1);
  const double start = Now();
  const Task<> producer = CreateTask(Produce(queue, n));
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += co_await queue.Get();
  co_await producer;
  co_return sum == n*(n - 1) / 2 ? Rate(n, start) : -1;
}

double QueuePass() {
  return MakeSystemLoop()->RunUntilComplete(PassItems(Count(3e6)));
}

Coro<> Child() { co_await Yield(); }

Coro<double> Groups(std::int64_t n) {
  const double start = Now();
  for (std::int64_t i = 0; i < n; ++i) {
    const auto body = [](TaskGroup& group) -> Coro<> {
      for (int k = 0; k < 10; ++k) group.CreateTask(Child());
      co_return;
    };
    co_await WithTaskGroup(body);
  }
  co_return Rate(n, start);
}

double GroupOfTen() {
  return MakeSystemLoop()->RunUntilComplete(Groups(Count(2e5)));
}

Coro<> SleepLong() { co_await Sleep(std::chrono::hours(1)); }

Coro<double> Cancellations(std::int64_t n) {
  const double start = Now();
  for (std::int64_t i = 0; i < n; ++i) {
    Task<> task = CreateTask(SleepLong());
    co_await Yield();
    task.Cancel();
    try {
      co_await task;
    } catch (const CancelledError&) {
    }
  }
  co_return Rate(n, start);
}

double CancelSleep() {
  return MakeSystemLoop()->RunUntilComplete(Cancellations(Count(3e5)));
}

constexpr Metric kMetrics[] = {
    {"lock_free", LockFree},       {"lock_pass", LockPass},
    {"queue_pass", QueuePass},     {"group_10", GroupOfTen},
    {"cancel_sleep", CancelSleep},
};

}  // namespace

std::span<const Metric> SyncMetrics() { return kMetrics; }

}  // namespace rondo::benchmarks
