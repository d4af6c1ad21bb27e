// Any bytes at all as a schedule token: an error, or a token that has only
// this spelling.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "rondo/replay/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<rondo::ScheduleToken> token = rondo::ParseToken(text);
  if (!token.ok()) {
    if (token.status().message().empty()) std::abort();
    return 0;
  }
  const std::string spelled = rondo::FormatToken(*token);
  const absl::StatusOr<rondo::ScheduleToken> again = rondo::ParseToken(spelled);
  if (!again.ok() || !(*again == *token)) std::abort();
  return 0;
}
