// Pieces of JSON text, appended to a string without allocating.
//
// The bytes are those of nlohmann::ordered_json::dump() with
// error_handler_t::replace (a test holds the two together): compact, UTF-8
// unescaped, invalid UTF-8 replaced by U+FFFD.
#ifndef RONDO_REPLAY_JSON_TEXT_H_
#define RONDO_REPLAY_JSON_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rondo {

// Appends `text` as a JSON string, quotes included.
void AppendJsonString(std::string_view text, std::string* out);

void AppendInt(std::int64_t value, std::string* out);
void AppendUnsigned(std::uint64_t value, std::string* out);

// Appends 16 lower-case hexadecimal digits; the other, within quotes.
void AppendHex(std::uint64_t value, std::string* out);
void AppendQuotedHex(std::uint64_t value, std::string* out);
// The same as a string.
std::string Hex(std::uint64_t value);
// The inverse of AppendHex, and of nothing else: no value if `text` is not
// 16 lower-case hexadecimal digits.
std::optional<std::uint64_t> ParseHex(std::string_view text);

// Base64 as of RFC 4648, section 4, padded. Only the one canonical spelling of
// a byte string is decoded.
void AppendBase64(std::string_view bytes, std::string* out);
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace rondo

#endif  // RONDO_REPLAY_JSON_TEXT_H_
