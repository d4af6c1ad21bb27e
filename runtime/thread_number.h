// A name for a thread that no later thread gets.
#ifndef RONDO_RUNTIME_THREAD_NUMBER_H_
#define RONDO_RUNTIME_THREAD_NUMBER_H_

#include <cstdint>

namespace rondo::internal {

// The number of this thread, in the order of first calls: 1, 2, ... Not for
// traces. Thread-safety: any thread.
std::uint64_t ThreadNumber();

}  // namespace rondo::internal

#endif  // RONDO_RUNTIME_THREAD_NUMBER_H_
