#include "rondo/replay/json_text.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace rondo {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr char kBase64Digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD.

constexpr std::array<std::array<char, 2>, 256> kHexPairs = [] {
  std::array<std::array<char, 2>, 256> pairs = {};
  for (unsigned i = 0; i < 256; ++i) {
    pairs[i] = {kHexDigits[i >> 4], kHexDigits[i & 15]};
  }
  return pairs;
}();

void WriteHex(std::uint64_t value, char* to) {
  for (int i = 0; i < 8; ++i) {
    std::memcpy(to + 2 * i, kHexPairs[value >> (56 - 8 * i) & 255].data(), 2);
  }
}

bool IsPlain(unsigned char c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

// A well-formed sequence of UTF-8 by its first byte. Source: the Unicode
// Standard, table 3-7.
struct Utf8Form {
  std::size_t length;         // 0: no sequence begins so.
  unsigned char low = 0x80;   // Bounds of the second byte; the others are
  unsigned char high = 0xBF;  // within 80..BF.
};

Utf8Form FormOf(unsigned char lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {2};
  if (lead == 0xE0) return {3, 0xA0, 0xBF};
  if (lead == 0xED) return {3, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {3};
  if (lead == 0xF0) return {4, 0x90, 0xBF};
  if (lead == 0xF4) return {4, 0x80, 0x8F};
  if (lead >= 0xF1 && lead <= 0xF3) return {4};
  return {0};
}

// Appends the sequence of UTF-8 at `text[at]`, or U+FFFD for the longest
// prefix of one; returns how many bytes that took.
std::size_t AppendUtf8(std::string_view text, std::size_t at,
                       std::string* out) {
  const Utf8Form form = FormOf(static_cast<unsigned char>(text[at]));
  std::size_t good = 1;
  while (good < form.length && at + good < text.size()) {
    const auto c = static_cast<unsigned char>(text[at + good]);
    const unsigned char low = good == 1 ? form.low : 0x80;
    const unsigned char high = good == 1 ? form.high : 0xBF;
    if (c < low || c > high) break;
    ++good;
  }
  if (good == form.length) {
    out->append(text.substr(at, good));
  } else {
    out->append(kReplacement);
  }
  return good;
}

void AppendEscape(unsigned char c, std::string* out) {
  switch (c) {
    case '"':
      out->append("\\\"");
      break;
    case '\\':
      out->append("\\\\");
      break;
    case '\b':
      out->append("\\b");
      break;
    case '\f':
      out->append("\\f");
      break;
    case '\n':
      out->append("\\n");
      break;
    case '\r':
      out->append("\\r");
      break;
    case '\t':
      out->append("\\t");
      break;
    default:
      out->append("\\u00");
      out->append(kHexPairs[c].data(), 2);
  }
}

int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t plain = at;
    while (plain < text.size() &&
           IsPlain(static_cast<unsigned char>(text[plain]))) {
      ++plain;
    }
    out->append(text.substr(at, plain - at));
    at = plain;
    if (at == text.size()) break;
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x80) {
      AppendEscape(c, out);
      ++at;
    } else {
      at += AppendUtf8(text, at, out);
    }
  }
  out->push_back('"');
}

void AppendInt(std::int64_t value, std::string* out) {
  char digits[20];
  const char* end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out->append(digits, static_cast<std::size_t>(end - digits));
}

void AppendUnsigned(std::uint64_t value, std::string* out) {
  char digits[20];
  const char* end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out->append(digits, static_cast<std::size_t>(end - digits));
}

void AppendHex(std::uint64_t value, std::string* out) {
  char digits[16];
  WriteHex(value, digits);
  out->append(digits, sizeof(digits));
}

void AppendQuotedHex(std::uint64_t value, std::string* out) {
  char digits[18];
  digits[0] = digits[17] = '"';
  WriteHex(value, digits + 1);
  out->append(digits, sizeof(digits));
}

std::string Hex(std::uint64_t value) {
  std::string text;
  AppendHex(value, &text);
  return text;
}

std::optional<std::uint64_t> ParseHex(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      value = value << 4 | static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value << 4 | static_cast<std::uint64_t>(c - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

void AppendBase64(std::string_view bytes, std::string* out) {
  out->reserve(out->size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 |
              (j < have ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    char digits[4] = {'=', '=', '=', '='};
    for (std::size_t j = 0; j <= have; ++j) {
      digits[j] = kBase64Digits[group >> (18 - 6 * j) & 63];
    }
    out->append(digits, 4);
  }
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::size_t digits = 4;
    if (i + 4 == text.size() && text[i + 3] == '=') {
      digits = text[i + 2] == '=' ? 2 : 3;
    }
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const int value = j < digits ? Base64Value(text[i + j]) : 0;
      if (value < 0) return std::nullopt;
      group = group << 6 | static_cast<std::uint32_t>(value);
    }
    // Bits that stand for no byte are zero in the canonical spelling.
    if ((group & (0xFFFFFFu >> (8 * (digits - 1)))) != 0) return std::nullopt;
    for (std::size_t j = 0; j + 1 < digits; ++j) {
      bytes.push_back(static_cast<char>(group >> (16 - 8 * j) & 255));
    }
  }
  return bytes;
}

}  // namespace rondo
