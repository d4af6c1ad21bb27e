// Trace files: writing one while it happens, reading one record at a time.
//
//   absl::StatusOr<rondo::Trace> trace = rondo::ReadTrace("run.jsonl");
//   if (!trace.ok()) return trace.status();
//   // run.jsonl:17: field "t": expected an integer, got string
//
// Every error names the file and the line. A recording that was cut short (a
// torn last line, or no "end" record) is told from a broken one: it is
// refused with DataLoss unless the reader was told to allow it.
//
// Thread-safety: one thread at a time.
#ifndef RONDO_REPLAY_TRACE_FILE_H_
#define RONDO_REPLAY_TRACE_FILE_H_

#include <cstddef>
#include <fstream>
#include <istream>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rondo/replay/trace.h"

namespace rondo {

// Writes a trace to a file, in blocks of 64 KiB.
class TraceFileWriter final : public TraceSink {
 public:
  // Creates the file, or empties it.
  static absl::StatusOr<std::unique_ptr<TraceFileWriter>> Create(
      const std::string& path);
  ~TraceFileWriter() override;

  void Begin(const TraceHeader& header) override;
  void Write(const Record& record) override;

  // Hands what is buffered to the system: it survives the process.
  absl::Status Flush();
  // Flushes and closes. The first error of any write before is kept for this.
  absl::Status Close();

 private:
  TraceFileWriter(std::string path, std::ofstream file);

  std::string path_;
  std::ofstream file_;
  std::string buffer_;
};

// Writes a trace into a string.
class TraceTextWriter final : public TraceSink {
 public:
  void Begin(const TraceHeader& header) override;
  void Write(const Record& record) override;
  const std::string& text() const { return text_; }
  void Clear() { text_.clear(); }

 private:
  std::string text_;
};

// Reads one record at a time, so that a trace need not fit into memory.
class TraceReader {
 public:
  // Opens the file and reads the header. "-" is standard input.
  // Errors: NotFound; what ParseHeader answers.
  static absl::StatusOr<TraceReader> Open(const std::string& path);
  // The same of a text; `name` is for errors.
  static absl::StatusOr<TraceReader> FromText(std::string name,
                                              const std::string& text);

  const TraceHeader& header() const { return header_; }

  // Reads the next record into `record`; false when there is none.
  absl::StatusOr<bool> Next(Record* record);

  // Once Next has answered false: whether the trace has no "end" record.
  bool truncated() const { return !ended_; }
  // The bytes of a torn last line, which are no record.
  std::size_t torn_bytes() const { return torn_bytes_; }
  // The line of the last record, from 1 (the header).
  std::size_t line() const { return line_; }
  const std::string& name() const { return name_; }

 private:
  TraceReader(std::string name, std::unique_ptr<std::istream> input);
  absl::Status ReadHeader();
  // Whether there was a line, and whether it had an end.
  bool GetLine(bool* whole);
  absl::Status Error(const absl::Status& status) const;

  std::string name_;
  std::unique_ptr<std::istream> input_;
  TraceHeader header_;
  std::string text_;  // Of the present line.
  std::size_t line_ = 0;
  std::size_t torn_bytes_ = 0;
  bool ended_ = false;
};

struct ReadTraceOptions {
  bool allow_truncated = false;
};

// Reads a whole trace: record i is on line i + 2.
absl::StatusOr<Trace> ReadTrace(const std::string& path,
                                ReadTraceOptions options = {});
absl::StatusOr<Trace> ReadTraceText(std::string name, const std::string& text,
                                    ReadTraceOptions options = {});

// Whether a run with this header can be replayed by this library:
// FailedPrecondition when it was recorded with other loop semantics.
absl::Status CheckReplayable(const TraceHeader& recorded);

}  // namespace rondo

#endif  // RONDO_REPLAY_TRACE_FILE_H_
