#include "rondo/runtime/thread_number.h"

#include <atomic>

namespace rondo::internal {

std::uint64_t ThreadNumber() {
  static std::atomic<std::uint64_t> last = 0;
  thread_local const std::uint64_t number = ++last;
  return number;
}

}  // namespace rondo::internal
