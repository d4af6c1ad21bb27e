// An allocator for containers that grow large: on huge pages once they do.
#ifndef RONDO_RUNTIME_HUGE_ALLOCATOR_H_
#define RONDO_RUNTIME_HUGE_ALLOCATOR_H_

#include <cstddef>
#include <new>

namespace rondo::internal {

// A multiple of the size of a huge page, aligned to it. FreeHuge also frees
// what std::aligned_alloc returned.
void* AllocateHuge(std::size_t bytes);
void FreeHuge(void* memory);

template <class T>
struct HugeAllocator {
  using value_type = T;

  // What is smaller is left to operator new.
  static constexpr std::size_t kLeast = std::size_t{1} << 20;

  HugeAllocator() = default;
  template <class U>
  HugeAllocator(const HugeAllocator<U>&) {}  // NOLINT: allocators convert.

  T* allocate(std::size_t n) {
    const std::size_t bytes = n * sizeof(T);
    return static_cast<T*>(bytes < kLeast ? ::operator new(bytes)
                                          : AllocateHuge(bytes));
  }
  void deallocate(T* memory, std::size_t n) {
    n * sizeof(T) < kLeast ? ::operator delete(memory) : FreeHuge(memory);
  }

  bool operator==(const HugeAllocator&) const = default;
};

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_HUGE_ALLOCATOR_H_
