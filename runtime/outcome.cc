#include "rondo/runtime/outcome.h"

namespace rondo::internal {

bool IsCancelled(const std::exception_ptr& exception) {
  return IsException<CancelledError>(exception);
}

}  // namespace rondo::internal
