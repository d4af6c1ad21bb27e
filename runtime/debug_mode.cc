#include "rondo/runtime/debug_mode.h"

#include <cstdlib>

namespace rondo {

bool DebugRequested() {
  const char* const value = std::getenv("RONDO_DEBUG");
  return value != nullptr && *value != '\0';
}

}  // namespace rondo
