#include "rondo/replay/trace_parse.h"

#include <cstddef>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_json.h"
#include "rondo/tests/replay/random_records.h"

namespace rondo {
namespace {

constexpr char kStamp[] = R"("h":"n1","b":0,"g":1,"n":0)";

std::string Line(const std::string& kind, const std::string& fields) {
  return "{\"k\":\"" + kind + "\"," + kStamp + "," + fields + "}";
}

std::string ErrorOf(const std::string& line) {
  const absl::StatusOr<Record> record = ParseRecord(line);
  return record.ok() ? "accepted" : std::string(record.status().message());
}

std::string HeaderErrorOf(const std::string& line) {
  const absl::StatusOr<TraceHeader> header = ParseHeader(line);
  return header.ok() ? "accepted" : std::string(header.status().message());
}

std::string GoodHeader() {
  std::string line;
  AppendJson(TraceHeader(), &line);
  return line;
}

std::string Replaced(std::string text, const std::string& from,
                     const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(TraceParseTest, NamesTheFieldAndTheReason) {
  const std::string it =
      R"("t":0,"to":-1,"io":[],"x":[],"tm":[],"run":[],"q":0,"s":0,)"
      R"("dg":["0000000000000000","0000000000000000","0000000000000000",)"
      R"("0000000000000000"])";
  EXPECT_EQ(ErrorOf(Line("it", it)), "accepted");
  EXPECT_EQ(ErrorOf(Line("it", Replaced(it, "\"t\":0", "\"t\":\"0\""))),
            "field \"t\": expected an integer, got string");
  EXPECT_EQ(ErrorOf(Line("it", Replaced(it, "\"t\":0", "\"t\":0.5"))),
            "field \"t\": expected an integer, got number");
  EXPECT_EQ(ErrorOf(Line("it", Replaced(it, "\"t\":0,", ""))),
            "field \"t\": missing");
  EXPECT_EQ(ErrorOf(Line("it", Replaced(it, "\"tm\":[],", ""))),
            "field \"tm\": missing");
  EXPECT_EQ(ErrorOf(Line("it", Replaced(it, "\"tm\":[]", "\"tm\":[\"12\"]"))),
            "field \"tm[0]\": expected 16 hexadecimal digits, got \"12\"");
  EXPECT_EQ(ErrorOf(Line("it", Replaced(it, "\"run\":[]", "\"run\":[[]]"))),
            "field \"run[0]\": expected a list of 4, got one of 0");
  EXPECT_EQ(ErrorOf(Line("it", Replaced(it, "\"x\":[]", "\"x\":{}"))),
            "field \"x\": expected a list, got object");
  EXPECT_EQ(ErrorOf(Line("it", Replaced(it, "\"q\":0", "\"q\":-1"))),
            "field \"q\": expected at least 0, got -1");
  EXPECT_EQ(ErrorOf(Line("it", Replaced(it, "\"t\":0", "\"t\":1,\"t\":0"))),
            "field \"t\": given twice");
  EXPECT_EQ(ErrorOf(Line("out", R"("v":7)")),
            "field \"v\": expected a string, got number");
}

TEST(TraceParseTest, NamesFieldsWithinFields) {
  EXPECT_EQ(ErrorOf(Line("in", R"("op":"recv","ret":1,"d":{"b64":"a"})")),
            "field \"d.b64\": not base64");
  EXPECT_EQ(ErrorOf(Line("in", R"("op":"recv","ret":1,"d":{"h":"x"})")),
            "field \"d.h\": expected 16 hexadecimal digits, got \"x\"");
  EXPECT_EQ(ErrorOf(Line("in", R"("op":"recv","ret":1,"d":[])")),
            "field \"d\": expected an object, got array");
}

TEST(TraceParseTest, RefusesNumbersThatDoNotFit) {
  EXPECT_EQ(ErrorOf(Line("in", R"("op":"recv","ret":9223372036854775808)")),
            "field \"ret\": out of range");
  EXPECT_EQ(ErrorOf(Line("in", R"("op":"recv","ret":1e999)")),
            "not JSON: a number is out of range");
  EXPECT_EQ(
      ErrorOf(Line("ch", R"("p":"draw","s":"0000000000000000","j":0,"v":4,)"
                         R"("of":4)")),
      "field \"v\": expected less than 4, got 4");
}

TEST(TraceParseTest, RefusesNamesItDoesNotKnow) {
  EXPECT_EQ(ErrorOf(Line("ch", R"("p":"wild","pick":"0000000000000001",)"
                               R"("over":"0000000000000002")")),
            "field \"p\": expected one of ready, event, fault, got \"wild\"");
  EXPECT_EQ(HeaderErrorOf(Replaced(GoodHeader(), "\"sim\"", "\"dream\"")),
            "field \"mode\": expected one of sim, live, replay, got "
            "\"dream\"");
}

TEST(TraceParseTest, RefusesWhatIsNoRecord) {
  EXPECT_EQ(ErrorOf(""), "not JSON from column 1 on");
  EXPECT_EQ(ErrorOf("{\"k\":"), "not JSON from column 6 on");
  EXPECT_EQ(ErrorOf("[]"), "expected an object, got array");
  EXPECT_EQ(ErrorOf("{}"), "field \"k\": missing");
  EXPECT_EQ(ErrorOf("{\"k\":7}"), "field \"k\": expected a string, got number");
  EXPECT_EQ(ErrorOf(GoodHeader()), "field \"k\": a second header");
  EXPECT_EQ(ErrorOf(Line("out", "\"v\":\"\xff\"")),
            "not JSON from column 44 on");
}

TEST(TraceParseTest, SurvivesNestingWithoutBounds) {
  const std::string open(1'000'000, '[');
  EXPECT_EQ(ErrorOf(open), "nested deeper than 64 levels");
  EXPECT_EQ(ErrorOf(Line("mark", "\"name\":\"\",\"v\":" + open)),
            "nested deeper than 64 levels");
}

TEST(TraceParseTest, PassesOverFieldsItDoesNotKnow) {
  const absl::StatusOr<Record> record =
      ParseRecord(Line("out", R"("v":"hello","colour":{"deep":[1]})"));
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(std::get<OutRecord>(*record).text, "hello");
}

TEST(TraceParseTest, ReadsFieldsInAnyOrder) {
  const absl::StatusOr<Record> record =
      ParseRecord(R"({"v":"hello","n":3,"g":2,"b":1,"h":"n1","k":"out"})");
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(StampOf(*record).n, 3);
}

TEST(TraceParseTest, KeepsRecordsOfKindsItDoesNotKnow) {
  const std::string line = Line("gpu", R"("cores": 4)");
  const absl::StatusOr<Record> record = ParseRecord(line);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(std::get<OtherRecord>(*record).kind, "gpu");
  std::string written;
  AppendJson(*record, &written);
  EXPECT_EQ(written, line);
}

TEST(TraceParseTest, RefusesCriticalKindsItDoesNotKnow) {
  const absl::StatusOr<Record> record = ParseRecord(Line("Gpu", R"("v":1)"));
  EXPECT_TRUE(absl::IsUnimplemented(record.status()));
  EXPECT_EQ(record.status().message(),
            "records of kind \"Gpu\" must be understood, and are not");
}

TEST(TraceParseTest, ReadsLaterMinorVersionsAndRefusesOtherMajorOnes) {
  EXPECT_EQ(HeaderErrorOf(Replaced(GoodHeader(), "[1,0]", "[1,9]")),
            "accepted");
  const absl::StatusOr<TraceHeader> other =
      ParseHeader(Replaced(GoodHeader(), "[1,0]", "[2,0]"));
  EXPECT_TRUE(absl::IsUnimplemented(other.status()));
  EXPECT_EQ(other.status().message(), "version 2.0: this program reads 1.x");
  EXPECT_EQ(HeaderErrorOf(Replaced(GoodHeader(), "[1,0]", "1")),
            "field \"v\": expected a list, got number");
}

TEST(TraceParseTest, AnswersEveryTruncationAndEveryFlippedByte) {
  RandomRecords random(TestSeed());
  for (int i = 0; i < 40; ++i) {
    std::string line;
    AppendJson(random.Any(/*any_bytes=*/false), &line);
    for (std::size_t at = 0; at < line.size(); ++at) {
      EXPECT_FALSE(ParseRecord(line.substr(0, at)).ok()) << line << at;
      std::string flipped = line;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << random.Below(8)));
      const absl::StatusOr<Record> record = ParseRecord(flipped);
      if (!record.ok()) EXPECT_FALSE(record.status().message().empty());
    }
  }
}

}  // namespace
}  // namespace rondo
