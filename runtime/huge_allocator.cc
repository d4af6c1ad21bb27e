#include "rondo/runtime/huge_allocator.h"

#include <sys/mman.h>

#include <cstdlib>

namespace rondo::internal {

void* AllocateHuge(std::size_t bytes) {
  constexpr std::size_t kPage = std::size_t{2} << 20;
  const std::size_t rounded = (bytes + kPage - 1) & ~(kPage - 1);
  void* const memory = std::aligned_alloc(kPage, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  madvise(memory, rounded, MADV_HUGEPAGE);
  return memory;
}

void FreeHuge(void* memory) { std::free(memory); }

}  // namespace rondo::internal
