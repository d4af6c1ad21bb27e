#include "rondo/replay/trace_json.h"

#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_parse.h"
#include "rondo/tests/replay/random_records.h"

namespace rondo {
namespace {

using Json = nlohmann::ordered_json;

std::string Line(const auto& record) {
  std::string line;
  AppendJson(record, &line);
  return line;
}

std::string Dump(const auto& record) {
  return ToJson(record).dump(-1, ' ', false, Json::error_handler_t::replace);
}

TEST(TraceJsonTest, WritesAnIterationAsTheSpecificationShowsIt) {
  ItRecord it;
  it.stamp = {.host = "n1", .boot = 2, .g = 17, .n = 3};
  it.t = 250'000'000;
  it.timeout = -1;
  it.io.push_back({.resource = 0x5, .mask = 1});
  it.arrivals.push_back({.source = "threadsafe", .count = 2});
  it.timers.push_back(0xabcdef);
  it.AddRun(0xabcdef, 0, HandleKind::kTimer, "sleep", 0x9);
  it.AddRun(0x11, 0x12, "step:T1", 0);
  it.ready = 4;
  it.digest = {1, 0, 0xffffffffffffffff, 0};
  EXPECT_EQ(Line(Record(it)),
            R"({"k":"it","h":"n1","b":2,"g":17,"n":3,"t":250000000,"to":-1,)"
            R"("io":[["0000000000000005",1]],"x":[["threadsafe",2]],)"
            R"("tm":["0000000000abcdef"],)"
            R"("run":[["0000000000abcdef","","timer:sleep",)"
            R"("0000000000000009"],["0000000000000011","0000000000000012",)"
            R"("step:T1",""]],"q":4,"s":0,"dg":["0000000000000001",)"
            R"("0000000000000000","ffffffffffffffff","0000000000000000"]})");
}

TEST(TraceJsonTest, LeavesHandlesOutAtLevelZero) {
  ItRecord it;
  it.has_handles = false;
  const std::string line = Line(Record(it));
  EXPECT_EQ(line.find("\"tm\""), std::string::npos) << line;
  EXPECT_EQ(line.find("\"run\""), std::string::npos) << line;
}

TEST(TraceJsonTest, LeavesOutWhatAnEventDoesNotHave) {
  EvRecord ev;
  ev.stamp.g = 1;
  ev.event = "heal";
  EXPECT_EQ(Line(Record(ev)),
            R"({"k":"ev","h":"","b":0,"g":1,"n":0,"t":0,"e":"heal"})");
}

TEST(TraceJsonTest, DirectWriterGivesTheBytesOfTheJsonLibrary) {
  RandomRecords random(TestSeed());
  for (int i = 0; i < 20'000; ++i) {
    const Record record = random.Any(/*any_bytes=*/true);
    ASSERT_EQ(Line(record), Dump(record)) << "record " << i;
  }
  for (int i = 0; i < 1'000; ++i) {
    const TraceHeader header = random.Header(/*any_bytes=*/true);
    ASSERT_EQ(Line(header), Dump(header)) << "header " << i;
  }
}

TEST(TraceJsonTest, ReadsBackWhatItWrote) {
  RandomRecords random(TestSeed());
  for (int i = 0; i < 5'000; ++i) {
    const Record record = random.Any(/*any_bytes=*/false);
    const std::string line = Line(record);
    const absl::StatusOr<Record> back = ParseRecord(line);
    ASSERT_TRUE(back.ok()) << back.status() << "\n" << line;
    ASSERT_TRUE(*back == record) << line << "\n" << Line(*back);
  }
  for (int i = 0; i < 1'000; ++i) {
    const TraceHeader header = random.Header(/*any_bytes=*/false);
    const absl::StatusOr<TraceHeader> back = ParseHeader(Line(header));
    ASSERT_TRUE(back.ok()) << back.status() << "\n" << Line(header);
    ASSERT_TRUE(*back == header) << Line(header);
  }
}

TEST(TraceJsonTest, AnIterationThatIsReusedAllocatesNothingNew) {
  Record record = ItRecord();
  auto& it = std::get<ItRecord>(record);
  std::string line;
  const void* run = nullptr;
  const void* text = nullptr;
  for (int i = 0; i < 3; ++i) {
    it.Clear();
    line.clear();
    for (int k = 0; k < 10; ++k) {
      it.AddRun(7, 7, HandleKind::kCallback, "a_rather_long_name", 7);
    }
    AppendJson(record, &line);
    if (i > 0) {
      EXPECT_EQ(run, it.run.data());
      EXPECT_EQ(text, line.data());
    }
    run = it.run.data();
    text = line.data();
  }
}

TEST(TraceJsonTest, AMarkThatIsNoJsonIsAString) {
  MarkRecord mark;
  mark.stamp.g = 1;
  mark.name = "balance";
  for (const char* value : {"{\"a\":", "", "nan", "1 2"}) {
    mark.value = value;
    const absl::StatusOr<Record> back = ParseRecord(Line(Record(mark)));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(std::get<MarkRecord>(*back).value, Json(value).dump());
  }
}

TEST(TraceJsonTest, AMarkNestedWithoutBoundsIsAString) {
  const std::string deep(100'000, '[');
  EXPECT_TRUE(ValueOf(deep).is_string());
  EXPECT_TRUE(ValueOf(deep + std::string(100'000, ']')).is_string());
}

}  // namespace
}  // namespace rondo
