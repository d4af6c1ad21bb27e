// A queue without its items: how many there are, and who waits.
//
// See queue.h for the contract.
#ifndef RONDO_RUNTIME_QUEUE_CORE_H_
#define RONDO_RUNTIME_QUEUE_CORE_H_

#include <cstddef>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/event.h"
#include "rondo/runtime/waiters.h"

namespace rondo {

struct QueueStatistics {
  std::size_t size = 0;
  std::size_t maxsize = 0;  // 0: no limit.
  // The tasks that wait in Get and in Put, without those already woken.
  std::size_t getters = 0;
  std::size_t putters = 0;
  std::size_t unfinished_tasks = 0;
  bool is_shutdown = false;
};

namespace internal {

class QueueCore {
 public:
  explicit QueueCore(std::ptrdiff_t maxsize)
      : maxsize_(maxsize > 0 ? static_cast<std::size_t>(maxsize) : 0) {}
  QueueCore(const QueueCore&) = delete;
  QueueCore& operator=(const QueueCore&) = delete;

  // How many items there are, and may be; 0: no limit.
  std::size_t qsize() const { return size_; }
  std::size_t maxsize() const { return maxsize_; }
  bool empty() const { return size_ == 0; }
  bool full() const { return maxsize_ > 0 && size_ >= maxsize_; }
  QueueStatistics statistics() const;

  // One item that was taken is dealt with. Throws: ValueError if called more
  // often than items were put.
  void TaskDone();

  // Waits until every item that was put is dealt with. Does not suspend if
  // they are. Cancellation: at once. Throws: CancelledError; RuntimeError if
  // it must wait and tasks of another loop have waited in Join.
  auto Join() { return finished_.Wait(); }

  // For the awaiters of Get and Put: wait until there is an item, or room.
  // A task that finds nothing when it runs waits again, behind the others.
  Coro<> WaitForItem();
  Coro<> WaitForRoom();

 protected:
  ~QueueCore() = default;

  // Before and after an item goes in. Throw: QueueShutDown, QueueFull.
  void RequireRoom() const;
  void CountPut();
  // Before and after one goes out. Throw: QueueShutDown, QueueEmpty.
  void RequireItem() const;
  void CountGet();
  // `drained`: the items have been dropped.
  void ShutDown(bool drained);

 private:
  // Set while nothing is unfinished.
  class Finished : public Event {
   public:
    Finished() : Event("the tasks of a queue to be done") { Set(); }
  };

  // As one: to get and to put are of one loop.
  void Bind();

  const std::size_t maxsize_;
  std::size_t size_ = 0;
  std::size_t unfinished_ = 0;
  bool is_shutdown_ = false;
  WaiterList getters_{"an item in a queue"};
  WaiterList putters_{"room in a queue"};
  Finished finished_;
};

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_QUEUE_CORE_H_
