// Counts what the program allocates: who links this has its operators new.
#ifndef RONDO_TESTS_SUPPORT_COUNTING_HEAP_H_
#define RONDO_TESTS_SUPPORT_COUNTING_HEAP_H_

#include <cstdint>

namespace rondo {

extern std::uint64_t heap_allocations;

}  // namespace rondo

#endif  // RONDO_TESTS_SUPPORT_COUNTING_HEAP_H_
