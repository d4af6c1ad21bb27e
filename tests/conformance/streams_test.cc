// CPython's test_streams.py, what needs no connection: a StreamReader that is
// fed.
#include "rondo/runtime/streams.h"

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/stream_protocol.h"
#include "rondo/runtime/stream_reader.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/briefly.h"
#include "rondo/tests/conformance/raised.h"

namespace rondo::conformance {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr std::string_view kData = "line1\nline2\nline3\n";

void Feed(StreamReader& stream, std::string_view data) {
  stream.FeedData(data);
}

// Feeds it in the next iteration: `loop.call_soon(cb)`.
void FeedSoon(StreamReader& stream, std::vector<std::string> chunks,
              bool eof = false) {
  RunningLoop().CallSoon([&stream, chunks = std::move(chunks), eof] {
    for (const std::string& chunk : chunks) Feed(stream, chunk);
    if (eof) stream.FeedEof();
  });
}

// `assertRaisesRegex(E, text)`: what it is; `text` in what it says.
template <class E, class T>
Coro<std::optional<E>> RaisedWith(Coro<T> coro, std::string text) {
  std::optional<E> error = co_await Raised<E>(std::move(coro));
  EXPECT_TRUE(error.has_value()) << text;
  if (error.has_value()) EXPECT_THAT(error->what(), HasSubstr(text));
  co_return error;
}

TEST(StreamTests, test_feed_empty_data) {
  StreamReader stream;
  Feed(stream, "");
  EXPECT_EQ(stream.TakeBuffered(), "");
}

TEST(StreamTests, test_feed_nonempty_data) {
  StreamReader stream;
  Feed(stream, kData);
  EXPECT_EQ(stream.TakeBuffered(), kData);
}

TEST(StreamTests, test_read_zero) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, kData);
    EXPECT_EQ(co_await stream.Read(0), "");
    EXPECT_EQ(stream.TakeBuffered(), kData);
  });
}

TEST(StreamTests, test_read) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Task<std::string> read = CreateTask(stream.Read(30));
    FeedSoon(stream, {std::string(kData)});
    EXPECT_EQ(co_await read, kData);
    EXPECT_EQ(stream.TakeBuffered(), "");
  });
}

TEST(StreamTests, test_read_line_breaks) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, "line1");
    Feed(stream, "line2");
    EXPECT_EQ(co_await stream.Read(5), "line1");
    EXPECT_EQ(stream.TakeBuffered(), "line2");
  });
}

TEST(StreamTests, test_read_eof) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Task<std::string> read = CreateTask(stream.Read(1024));
    FeedSoon(stream, {}, /*eof=*/true);
    EXPECT_EQ(co_await read, "");
    EXPECT_EQ(stream.TakeBuffered(), "");
  });
}

TEST(StreamTests, test_read_until_eof) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Task<std::string> read = CreateTask(stream.ReadAll());
    FeedSoon(stream, {"chunk1\n", "chunk2"}, /*eof=*/true);
    EXPECT_EQ(co_await read, "chunk1\nchunk2");
    EXPECT_EQ(stream.TakeBuffered(), "");
  });
}

TEST(StreamTests, test_read_exception) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, "line\n");
    EXPECT_EQ(co_await stream.Read(2), "li");
    stream.SetException(std::make_exception_ptr(ValueError("")));
    EXPECT_TRUE((co_await Raised<ValueError>(stream.Read(2))).has_value());
  });
}

// Adapted: there is no negative limit.
TEST(StreamTests, test_invalid_limit) {
  try {
    StreamReader stream(0);
    ADD_FAILURE();
  } catch (const ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr("limit"));
  }
}

TEST(StreamTests, test_read_limit) {
  RunTest([]() -> Coro<> {
    StreamReader stream(3);
    Feed(stream, "chunk");
    EXPECT_EQ(co_await stream.Read(5), "chunk");
    EXPECT_EQ(stream.TakeBuffered(), "");
  });
}

// ---- Lines

TEST(StreamTests, test_readline) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, "chunk1 ");
    Task<std::string> read = CreateTask(stream.ReadLine());
    FeedSoon(stream, {"chunk2 ", "chunk3 ", "\n chunk4"});
    EXPECT_EQ(co_await read, "chunk1 chunk2 chunk3 \n");
    EXPECT_EQ(stream.TakeBuffered(), " chunk4");
  });
}

TEST(StreamTests, test_readline_limit_with_existing_data) {
  RunTest([]() -> Coro<> {
    StreamReader stream(3);
    Feed(stream, "li");
    Feed(stream, "ne1\nline2\n");
    EXPECT_TRUE((co_await Raised<ValueError>(stream.ReadLine())).has_value());
    EXPECT_EQ(stream.TakeBuffered(), "line2\n");
    StreamReader other(3);
    Feed(other, "li");
    Feed(other, "ne1");
    Feed(other, "li");
    EXPECT_TRUE((co_await Raised<ValueError>(other.ReadLine())).has_value());
    EXPECT_EQ(other.TakeBuffered(), "");
  });
}

TEST(StreamTests, test_at_eof) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    EXPECT_FALSE(stream.AtEof());
    Feed(stream, "some data\n");
    EXPECT_FALSE(stream.AtEof());
    co_await stream.ReadLine();
    EXPECT_FALSE(stream.AtEof());
    Feed(stream, "some data\n");
    stream.FeedEof();
    EXPECT_FALSE(stream.AtEof());
    co_await stream.ReadLine();
    EXPECT_TRUE(stream.AtEof());
  });
}

TEST(StreamTests, test_readline_limit) {
  RunTest([]() -> Coro<> {
    StreamReader first(7);
    FeedSoon(first, {"chunk1", "chunk2", "chunk3\n"}, /*eof=*/true);
    EXPECT_TRUE((co_await Raised<ValueError>(first.ReadLine())).has_value());
    EXPECT_EQ(first.TakeBuffered(), "");
    StreamReader second(7);
    FeedSoon(second, {"chunk1", "chunk2\n", "chunk3\n"}, /*eof=*/true);
    EXPECT_TRUE((co_await Raised<ValueError>(second.ReadLine())).has_value());
    EXPECT_EQ(second.TakeBuffered(), "chunk3\n");
    // The limit is exact.
    StreamReader third(7);
    Feed(third, "1234567\n");
    EXPECT_EQ(co_await third.ReadLine(), "1234567\n");
    EXPECT_EQ(third.TakeBuffered(), "");
    Feed(third, "12345678\n");
    EXPECT_TRUE((co_await Raised<ValueError>(third.ReadLine())).has_value());
    EXPECT_EQ(third.TakeBuffered(), "");
    Feed(third, "12345678");
    EXPECT_TRUE((co_await Raised<ValueError>(third.ReadLine())).has_value());
    EXPECT_EQ(third.TakeBuffered(), "");
  });
}

TEST(StreamTests, test_readline_nolimit_nowait) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, kData.substr(0, 6));
    Feed(stream, kData.substr(6));
    EXPECT_EQ(co_await stream.ReadLine(), "line1\n");
    EXPECT_EQ(stream.TakeBuffered(), "line2\nline3\n");
  });
}

TEST(StreamTests, test_readline_eof) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, "some data");
    stream.FeedEof();
    EXPECT_EQ(co_await stream.ReadLine(), "some data");
  });
}

TEST(StreamTests, test_readline_empty_eof) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    stream.FeedEof();
    EXPECT_EQ(co_await stream.ReadLine(), "");
  });
}

TEST(StreamTests, test_readline_read_byte_count) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, kData);
    co_await stream.ReadLine();
    EXPECT_EQ(co_await stream.Read(7), "line2\nl");
    EXPECT_EQ(stream.TakeBuffered(), "ine3\n");
  });
}

TEST(StreamTests, test_readline_exception) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, "line\n");
    EXPECT_EQ(co_await stream.ReadLine(), "line\n");
    stream.SetException(std::make_exception_ptr(ValueError("")));
    EXPECT_TRUE((co_await Raised<ValueError>(stream.ReadLine())).has_value());
    EXPECT_EQ(stream.TakeBuffered(), "");
  });
}

// test_pep492.py: `async for line in stream`.
TEST(StreamReaderTests, test_readline) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Feed(stream, "line1\nline2\nline3");
    stream.FeedEof();
    std::vector<std::string> lines;
    while (std::optional<std::string> line = co_await stream.NextLine()) {
      lines.push_back(*line);
    }
    EXPECT_THAT(lines, testing::ElementsAre("line1\n", "line2\n", "line3"));
  });
}

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
                                                       {"XXX", "a", "a", "a"}};
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

// ---- Exceptions, loops, drains

TEST(StreamTests, test_exception) {
  StreamReader stream;
  EXPECT_EQ(stream.exception(), nullptr);
  const std::exception_ptr error = std::make_exception_ptr(ValueError(""));
  stream.SetException(error);
  EXPECT_EQ(stream.exception(), error);
}

TEST(StreamTests, test_exception_waiter) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Task<std::string> read = CreateTask(stream.ReadLine());
    RunningLoop().CallSoon([&stream] {
      stream.SetException(std::make_exception_ptr(ValueError("")));
    });
    while (!read.done()) co_await Yield();
    EXPECT_THROW(read.result(), ValueError);
  });
}

TEST(StreamTests, test_exception_cancel) {
  RunTest([]() -> Coro<> {
    StreamReader stream;
    Task<std::string> read = CreateTask(stream.ReadLine());
    co_await Yield();
    read.Cancel();
    co_await Yield();
    stream.SetException(std::make_exception_ptr(RuntimeError("message")));
    co_await Yield();
    EXPECT_TRUE(read.cancelled());
    // Nobody waits: the next one does not hear "another coroutine".
    co_await RaisedWith<RuntimeError>(stream.ReadLine(), "message");
  });
}

// Adapted: a reader needs a loop when somebody waits, not before.
TEST(StreamTests, test_streamreader_constructor_without_loop) {
  StreamReader stream;
  Feed(stream, kData);
  EXPECT_EQ(stream.TakeBuffered(), kData);
}

// Adapted: it is the loop of who waits.
TEST(StreamTests, test_streamreader_constructor_use_running_loop) {
  StreamReader stream;
  for (int i = 0; i < 2; ++i) {
    RunTest([&stream]() -> Coro<> {
      FeedSoon(stream, {std::string(kData)});
      EXPECT_EQ(co_await stream.ReadExactly(kData.size()), kData);
    });
  }
}

TEST(StreamTests, test_streamreaderprotocol_constructor_without_loop) {
  EXPECT_THROW(StreamReaderProtocol(std::make_shared<StreamReader>()),
               RuntimeError);
}

TEST(StreamTests, test_streamreaderprotocol_constructor_use_running_loop) {
  RunTest([]() -> Coro<> {
    StreamReaderProtocol protocol(std::make_shared<StreamReader>());
    RunningLoop().CallSoon([&protocol] { protocol.ConnectionLost(nullptr); });
    co_await protocol.closed();
  });
}

TEST(StreamTests, test_multiple_drain) {
  RunTest([]() -> Coro<> {
    StreamReaderProtocol protocol(std::make_shared<StreamReader>());
    protocol.PauseWriting();
    RunningLoop().CallLater(100ms, [&protocol] { protocol.ResumeWriting(); });
    int drained = 0;
    auto drainer = [&]() -> Coro<> {
      co_await protocol.Drain();
      ++drained;
    };
    co_await GatherTasks(10, drainer);
    EXPECT_EQ(drained, 10);
  });
}

}  // namespace
}  // namespace rondo::conformance
