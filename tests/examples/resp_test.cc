// Against a server that says what it is told, in the simulated network.
#include "rondo/tests/examples/resp.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/server.h"
#include "rondo/simnet/simulate.h"

namespace rondo {
namespace {

using testing::HasSubstr;

constexpr std::uint16_t kPort = 6379;

// What `bytes` say, as a text, or what is wrong with them.
std::string Read(const std::string& bytes, std::size_t max_bytes = 1000) {
  return Simulate([&]() -> Coro<std::string> {
    ConnectionHandler say = [&bytes](Stream stream) -> Coro<> {
      co_await stream.WriteAll(bytes);
    };
    Server server = co_await StartServer(std::move(say), "localhost", kPort);
    Stream stream = co_await OpenConnection("localhost", kPort);
    const Outcome<RespValue> value =
        co_await AsOutcome(ReadResp(stream, max_bytes));
    if (!value.ok()) co_return DescribeException(value.exception());
    co_return RespText(value.value());
  });
}

TEST(RespTest, ReadsEveryType) {
  EXPECT_EQ(Read("+OK\r\n"), "\"OK\"");
  EXPECT_EQ(Read("-ERR no\r\n"), "(error) ERR no");
  EXPECT_EQ(Read(":-42\r\n"), "(integer) -42");
  EXPECT_EQ(Read("$5\r\na\r\nbc\r\n"), "\"a\r\nbc\"");
  EXPECT_EQ(Read("$0\r\n\r\n"), "\"\"");
  EXPECT_EQ(Read("$-1\r\n"), "(nil)");
  EXPECT_EQ(Read("*-1\r\n"), "(nil)");
  EXPECT_EQ(Read("*0\r\n"), "[]");
  EXPECT_EQ(Read("*2\r\n*1\r\n:1\r\n$1\r\nx\r\n"), "[[(integer) 1], \"x\"]");
  EXPECT_EQ(Read("_\r\n"), "(nil)");
  EXPECT_EQ(Read("#t\r\n"), "(true)");
  EXPECT_EQ(Read(",3.25\r\n"), "(double) 3.25");
  EXPECT_EQ(Read("(3492890328409238509324850943850943825024385\r\n"),
            "\"3492890328409238509324850943850943825024385\"");
  EXPECT_EQ(Read("!5\r\nERR x\r\n"), "(error) ERR x");
  EXPECT_EQ(Read("=7\r\ntxt:abc\r\n"), "\"abc\"");
  EXPECT_EQ(Read("%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n"),
            "[\"a\", (integer) 1, \"b\", (integer) 2]");
  EXPECT_EQ(Read("~1\r\n+a\r\n"), "[\"a\"]");
  EXPECT_EQ(Read(">2\r\n+news\r\n_\r\n"), "[\"news\", (nil)]");
}

struct Malformed {
  const char* bytes;
  const char* error;
};

TEST(RespTest, SaysWhatIsWrong) {
  const Malformed cases[] = {
      {"HTTP/1.1 400 Bad Request\r\n", "not RESP: an unknown type: \"HTTP"},
      {"\r\n", "not RESP: an empty line"},
      {":\r\n", "not RESP: not a number"},
      {":1x\r\n", "not RESP: not a number: \":1x\""},
      {":99999999999999999999\r\n", "not RESP: not a number"},
      {"$-2\r\n", "not RESP: a length that is negative"},
      {"%-1\r\n", "not RESP: a length that is negative"},
      {"$3\r\nabcd\r\n", "not RESP: a string is longer than it says"},
      {"#x\r\n", "not RESP: not a boolean"},
      {"_x\r\n", "not RESP: more than a null"},
      {"=3\r\nabc\r\n", "not RESP: not a verbatim string"},
      {"$1001\r\n", "a value is longer than 1000 bytes"},
      {"*2\r\n:1\r\n", "IncompleteReadError"},
      {"$10\r\nabc", "IncompleteReadError"},
  };
  for (const Malformed& wrong : cases) {
    EXPECT_THAT(Read(wrong.bytes), HasSubstr(wrong.error)) << wrong.bytes;
  }
}

TEST(RespTest, KeepsToItsLimits) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "*1\r\n";
  EXPECT_THAT(Read(deep + ":1\r\n"),
              HasSubstr("too many arrays inside one another"));
  std::string many = "*9000000000000000000\r\n";
  for (int i = 0; i < 1000; ++i) many += "_\r\n";
  EXPECT_THAT(Read(many), HasSubstr("longer than 1000 bytes"));
  EXPECT_THAT(Read("+" + std::string(200'000, 'a')),
              HasSubstr("a line is longer than"));
}

TEST(RespTest, ACommandIsAnArrayOfItsWords) {
  EXPECT_EQ(RespCommand({"SET", "key", ""}),
            "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$0\r\n\r\n");
}

}  // namespace
}  // namespace rondo
