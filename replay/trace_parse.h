// The inverse of trace_json.h: one line of JSON as a record.
//
// Strict about what it knows: every field of the specification is there, once,
// and of its type. Lenient about what it does not: unknown fields are passed
// over, unknown record kinds become an `OtherRecord`, unless their name begins
// with an upper-case letter: those are critical, and refused. Never crashes,
// whatever the bytes.
//
// Errors: InvalidArgument with the field and the reason,
//
//   field "t": expected an integer, got string
//   field "run[0][1]": expected 16 hexadecimal digits, got "12"
//   not JSON from column 31 on
//
// and Unimplemented for a version or a critical kind that this library does
// not know.
#ifndef RONDO_REPLAY_TRACE_PARSE_H_
#define RONDO_REPLAY_TRACE_PARSE_H_

#include <string>

#include "absl/status/statusor.h"
#include "rondo/replay/trace.h"

namespace rondo {

// `line` is one line of a trace, without its end.
absl::StatusOr<TraceHeader> ParseHeader(const std::string& line);
absl::StatusOr<Record> ParseRecord(const std::string& line);

}  // namespace rondo

#endif  // RONDO_REPLAY_TRACE_PARSE_H_
