// The golden trace of each released version of the format: it never changes,
// and it is read for ever.
#include <fstream>
#include <sstream>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_file.h"
#include "rondo/replay/verify.h"
#include "rondo/tests/replay/trace_builder.h"

namespace rondo {
namespace {

constexpr char kVersion1_0[] = "traces/format/v1_0.jsonl";

std::string Slurp(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// A trace with every kind of record and every field.
Trace EveryKind() {
  TraceHeader header;
  header.scenario = "every \"kind\" — é";
  header.seed = 0x0123456789abcdef;
  header.order = TraceOrder::kContract;
  header.level = kTraceEverything;
  header.build = {.id = "c0ffee",
                  .cc = "clang 19.1.7",
                  .stdlib = "libstdc++ 20220819",
                  .arch = "x86_64"};
  header.env = 0xfedcba9876543210;
  header.parent = TraceParent{.chain = 7, .g = 12, .deviations = 2};
  TraceBuilder build(header);
  const Identity main = build.Name("main");
  const Identity stream = build.Name("latency n1>n2");
  const Identity tcp = build.Resource("n1>n2:80#1");
  LocRecord loc;
  loc.id = main;
  loc.place = "tests/replay/trace_golden_test.cc:41";
  build.Add("", loc);
  build.Run("n1", 1, "step:main", 0, main).Iterate("n1", 0);
  EvRecord send;
  send.t = 0;
  send.event = "send";
  send.resource = tcp;
  send.length = 5;
  send.cause = 1;
  send.text = "hello";
  build.Add("n1", send);
  build.Draw("", stream, 0, 18446744073709551614u, 18446744073709551615u);
  build.Event("", 1'000'000, "heal");
  build.Pick("", 3, 2, {2, 3});
  build.In("n2", "recv", tcp, std::string("hello\0\xff", 7));
  InRecord clock;
  clock.op = "clock";
  clock.result = -11;
  build.Add("n2", clock);
  clock.payload = PayloadDigest{.hash = 0xabc, .length = 65536};
  build.Add("n2", clock);
  build.Pick("n2", 5, 4, {4, 5}).Io("n2", tcp, 3).Timer("n2", 4);
  build.Run("n2", 5, "io:recv", 0).Run("n2", 4, "timer:sleep", 1);
  build.Out("n2", "line one\nline two\t\x01").Arrive("n2", "threadsafe", 2);
  build.Iterate("n2", 1'000'000, -1);
  MarkRecord mark;
  mark.name = "balance";
  mark.value = "{\"a\":[1,2.5,null],\"b\":\"é\"}";
  build.Add("n2", mark);
  return build.End("fail", "lost-write", "n2");
}

TEST(TraceGoldenTest, WritesTheBytesOfVersion10) {
  TraceTextWriter writer;
  const Trace trace = EveryKind();
  writer.Begin(trace.header);
  for (const Record& record : trace.records) writer.Write(record);
  const std::string golden = Slurp(kVersion1_0);
  EXPECT_EQ(writer.text(), golden);
}

TEST(TraceGoldenTest, ReadsVersion10) {
  const absl::StatusOr<Trace> trace = ReadTrace(kVersion1_0);
  ASSERT_TRUE(trace.ok()) << trace.status();
  const Trace expected = EveryKind();
  EXPECT_TRUE(trace->header == expected.header);
  EXPECT_TRUE(trace->records == expected.records);
  EXPECT_TRUE(Verify(*trace).empty()) << Verify(*trace)[0].what;
}

}  // namespace
}  // namespace rondo
