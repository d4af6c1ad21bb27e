#include "rondo/runtime/port_codec.h"

namespace rondo::internal {

void ThrowWrongSize(std::size_t expected, std::size_t found) {
  throw ValueError("a port's value has " + std::to_string(found) +
                   " bytes where its type has " + std::to_string(expected));
}

}  // namespace rondo::internal
