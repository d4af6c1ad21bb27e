// RESP: the values that Redis speaks, of its protocol's versions 2 and 3.
//
// Source: https://redis.io/docs/latest/develop/reference/protocol-spec; not
// streamed strings and aggregates, which no server sends.
#ifndef RONDO_TESTS_EXAMPLES_RESP_H_
#define RONDO_TESTS_EXAMPLES_RESP_H_

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "rondo/runtime/coro.h"
#include "rondo/runtime/streams.h"

namespace rondo {

// What came is not RESP: the connection is of no more use.
class RespSyntaxError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct RespValue {
  enum class Kind {
    kNull,
    kString,   // Of any length; also big numbers, and verbatim strings.
    kError,    // The server's, in `text`: "ERR unknown command".
    kInteger,  // In `integer`.
    kBoolean,  // In `integer`: 0 or 1.
    kDouble,   // In `text`, as it came, which loses nothing.
    kArray,    // In `items`; also sets.
    kMap,      // In `items`: a key, its value, the next key...
    kPush,     // In `items`: what nobody has asked for.
  };

  RespValue() = default;
  explicit RespValue(Kind k) : kind(k) {}

  Kind kind = Kind::kNull;
  std::string text;
  std::int64_t integer = 0;
  std::vector<RespValue> items;
};

// For messages: "(integer) 3", "[\"a\", (nil)]".
std::string RespText(const RespValue& value);

// A command as it is sent: an array of its words.
std::string RespCommand(const std::vector<std::string>& words);

// The next value. Throws: RespSyntaxError, also if it is longer than
// `max_bytes` or deeper than 32; IncompleteReadError if the stream ends, whose
// partial() is empty if it does so between two values; what it is lost by.
// Cancellation: at once; the stream may then be inside a value.
Coro<RespValue> ReadResp(Stream& stream, std::size_t max_bytes);

}  // namespace rondo

#endif  // RONDO_TESTS_EXAMPLES_RESP_H_
