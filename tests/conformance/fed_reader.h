// What the ports of test_streams.py share: a StreamReader that is fed.
#ifndef RONDO_TESTS_CONFORMANCE_FED_READER_H_
#define RONDO_TESTS_CONFORMANCE_FED_READER_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/stream_reader.h"
#include "rondo/tests/conformance/raised.h"

namespace rondo::conformance {

inline constexpr std::string_view kData = "line1\nline2\nline3\n";

inline void Feed(StreamReader& stream, std::string_view data) {
  stream.FeedData(data);
}

// Feeds it in the next iteration: `loop.call_soon(cb)`.
inline void FeedSoon(StreamReader& stream, std::vector<std::string> chunks,
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
  if (error.has_value()) {
    EXPECT_THAT(error->what(), testing::HasSubstr(text));
  }
  co_return error;
}

}  // namespace rondo::conformance

#endif  // RONDO_TESTS_CONFORMANCE_FED_READER_H_
