#include "rondo/replay/flag_values.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace rondo {

absl::Status Expected(const std::string& what, const std::string& got) {
  return absl::InvalidArgumentError(
      absl::StrCat("expected ", what, ", got \"", got, "\""));
}

absl::StatusOr<std::int64_t> ParseInteger(const std::string& text) {
  std::int64_t value = 0;
  if (absl::SimpleAtoi(text, &value)) return value;
  return Expected("an integer", text);
}

absl::StatusOr<std::uint64_t> ParseUnsigned(const std::string& text) {
  std::uint64_t value = 0;
  const bool good = absl::StartsWith(text, "0x")
                        ? absl::SimpleHexAtoi(text, &value)
                        : absl::SimpleAtoi(text, &value);
  if (good) return value;
  return Expected("an unsigned integer, or 0x and digits", text);
}

absl::StatusOr<bool> ParseBool(const std::string& text) {
  bool value = false;
  if (absl::SimpleAtob(text, &value)) return value;
  return Expected("true or false", text);
}

absl::StatusOr<Nanoseconds> ParseDuration(const std::string& text) {
  const bool number =
      !text.empty() && text.find_first_not_of("0123456789.") == text.npos;
  absl::Duration value;
  const bool good = absl::ParseDuration(number ? text + "s" : text, &value);
  const Nanoseconds nanoseconds = absl::ToChronoNanoseconds(value);
  // No infinity, and nothing finer than a nanosecond.
  if (good && nanoseconds >= Nanoseconds(0) &&
      absl::FromChrono(nanoseconds) == value) {
    return nanoseconds;
  }
  return Expected("a time such as 30s or 250ms (ns, us, ms, s, m, h)", text);
}

std::string DurationText(Nanoseconds duration) {
  return absl::FormatDuration(absl::FromChrono(duration));
}

}  // namespace rondo
