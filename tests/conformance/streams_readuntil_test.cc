// CPython's test_streams.py: reading up to a separator, and exactly so many
// bytes.
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/stream_reader.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/fed_reader.h"
#include "rondo/tests/conformance/raised.h"

namespace rondo::conformance {
namespace {

// ---- Separators

TEST(StreamTests, test_readuntil_separator) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    co_await RaisedWith<ValueError>(stream.ReadUntil(""),
                                    "separator must not be empty");
    std::vector<std::string> none;
    co_await RaisedWith<ValueError>(stream.ReadUntil(none),
                                    "needs a separator");
  });
}

TEST(StreamTests, test_readuntil_multi_chunks) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, "lineAAA");
    EXPECT_EQ(co_await stream.ReadUntil("AAA"), "lineAAA");
    EXPECT_EQ(stream.TakeBuffered(), "");
    Feed(stream, "lineAAA");
    EXPECT_EQ(co_await stream.ReadUntil("AAA"), "lineAAA");
    EXPECT_EQ(stream.TakeBuffered(), "");
    Feed(stream, "lineAAAxxx");
    EXPECT_EQ(co_await stream.ReadUntil("AAA"), "lineAAA");
    EXPECT_EQ(stream.TakeBuffered(), "xxx");
  });
}

TEST(StreamTests, test_readuntil_multi_chunks_1) {
  RunTest([]() -> Coro<> {
    const std::vector<std::vector<std::string>> all = {{"QWEaa", "XYaa", "a"},
                                                       {"QWEaa", "XYa", "aa"},
                                                       {"aaa"},
                                                       {"Xaaa"},
                                                       {"YYY", "a", "a", "a"}};
    for (const std::vector<std::string>& chunks : all) {
      StreamReader stream;
      std::string whole;
      for (const std::string& chunk : chunks) {
        Feed(stream, chunk);
        whole += chunk;
      }
      EXPECT_EQ(co_await stream.ReadUntil("aaa"), whole);
      EXPECT_EQ(stream.TakeBuffered(), "");
    }
  });
}

TEST(StreamTests, test_readuntil_eof) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, "some dataAA");
    stream.FeedEof();
    const std::optional<IncompleteReadError> error =
        co_await RaisedWith<IncompleteReadError>(stream.ReadUntil("AAA"),
                                                 "undefined expected bytes");
    EXPECT_EQ(error.value().partial(), "some dataAA");
    EXPECT_EQ(error->expected(), std::nullopt);
    EXPECT_EQ(stream.TakeBuffered(), "");
  });
}

TEST(StreamTests, test_readuntil_limit_found_sep) {
  RunTest([]() -> Coro<> {
    StreamReader stream(3);
    Feed(stream, "some dataAA");
    co_await RaisedWith<LimitOverrunError>(stream.ReadUntil("AAA"),
                                           "not found");
    Feed(stream, "A");
    co_await RaisedWith<LimitOverrunError>(stream.ReadUntil("AAA"), "is found");
    EXPECT_EQ(stream.TakeBuffered(), "some dataAAA");
  });
}

TEST(StreamTests, test_readuntil_multi_separator) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    const std::vector<std::string> ends = {"\r", "\n"};
    Feed(stream, "line 1\nline 2\r");
    EXPECT_EQ(co_await stream.ReadUntil(ends), "line 1\n");
    EXPECT_EQ(co_await stream.ReadUntil(ends), "line 2\r");
    EXPECT_EQ(stream.TakeBuffered(), "");
    // The one that ends first, even if it is longer.
    const std::vector<std::string> overlapping = {"DEF", "BCDE"};
    Feed(stream, "ABCDEFG");
    EXPECT_EQ(co_await stream.ReadUntil(overlapping), "ABCDE");
    EXPECT_EQ(stream.TakeBuffered(), "FG");
  });
}

TEST(StreamTests, test_readuntil_multi_separator_limit) {
  RunTest([]() -> Coro<> {
    StreamReader stream(3);
    Feed(stream, "some dataA");
    const std::vector<std::string> separators = {"A", "ome dataA"};
    co_await RaisedWith<LimitOverrunError>(stream.ReadUntil(separators),
                                           "is found");
    EXPECT_EQ(stream.TakeBuffered(), "some dataA");
  });
}

TEST(StreamTests, test_readuntil_multi_separator_negative_offset) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, "data");
    const std::vector<std::string> separators = {"A", "long sep"};
    Task<std::string> read = CreateTask(stream.ReadUntil(separators));
    FeedSoon(stream, {"Z"});
    FeedSoon(stream, {"Aaaa"});
    EXPECT_EQ(co_await read, "dataZA");
    EXPECT_EQ(stream.TakeBuffered(), "aaa");
  });
}

// ---- Exactly so many

// Adapted: there is no negative number of bytes.
TEST(StreamTests, test_readexactly_zero_or_less) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, kData);
    EXPECT_EQ(co_await stream.ReadExactly(0), "");
    EXPECT_EQ(stream.TakeBuffered(), kData);
  });
}

TEST(StreamTests, test_readexactly) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    const std::string data(kData);
    Task<std::string> read = CreateTask(stream.ReadExactly(2 * data.size()));
    FeedSoon(stream, {data, data, data});
    EXPECT_EQ(co_await read, data + data);
    EXPECT_EQ(stream.TakeBuffered(), data);
  });
}

TEST(StreamTests, test_readexactly_limit) {
  RunTest([]() -> Coro<> {
    StreamReader stream(3);
    Feed(stream, "chunk");
    EXPECT_EQ(co_await stream.ReadExactly(5), "chunk");
    EXPECT_EQ(stream.TakeBuffered(), "");
  });
}

TEST(StreamTests, test_readexactly_eof) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    FeedSoon(stream, {std::string(kData)}, /*eof=*/true);
    const std::optional<IncompleteReadError> error =
        co_await Raised<IncompleteReadError>(
            stream.ReadExactly(2 * kData.size()));
    EXPECT_EQ(error.value().partial(), kData);
    EXPECT_EQ(error->expected(), 2 * kData.size());
    EXPECT_STREQ(error->what(),
                 "18 bytes read on a total of 36 expected bytes");
    EXPECT_EQ(stream.TakeBuffered(), "");
  });
}

TEST(StreamTests, test_readexactly_exception) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, "line\n");
    EXPECT_EQ(co_await stream.ReadExactly(2), "li");
    stream.SetException(std::make_exception_ptr(ValueError("")));
    EXPECT_TRUE(
        (co_await Raised<ValueError>(stream.ReadExactly(2))).has_value());
  });
}

}  // namespace
}  // namespace rondo::conformance
