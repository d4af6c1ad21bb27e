#include "rondo/tools/command_flags.h"

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace rondo {
namespace {

class CommandFlagsTest : public ::testing::Test {
 protected:
  CommandFlagsTest() {
    flags_.Add("json", &json_, "print JSON");
    flags_.Add("name", &name_, "a name").OneOf({"one", "two"});
    flags_.Add("limit", &limit_, "at most so many").AtLeast(0);
    flags_.Add("from", &from_, "from there on");
    flags_.Add("seed", &seed_, "a seed").Env("RONDO_FLAGS_TEST_SEED");
    flags_.Add("time-limit", &time_, "a time");
    flags_.Add("colour", &colour_, "use colours");
    flags_.Add("host", &hosts_, "hosts").Placeholder("NAME,...");
    flags_.Argument("FILE", &file_, "a file");
    flags_.Arguments("MORE", &more_, "more files");
  }

  // "ok", or what is wrong.
  std::string Parse(const std::vector<std::string>& args) {
    const absl::Status status = flags_.Parse(args);
    return status.ok() ? "ok" : std::string(status.message());
  }

  CommandFlags flags_;
  bool json_ = false;
  std::string name_ = "one";
  std::int64_t limit_ = 20;
  std::optional<std::int64_t> from_;
  std::uint64_t seed_ = 1;
  std::optional<Nanoseconds> time_;
  bool colour_ = true;
  std::vector<std::string> hosts_;
  std::string file_;
  std::vector<std::string> more_;
};

TEST_F(CommandFlagsTest, KeepsDefaults) {
  EXPECT_EQ(Parse({"a"}), "ok");
  EXPECT_FALSE(json_);
  EXPECT_EQ(limit_, 20);
  EXPECT_EQ(from_, std::nullopt);
  EXPECT_EQ(file_, "a");
}

TEST_F(CommandFlagsTest, ReadsValuesInBothSpellings) {
  EXPECT_EQ(Parse({"--json", "--limit=3", "--from", "-7", "--name", "two", "a",
                   "--seed=0xff", "b", "--host=x,y", "--host", "z", "c"}),
            "ok");
  EXPECT_TRUE(json_);
  EXPECT_EQ(limit_, 3);
  EXPECT_EQ(from_, -7);
  EXPECT_EQ(name_, "two");
  EXPECT_EQ(seed_, 255u);
  EXPECT_EQ(hosts_, (std::vector<std::string>{"x", "y", "z"}));
  EXPECT_EQ(file_, "a");
  EXPECT_EQ(more_, (std::vector<std::string>{"b", "c"}));
}

TEST_F(CommandFlagsTest, UnderscoresAreDashes) {
  EXPECT_EQ(Parse({"--time_limit=5ms", "a"}), "ok");
  EXPECT_EQ(time_, Nanoseconds(5'000'000));
}

TEST_F(CommandFlagsTest, ABoolCanBeTakenBack) {
  json_ = true;
  EXPECT_EQ(Parse({"--no-json", "a"}), "ok");
  EXPECT_FALSE(json_);
}

TEST_F(CommandFlagsTest, ABoolTakesNoValueFromTheNextWord) {
  EXPECT_EQ(Parse({"--json", "false"}), "ok");
  EXPECT_TRUE(json_);
  EXPECT_EQ(file_, "false");
}

TEST_F(CommandFlagsTest, TwoDashesEndTheFlags) {
  EXPECT_EQ(Parse({"--", "--json", "-"}), "ok");
  EXPECT_EQ(file_, "--json");
  EXPECT_EQ(more_, std::vector<std::string>{"-"});
}

TEST_F(CommandFlagsTest, ReadsTimes) {
  const auto time = [](const std::string& text) {
    CommandFlags flags;
    std::optional<Nanoseconds> value;
    flags.Add("t", &value, "");
    return flags.Parse({"--t=" + text}).ok() ? value->count() : -1;
  };
  EXPECT_EQ(time("250ms"), 250'000'000);
  EXPECT_EQ(time("5"), 5'000'000'000);
  EXPECT_EQ(time("soon"), -1);
}

TEST_F(CommandFlagsTest, SaysWhatIsWrong) {
  EXPECT_EQ(Parse({"--jsn", "a"}),
            "there is no flag --jsn; did you mean --json?");
  EXPECT_EQ(Parse({"--zebra", "a"}),
            "there is no flag --zebra; there are --json, --name, --limit,"
            " --from, --seed, --time-limit, --colour, --host, --help");
  EXPECT_EQ(Parse({"-x", "a"}).substr(0, 22), "there is no flag --x; ");
  EXPECT_EQ(Parse({"--no-limit", "a"}).substr(0, 26),
            "there is no flag --no-limi");
  EXPECT_EQ(Parse({"--limit=x", "a"}),
            "--limit: expected an integer, got \"x\"");
  EXPECT_EQ(Parse({"a"}), "ok");
}

TEST_F(CommandFlagsTest, SaysWhichValuesThereAre) {
  EXPECT_EQ(Parse({"--name=six", "a"}),
            "--name: expected one of one, two, got \"six\"");
  EXPECT_EQ(Parse({"--json=maybe"}),
            "--json: expected true or false, got \"maybe\"");
}

TEST_F(CommandFlagsTest, ChecksTheLeastValue) {
  EXPECT_EQ(Parse({"--limit=-1", "a"}),
            "--limit: expected at least 0, got \"-1\"");
}

TEST_F(CommandFlagsTest, RefusesNumbersThatDoNotFit) {
  EXPECT_EQ(Parse({"--limit=9223372036854775808"}).substr(0, 32),
            "--limit: expected an integer, go");
  EXPECT_EQ(Parse({"--seed=-1"}),
            "--seed: expected an unsigned integer, or 0x and digits, got"
            " \"-1\"");
}

TEST_F(CommandFlagsTest, SaysWhatIsMissingOrTooMuch) {
  EXPECT_EQ(Parse({}), "argument FILE is missing");
  EXPECT_EQ(Parse({"a", "--limit"}), "--limit needs a value: --limit=N");
  CommandFlags none;
  EXPECT_EQ(none.Parse({"a"}).message(), "argument \"a\" is one too many");
}

TEST_F(CommandFlagsTest, RefusesAFlagThatIsGivenTwice) {
  EXPECT_EQ(Parse({"--limit=1", "--limit=2", "a"}), "--limit is given twice");
}

TEST_F(CommandFlagsTest, TheEnvironmentStandsInForAFlagThatIsNotGiven) {
  ::setenv("RONDO_FLAGS_TEST_SEED", "42", 1);
  EXPECT_EQ(Parse({"a"}), "ok");
  EXPECT_EQ(seed_, 42u);
  ::setenv("RONDO_FLAGS_TEST_SEED", "x", 1);
  EXPECT_EQ(Parse({"a"}),
            "environment variable RONDO_FLAGS_TEST_SEED: expected an unsigned"
            " integer, or 0x and digits, got \"x\"");
  EXPECT_EQ(Parse({"--seed=3", "a"}), "ok");
  EXPECT_EQ(seed_, 3u);
  ::setenv("RONDO_FLAGS_TEST_SEED", "", 1);
  EXPECT_EQ(Parse({"a"}), "ok");
  EXPECT_EQ(seed_, 3u);
  ::unsetenv("RONDO_FLAGS_TEST_SEED");
}

TEST_F(CommandFlagsTest, ExplainsItself) {
  EXPECT_EQ(flags_.Usage(), "[flags] FILE [MORE...]");
  EXPECT_EQ(flags_.Help(),
            "  FILE               a file\n"
            "  MORE               more files\n"
            "  --json             print JSON\n"
            "  --name=TEXT        a name: one, two (default one)\n"
            "  --limit=N          at most so many (default 20)\n"
            "  --from=N           from there on\n"
            "  --seed=N           a seed (default 1) [RONDO_FLAGS_TEST_SEED]\n"
            "  --time-limit=TIME  a time\n"
            "  --[no-]colour      use colours\n"
            "  --host=NAME,...    hosts\n"
            "  --help             print this\n");
}

TEST(CommandFlagsHelpTest, LinesEndBeforeTheEightiethColumn) {
  CommandFlags flags;
  std::string name;
  flags.Add("strategy", &name, "how schedules are made up")
      .OneOf({"fifo", "lifo", "random_walk", "random_deviation", "pct"});
  EXPECT_EQ(
      flags.Help(),
      "  --strategy=TEXT  how schedules are made up: fifo, lifo, random_walk,\n"
      "                   random_deviation, pct\n"
      "  --help           print this\n");
}

TEST(CommandFlagsArgumentTest, OneMayBeLeftOut) {
  const auto parse = [](const std::vector<std::string>& words) {
    CommandFlags flags;
    std::string file;
    std::string name = "none";
    flags.Argument("FILE", &file, "");
    flags.OptionalArgument("NAME", &name, "");
    EXPECT_EQ(flags.Usage(), "[flags] FILE [NAME]");
    const absl::Status status = flags.Parse(words);
    return status.ok() ? file + " " + name : std::string(status.message());
  };
  EXPECT_EQ(parse({"a"}), "a none");
  EXPECT_EQ(parse({"a", "b"}), "a b");
  EXPECT_EQ(parse({}), "argument FILE is missing");
  EXPECT_EQ(parse({"a", "b", "c"}), "argument \"c\" is one too many");
}

TEST(NearestTest, FindsTheWordThatWasMeant) {
  const std::vector<std::string> names = {"show", "diff", "verify"};
  EXPECT_EQ(Nearest("dif", names), "diff");
  EXPECT_EQ(Nearest("dfif", names), "diff");
  EXPECT_EQ(Nearest("verfiy", names), "verify");
  EXPECT_EQ(Nearest("compare", names), "");
  EXPECT_EQ(Nearest("", names), "");
}

}  // namespace
}  // namespace rondo
