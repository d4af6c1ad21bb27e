#include "rondo/replay/trace_file.h"

#include <cstddef>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "rondo/replay/trace.h"
#include "rondo/tests/replay/random_records.h"

namespace rondo {
namespace {

Trace SmallTrace(std::size_t records) {
  RandomRecords random(7);
  Trace trace;
  trace.header = random.Header(/*any_bytes=*/false);
  while (trace.records.size() < records) {
    Record record = random.Any(/*any_bytes=*/false);
    if (!std::holds_alternative<EndRecord>(record)) trace.Write(record);
  }
  EndRecord end;
  end.stamp.g = 1;
  end.why = "exit";
  trace.Write(end);
  return trace;
}

void WriteTo(const Trace& trace, TraceSink* sink) {
  sink->Begin(trace.header);
  for (const Record& record : trace.records) sink->Write(record);
}

std::string TextOf(const Trace& trace) {
  TraceTextWriter writer;
  WriteTo(trace, &writer);
  return writer.text();
}

std::string Path(const std::string& name) {
  return ::testing::TempDir() + name;
}

std::string ErrorOf(const std::string& text) {
  const absl::StatusOr<Trace> trace = ReadTraceText("run.jsonl", text);
  return trace.ok() ? "accepted" : std::string(trace.status().message());
}

TEST(TraceFileTest, ReadsBackTheFileItWrote) {
  const Trace trace = SmallTrace(2'000);
  const std::string path = Path("whole.jsonl");
  auto writer = TraceFileWriter::Create(path);
  ASSERT_TRUE(writer.ok()) << writer.status();
  WriteTo(trace, writer->get());
  ASSERT_TRUE((*writer)->Close().ok());

  const absl::StatusOr<Trace> back = ReadTrace(path);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(back->header == trace.header);
  EXPECT_TRUE(back->records == trace.records);
  EXPECT_FALSE(back->truncated);
  ASSERT_NE(back->end(), nullptr);
  EXPECT_EQ(back->end()->why, "exit");
}

TEST(TraceFileTest, WhatWasFlushedIsThereWithoutClosing) {
  const std::string path = Path("flushed.jsonl");
  auto writer = TraceFileWriter::Create(path);
  ASSERT_TRUE(writer.ok()) << writer.status();
  WriteTo(SmallTrace(3), writer->get());
  ASSERT_TRUE((*writer)->Flush().ok());
  EXPECT_TRUE(ReadTrace(path).ok());
}

TEST(TraceFileTest, SaysWhyAFileCannotBeOpened) {
  const absl::Status read = ReadTrace("/no/such/file.jsonl").status();
  EXPECT_EQ(read.message(),
            "/no/such/file.jsonl: cannot read: No such file or directory");
  const absl::Status write =
      TraceFileWriter::Create("/no/such/file.jsonl").status();
  EXPECT_EQ(write.message(),
            "/no/such/file.jsonl: cannot write: No such file or directory");
  EXPECT_FALSE(ReadTrace(::testing::TempDir()).ok());
}

TEST(TraceFileTest, AFailedWriteIsToldWhenTheFileIsClosed) {
  auto writer = TraceFileWriter::Create("/dev/full");
  ASSERT_TRUE(writer.ok()) << writer.status();
  WriteTo(SmallTrace(2'000), writer->get());
  EXPECT_EQ((*writer)->Close().message(), "/dev/full: a write failed");
}

TEST(TraceFileTest, NamesTheFileTheLineAndTheField) {
  std::string text = TextOf(SmallTrace(3));
  const std::size_t at = text.rfind("\"why\":\"exit\"");
  text.replace(at, 12, "\"why\":3");
  EXPECT_EQ(ErrorOf(text),
            "run.jsonl:5: field \"why\": expected a string, got number");
}

TEST(TraceFileTest, RefusesWhatIsNoTrace) {
  EXPECT_EQ(ErrorOf(""), "run.jsonl: empty: not a trace");
  EXPECT_EQ(ErrorOf("hello\n"), "run.jsonl:1: not JSON from column 1 on");
  EXPECT_EQ(ErrorOf("{\"k\":\"out\"}\n"),
            "run.jsonl:1: not a trace: it does not begin with a record of"
            " kind \"hdr\"");
  const std::string text = TextOf(SmallTrace(1));
  EXPECT_EQ(ErrorOf(text + "\n"), "run.jsonl:4: a record after the \"end\"");
}

TEST(TraceFileTest, AMissingEndIsAllowedOnlyOnRequest) {
  Trace trace = SmallTrace(3);
  trace.records.pop_back();
  const std::string text = TextOf(trace);
  const absl::Status refused = ReadTraceText("run.jsonl", text).status();
  EXPECT_TRUE(absl::IsDataLoss(refused));
  EXPECT_EQ(refused.message(),
            "run.jsonl: cut short: no \"end\" record after 3 records and 0"
            " bytes of a torn line");
  const absl::StatusOr<Trace> allowed =
      ReadTraceText("run.jsonl", text, {.allow_truncated = true});
  ASSERT_TRUE(allowed.ok()) << allowed.status();
  EXPECT_TRUE(allowed->truncated);
  EXPECT_TRUE(allowed->records == trace.records);
}

TEST(TraceFileTest, ATraceCutAtAnyByteKeepsItsWholeRecords) {
  const Trace trace = SmallTrace(12);
  const std::string text = TextOf(trace);
  const std::size_t header = text.find('\n');
  for (std::size_t size = 0; size < text.size(); ++size) {
    const std::string cut = text.substr(0, size);
    const absl::StatusOr<Trace> read =
        ReadTraceText("run.jsonl", cut, {.allow_truncated = true});
    ASSERT_EQ(read.ok(), size >= header) << size << read.status();
    if (!read.ok()) continue;
    ASSERT_LE(read->records.size(), trace.records.size());
    for (std::size_t i = 0; i < read->records.size(); ++i) {
      ASSERT_TRUE(read->records[i] == trace.records[i]) << size;
    }
    ASSERT_EQ(read->truncated, size < text.size() - 1) << size;
  }
}

TEST(TraceFileTest, AFlippedByteIsAnsweredWithALineOrGivesAnotherTrace) {
  RandomRecords random(TestSeed());
  const std::string text = TextOf(SmallTrace(12));
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string flipped = text;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random.Below(8)));
    const absl::StatusOr<Trace> read = ReadTraceText("run.jsonl", flipped);
    if (read.ok()) continue;
    const std::string message(read.status().message());
    ASSERT_EQ(message.find("run.jsonl:"), 0u) << message;
  }
}

TEST(TraceFileTest, ARecordingOfOtherLoopSemanticsIsNotReplayed) {
  TraceHeader header;
  EXPECT_TRUE(CheckReplayable(header).ok());
  header.sem = kLoopSemantics + 1;
  const absl::Status status = CheckReplayable(header);
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_EQ(status.message(),
            "recorded with loop semantics 2, and this program has 1");
}

}  // namespace
}  // namespace rondo
