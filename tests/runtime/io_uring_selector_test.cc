// What io_uring alone does: rings that overflow, and how often the kernel is
// called. The rest is in system_selector_test.cc and selector_*_test.cc.
#include "rondo/runtime/io_uring_selector.h"

#include <chrono>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/tests/support/selectors.h"
#include "rondo/tests/support/system_calls.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class IoUringSelectorTest : public testing::Test {
 protected:
  void SetUp() override {
    try {
      Make(IoUringSelector::kDefaultEntries);
    } catch (const std::system_error& error) {
      GTEST_SKIP() << error.what();
    }
  }
  void Make(unsigned entries) {
    selector_ = std::make_unique<IoUringSelector>(/*max_skips=*/0, entries);
  }
  IoUringSelector& selector() { return *selector_; }
  std::vector<ReadyEvent> Ready() { return ReadyNow(*selector_); }

  static std::vector<FdPair> Pairs(int count) {
    std::vector<FdPair> pairs;
    for (int i = 0; i < count; ++i) pairs.push_back(FdPair::Sockets());
    return pairs;
  }

  std::unique_ptr<IoUringSelector> selector_;
};

// ---- A ring of four requests, and sixteen completions.

TEST_F(IoUringSelectorTest, MoreThanTheRingTakesAreAllReported) {
  Make(4);
  const std::vector<FdPair> pairs = Pairs(100);
  std::vector<ReadyEvent> expected;
  for (const FdPair& pair : pairs) {
    selector().Register(pair.a(), kWritable);
    expected.push_back({pair.a(), kWritable});
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ready(), expected);
  const auto waited = selector().Select(std::nullopt);
  EXPECT_EQ(std::vector(waited.begin(), waited.end()), expected);
}

// They are armed, and complete all at once, behind the selector's back.
TEST_F(IoUringSelectorTest, MoreThanTheRingTakesMayComplete) {
  Make(4);
  const std::vector<FdPair> pairs = Pairs(100);
  std::vector<ReadyEvent> expected;
  for (const FdPair& pair : pairs) {
    selector().Register(pair.a(), kReadable);
    expected.push_back({pair.a(), kReadable});
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Ready(), IsEmpty());
    selector().Wake();
    for (const FdPair& pair : pairs) Write(pair.b());
    EXPECT_EQ(Ready(), expected);
    for (const FdPair& pair : pairs) Read(pair.a());
  }
}

TEST_F(IoUringSelectorTest, MoreThanTheRingTakesMayBeUnregistered) {
  Make(4);
  std::vector<FdPair> pairs = Pairs(100);
  for (int i = 0; i < 3; ++i) {
    for (const FdPair& pair : pairs) {
      selector().Register(pair.a(), kReadable);
    }
    EXPECT_THAT(Ready(), IsEmpty());
    for (const FdPair& pair : pairs) {
      selector().Unregister(pair.a());
    }
  }
  for (FdPair& pair : pairs) {
    pair.CloseA();
    EXPECT_TRUE(IsAtEnd(pair.b()));
  }
  EXPECT_THAT(Ready(), IsEmpty());
}

TEST_F(IoUringSelectorTest, MoreThanTheRingTakesMayBeModified) {
  Make(4);
  const std::vector<FdPair> pairs = Pairs(30);
  for (const FdPair& pair : pairs) {
    Fill(pair.a());
    selector().Register(pair.a(), kReadable);
  }
  EXPECT_THAT(Ready(), IsEmpty());
  for (int i = 0; i < 10; ++i) {
    for (const FdPair& pair : pairs) {
      selector().Modify(pair.a(), i % 2 == 0 ? kBoth : kReadable);
    }
  }
  EXPECT_THAT(Ready(), IsEmpty());
  Write(pairs[7].b());
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pairs[7].a(), kReadable}));
}

// Requests for them complete at once, and are not what is waited for.
TEST_F(IoUringSelectorTest, MoreThanTheRingTakesMayBeHalfClosed) {
  Make(4);
  const std::vector<FdPair> pairs = Pairs(30);
  for (const FdPair& pair : pairs) {
    ASSERT_EQ(shutdown(pair.b(), SHUT_WR), 0);
    Fill(pair.a());
    selector().Register(pair.a(), kWritable);
  }
  for (const int last : {29, 0, 14}) {
    std::thread thread([&] {
      // tidy: allow(sleep) real time, outside any loop
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
      while (!Read(pairs[last].b()).empty()) {
      }
    });
    const auto ready = selector().Select(std::nullopt);
    ASSERT_EQ(ready.size(), 1u);
    EXPECT_EQ(ready[0], (ReadyEvent{pairs[last].a(), kWritable}));
    thread.join();
    Fill(pairs[last].a());
    EXPECT_THAT(Ready(), IsEmpty());
  }
}

// ---- System calls.

class IoUringCallsTest : public IoUringSelectorTest {
 protected:
  // What each part of `function` takes, but the first, with a selector of its
  // own.
  template <class F>
  void Expect(F function, const testing::Matcher<std::vector<int>>& calls) {
    const std::vector<int> parts = SystemCallsOf([&](const auto& mark) {
      Make(IoUringSelector::kDefaultEntries);
      function(mark);
    });
    if (parts.empty()) GTEST_SKIP() << "processes cannot be traced here";
    EXPECT_THAT(std::vector(parts.begin() + 1, parts.end()), calls);
  }
};

TEST_F(IoUringCallsTest, ASelectIsOneSystemCall) {
  const auto calls = [&](const auto& mark) {
    const std::vector<FdPair> pairs = Pairs(100);
    for (const FdPair& pair : pairs) selector().Register(pair.a(), kWritable);
    EXPECT_EQ(Ready().size(), 100u);
    mark();
    // All are armed anew, and ready.
    EXPECT_EQ(selector().Select(std::nullopt).size(), 100u);
    mark();
    for (const FdPair& pair : pairs) selector().Modify(pair.a(), kBoth);
    mark();
    EXPECT_EQ(selector().Select(kZero).size(), 100u);
    mark();
    for (const FdPair& pair : pairs) selector().Unregister(pair.a());
    mark();
  };
  Expect(calls, ElementsAre(1, 100, 1, 0));  // 100: whether they are open.
}

TEST_F(IoUringCallsTest, AZeroTimeoutIsNoSystemCallIfNothingHasHappened) {
  const auto calls = [&](const auto& mark) {
    const std::vector<FdPair> pairs = Pairs(100);
    for (const FdPair& pair : pairs) selector().Register(pair.a(), kReadable);
    EXPECT_THAT(Ready(), IsEmpty());
    mark();
    for (int i = 0; i < 10; ++i) EXPECT_THAT(Ready(), IsEmpty());
    mark();
    Write(pairs[7].b());
    mark();
    EXPECT_EQ(Ready().size(), 1u);
    mark();
    EXPECT_EQ(selector().Select(std::nullopt).size(), 1u);
    mark();
    EXPECT_EQ(Read(pairs[7].a()), "x");
    selector().Wake();
    mark();
    EXPECT_TRUE(selector().Select(std::nullopt).empty());
    mark();
  };
  Expect(calls, ElementsAre(0, 1, 1, 1, 2, 1));
}

// The end of the other's writing completes each request at once, whoever asks:
// waiting for something else must not become asking over and over.
TEST_F(IoUringCallsTest, AHalfClosedConnectionIsWaitedFor) {
  const auto calls = [&](const auto& mark) {
    const FdPair pair = FdPair::Sockets();
    EXPECT_EQ(shutdown(pair.b(), SHUT_WR), 0);
    Fill(pair.a());
    selector().Register(pair.a(), kWritable);
    mark();
    EXPECT_TRUE(selector().Select(std::chrono::milliseconds(3)).empty());
    mark();
    EXPECT_TRUE(selector().Select(std::chrono::milliseconds(3)).empty());
    mark();
  };
  Expect(calls, ElementsAre(testing::Le(10), testing::Le(3)));
}

}  // namespace
}  // namespace rondo
