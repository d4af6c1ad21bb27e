// A trace as JSON Lines: the canonical form (traces/README.md).
//
// `AppendJson` writes the bytes directly: an iteration costs a fraction of a
// microsecond and, once the buffer has grown, no allocation. `ToJson` makes
// the same record as a JSON value, for everything that is not hot; dumping it
// gives the same bytes. `ParseRecord` (trace_parse.h) is the inverse of both.
//
//   std::string line;
//   rondo::AppendJson(record, &line);  // No end of line.
//
// Thread-safety: free functions.
#ifndef RONDO_REPLAY_TRACE_JSON_H_
#define RONDO_REPLAY_TRACE_JSON_H_

#include <string>

#include "nlohmann/json.hpp"
#include "rondo/replay/trace.h"

namespace rondo {

// Appends one line, without its end.
void AppendJson(const TraceHeader& header, std::string* out);
void AppendJson(const Record& record, std::string* out);

// The same as values. Texts that are not UTF-8 are kept as they are: dump()
// with error_handler_t::replace.
nlohmann::ordered_json ToJson(const TraceHeader& header);
nlohmann::ordered_json ToJson(const Record& record);

// `text` as a JSON value: parsed, or, if it is no JSON or nested deeper than
// 64 levels, as a string.
nlohmann::ordered_json ValueOf(const std::string& text);

}  // namespace rondo

#endif  // RONDO_REPLAY_TRACE_JSON_H_
