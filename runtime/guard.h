// Guard: what was acquired, given back when the guard dies.
//
//   rondo::LockGuard guard = co_await lock.Scoped();
//   ...
//   guard.Release();   // Earlier than that, if need be.
//
// What it guards must outlive it.
// Source: the `async with` of asyncio's primitives.
#ifndef RONDO_RUNTIME_GUARD_H_
#define RONDO_RUNTIME_GUARD_H_

#include <source_location>
#include <utility>

namespace rondo {
namespace internal {

// What a guard does at its end.
template <class Primitive>
void GiveBack(Primitive& held) {
  held.Release();
}

}  // namespace internal

template <class Primitive>
class [[nodiscard]] Guard {
 public:
  // Holds nothing.
  Guard() = default;
  explicit Guard(Primitive* held) : held_(held) {}
  Guard(Guard&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  Guard& operator=(Guard&& other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~Guard() {
    if (held_ != nullptr) internal::GiveBack(*held_);
  }

  // Gives it back now, if there is something. Throws: as its Release.
  void Release() {
    if (held_ != nullptr) std::exchange(held_, nullptr)->Release();
  }

  explicit operator bool() const { return held_ != nullptr; }

 private:
  Primitive* held_ = nullptr;
};

namespace internal {

// As the awaiter `A` of Primitive, but gives a guard.
template <class A, class Primitive>
class GuardAwaiter : public A {
 public:
  GuardAwaiter(Primitive* primitive, std::source_location where)
      : A(primitive, where), held_(primitive) {}
  Guard<Primitive> await_resume() {
    A::await_resume();
    return Guard<Primitive>(held_);
  }

 private:
  Primitive* held_;
};

}  // namespace internal
}  // namespace rondo

#endif  // RONDO_RUNTIME_GUARD_H_
