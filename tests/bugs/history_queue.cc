// asyncio.Queue, as it once was, and in one thing still is.
//
// QueueLosesItem: an item goes into the hands of a getter that waits. If that
// is cancelled before it runs, the item is gone.
// QueueForgetsWakeUp: the item stays in the queue, and one getter is woken; if
// that is cancelled, the others sleep although the item is there.
// QueueOvertakesPutter: a putter that was woken has not put its item yet when
// another comes, finds room, and goes first.
//
// The last is so in every version of asyncio, and in rondo's Queue likewise
// (queue.h): its twin is rondo's own, and the repaired one holds a Lock while
// it puts.
//
// Source: bpo-23812 (gh-68000); python/asyncio#269, #265, #268; bpo-38874
// (gh-83055).

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/lock.h"
#include "rondo/runtime/queue.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/wait_for.h"
#include "rondo/simnet/scenario_registry.h"

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Null if nobody waits.
template <class T>
rondo::Future<T> FirstPending(std::deque<rondo::Future<T>>* waiters) {
  while (!waiters->empty()) {
    rondo::Future<T> first = waiters->front();
    waiters->pop_front();
    if (!first.done()) return first;
  }
  return {};
}

class QueueThatHandsOver {
 public:
  void PutNowait(int item) {
    rondo::Future<int> hands = FirstPending(&getters_);
    if (hands) {
      hands.SetResult(item);
    } else {
      items_.push_back(item);
    }
  }
  rondo::Coro<int> Get() {
    if (!items_.empty()) {
      const int item = items_.front();
      items_.pop_front();
      co_return item;
    }
    const rondo::Future<int> hands = rondo::CreateFuture<int>();
    getters_.push_back(hands);
    co_return co_await hands;
  }
  std::size_t qsize() const { return items_.size(); }

 private:
  std::deque<int> items_;
  std::deque<rondo::Future<int>> getters_;
};

class QueueThatWakesOne {
 public:
  void PutNowait(int item) {
    items_.push_back(item);
    rondo::Future<> getter = FirstPending(&getters_);
    if (getter) getter.SetResult();
  }
  rondo::Coro<int> Get() {
    while (items_.empty()) {
      const rondo::Future<> woken = rondo::CreateFuture();
      getters_.push_back(woken);
      co_await woken;
    }
    const int item = items_.front();
    items_.pop_front();
    co_return item;
  }
  std::size_t qsize() const { return items_.size(); }

 private:
  std::deque<int> items_;
  std::deque<rondo::Future<>> getters_;
};

template <class Q>
rondo::Coro<int> ItemOf(Q* queue) {
  co_return co_await queue->Get();
}

template <class Q>
rondo::Coro<> GetOne(Q* queue, int* received, rondo::Nanoseconds patience) {
  try {
    co_await rondo::WaitFor(ItemOf(queue), patience);
    ++*received;
  } catch (const rondo::TimeoutError&) {
    // It has other things to do.
  }
}

template <class Q>
rondo::Coro<> GetAll(Q* queue, int* received) {
  for (;;) {
    co_await queue->Get();
    ++*received;
  }
}

template <class Q>
void ThreeGetters(rondo::Simulation& sim) {
  sim.Run([&sim]() -> rondo::Coro<> {
    constexpr int kItems = 2;
    Q queue;
    int received = 0;
    rondo::CreateTask(GetOne(&queue, &received, 24ms), "impatient 1");
    rondo::CreateTask(GetOne(&queue, &received, 44ms), "impatient 2");
    rondo::CreateTask(GetAll(&queue, &received), "patient");
    for (int item = 0; item < kItems; ++item) {
      co_await rondo::Sleep(20ms);
      queue.PutNowait(item);
    }
    co_await rondo::Sleep(10s);
    if (queue.qsize() > 0) {
      sim.Fail("lost wake-up", "an item is there, and a getter waits");
    } else if (received < kItems) {
      sim.Fail("lost item", std::to_string(received) + " items of " +
                                std::to_string(kItems) + " were received");
    }
  });
}

// With room for one item.
class QueueOfRondo {
 public:
  rondo::Coro<> Put(int item) { co_await queue_.Put(item); }
  rondo::Coro<int> Get() { co_return co_await queue_.Get(); }

 private:
  rondo::Queue<int> queue_{1};
};

class QueueInOrder {
 public:
  rondo::Coro<> Put(int item) {
    const rondo::LockGuard turn = co_await putting_.Scoped();
    co_await queue_.Put(item);
  }
  rondo::Coro<int> Get() { return queue_.Get(); }

 private:
  rondo::Lock putting_;
  QueueOfRondo queue_;
};

// Puts how many came before it.
template <class Q>
rondo::Coro<> PutTicket(Q* queue, int* tickets,
                        std::chrono::milliseconds arrival) {
  co_await rondo::Sleep(arrival);
  const int ticket = (*tickets)++;
  co_await queue->Put(ticket);
}

template <class Q>
void ManyPutters(rondo::Simulation& sim) {
  sim.Run([&sim]() -> rondo::Coro<> {
    constexpr int kPutters = 6;
    Q queue;
    int tickets = 0;
    for (int i = 0; i < kPutters; ++i) {
      rondo::CreateTask(PutTicket(&queue, &tickets, i * 7ms),
                        "putter " + std::to_string(i));
    }
    for (int i = 0; i < kPutters; ++i) {
      co_await rondo::Sleep(10ms);
      if (co_await queue.Get() != i) sim.Fail("overtaken");
    }
  });
}

}  // namespace

RONDO_SCENARIO(QueueLosesItem) { ThreeGetters<QueueThatHandsOver>(sim); }
RONDO_SCENARIO(QueueForgetsWakeUp) { ThreeGetters<QueueThatWakesOne>(sim); }
RONDO_SCENARIO(RondoQueue) { ThreeGetters<rondo::Queue<int>>(sim); }

RONDO_SCENARIO(QueueOvertakesPutter) { ManyPutters<QueueOfRondo>(sim); }
RONDO_SCENARIO(RondoQueueWithLock) { ManyPutters<QueueInOrder>(sim); }
