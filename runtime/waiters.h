// The tasks that wait for one primitive (a lock, an event, ...), in the order
// of their coming.
//
// A task is in the list from its await until it runs again, not only until it
// is woken. It waits for a future of its own, made from the loop's pool; who
// need not wait makes none.
//
// The list belongs to the loop of the first that waited. Waiters whose frames
// die after it, as when a loop is closed, do not touch it any more.
//
// Source: the _waiters of asyncio's primitives, mixins._LoopBoundMixin.
#ifndef RONDO_RUNTIME_WAITERS_H_
#define RONDO_RUNTIME_WAITERS_H_

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>

#include "rondo/runtime/future.h"

namespace rondo::internal {

class WaiterList;

// What one task waits for.
struct Waiter final : FutureCore {
  explicit Waiter(WaiterList* l);

  std::string Describe() const override;

  WaiterList* list;  // Null if it has left, or if the list is gone.
  Waiter* previous = nullptr;
  Waiter* next = nullptr;
  const char* what;

 protected:
  void Destroy() override;

 private:
  ~Waiter() = default;
};

class WaiterList {
 public:
  // `what` is named in a deadlock report: "a lock". It must live on.
  explicit WaiterList(const char* what) : what_(what) {}
  WaiterList(const WaiterList&) = delete;
  WaiterList& operator=(const WaiterList&) = delete;
  ~WaiterList();

  // Binds the list to the running loop. Throws: RuntimeError if it is bound to
  // another.
  void Bind();
  // Binds, and makes a waiter, the last; the caller owns its reference.
  Waiter* Add();
  void Remove(Waiter* waiter);

  bool empty() const { return first_ == nullptr; }
  // Of all, and of those who have not been woken.
  std::size_t size() const { return Count(first_); }
  std::size_t sleeping() const { return Count(pending_); }
  // Somebody waits who was not cancelled.
  bool HasLive() const { return first_ != nullptr && AnyLive(); }
  // The first was woken, or cancelled, and has not run since.
  bool FirstIsDone() const { return first_ != nullptr && first_->done(); }

  // Wakes the first who was neither woken nor cancelled, if there is one.
  bool WakeNext();

  const char* what() const { return what_; }

 private:
  bool AnyLive() const;
  static std::size_t Count(const Waiter* waiter);

  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  Waiter* pending_ = nullptr;  // Those before it are done.
  std::uint64_t loop_ = 0;     // Its serial number; 0: none yet.
  const char* what_;
};

// Base of the awaiters: `await_ready` enters a list if it must wait, and
// `await_resume` leaves it.
class WaiterAwaiter : public FutureAwaiterBase {
 protected:
  explicit WaiterAwaiter(std::source_location where)
      : FutureAwaiterBase(FutureRef<FutureCore>(), where) {}
  // The task may have died while it waited: nobody is woken in its place,
  // since its loop is gone.
  ~WaiterAwaiter() {
    if (future != nullptr) Leave();
  }

  bool waited() const { return future != nullptr; }
  void Enter(WaiterList& list) { future = list.Add(); }
  // False if the list is gone, and the primitive with it.
  bool Leave();
  // Then: throws the cancellation, if there is one, or RuntimeError.
  [[noreturn]] void ThrowGone();
  // Settle is going to throw a cancellation.
  bool Interrupted() const {
    return running_core->current_task->Has(Node::kThrowing) ||
           future->cancelled();
  }
  // It was woken, cancelled or not.
  bool Woken() const { return !future->cancelled(); }

 private:
  Waiter* waiter() const { return static_cast<Waiter*>(future); }
};

// What a primitive's functions return: to be awaited at once.
template <class Awaiter, class Primitive>
class [[nodiscard]] PrimitiveAwaitable {
 public:
  explicit PrimitiveAwaitable(Primitive* primitive) : primitive_(primitive) {}
  Awaiter Await(std::source_location where) const {
    return Awaiter(primitive_, where);
  }

 private:
  Primitive* primitive_;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_WAITERS_H_
