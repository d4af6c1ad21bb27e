// Memory that is free, for AddressSanitizer: touching it is an error. Without
// AddressSanitizer nothing happens.
#ifndef RONDO_RUNTIME_POISON_H_
#define RONDO_RUNTIME_POISON_H_

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define RONDO_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RONDO_POISONS 1
#endif
#endif

#ifdef RONDO_POISONS
// Of the sanitizers' own header, which comes with another Debian package.
extern "C" void __asan_poison_memory_region(const volatile void*, std::size_t);
extern "C" void __asan_unpoison_memory_region(const volatile void*,
                                              std::size_t);
extern "C" void* __asan_region_is_poisoned(void*, std::size_t);
#endif

namespace rondo::internal {

#ifdef RONDO_POISONS
inline void Poison(void* memory, std::size_t size) {
  __asan_poison_memory_region(memory, size);
}
inline void Unpoison(void* memory, std::size_t size) {
  __asan_unpoison_memory_region(memory, size);
}
#else
inline void Poison(void*, std::size_t) {}
inline void Unpoison(void*, std::size_t) {}
#endif

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_POISON_H_
