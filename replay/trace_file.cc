#include "rondo/replay/trace_file.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <iostream>
#include <istream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_json.h"
#include "rondo/replay/trace_parse.h"

namespace rondo {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;

absl::StatusOr<Trace> ReadAll(TraceReader reader, ReadTraceOptions options) {
  Trace trace;
  trace.header = reader.header();
  while (true) {
    Record record;
    const absl::StatusOr<bool> more = reader.Next(&record);
    if (!more.ok()) return more.status();
    if (!*more) break;
    trace.records.push_back(std::move(record));
  }
  trace.truncated = reader.truncated();
  if (trace.truncated && !options.allow_truncated) {
    return absl::DataLossError(
        absl::StrCat(reader.name(), ": cut short: no \"end\" record after ",
                     trace.records.size(), " records and ", reader.torn_bytes(),
                     " bytes of a torn line"));
  }
  return trace;
}

}  // namespace

TraceFileWriter::TraceFileWriter(std::string path, std::ofstream file)
    : path_(std::move(path)), file_(std::move(file)) {}

absl::StatusOr<std::unique_ptr<TraceFileWriter>> TraceFileWriter::Create(
    const std::string& path) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!file) {
    return absl::UnavailableError(
        absl::StrCat(path, ": cannot write: ", std::strerror(errno)));
  }
  return std::unique_ptr<TraceFileWriter>(
      new TraceFileWriter(path, std::move(file)));
}

TraceFileWriter::~TraceFileWriter() { Flush().IgnoreError(); }

void TraceFileWriter::Begin(const TraceHeader& header) {
  AppendJson(header, &buffer_);
  buffer_ += '\n';
}

void TraceFileWriter::Write(const Record& record) {
  AppendJson(record, &buffer_);
  buffer_ += '\n';
  // The stream remembers a failure: Close tells.
  if (buffer_.size() >= kBlockBytes) Flush().IgnoreError();
}

absl::Status TraceFileWriter::Flush() {
  if (file_.is_open()) {
    file_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    file_.flush();
  }
  buffer_.clear();
  if (file_) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(path_, ": a write failed"));
}

absl::Status TraceFileWriter::Close() {
  const absl::Status status = Flush();
  file_.close();
  return status;
}

void TraceTextWriter::Begin(const TraceHeader& header) {
  AppendJson(header, &text_);
  text_ += '\n';
}

void TraceTextWriter::Write(const Record& record) {
  AppendJson(record, &text_);
  text_ += '\n';
}

TraceReader::TraceReader(std::string name, std::unique_ptr<std::istream> input)
    : name_(std::move(name)), input_(std::move(input)) {}

absl::StatusOr<TraceReader> TraceReader::Open(const std::string& path) {
  std::unique_ptr<std::istream> input;
  if (path == "-") {
    input = std::make_unique<std::istream>(std::cin.rdbuf());
  } else {
    input = std::make_unique<std::ifstream>(path, std::ios::binary);
  }
  if (!*input) {
    return absl::NotFoundError(
        absl::StrCat(path, ": cannot read: ", std::strerror(errno)));
  }
  TraceReader reader(path == "-" ? "standard input" : path, std::move(input));
  if (absl::Status status = reader.ReadHeader(); !status.ok()) return status;
  return reader;
}

absl::StatusOr<TraceReader> TraceReader::FromText(std::string name,
                                                  const std::string& text) {
  TraceReader reader(std::move(name),
                     std::make_unique<std::istringstream>(text));
  if (absl::Status status = reader.ReadHeader(); !status.ok()) return status;
  return reader;
}

absl::Status TraceReader::Error(const absl::Status& status) const {
  return absl::Status(
      status.code(),
      absl::StrCat(name_, ":", line_, ": ", std::string(status.message())));
}

bool TraceReader::GetLine(bool* whole) {
  text_.clear();
  if (!std::getline(*input_, text_)) return false;
  ++line_;
  *whole = !input_->eof();
  return true;
}

absl::Status TraceReader::ReadHeader() {
  bool whole = false;
  if (!GetLine(&whole)) {
    if (input_->bad()) {  // A directory can be opened, but not read.
      return absl::UnavailableError(absl::StrCat(name_, ": cannot be read"));
    }
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": empty: not a trace"));
  }
  absl::StatusOr<TraceHeader> header = ParseHeader(text_);
  if (!header.ok()) return Error(header.status());
  header_ = *std::move(header);
  return absl::OkStatus();
}

absl::StatusOr<bool> TraceReader::Next(Record* record) {
  bool whole = false;
  if (!GetLine(&whole)) {
    if (!input_->bad()) return false;
    return absl::UnavailableError(
        absl::StrCat(name_, ": a read failed after line ", line_));
  }
  if (ended_) {
    return Error(absl::InvalidArgumentError("a record after the \"end\""));
  }
  absl::StatusOr<Record> parsed = ParseRecord(text_);
  if (!whole && absl::IsInvalidArgument(parsed.status())) {
    torn_bytes_ = text_.size();
    --line_;
    return false;
  }
  if (!parsed.ok()) return Error(parsed.status());
  *record = *std::move(parsed);
  ended_ = std::holds_alternative<EndRecord>(*record);
  return true;
}

absl::StatusOr<Trace> ReadTrace(const std::string& path,
                                ReadTraceOptions options) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  return ReadAll(*std::move(reader), options);
}

absl::StatusOr<Trace> ReadTraceText(std::string name, const std::string& text,
                                    ReadTraceOptions options) {
  absl::StatusOr<TraceReader> reader =
      TraceReader::FromText(std::move(name), text);
  if (!reader.ok()) return reader.status();
  return ReadAll(*std::move(reader), options);
}

absl::Status CheckReplayable(const TraceHeader& recorded) {
  if (recorded.sem == kLoopSemantics) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("recorded with loop semantics ", recorded.sem,
                   ", and this program has ", kLoopSemantics));
}

}  // namespace rondo
