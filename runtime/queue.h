// Queues: items from tasks that produce to tasks that consume.
//
//   rondo::Queue<Job> jobs(10);
//   co_await jobs.Put(std::move(job));   // Waits while there are ten.
//   Job job = co_await jobs.Get();       // Waits while there is none.
//   jobs.TaskDone();
//
// Queue gives the oldest item first, LifoQueue the newest, PriorityQueue the
// least. What need not wait does not suspend. Waiting tasks are served in the
// order of their coming; but an item or a place belongs to whoever runs first:
// a task that was woken and finds nothing waits again, behind the others.
//
// `T` need only be movable. A queue must outlive its waiters.
//
// Thread-safety: the loop's thread only.
// Source: asyncio.Queue, LifoQueue, PriorityQueue.
#ifndef RONDO_RUNTIME_QUEUE_H_
#define RONDO_RUNTIME_QUEUE_H_

#include <cstddef>
#include <functional>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/heap.h"
#include "rondo/runtime/queue_core.h"
#include "rondo/runtime/ring.h"

namespace rondo {
namespace internal {

// Make a coroutine only if they must wait.
template <class Q>
class GetAwaiter : public CoroAwaiter<void> {
 public:
  GetAwaiter(Q* queue, std::source_location where)
      : CoroAwaiter<void>(nullptr, where), queue_(queue) {}

  bool await_ready() {
    if (!queue_->empty()) return true;
    child = queue_->WaitForItem().Release();
    return false;
  }
  typename Q::value_type await_resume() {
    if (child) CoroAwaiter<void>::await_resume();
    return queue_->GetNowait();
  }

 private:
  Q* queue_;
};

template <class Q>
class PutAwaiter : public CoroAwaiter<void> {
 public:
  using Item = typename Q::value_type;

  PutAwaiter(Q* queue, Item item, std::source_location where)
      : CoroAwaiter<void>(nullptr, where),
        queue_(queue),
        item_(std::move(item)) {}

  bool await_ready() {
    if (!queue_->full()) return true;
    child = queue_->WaitForRoom().Release();
    return false;
  }
  void await_resume() {
    if (child) CoroAwaiter<void>::await_resume();
    queue_->PutNowait(std::move(item_));
  }

 private:
  Q* queue_;
  Item item_;
};

template <class Q>
class [[nodiscard]] PutAwaitable {
 public:
  using Item = typename Q::value_type;

  PutAwaitable(Q* queue, Item item) : queue_(queue), item_(std::move(item)) {}
  PutAwaiter<Q> Await(std::source_location where) && {
    return PutAwaiter<Q>(queue_, std::move(item_), where);
  }

 private:
  Q* queue_;
  Item item_;
};

// Where the items are: the last in is the first out,
template <class T>
struct Stack {
  void Push(T item) { items.push_back(std::move(item)); }
  T Pop() {
    T item = std::move(items.back());
    items.pop_back();
    return item;
  }

  std::vector<T> items;
};

// or the least.
template <class T, class Compare>
struct Heap {
  explicit Heap(Compare c) : compare(std::move(c)) {}
  void Push(T item) { HeapPush(items, std::move(item), compare); }
  T Pop() { return HeapPop(items, compare); }

  std::vector<T> items;
  Compare compare;
};

}  // namespace internal

// What the queues have in common.
template <class T, class Items>
class BasicQueue : public internal::QueueCore {
 public:
  using value_type = T;
  static_assert(std::is_object_v<T> && std::is_move_constructible_v<T>,
                "a queue's items are objects that can be moved");

  // Puts an item, waiting for room. Cancellation: it is not put; a wake-up
  // that was on its way goes to the next. Throws: QueueShutDown;
  // CancelledError; RuntimeError if it must wait and tasks of another loop
  // have waited here.
  internal::PutAwaitable<BasicQueue> Put(T item) {
    return internal::PutAwaitable<BasicQueue>(this, std::move(item));
  }
  // The same without waiting. Throws: QueueFull; QueueShutDown.
  void PutNowait(T item) {
    RequireRoom();
    items_.Push(std::move(item));
    CountPut();
  }

  // Takes an item, waiting for one. Cancellation: none is taken; a wake-up
  // that was on its way goes to the next. Throws: QueueShutDown if there are
  // no more items; otherwise as Put.
  auto Get() {
    using Awaiter = internal::GetAwaiter<BasicQueue>;
    return internal::PrimitiveAwaitable<Awaiter, BasicQueue>(this);
  }
  // The same without waiting. Throws: QueueEmpty; QueueShutDown.
  T GetNowait() {
    RequireItem();
    T item = items_.Pop();
    CountGet();
    return item;
  }

  // From now on Put throws QueueShutDown, also in tasks that wait in it, and
  // Get does when the items are used up. `immediate` drops the items, and
  // counts each as dealt with.
  void Shutdown(bool immediate = false) {
    if (!immediate) {
      ShutDown(/*drained=*/false);
      return;
    }
    const Items dropped = std::move(items_);
    ShutDown(/*drained=*/true);
  }

 protected:
  explicit BasicQueue(std::ptrdiff_t maxsize, Items items = Items())
      : QueueCore(maxsize), items_(std::move(items)) {}
  ~BasicQueue() = default;

 private:
  Items items_;
};

// `maxsize` <= 0: no limit.
template <class T>
class Queue : public BasicQueue<T, internal::Ring<T>> {
 public:
  explicit Queue(std::ptrdiff_t maxsize = 0)
      : BasicQueue<T, internal::Ring<T>>(maxsize) {}
};

template <class T>
class LifoQueue : public BasicQueue<T, internal::Stack<T>> {
 public:
  explicit LifoQueue(std::ptrdiff_t maxsize = 0)
      : BasicQueue<T, internal::Stack<T>>(maxsize) {}
};

// Among equal items the order is that of Python's heapq, the same everywhere.
template <class T, class Compare = std::less<T>>
class PriorityQueue : public BasicQueue<T, internal::Heap<T, Compare>> {
 public:
  explicit PriorityQueue(std::ptrdiff_t maxsize = 0,
                         Compare compare = Compare())
      : BasicQueue<T, internal::Heap<T, Compare>>(
            maxsize, internal::Heap<T, Compare>(std::move(compare))) {}
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_QUEUE_H_
