#include "rondo/runtime/debug_mode.h"

#include <cstdlib>

#include "absl/strings/str_format.h"

namespace rondo {

bool DebugRequested() {
  const char* const value = std::getenv("RONDO_DEBUG");
  return value != nullptr && *value != '\0';
}

std::string internal::SecondsText(Nanoseconds time) {
  const auto milliseconds =
      std::chrono::round<std::chrono::milliseconds>(time).count();
  return absl::StrFormat("%d.%03d", milliseconds / 1000, milliseconds % 1000);
}

}  // namespace rondo
