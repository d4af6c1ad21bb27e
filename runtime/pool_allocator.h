// Objects in a loop's pool that are no frames or nodes: for what comes and goes
// with each connection.
//
// Thread-safety: the pool's thread.
#ifndef RONDO_RUNTIME_POOL_ALLOCATOR_H_
#define RONDO_RUNTIME_POOL_ALLOCATOR_H_

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include "rondo/runtime/pool.h"

namespace rondo::internal {

// For std::allocate_shared.
template <class T>
class PoolAllocator {
 public:
  using value_type = T;

  explicit PoolAllocator(Pool* pool) : pool_(pool) {}
  template <class U>
  explicit(false) PoolAllocator(const PoolAllocator<U>& other)
      : pool_(other.pool()) {}

  T* allocate(std::size_t n) {
    static_assert(alignof(T) <= 8);
    return static_cast<T*>(pool_->Allocate(n * sizeof(T)));
  }
  void deallocate(T* block, std::size_t n) { Pool::Free(block, n * sizeof(T)); }

  Pool* pool() const { return pool_; }
  friend bool operator==(const PoolAllocator&, const PoolAllocator&) = default;

 private:
  Pool* pool_;
};

template <class T>
struct PoolDelete {
  void operator()(T* object) const {
    object->~T();
    Pool::Free(object, sizeof(T));
  }
};

template <class T>
using PoolPtr = std::unique_ptr<T, PoolDelete<T>>;

// A T in `pool`. Its constructor does not throw.
template <class T, class... Arguments>
PoolPtr<T> MakePooled(Pool* pool, Arguments&&... arguments) {
  static_assert(alignof(T) <= 8);
  void* const block = pool->Allocate(sizeof(T));
  return PoolPtr<T>(new (block) T(std::forward<Arguments>(arguments)...));
}

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_POOL_ALLOCATOR_H_
