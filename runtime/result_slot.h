// A place for the result of a coroutine or future: a value, a reference, or
// nothing. Constructed at most once; whoever owns the slot knows whether.
#ifndef RONDO_RUNTIME_RESULT_SLOT_H_
#define RONDO_RUNTIME_RESULT_SLOT_H_

#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace rondo::internal {

// A large value is kept outside, so that its owner fits a block of a pool.
template <class T>
class ResultSlot {
 public:
  static_assert(!std::is_rvalue_reference_v<T>);
  static_assert(alignof(T) <= 16,
                "results aligned to more than 16 bytes are not supported: "
                "return a std::unique_ptr");

  template <class U>
  void Construct(U&& value) {
    if constexpr (kOutside) {
      ::new (static_cast<void*>(&storage_))
          Stored(std::make_unique<T>(std::forward<U>(value)));
    } else {
      ::new (static_cast<void*>(&storage_)) T(std::forward<U>(value));
    }
  }
  T& value() {
    if constexpr (kOutside) {
      return **stored();
    } else {
      return *stored();
    }
  }
  T Take() { return std::move(value()); }
  void Destroy() { stored()->~Stored(); }
  void MoveFrom(ResultSlot& other) { Construct(std::move(other.value())); }

 private:
  static constexpr bool kOutside = sizeof(T) > 512;
  using Stored = std::conditional_t<kOutside, std::unique_ptr<T>, T>;

  Stored* stored() {
    return std::launder(reinterpret_cast<Stored*>(&storage_));
  }

  alignas(Stored) unsigned char storage_[sizeof(Stored)];
};

template <class T>
class ResultSlot<T&> {
 public:
  void Construct(T& value) { value_ = std::addressof(value); }
  T& value() { return *value_; }
  T& Take() { return *value_; }
  void Destroy() {}
  void MoveFrom(ResultSlot& other) { value_ = other.value_; }

 private:
  T* value_;
};

template <>
class ResultSlot<void> {
 public:
  void Construct() {}
  void value() {}
  void Take() {}
  void Destroy() {}
  void MoveFrom(ResultSlot&) {}
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_RESULT_SLOT_H_
