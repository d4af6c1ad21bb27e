#include "rondo/tests/examples/resp.h"

#include <charconv>
#include <limits>
#include <utility>

#include "rondo/runtime/errors.h"

namespace rondo {
namespace {

using Kind = RespValue::Kind;

constexpr int kDepth = 32;
constexpr std::size_t kShown = 80;
constexpr std::string_view kLineEnd = "\r\n";

[[noreturn]] void Refuse(const std::string& what, const std::string& line) {
  throw RespSyntaxError("not RESP: " + what + ": \"" + line.substr(0, kShown) +
                        "\"");
}

// Reads one value, and keeps account of what it costs.
class Reader {
 public:
  Reader(Stream& stream, std::size_t max_bytes)
      : stream_(stream), left_(max_bytes), max_bytes_(max_bytes) {}

  Coro<RespValue> Read(int depth) {
    const std::string line = co_await ReadLine();
    if (line.empty()) Refuse("an empty line", line);
    const std::string rest = line.substr(1);
    switch (line[0]) {
      case '+':
      case '(':
        co_return Text(Kind::kString, rest);
      case '-':
        co_return Text(Kind::kError, rest);
      case ',':
        co_return Text(Kind::kDouble, rest);
      case ':':
        co_return Integer(Kind::kInteger, Number(rest, line));
      case '#':
        if (rest != "t" && rest != "f") Refuse("not a boolean", line);
        co_return Integer(Kind::kBoolean, rest == "t");
      case '_':
        if (!rest.empty()) Refuse("more than a null", line);
        co_return RespValue();
      case '$':
        co_return co_await ReadBulk(Kind::kString, line);
      case '!':
        co_return co_await ReadBulk(Kind::kError, line);
      case '=':
        co_return Verbatim(co_await ReadBulk(Kind::kString, line));
      case '*':
      case '~':
        co_return co_await ReadItems(Kind::kArray, line, depth);
      case '%':
        co_return co_await ReadItems(Kind::kMap, line, depth);
      case '>':
        co_return co_await ReadItems(Kind::kPush, line, depth);
      default:
        Refuse("an unknown type", line);
    }
  }

 private:
  static RespValue Text(Kind kind, std::string text) {
    RespValue value(kind);
    value.text = std::move(text);
    return value;
  }
  static RespValue Integer(Kind kind, std::int64_t integer) {
    RespValue value(kind);
    value.integer = integer;
    return value;
  }
  static std::int64_t Number(const std::string& text, const std::string& line) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const std::from_chars_result result =
        std::from_chars(text.data(), end, number);
    if (result.ec != std::errc() || result.ptr != end) {
      Refuse("not a number", line);
    }
    return number;
  }
  // "txt:Some text" without what kind of text it is.
  static RespValue Verbatim(RespValue value) {
    if (value.text.size() < 4 || value.text[3] != ':') {
      Refuse("not a verbatim string", value.text);
    }
    value.text.erase(0, 4);
    return value;
  }

  void Spend(std::uint64_t bytes) {
    if (bytes > left_) {
      throw RespSyntaxError("a value is longer than " +
                            std::to_string(max_bytes_) + " bytes");
    }
    left_ -= static_cast<std::size_t>(bytes);
  }

  // Without its end.
  Coro<std::string> ReadLine() {
    try {
      std::string line = co_await stream_.ReadUntil(std::string(kLineEnd));
      Spend(line.size());
      line.resize(line.size() - kLineEnd.size());
      co_return line;
    } catch (const LimitOverrunError& error) {
      throw RespSyntaxError("not RESP: a line is longer than " +
                            std::to_string(error.consumed()) + " bytes");
    }
  }

  // How much the line announces; -1, which is null, only where that may be.
  static std::int64_t Size(const std::string& line) {
    const std::int64_t size = Number(line.substr(1), line);
    const bool null = size == -1 && (line[0] == '$' || line[0] == '*');
    if (size < 0 && !null) Refuse("a length that is negative", line);
    return size;
  }

  Coro<RespValue> ReadBulk(Kind kind, std::string line) {
    const std::int64_t size = Size(line);
    if (size < 0) co_return RespValue();
    Spend(static_cast<std::uint64_t>(size));
    std::string bytes = co_await stream_.ReadExactly(
        static_cast<std::size_t>(size) + kLineEnd.size());
    if (!bytes.ends_with(kLineEnd)) {
      Refuse("a string is longer than it says", line);
    }
    bytes.resize(static_cast<std::size_t>(size));
    co_return Text(kind, std::move(bytes));
  }

  Coro<RespValue> ReadItems(Kind kind, std::string line, int depth) {
    if (depth == 0) Refuse("too many arrays inside one another", line);
    const std::int64_t size = Size(line);
    if (size < 0) co_return RespValue();
    RespValue value(kind);
    for (int part = 0; part < (kind == Kind::kMap ? 2 : 1); ++part) {
      for (std::int64_t i = 0; i < size; ++i) {
        RespValue item = co_await Read(depth - 1);
        Spend(sizeof(RespValue));
        value.items.push_back(std::move(item));
      }
    }
    co_return value;
  }

  Stream& stream_;
  std::size_t left_;
  const std::size_t max_bytes_;
};

}  // namespace

std::string RespText(const RespValue& value) {
  switch (value.kind) {
    case Kind::kNull:
      return "(nil)";
    case Kind::kString:
      return "\"" + value.text + "\"";
    case Kind::kError:
      return "(error) " + value.text;
    case Kind::kInteger:
      return "(integer) " + std::to_string(value.integer);
    case Kind::kBoolean:
      return value.integer != 0 ? "(true)" : "(false)";
    case Kind::kDouble:
      return "(double) " + value.text;
    case Kind::kArray:
    case Kind::kMap:
    case Kind::kPush:
      break;
  }
  std::string text;
  for (const RespValue& item : value.items) {
    text += (text.empty() ? "" : ", ") + RespText(item);
  }
  return "[" + text + "]";
}

std::string RespCommand(const std::vector<std::string>& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return bytes;
}

Coro<RespValue> ReadResp(Stream& stream, std::size_t max_bytes) {
  Reader reader(stream, max_bytes);
  co_return co_await reader.Read(kDepth);
}

}  // namespace rondo
