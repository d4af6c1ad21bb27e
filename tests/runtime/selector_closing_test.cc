// Descriptors that are closed before they are unregistered, and numbers that
// are given again, for each of the machine's selectors.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/system_selector.h"
#include "rondo/tests/support/selectors.h"

namespace rondo {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class SelectorClosingTest : public EverySelectorTest {
 protected:
  bool IsIoUring() const { return GetParam() == SelectorKind::kIoUring; }
};

INSTANTIATE_TEST_SUITE_P(Kinds, SelectorClosingTest,
                         testing::ValuesIn(kSelectorKinds), KindName);

// ---- In order: unregistered, then closed.

TEST_P(SelectorClosingTest, NothingHoldsWhatWasUnregistered) {
  FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  selector().Unregister(pair.a());
  pair.CloseA();
  EXPECT_TRUE(IsAtEnd(pair.b()));
}

TEST_P(SelectorClosingTest, NothingHoldsWhatWasModifiedAndUnregistered) {
  FdPair pair = FdPair::Sockets();
  Fill(pair.a());
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  selector().Modify(pair.a(), kBoth);
  EXPECT_THAT(Ready(), IsEmpty());
  selector().Modify(pair.a(), kWritable);
  selector().Unregister(pair.a());
  pair.CloseA();
  while (!Read(pair.b()).empty()) {
  }
  EXPECT_TRUE(IsAtEnd(pair.b()));
}

TEST_P(SelectorClosingTest, NothingIsHeldOnceTheSelectorIsGone) {
  FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  selector_ = nullptr;
  pair.CloseA();
  EXPECT_TRUE(IsAtEnd(pair.b()));
}

TEST_P(SelectorClosingTest, ANumberIsGivenAgain) {
  FdPair old = FdPair::Sockets();
  for (int i = 0; i < 3; ++i) {
    const int fd = old.a();
    selector().Register(fd, kReadable);
    EXPECT_THAT(Ready(), IsEmpty());
    Write(old.b());
    selector().Unregister(fd);
    old.CloseA();
    FdPair fresh = FdPair::Sockets();
    ASSERT_EQ(fresh.a(), fd);
    selector().Register(fd, kReadable);
    EXPECT_THAT(Ready(), IsEmpty());
    Write(fresh.b());
    EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{fd, kReadable}));
    EXPECT_EQ(Read(fd), "x");
    selector().Unregister(fd);
    old = std::move(fresh);
  }
}

// ---- Closed first.

TEST_P(SelectorClosingTest, UnregisterDoesNotMind) {
  FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  selector().Register(pair.b(), kWritable);
  EXPECT_EQ(Ready().size(), 1u);
  const int a = pair.CloseA();
  const int b = pair.CloseB();
  selector().Unregister(a);
  selector().Unregister(b);
  EXPECT_THAT(selector().GetMap(), IsEmpty());
  EXPECT_THAT(Ready(), IsEmpty());
}

TEST_P(SelectorClosingTest, UnregisterDoesNotMindThatTheNumberIsAnothers) {
  FdPair pair = FdPair::Sockets();
  const FdPair other = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  const int fd = pair.CloseA();
  ASSERT_EQ(dup2(other.a(), fd), fd);
  selector().Unregister(fd);
  Write(other.b());
  EXPECT_THAT(Ready(), IsEmpty());
  selector().Register(fd, kReadable);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{fd, kReadable}));
  selector().Unregister(fd);
  close(fd);
}

TEST_P(SelectorClosingTest, UnregisterLetsGoOfTheFile) {
  FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  const int fd = pair.CloseA();
  selector().Unregister(fd);
  EXPECT_TRUE(IsAtEnd(pair.b()));
}

// The wait is a wait: it neither spins nor fails.
TEST_P(SelectorClosingTest, WhatWasClosedIsNotReported) {
  FdPair pair = FdPair::Sockets();
  FdPair other = FdPair::Sockets();
  selector().Register(pair.a(), kBoth);
  selector().Register(other.a(), kReadable);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kWritable}));
  const int fd = pair.CloseA();
  EXPECT_THAT(Ready(), IsEmpty());
  EXPECT_TRUE(selector().Select(milliseconds(2)).empty());
  EXPECT_EQ(selector().GetKey(fd), (SelectorKey{fd, kBoth}));
  Write(other.b());
  const auto ready = selector().Select(std::nullopt);
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0], (ReadyEvent{other.a(), kReadable}));
  selector().Unregister(fd);
}

TEST_P(SelectorClosingTest, ManyThatWereClosedAreNotReported) {
  std::vector<FdPair> pairs;
  for (int i = 0; i < 100; ++i) pairs.push_back(FdPair::Sockets());
  for (const FdPair& pair : pairs) selector().Register(pair.a(), kWritable);
  EXPECT_EQ(Ready().size(), 100u);
  for (int i = 0; i < 100; i += 3) pairs[i].CloseA();
  EXPECT_EQ(Ready().size(), 66u);
  EXPECT_EQ(selector().Select(std::nullopt).size(), 66u);
  EXPECT_EQ(selector().GetMap().size(), 100u);
}

// io_uring, which holds the file, may say so once.
TEST_P(SelectorClosingTest, WhatWasClosedWhileWaitedForIsReportedOnceAtMost) {
  FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  const int fd = pair.CloseA();
  if (IsIoUring()) {
    EXPECT_FALSE(IsAtEnd(pair.b()));
    Write(pair.b());
  } else {
    EXPECT_TRUE(IsAtEnd(pair.b()));
  }
  EXPECT_LE(Ready().size(), IsIoUring() ? 1u : 0u);
  EXPECT_THAT(Ready(), IsEmpty());
  EXPECT_TRUE(selector().Select(milliseconds(2)).empty());
  EXPECT_TRUE(IsAtEnd(pair.b()));
  selector().Unregister(fd);
}

TEST_P(SelectorClosingTest, WhatWasClosedCannotBeModified) {
  FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kWritable);
  EXPECT_EQ(Ready().size(), 1u);
  const int fd = pair.CloseA();
  for (int i = 0; i < 2; ++i) {
    const auto modify = [&] { selector().Modify(fd, kBoth); };
    EXPECT_EQ(ErrorOf(modify), EBADF);
    EXPECT_THAT(MessageOf(modify),
                HasSubstr("descriptor " + std::to_string(fd)));
    EXPECT_EQ(selector().GetKey(fd), (SelectorKey{fd, kWritable}));
    EXPECT_THAT(Ready(), IsEmpty());
  }
  selector().Unregister(fd);
}

TEST_P(SelectorClosingTest, WhatWasFoundClosedIsNotItsSuccessor) {
  FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kWritable);
  EXPECT_EQ(Ready().size(), 1u);
  const int fd = pair.CloseA();
  EXPECT_THAT(Ready(), IsEmpty());
  const FdPair fresh = FdPair::Sockets();
  ASSERT_EQ(fresh.a(), fd);
  EXPECT_THAT(Ready(), IsEmpty());
  EXPECT_EQ(ErrorOf([&] { selector().Modify(fd, kBoth); }), ENOENT);
  EXPECT_EQ(ErrorOf([&] { selector().Register(fd, kBoth); }), EEXIST);
  selector().Unregister(fd);
  selector().Register(fd, kWritable);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{fd, kWritable}));
}

// Its file lives on under another number, and becomes ready again and again.
TEST_P(SelectorClosingTest, ADuplicateIsNotReportedAfterUnregister) {
  FdPair pair = FdPair::Sockets();
  const FdPair other = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  selector().Register(other.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  const int duplicate = dup(pair.a());
  const int fd = pair.CloseA();
  selector().Unregister(fd);
  Write(pair.b());
  EXPECT_THAT(Ready(), IsEmpty());
  EXPECT_TRUE(selector().Select(milliseconds(2)).empty());
  // The number is another's now: that one is meant.
  ASSERT_EQ(dup2(other.b(), fd), fd);
  selector().Register(fd, kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  Write(other.b());
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{other.a(), kReadable}));
  Write(other.a());
  EXPECT_THAT(Ready(), UnorderedElementsAre(ReadyEvent{other.a(), kReadable},
                                            ReadyEvent{fd, kReadable}));
  selector().Unregister(fd);
  close(fd);
  close(duplicate);
}

}  // namespace
}  // namespace rondo
