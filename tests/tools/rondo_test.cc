// The commands of `rondo`, run on files.
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "rondo/replay/trace.h"
#include "rondo/replay/trace_file.h"
#include "rondo/tests/replay/trace_builder.h"
#include "rondo/tools/command_line.h"
#include "rondo/tools/diff_command.h"
#include "rondo/tools/show_command.h"
#include "rondo/tools/stats_command.h"
#include "rondo/tools/verify_command.h"

namespace rondo {
namespace {

using Json = nlohmann::ordered_json;

class RondoTest : public ::testing::Test {
 protected:
  int Run(const std::vector<std::string>& args) {
    out_.str("");
    err_.str("");
    CommandLine program("rondo", "test.");
    program.Add(NewShowCommand());
    program.Add(NewDiffCommand());
    program.Add(NewVerifyCommand());
    program.Add(NewStatsCommand());
    return program.Run(args, out_, err_);
  }

  static std::string Write(const std::string& name, const std::string& text) {
    const std::string path = ::testing::TempDir() + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  static std::string TextOf(const Trace& trace) {
    TraceTextWriter writer;
    writer.Begin(trace.header);
    for (const Record& record : trace.records) writer.Write(record);
    return writer.text();
  }

  // Two hosts, and what `said` differs in.
  static Trace Sample(const std::string& said = "x=1") {
    TraceHeader header;
    header.scenario = "store";
    TraceBuilder build(header);
    const Identity task = build.Name("main/worker#2");
    const Identity tcp = build.Resource("n1>n2:80#1");
    build.Run("n1", 1, "step:T1", 0, task).Iterate("n1", 0);
    build.Draw("", task, 0, 3, 10);
    build.Io("n2", tcp, 1).Timer("n2", 9);
    build.Run("n2", 9, "timer:sleep", 1).Out("n2", said).Iterate("n2", 250);
    build.Run("n1", 3, "wakeup:T1", 9, task).Iterate("n1", 300);
    return build.End();
  }

  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

 private:
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(RondoTest, ShowResolvesNames) {
  const std::string path = Write("show.jsonl", TextOf(Sample()));
  EXPECT_EQ(Run({"show", path}), kExitNothing);
  EXPECT_EQ(
      out(),
      "trace 1.0, sim, scenario \"store\", seed 0000000000000000, order fifo,"
      " level 1, semantics 1\n"
      "built by \"\" with \"\" for \"\", build id \"\"\n"
      "     2  -       0                    res   resource tcp n1>n2:80#1\n"
      "     3  n1      0    +0.000000000 s  it    timeout 0.000000000 s; left"
      " 0 ready, 0 timers\n"
      "                                           ran step:T1"
      " (main/worker#2)\n"
      "     4  -       0                    ch    drew 3 of 10"
      " (main/worker#2 #0)\n"
      "     5  n2      0                    out   \"x=1\"\n"
      "     6  n2      0    +0.000000250 s  it    timeout 0.000000000 s; io"
      " tcp n1>n2:80#1 read; left 0 ready, 0 timers\n"
      "                                           fired timer:sleep\n"
      "                                           ran timer:sleep <- step:T1\n"
      "     7  n1      1    +0.000000300 s  it    timeout 0.000000000 s; left"
      " 0 ready, 0 timers\n"
      "                                           ran wakeup:T1"
      " (main/worker#2) <- timer:sleep\n"
      "     8  -       0                    end   exit; 3 iterations, chain "
      "645bfe9197a1cdfc\n");
}

TEST_F(RondoTest, ShowFilters) {
  const std::string path = Write("filter.jsonl", TextOf(Sample()));
  EXPECT_EQ(Run({"show", path, "--host=n1", "--from=1", "--json"}), 0);
  EXPECT_EQ(out().find("{\"k\":\"hdr\""), 0u);
  EXPECT_NE(out().find("{\"k\":\"it\",\"h\":\"n1\",\"b\":0,\"g\":7"),
            std::string::npos);
  EXPECT_EQ(out().find("\"g\":3"), std::string::npos);
  EXPECT_EQ(out().find("\"n2\""), std::string::npos);
  EXPECT_EQ(Run({"show", path, "--kind=str,out"}), 0);
  EXPECT_NE(out().find("\"x=1\""), std::string::npos);
  EXPECT_NE(out().find("main/worker#2"), std::string::npos);
  EXPECT_EQ(out().find("step:T1"), std::string::npos);
}

TEST_F(RondoTest, ShowSaysWhatThereIsInstead) {
  const std::string path = Write("hosts.jsonl", TextOf(Sample()));
  EXPECT_EQ(Run({"show", path, "--host=n9"}), kExitUsage);
  EXPECT_EQ(err(), "rondo show: there is no host \"n9\" in " + path +
                       "; there are n1, n2\n");
  EXPECT_EQ(Run({"show", path, "--kind=lane"}), kExitUsage);
  EXPECT_NE(err().find("expected one of str, loc"), std::string::npos);
}

TEST_F(RondoTest, ShowShowsWhatThereIsOfATraceThatWasCutShort) {
  Trace trace = Sample();
  trace.records.pop_back();
  const std::string path = Write("cut.jsonl", TextOf(trace) + "{\"k\":\"e");
  EXPECT_EQ(Run({"show", path}), kExitNothing);
  EXPECT_NE(out().find("wakeup:T1"), std::string::npos);
  EXPECT_NE(err().find("was cut short"), std::string::npos);
}

TEST_F(RondoTest, DiffExitsLikeDiff) {
  const std::string a = Write("a.jsonl", TextOf(Sample()));
  const std::string b = Write("b.jsonl", TextOf(Sample("x=2")));
  EXPECT_EQ(Run({"diff", a, a}), 0);
  EXPECT_NE(out().find("the same: 3 iterations, 6 records"), std::string::npos)
      << out();
  EXPECT_EQ(Run({"diff", a, b}), 1);
  EXPECT_NE(out().find("class: output\n"), std::string::npos) << out();
  EXPECT_EQ(Run({"diff", a, "/no/such/file"}), 2);
  EXPECT_EQ(err(),
            "rondo diff: /no/such/file: cannot read: No such file or"
            " directory\n");
  EXPECT_EQ(Run({"diff", a}), 2);
  EXPECT_EQ(Run({"diff", "-", "-"}), 2);
}

TEST_F(RondoTest, DiffRefusesATraceThatWasCutShortUnlessAllowed) {
  Trace trace = Sample();
  const std::string a = Write("whole.jsonl", TextOf(trace));
  trace.records.pop_back();
  const std::string b = Write("short.jsonl", TextOf(trace));
  EXPECT_EQ(Run({"diff", a, b}), 2);
  EXPECT_NE(err().find("--allow-truncated"), std::string::npos) << err();
  EXPECT_EQ(Run({"diff", "--allow-truncated", a, b}), 1);
  EXPECT_NE(out().find("class: structure\n"), std::string::npos) << out();
  EXPECT_NE(out().find("cut short"), std::string::npos) << out();
}

TEST_F(RondoTest, DiffSpeaksJson) {
  const std::string a = Write("ja.jsonl", TextOf(Sample()));
  const std::string b = Write("jb.jsonl", TextOf(Sample("x=2")));
  EXPECT_EQ(Run({"diff", "--json", a, b}), 1);
  const Json json = Json::parse(out());
  EXPECT_EQ(json["class"], "output");
  EXPECT_EQ(json["place"]["host"], "n2");
  EXPECT_EQ(json["details"][0]["b"], "\"x=2\"");
}

TEST_F(RondoTest, DiffCallsThemRecordedAndReplayed) {
  const std::string a = Write("ra.jsonl", TextOf(Sample()));
  const std::string b = Write("rb.jsonl", TextOf(Sample("x=2")));
  EXPECT_EQ(Run({"diff", "--replay", a, b}), 1);
  EXPECT_NE(out().find("output  recorded  \"x=1\""), std::string::npos)
      << out();
}

TEST_F(RondoTest, VerifySaysWhatIsGood) {
  const std::string path = Write("good.jsonl", TextOf(Sample()));
  EXPECT_EQ(Run({"verify", path, path}), kExitNothing);
  EXPECT_NE(out().find("good.jsonl: good: 8 records, 3 iterations of 2 hosts"),
            std::string::npos)
      << out();
}

TEST_F(RondoTest, VerifyTellsIncompleteFromWrongFromUnreadable) {
  Trace trace = Sample();
  std::get<EndRecord>(trace.records.back()).chain ^= 1;
  const std::string wrong = Write("wrong.jsonl", TextOf(trace));
  trace.records.pop_back();
  const std::string cut = Write("cut.jsonl", TextOf(trace));
  const std::string garbage = Write("garbage.jsonl", "hello\n");
  EXPECT_EQ(Run({"verify", cut}), kExitNondeterminism);
  EXPECT_EQ(Run({"verify", wrong}), kExitFinding);
  EXPECT_NE(out().find("wrong.jsonl:9: the chain digest is"), std::string::npos)
      << out();
  EXPECT_EQ(Run({"verify", garbage}), kExitFinding);
  EXPECT_NE(err().find("garbage.jsonl:1: not JSON"), std::string::npos);
  EXPECT_EQ(Run({"verify", "/no/such/file"}), kExitTrouble);
  EXPECT_EQ(Run({"verify", cut, wrong}), kExitFinding);
  EXPECT_EQ(Run({"verify", "/no/such/file", cut}), kExitTrouble);
}

TEST_F(RondoTest, VerifySpeaksJson) {
  Trace trace = Sample();
  trace.records.erase(trace.records.begin() + 3);
  const std::string path = Write("gap.jsonl", TextOf(trace));
  EXPECT_EQ(Run({"verify", "--json", path}), kExitFinding);
  const Json json = Json::parse(out());
  EXPECT_EQ(json["good"], false);
  EXPECT_EQ(json["problems"][0]["line"], 5);
  EXPECT_EQ(json["problems"][0]["what"], "record number 5 after 3");
}

TEST_F(RondoTest, StatsCounts) {
  const std::string path = Write("stats.jsonl", TextOf(Sample()));
  EXPECT_EQ(Run({"stats", path}), kExitNothing);
  EXPECT_EQ(out(),
            "records: 3 it, 1 ch, 1 end, 1 out, 1 res, 1 str\n"
            "host n1: 2 iterations, 2 handles, 0 timers, 0 io events, 1 boots,"
            " until +0.000000300 s\n"
            "host n2: 1 iterations, 1 handles, 1 timers, 1 io events, 1 boots,"
            " until +0.000000250 s\n"
            "handles: 1 step:T1, 1 timer:sleep, 1 wakeup:T1\n"
            "choices: 1 draw\n"
            "dull choices: 0\n"
            "end: exit\n");
  EXPECT_EQ(Run({"stats", "--json", path}), kExitNothing);
  const Json json = Json::parse(out());
  EXPECT_EQ(json["hosts"]["n1"]["iterations"], 2);
  EXPECT_EQ(json["records"]["it"], 3);
  EXPECT_EQ(Run({"stats", "/no/such/file"}), kExitTrouble);
}

}  // namespace
}  // namespace rondo
