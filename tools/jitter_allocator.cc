// The global allocator of scenario programs: malloc, but for the determinism
// check, where it pads, leaves holes and fills, so that neither addresses nor
// what memory held before can have a part in a run unnoticed.
//
// Without RONDO_ALLOCATOR_JITTER in the environment it costs one branch. The
// sanitizers bring allocators of their own and keep them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "rondo/runtime/identity.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define RONDO_KEEP_ALLOCATOR 1
#endif
#endif
#else
#define RONDO_KEEP_ALLOCATOR 1
#endif

#ifndef RONDO_KEEP_ALLOCATOR
namespace {

// Zero: not asked yet; one: no jitter; else the state of the generator.
constinit thread_local std::uint64_t state = 0;

std::uint64_t Next() {
  if (state == 0) {
    const char* const seed = std::getenv("RONDO_ALLOCATOR_JITTER");
    state = seed == nullptr ? 1 : (std::strtoull(seed, nullptr, 10) | 2);
  }
  if (state == 1) return 0;
  state = rondo::MixBits(state) | 2;
  return state;
}

void* Allocate(std::size_t size) {
  const std::uint64_t random = Next();
  if (random == 0) return std::malloc(size == 0 ? 1 : size);
  // A hole now and then: never given back.
  if (random % 7 == 0) {
    void* volatile hole = std::malloc(16 + random / 8 % 256);
    (void)hole;
  }
  const std::size_t padded = size + 16 * (random / 64 % 16) + 1;
  void* const block = std::malloc(padded);
  if (block != nullptr) {
    std::memset(block, static_cast<int>(random >> 56), padded);
  }
  return block;
}

}  // namespace

void* operator new(std::size_t size) {
  void* const block = Allocate(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
#endif  // RONDO_KEEP_ALLOCATOR
