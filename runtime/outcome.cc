#include "rondo/runtime/outcome.h"

namespace rondo::internal {

bool IsCancelled(const std::exception_ptr& exception) {
  if (exception == nullptr) return false;
  try {
    std::rethrow_exception(exception);
  } catch (const CancelledError&) {
    return true;
  } catch (...) {  // tidy: allow(catch-all) only its type is asked for
    return false;
  }
}

}  // namespace rondo::internal
