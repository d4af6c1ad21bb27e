// What epoll alone does. The rest is in system_selector_test.cc and
// selector_*_test.cc.
#include "rondo/runtime/epoll_selector.h"

#include <cstddef>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/tests/support/selectors.h"
#include "rondo/tests/support/system_calls.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(EpollSelectorTest, ManyEventsComeWithLaterCalls) {
  constexpr int kPairs = 200;  // 400 descriptors: more than one batch.
  std::vector<FdPair> pairs;
  for (int i = 0; i < kPairs; ++i) pairs.push_back(FdPair::Sockets());
  EpollSelector selector(0);
  for (const FdPair& pair : pairs) {
    selector.Register(pair.a(), kWritable);
    selector.Register(pair.b(), kWritable);
  }
  std::vector<int> seen(4096);
  for (int i = 0; i < 3; ++i) {
    for (const ReadyEvent& event : selector.Select(kZero)) ++seen[event.fd];
  }
  for (const FdPair& pair : pairs) {
    EXPECT_GE(seen[pair.a()], 1);
    EXPECT_GE(seen[pair.b()], 1);
  }
}

int OpenDescriptors() {
  int count = 0;
  for (int fd = 0; fd < 1024; ++fd) count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

// A duplicate keeps a file in epoll that nobody can take out any more. The
// epoll is made anew, with the other registrations and with the wake-up.
TEST(EpollSelectorTest, IsMadeAnewToForgetWhatWasClosedFirst) {
  FdPair reader = FdPair::Sockets();
  FdPair writer = FdPair::Sockets();
  FdPair closed = FdPair::Sockets();
  FdPair other = FdPair::Sockets();
  EpollSelector selector(0);
  selector.Register(reader.a(), kReadable);
  selector.Register(writer.a(), kWritable);
  selector.Register(closed.a(), kReadable);
  for (int round = 0; round < 3; ++round) {
    selector.Register(other.a(), kReadable);
    const int duplicate = dup(other.a());
    const int descriptors = OpenDescriptors();
    const int fd = other.CloseA();
    selector.Unregister(fd);
    Write(other.b());
    // The stale event, and the rest with it.
    EXPECT_THAT(ReadyNow(selector),
                ElementsAre(ReadyEvent{writer.a(), kWritable}));
    EXPECT_EQ(OpenDescriptors(), descriptors - 1);
    selector.Modify(writer.a(), kReadable);
    EXPECT_THAT(ReadyNow(selector), IsEmpty());
    selector.Wake();
    EXPECT_TRUE(selector.Select(std::nullopt).empty());
    Write(reader.b());
    EXPECT_THAT(ReadyNow(selector),
                ElementsAre(ReadyEvent{reader.a(), kReadable}));
    EXPECT_EQ(Read(reader.a()), "x");
    selector.Modify(writer.a(), kWritable);
    close(duplicate);
    other = FdPair::Sockets();
  }
}

// It is out of order: its number is no longer the file's that was registered.
TEST(EpollSelectorTest, IsMadeAnewWithoutWhatWasClosed) {
  FdPair pair = FdPair::Sockets();
  FdPair closed = FdPair::Sockets();
  const FdPair other = FdPair::Sockets();
  EpollSelector selector(0);
  selector.Register(pair.a(), kReadable);
  selector.Register(closed.a(), kReadable);
  const int number = closed.CloseA();
  ASSERT_EQ(dup2(other.a(), number), number);  // And registered, as it were.
  const int duplicate = dup(pair.a());
  const int fd = pair.CloseA();
  selector.Unregister(fd);
  Write(pair.b());
  Write(other.b());
  EXPECT_THAT(ReadyNow(selector), IsEmpty());
  EXPECT_THAT(ReadyNow(selector), IsEmpty());
  selector.Unregister(number);
  selector.Register(number, kReadable);
  EXPECT_THAT(ReadyNow(selector), ElementsAre(ReadyEvent{number, kReadable}));
  close(number);
  close(duplicate);
}

// What rests is not taken out of the old epoll, nor put into the new one.
TEST(EpollSelectorTest, WhatRestedBeforeItWasMadeAnewComesBack) {
  const FdPair resting = FdPair::Sockets();
  FdPair closed = FdPair::Sockets();
  EpollSelector selector(0);
  selector.Register(resting.a(), kReadable);
  selector.Register(closed.a(), kReadable);
  selector.Rest(resting.a());
  const int duplicate = dup(closed.a());
  const int fd = closed.CloseA();
  selector.Unregister(fd);
  Write(closed.b());
  EXPECT_THAT(ReadyNow(selector), IsEmpty());
  selector.Register(resting.a(), kReadable);
  Write(resting.b());
  EXPECT_THAT(ReadyNow(selector),
              ElementsAre(ReadyEvent{resting.a(), kReadable}));
  close(duplicate);
}

// It leaves with its file, or is found out.
TEST(EpollSelectorTest, WhatIsForgottenAndHasADuplicateIsNotReported) {
  const FdPair other = FdPair::Sockets();
  FdPair pair = FdPair::Sockets();
  EpollSelector selector(0);
  selector.Register(other.a(), kReadable);
  selector.Register(pair.a(), kReadable);
  selector.Rest(pair.a());
  const int duplicate = dup(pair.a());
  const FdPair next = FdPair::Sockets();
  selector.Forget(pair.a());
  const int number = pair.CloseA();
  ASSERT_EQ(dup2(next.a(), number), number);
  selector.Register(number, kReadable);
  Write(pair.b());
  EXPECT_THAT(ReadyNow(selector), IsEmpty());
  Write(other.b());
  Write(next.b());
  EXPECT_THAT(ReadyNow(selector), ElementsAre(ReadyEvent{other.a(), kReadable},
                                              ReadyEvent{number, kReadable}));
  close(number);
  close(duplicate);
}

TEST(EpollSelectorTest, RestingAndComingBackAreNoSystemCalls) {
  const std::vector<int> calls = SystemCallsOf([](const auto& mark) {
    const FdPair pair = FdPair::Sockets();
    EpollSelector selector(0);
    selector.Register(pair.a(), kReadable);
    mark();
    selector.Rest(pair.a());
    selector.Register(pair.a(), kReadable);
    mark();
    selector.Rest(pair.a());
    selector.Register(pair.a(), kWritable);
    mark();
    selector.Rest(pair.a());
    selector.Select(kZero);
    selector.Select(kZero);
    mark();
    selector.Select(kZero);  // Its rest ends: it is ready time and again.
    mark();
    selector.Select(kZero);
    mark();
    selector.Register(pair.a(), kReadable);
    mark();
    selector.Rest(pair.a());
    selector.Forget(pair.a());
    mark();
  });
  if (calls.empty()) GTEST_SKIP() << "processes may not be traced here";
  EXPECT_THAT(std::vector<int>(calls.begin() + 1, calls.end()),
              ElementsAre(0, 1, 2, 2, 1, 1, 0));
}

}  // namespace
}  // namespace rondo
