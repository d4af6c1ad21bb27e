#include "rondo/runtime/read_scratch.h"

#include <cstddef>
#include <memory>

namespace rondo::internal {

std::span<char> ReadScratch() {
  constexpr std::size_t kBytes = 256 * 1024;
  thread_local const std::unique_ptr<char[]> bytes(new char[kBytes]);
  return {bytes.get(), kBytes};
}

}  // namespace rondo::internal
