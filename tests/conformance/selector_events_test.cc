// CPython's test_selector_events.py: BaseSelectorEventLoopTests, readers and
// writers of descriptors.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/handle.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/selector.h"
#include "rondo/tests/support/hand_clock.h"
#include "rondo/tests/support/noting_selector.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A loop whose readers and writers note that they are called.
class IoLoop {
 public:
  // Runs `function` on the loop.
  template <class F>
  void Do(F function) {
    loop_.CallSoon(std::move(function));
    loop_.RunOnce();
  }
  Handle Reader(std::string name) {
    Handle handle;
    Do([&] { handle = AddReader(1, Noting(name)); });
    return handle;
  }
  Handle Writer(std::string name) {
    Handle handle;
    Do([&] { handle = AddWriter(1, Noting(name)); });
    return handle;
  }
  bool RemoveTheReader() {
    bool removed = false;
    Do([&] { removed = RemoveReader(1); });
    return removed;
  }
  bool RemoveTheWriter() {
    bool removed = false;
    Do([&] { removed = RemoveWriter(1); });
    return removed;
  }
  // Who is called when descriptor 1 is ready for `events`.
  std::vector<std::string> Ready(unsigned events) {
    selector_.ready = events;
    loop_.RunOnce();
    selector_.ready = 0;
    return std::exchange(called_, {});
  }
  std::vector<std::string> Told() { return std::exchange(selector_.told, {}); }

 private:
  std::function<void()> Noting(std::string name) {
    return [this, name] { called_.push_back(name); };
  }

  HandClock clock_;
  NotingSelector selector_{1};
  std::vector<std::string> called_;
  EventLoop loop_{LoopSeams{.clock = &clock_, .selector = &selector_}};
};

constexpr unsigned kBoth = kReadable | kWritable;

TEST(BaseSelectorEventLoopTests, test_add_reader) {
  IoLoop io;
  io.Reader("cb");
  EXPECT_THAT(io.Told(), ElementsAre("register 1 r"));
  EXPECT_THAT(io.Ready(kBoth), ElementsAre("cb"));
}

// Adapted: the selector is not told what it knows.
TEST(BaseSelectorEventLoopTests, test_add_reader_existing) {
  IoLoop io;
  const Handle reader = io.Reader("reader");
  io.Writer("writer");
  EXPECT_THAT(io.Told(), ElementsAre("register 1 r", "modify 1 rw"));
  io.Reader("cb");
  EXPECT_THAT(io.Told(), IsEmpty());
  EXPECT_TRUE(reader.cancelled());
  EXPECT_THAT(io.Ready(kBoth), ElementsAre("cb", "writer"));
}

TEST(BaseSelectorEventLoopTests, test_add_reader_existing_writer) {
  IoLoop io;
  io.Writer("writer");
  io.Reader("cb");
  EXPECT_THAT(io.Told(), ElementsAre("register 1 w", "modify 1 rw"));
  EXPECT_THAT(io.Ready(kBoth), ElementsAre("cb", "writer"));
}

TEST(BaseSelectorEventLoopTests, test_remove_reader) {
  IoLoop io;
  io.Reader("reader");
  EXPECT_TRUE(io.RemoveTheReader());
  EXPECT_FALSE(io.RemoveTheReader());
  EXPECT_THAT(io.Told(), ElementsAre("register 1 r", "unregister 1"));
}

TEST(BaseSelectorEventLoopTests, test_remove_reader_read_write) {
  IoLoop io;
  io.Reader("reader");
  io.Writer("writer");
  io.Told();
  EXPECT_TRUE(io.RemoveTheReader());
  EXPECT_THAT(io.Told(), ElementsAre("modify 1 w"));
  EXPECT_THAT(io.Ready(kBoth), ElementsAre("writer"));
}

TEST(BaseSelectorEventLoopTests, test_remove_reader_unknown) {
  IoLoop io;
  EXPECT_FALSE(io.RemoveTheReader());
  EXPECT_THAT(io.Told(), IsEmpty());
}

TEST(BaseSelectorEventLoopTests, test_add_writer) {
  IoLoop io;
  io.Writer("cb");
  EXPECT_THAT(io.Told(), ElementsAre("register 1 w"));
  EXPECT_THAT(io.Ready(kBoth), ElementsAre("cb"));
}

// Adapted: the selector is not told what it knows.
TEST(BaseSelectorEventLoopTests, test_add_writer_existing) {
  IoLoop io;
  io.Reader("reader");
  const Handle writer = io.Writer("writer");
  EXPECT_THAT(io.Told(), ElementsAre("register 1 r", "modify 1 rw"));
  io.Writer("cb");
  EXPECT_THAT(io.Told(), IsEmpty());
  EXPECT_TRUE(writer.cancelled());
  EXPECT_THAT(io.Ready(kBoth), ElementsAre("reader", "cb"));
}

TEST(BaseSelectorEventLoopTests, test_remove_writer) {
  IoLoop io;
  io.Writer("writer");
  EXPECT_TRUE(io.RemoveTheWriter());
  EXPECT_FALSE(io.RemoveTheWriter());
  EXPECT_THAT(io.Told(), ElementsAre("register 1 w", "unregister 1"));
}

TEST(BaseSelectorEventLoopTests, test_remove_writer_read_write) {
  IoLoop io;
  io.Reader("reader");
  io.Writer("writer");
  io.Told();
  EXPECT_TRUE(io.RemoveTheWriter());
  EXPECT_THAT(io.Told(), ElementsAre("modify 1 r"));
  EXPECT_THAT(io.Ready(kBoth), ElementsAre("reader"));
}

TEST(BaseSelectorEventLoopTests, test_remove_writer_unknown) {
  IoLoop io;
  EXPECT_FALSE(io.RemoveTheWriter());
  EXPECT_THAT(io.Told(), IsEmpty());
}

TEST(BaseSelectorEventLoopTests, test_process_events_read) {
  IoLoop io;
  io.Reader("reader");
  EXPECT_THAT(io.Ready(kReadable), ElementsAre("reader"));
  EXPECT_THAT(io.Ready(kReadable), ElementsAre("reader"));
  EXPECT_THAT(io.Ready(kWritable), IsEmpty());
}

TEST(BaseSelectorEventLoopTests, test_process_events_read_cancelled) {
  IoLoop io;
  Handle reader = io.Reader("reader");
  io.Told();
  reader.Cancel();
  EXPECT_THAT(io.Ready(kReadable), IsEmpty());
  EXPECT_THAT(io.Told(), ElementsAre("unregister 1"));
}

TEST(BaseSelectorEventLoopTests, test_process_events_write) {
  IoLoop io;
  io.Writer("writer");
  EXPECT_THAT(io.Ready(kWritable), ElementsAre("writer"));
  EXPECT_THAT(io.Ready(kReadable), IsEmpty());
}

TEST(BaseSelectorEventLoopTests, test_process_events_write_cancelled) {
  IoLoop io;
  io.Reader("reader");
  Handle writer = io.Writer("writer");
  io.Told();
  writer.Cancel();
  EXPECT_THAT(io.Ready(kBoth), ElementsAre("reader"));
  EXPECT_THAT(io.Told(), ElementsAre("modify 1 r"));
}

}  // namespace
}  // namespace rondo::conformance
