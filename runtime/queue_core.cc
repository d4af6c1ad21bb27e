#include "rondo/runtime/queue_core.h"

#include <algorithm>
#include <source_location>

#include "rondo/runtime/errors.h"

namespace rondo::internal {
namespace {

// Waits to be woken. Who is cancelled after that passes it on, if `useful()`.
template <class Useful>
class TurnAwaiter : public WaiterAwaiter {
 public:
  TurnAwaiter(WaiterList* waiters, Useful useful, std::source_location where)
      : WaiterAwaiter(where), waiters_(waiters), useful_(useful) {}

  bool await_ready() {
    Enter(*waiters_);
    return false;
  }
  void await_resume() {
    if (!Leave()) ThrowGone();
    if (Interrupted() && Woken() && useful_()) waiters_->WakeNext();
    Settle();
  }

 private:
  WaiterList* waiters_;
  Useful useful_;
};

template <class Useful>
class [[nodiscard]] Turn {
 public:
  Turn(WaiterList* waiters, Useful useful)
      : waiters_(waiters), useful_(useful) {}
  TurnAwaiter<Useful> Await(std::source_location where) const {
    return TurnAwaiter<Useful>(waiters_, useful_, where);
  }

 private:
  WaiterList* waiters_;
  Useful useful_;
};

}  // namespace

QueueStatistics QueueCore::statistics() const {
  QueueStatistics statistics;
  statistics.size = size_;
  statistics.maxsize = maxsize_;
  statistics.getters = getters_.sleeping();
  statistics.putters = putters_.sleeping();
  statistics.unfinished_tasks = unfinished_;
  statistics.is_shutdown = is_shutdown_;
  return statistics;
}

Coro<> QueueCore::WaitForItem() {
  const auto has_item = [this] { return !empty(); };
  while (empty()) {
    if (is_shutdown_) throw QueueShutDown();
    Bind();
    co_await Turn(&getters_, has_item);
  }
}

Coro<> QueueCore::WaitForRoom() {
  const auto has_room = [this] { return !full(); };
  while (full()) {
    if (is_shutdown_) throw QueueShutDown();
    Bind();
    co_await Turn(&putters_, has_room);
  }
}

void QueueCore::RequireRoom() const {
  if (is_shutdown_) throw QueueShutDown();
  if (full()) throw QueueFull();
}

void QueueCore::CountPut() {
  ++size_;
  ++unfinished_;
  finished_.Clear();
  getters_.WakeNext();
}

void QueueCore::RequireItem() const {
  if (!empty()) return;
  if (is_shutdown_) throw QueueShutDown();
  throw QueueEmpty();
}

void QueueCore::CountGet() {
  --size_;
  putters_.WakeNext();
}

void QueueCore::TaskDone() {
  if (unfinished_ == 0) throw ValueError("task_done() called too many times");
  if (--unfinished_ == 0) finished_.Set();
}

void QueueCore::ShutDown(bool drained) {
  is_shutdown_ = true;
  if (drained) {
    unfinished_ -= std::min(unfinished_, size_);
    size_ = 0;
    if (unfinished_ == 0) finished_.Set();
  }
  while (getters_.WakeNext()) {
  }
  while (putters_.WakeNext()) {
  }
}

void QueueCore::Bind() {
  getters_.Bind();
  putters_.Bind();
}

}  // namespace rondo::internal
