#include "rondo/tests/support/counting_heap.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace rondo {

std::uint64_t heap_allocations = 0;

}  // namespace rondo

namespace {

void* Allocate(std::size_t size, std::size_t alignment) {
  ++rondo::heap_allocations;
  const std::size_t whole = (size / alignment + 1) * alignment;  // Never zero.
  if (void* const memory = std::aligned_alloc(alignment, whole)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// The array forms end in these.
void* operator new(std::size_t size) { return Allocate(size, 16); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
