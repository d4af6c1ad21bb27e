// The records of a trace: what happened in one run, in order.
//
// A trace is a header and then records. traces/README.md is the specification:
// every struct here is one record kind there, every member one field. Readers
// and writers are elsewhere (trace_json.h, trace_file.h): this file knows
// nothing of bytes.
//
//   rondo::Record record = rondo::ItRecord();
//   auto& it = std::get<rondo::ItRecord>(record);
//   it.stamp = {.host = "n1", .boot = 0, .g = 17, .n = 3};
//   it.t = now;
//   it.AddRun(handle.id, handle.task, handle.kind, handle.name, handle.cause);
//   sink.Write(record);  // Then it.Clear(), and the next one allocates
//   nothing.
//
// Units: times are nanoseconds since the start of the run.
// Thread-safety: none; plain values.
#ifndef RONDO_REPLAY_TRACE_H_
#define RONDO_REPLAY_TRACE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rondo/replay/decisions.h"
#include "rondo/runtime/handle_info.h"

namespace rondo {

// The version of the format that this library writes. It reads every file of
// the same major version.
inline constexpr std::int64_t kTraceMajor = 1;
inline constexpr std::int64_t kTraceMinor = 0;

// The version of the loop's scheduling semantics: a change of the order in
// which handles run makes it grow. A recording of another one is not replayed.
inline constexpr std::int64_t kLoopSemantics = 1;

enum class TraceMode : std::uint8_t { kSim, kLive, kReplay };
enum class TraceOrder : std::uint8_t { kFifo, kContract, kAdversarial };

// "sim", "live", "replay"; "fifo", "contract", "adversarial".
std::string_view TraceModeName(TraceMode mode);
std::string_view TraceOrderName(TraceOrder order);

// How much is recorded.
inline constexpr int kTraceInputs = 0;      // Inputs, choices, digests.
inline constexpr int kTraceHandles = 1;     // And handles run, timers fired.
inline constexpr int kTraceEverything = 2;  // And all the rest.

// What the program was built with. All that may differ between two traces of
// one deterministic run.
struct TraceBuild {
  std::string id;      // The linker's build id.
  std::string cc;      // "clang 19.1.7".
  std::string stdlib;  // "libstdc++ 20220819".
  std::string arch;    // "x86_64".
  bool operator==(const TraceBuild&) const = default;
};

// Where a run was forked from another one.
struct TraceParent {
  std::uint64_t chain = 0;      // The chain digest of the other run.
  std::int64_t g = 0;           // The last record that the two have in common.
  std::int64_t deviations = 0;  // Decisions taken differently from there on.
  bool operator==(const TraceParent&) const = default;
};

// "hdr": the first line of every trace.
struct TraceHeader {
  std::int64_t major = kTraceMajor;
  std::int64_t minor = kTraceMinor;
  TraceMode mode = TraceMode::kSim;
  std::int64_t sem = kLoopSemantics;
  std::string scenario;
  std::uint64_t seed = 0;
  TraceOrder order = TraceOrder::kFifo;
  int level = kTraceHandles;
  TraceBuild build;
  std::uint64_t env = 0;  // Digest of the environment that was served.
  std::optional<TraceParent> parent;
  bool operator==(const TraceHeader&) const = default;
};

// What every other record begins with.
struct Stamp {
  std::string host;       // Empty: the world, not any one host.
  std::int64_t boot = 0;  // 0, then one more with every restart of the host.
  std::int64_t g = 0;     // The record's number in the trace, from 1.
  std::int64_t n = 0;     // The number, from 0, of the host's iteration.
  bool operator==(const Stamp&) const = default;
};

// "str": the path of an identity.
struct StrRecord {
  Stamp stamp;
  Identity id = 0;
  std::string path;  // "main/worker#2".
  bool operator==(const StrRecord&) const = default;
};

// "loc": a place in the source, for display only.
struct LocRecord {
  Stamp stamp;
  Identity id = 0;
  std::string place;  // "echo.cc:41".
  bool operator==(const LocRecord&) const = default;
};

// "res": a logical resource.
struct ResRecord {
  Stamp stamp;
  Identity resource = 0;
  std::string kind;  // "tcp", "listen", "udp", …
  std::string name;  // "n1>n2:80#1".
  bool operator==(const ResRecord&) const = default;
};

struct IoEvent {
  Identity resource = 0;
  unsigned mask = 0;  // kReadable, kWritable.
  bool operator==(const IoEvent&) const = default;
};

// Something from outside the loop that is no I/O: `count` calls of
// CallSoonThreadsafe, signals, executor completions.
struct Arrival {
  std::string source;  // "threadsafe", "signal", "executor".
  std::int64_t count = 0;
  bool operator==(const Arrival&) const = default;
};

struct RunEntry {
  Identity handle = 0;
  Identity task = 0;
  Identity cause = 0;
  // Where the label is in ItRecord::labels.
  std::uint32_t label_begin = 0;
  std::uint32_t label_size = 0;
  bool operator==(const RunEntry&) const = default;
};

// The digest of one iteration, in four lanes (digest.h).
enum DigestLane : std::size_t { kReadyLane, kOutputLane, kTimerLane, kIoLane };
using LaneDigests = std::array<std::uint64_t, 4>;

// "it": one iteration of a host's loop, written when it ends.
struct ItRecord {
  Stamp stamp;
  std::int64_t t = 0;        // When Select had returned, by the host's clock.
  std::int64_t timeout = 0;  // What Select was given; -1: none.
  std::vector<IoEvent> io;   // In the order of the selector.
  std::vector<Arrival> arrivals;
  // Level 0 leaves `timers` and `run` out.
  bool has_handles = true;
  std::vector<Identity> timers;  // Fired, in order.
  std::vector<RunEntry> run;     // Run, in order; see AddRun.
  std::string labels;            // The text of the labels of `run`, on end.
  std::int64_t ready = 0;        // Handles ready after the iteration.
  std::int64_t scheduled = 0;    // Live timers after the iteration.
  LaneDigests digest = {};

  // Appends to `run`, with the label "step:T1".
  void AddRun(Identity handle, Identity task, HandleKind kind,
              std::string_view name, Identity cause);
  // The same, with the whole label.
  void AddRun(Identity handle, Identity task, std::string_view label,
              Identity cause);
  // Valid while `labels` is not changed.
  std::string_view label(const RunEntry& entry) const;

  // Empties everything but the stamp, and keeps the memory.
  void Clear();

  bool operator==(const ItRecord&) const = default;
};

// "ev": an event of the simulated world.
struct EvRecord {
  Stamp stamp;
  std::int64_t t = 0;        // True time.
  std::string event;         // "send", "deliver", "drop", "crash", …
  Identity resource = 0;     // 0: none.
  std::int64_t length = -1;  // In bytes; -1: none.
  Identity cause = 0;        // The handle that brought it about; 0: none.
  std::string text;          // Empty: none.
  bool operator==(const EvRecord&) const = default;
};

// What an input brought: nothing but its result, bytes, or only their digest.
struct PayloadDigest {
  std::uint64_t hash = 0;  // HashBytes (digest.h).
  std::int64_t length = 0;
  bool operator==(const PayloadDigest&) const = default;
};
struct PayloadBytes {
  std::string bytes;
  bool operator==(const PayloadBytes&) const = default;
};
using Payload = std::variant<std::monostate, PayloadBytes, PayloadDigest>;

// "in": what the program learnt from outside.
struct InRecord {
  Stamp stamp;
  std::string op;         // "recv", "accept", "clock", …
  Identity resource = 0;  // 0: none.
  std::int64_t result = 0;
  Payload payload;
  bool operator==(const InRecord&) const = default;
};

// "ch" with "p" of "ready", "event" or "fault": a pick.
struct PickRecord {
  Stamp stamp;
  PickPoint point = PickPoint::kReady;
  Identity pick = 0;
  Identity over = 0;         // The dull answer, the first candidate.
  std::vector<Identity> of;  // All candidates; level 2 only.
  // What the two are called, for display; not at level 0.
  std::string pick_name;
  std::string over_name;
  bool operator==(const PickRecord&) const = default;
};

// "ch" with "p" of "draw": a number.
struct DrawRecord {
  Stamp stamp;
  Identity stream = 0;
  std::uint64_t k = 0;
  std::uint64_t value = 0;
  std::uint64_t n = 1;  // The value is less than this.
  bool operator==(const DrawRecord&) const = default;
};

// "out": a text that the program put out.
struct OutRecord {
  Stamp stamp;
  std::string text;
  bool operator==(const OutRecord&) const = default;
};

// "mark": an annotation by the program.
struct MarkRecord {
  Stamp stamp;
  std::string name;
  // A JSON text. Written compactly; one that is no JSON, as a string.
  std::string value = "null";
  bool operator==(const MarkRecord&) const = default;
};

struct HostChain {
  std::string host;
  std::uint64_t chain = 0;
  bool operator==(const HostChain&) const = default;
};

// "end": the last record of a complete trace.
struct EndRecord {
  Stamp stamp;
  std::string why;  // "exit", "fail", "exception", "deadlock", "livelock",
                    // "truncated".
  std::string id;   // Of a failure: with `why`, its signature.
  std::string message;
  std::uint64_t chain = 0;
  std::vector<HostChain> hosts;  // In the order of their first iterations.
  std::int64_t iterations = 0;   // Of all hosts.
  bool operator==(const EndRecord&) const = default;
};

// A record of a kind that this library does not know, kept as it was.
struct OtherRecord {
  Stamp stamp;
  std::string kind;
  std::string json;  // The whole line, without its end.
  bool operator==(const OtherRecord&) const = default;
};

using Record = std::variant<StrRecord, LocRecord, ResRecord, ItRecord, EvRecord,
                            InRecord, PickRecord, DrawRecord, OutRecord,
                            MarkRecord, EndRecord, OtherRecord>;

const Stamp& StampOf(const Record& record);
Stamp& StampOf(Record& record);

// "it", "ch", …: the record's "k".
std::string_view KindOf(const Record& record);

// Where a recorder puts what it records. A sink never drops a record.
class TraceSink {
 public:
  virtual ~TraceSink() = default;

  // Once, before any record.
  virtual void Begin(const TraceHeader& header) = 0;
  // The record may be reused when this returns.
  virtual void Write(const Record& record) = 0;
};

// A whole trace in memory; as a sink, what was written to it.
class Trace final : public TraceSink {
 public:
  TraceHeader header;
  std::vector<Record> records;
  // Whether the "end" record is missing: the recording was cut short.
  bool truncated = false;

  void Begin(const TraceHeader& begun) override { header = begun; }
  void Write(const Record& record) override { records.push_back(record); }

  // The last record if it is an end, else null.
  const EndRecord* end() const;
};

}  // namespace rondo

#endif  // RONDO_REPLAY_TRACE_H_
