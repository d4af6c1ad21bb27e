// Any bytes at all as a trace: the reader answers with an error or with
// records, and records that it accepts are written again as it read them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "absl/status/statusor.h"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_file.h"
#include "rondo/replay/trace_json.h"
#include "rondo/replay/trace_parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<rondo::Trace> trace =
      rondo::ReadTraceText("fuzz", text, {.allow_truncated = true});
  if (!trace.ok()) {
    if (trace.status().message().empty()) std::abort();
    return 0;
  }
  for (const rondo::Record& record : trace->records) {
    std::string line;
    rondo::AppendJson(record, &line);
    const absl::StatusOr<rondo::Record> again = rondo::ParseRecord(line);
    if (!again.ok()) std::abort();
    std::string second;
    rondo::AppendJson(*again, &second);
    if (second != line) std::abort();
  }
  return 0;
}
