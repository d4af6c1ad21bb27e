// The values of flags and of environment variables, from their text.
//
//   absl::StatusOr<Nanoseconds> limit = ParseDuration("1.5s");
//   // Otherwise: expected a time such as 250ms (…), got "soon"
//
// Errors: InvalidArgument with what is expected and what there is.
//
// Thread-safety: pure functions.
#ifndef RONDO_REPLAY_FLAG_VALUES_H_
#define RONDO_REPLAY_FLAG_VALUES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rondo/runtime/clock.h"

namespace rondo {

// `expected WHAT, got "GOT"`.
absl::Status Expected(const std::string& what, const std::string& got);

absl::StatusOr<std::int64_t> ParseInteger(const std::string& text);

// Decimal, or hexadecimal after "0x".
absl::StatusOr<std::uint64_t> ParseUnsigned(const std::string& text);

// "true", "yes", "1"; "false", "no", "0".
absl::StatusOr<bool> ParseBool(const std::string& text);

// "250ms", "1.5s", "1h30m"; units ns, us, ms, s, m, h; a number alone is
// seconds. Not negative.
absl::StatusOr<Nanoseconds> ParseDuration(const std::string& text);

// "250ms", "1.5s", "1h30m"; "0".
std::string DurationText(Nanoseconds duration);

// Keeps what was parsed, or passes on why there is nothing.
template <typename T, typename Value>
absl::Status Keep(const absl::StatusOr<T>& parsed, Value* value) {
  if (parsed.ok()) *value = *parsed;
  return parsed.status();
}

}  // namespace rondo

#endif  // RONDO_REPLAY_FLAG_VALUES_H_
