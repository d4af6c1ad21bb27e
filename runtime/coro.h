// Coro<T>: what a coroutine function returns.
//
//   rondo::Coro<int> Answer() {
//     co_await rondo::Sleep(1s);
//     co_return 42;
//   }
//   int n = co_await Answer();   // Runs it inline, as `await answer()` does.
//
// A Coro is lazy: nothing runs until it is awaited or made a task. It is
// move-only; dropping it unstarted destroys the arguments and no more (but in
// debug mode it is reported).
//
// Coroutines take their parameters by value: a reference parameter, or the
// captures of a lambda that is itself the coroutine, must outlive every
// suspension (CreateTask and the library's functions that take a callable keep
// the callable alive).
//
// Awaiting is a trampoline: a coroutine that suspends or ends leaves the next
// one to resume with the loop, and the task's step resumes it. A million
// nested awaits need no stack in any build.
//
// Cancellation: a CancelledError thrown at the innermost await travels through
// the awaiting coroutines like any exception.
// Thread-safety: the loop's thread only.
// Source: PEP 492.
#ifndef RONDO_RUNTIME_CORO_H_
#define RONDO_RUNTIME_CORO_H_

#include <coroutine>
#include <cstddef>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>

#include "rondo/runtime/loop_core.h"
#include "rondo/runtime/result_slot.h"

namespace rondo {

template <class T>
class Coro;

namespace internal {

// In the frame of a coroutine that awaits another.
struct CoroAwaiterBase {
  CoroAwaiterBase(std::coroutine_handle<> c, std::source_location w)
      : child(c), where(w) {}
  CoroAwaiterBase(const CoroAwaiterBase&) = delete;
  CoroAwaiterBase& operator=(const CoroAwaiterBase&) = delete;
  ~CoroAwaiterBase() {
    if (child) child.destroy();
  }

  bool await_ready() const noexcept { return false; }

  std::coroutine_handle<> child;  // Owned.
  std::coroutine_handle<> parent;
  std::source_location where;
};

struct FinalAwaiter {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> self) noexcept {
    LoopCore* const core = running_core;
    if (CoroAwaiterBase* const awaiter = self.promise().awaiter) {
      core->next_frame = awaiter->parent;
    } else {
      core->root_done = true;
    }
  }
  void await_resume() const noexcept {}
};

template <class A>
concept Awaitable = requires(A&& awaitable, std::source_location where) {
  std::forward<A>(awaitable).Await(where);
};

struct PromiseBase {
  static void* operator new(std::size_t size) {
    return CurrentPool()->Allocate((size + 15) & ~std::size_t{15});
  }
  static void operator delete(void* frame, std::size_t size) {
    Pool::Free(frame, (size + 15) & ~std::size_t{15});
  }

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() {
    running_core->in_flight = std::current_exception();
  }

  template <class A>
  auto await_transform(A&& awaitable, std::source_location where =
                                          std::source_location::current()) {
    static_assert(Awaitable<A>,
                  "co_await takes a Coro&&, Future, Task or another of "
                  "rondo's awaitables (a named Coro must be std::move'd)");
    return std::forward<A>(awaitable).Await(where);
  }

  PromiseBase() : awaiter(nullptr) {}

  union {
    CoroAwaiterBase* awaiter;  // Null in a task's outermost coroutine.
    // Until it is awaited or made a task: of the coroutine itself.
    std::source_location body;
  };
};

// A promise is at a fixed place in its frame, whatever its type.
inline PromiseBase& PromiseOf(std::coroutine_handle<> frame) {
  return std::coroutine_handle<PromiseBase>::from_address(frame.address())
      .promise();
}

// Destroys a coroutine that was never awaited nor made a task. In debug mode it
// is reported, unless an exception takes it away.
void DropUnstarted(std::coroutine_handle<> frame);

// Destroys a suspended chain, innermost first, without recursion.
void DestroyFrames(std::coroutine_handle<> innermost);

template <class T>
struct CoroPromise : PromiseBase {
  CoroPromise() = default;
  ~CoroPromise() {
    if (has_value) result.Destroy();
  }

  Coro<T> get_return_object(
      std::source_location where = std::source_location::current());
  template <class U = T>
  void return_value(U&& value) {
    result.Construct(std::forward<U>(value));
    has_value = true;
  }
  // Moves the result into `to`.
  void Deliver(ResultSlot<T>& to) { to.MoveFrom(result); }
  T Take() { return result.Take(); }

  ResultSlot<T> result;
  bool has_value = false;
};

template <>
struct CoroPromise<void> : PromiseBase {
  Coro<void> get_return_object(
      std::source_location where = std::source_location::current());
  void return_void() {}
  void Deliver(ResultSlot<void>&) {}
  void Take() {}
};

template <class T>
class CoroAwaiter : public CoroAwaiterBase {
 public:
  using CoroAwaiterBase::CoroAwaiterBase;

  void await_suspend(std::coroutine_handle<> self) noexcept {
    parent = self;
    PromiseOf(child).awaiter = this;
    running_core->next_frame = child;
  }
  T await_resume() {
    if (running_core->in_flight != nullptr) [[unlikely]] {
      std::rethrow_exception(std::exchange(running_core->in_flight, nullptr));
    }
    return std::coroutine_handle<CoroPromise<T>>::from_address(child.address())
        .promise()
        .Take();
  }
};

}  // namespace internal

template <class T = void>
class [[nodiscard]] Coro {
 public:
  using promise_type = internal::CoroPromise<T>;
  using value_type = T;

  Coro(Coro&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Coro& operator=(Coro&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Coro() {
    if (frame_) internal::DropUnstarted(frame_);
  }

  // False once awaited, made a task, or moved from.
  explicit operator bool() const { return frame_ != nullptr; }

  // For the library: an awaiter, and the frame without its owner.
  internal::CoroAwaiter<T> Await(std::source_location where) && {
    return internal::CoroAwaiter<T>(Release(), where);
  }
  std::coroutine_handle<promise_type> Release() {
    frame_.promise().awaiter = nullptr;
    return std::exchange(frame_, nullptr);
  }

 private:
  friend promise_type;
  explicit Coro(std::coroutine_handle<promise_type> frame) : frame_(frame) {}

  std::coroutine_handle<promise_type> frame_;
};

namespace internal {

template <class T>
Coro<T> CoroPromise<T>::get_return_object(std::source_location where) {
  static_assert(alignof(CoroPromise) <= 16);
  body = where;
  return Coro<T>(std::coroutine_handle<CoroPromise>::from_promise(*this));
}

inline Coro<void> CoroPromise<void>::get_return_object(
    std::source_location where) {
  body = where;
  return Coro<void>(std::coroutine_handle<CoroPromise>::from_promise(*this));
}

template <class T>
struct CoroValue {};
template <class T>
struct CoroValue<Coro<T>> {
  using type = T;
};

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_CORO_H_
