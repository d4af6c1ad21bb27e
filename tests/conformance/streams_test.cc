// CPython's test_streams.py, what needs no connection: a StreamReader that is
// fed.
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
#include "rondo/tests/conformance/fed_reader.h"
#include "rondo/tests/conformance/raised.h"

namespace rondo::conformance {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

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
