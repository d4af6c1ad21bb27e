// What holds for each of the machine's selectors: the table, and readiness.
#include "rondo/runtime/system_selector.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/tests/support/selectors.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SystemSelectorTest : public EverySelectorTest {};

INSTANTIATE_TEST_SUITE_P(Kinds, SystemSelectorTest,
                         testing::ValuesIn(kSelectorKinds), KindName);

// ---- Readiness.

TEST_P(SystemSelectorTest, ReportsWhatIsReadyUntilItIsNot) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  Write(pair.b());
  for (int i = 0; i < 2; ++i) {  // Level-triggered.
    const auto ready = selector().Select(std::nullopt);
    ASSERT_EQ(ready.size(), 1u);
    EXPECT_EQ(ready[0], (ReadyEvent{pair.a(), kReadable}));
  }
  EXPECT_EQ(Read(pair.a()), "x");
  EXPECT_THAT(Ready(), IsEmpty());
}

// It was ready after the last Select, and is no longer.
TEST_P(SystemSelectorTest, ReportsWhatIsReadyNowNotWhatWas) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  Write(pair.b());
  EXPECT_EQ(Read(pair.a()), "x");
  EXPECT_THAT(Ready(), IsEmpty());
  Write(pair.b());
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kReadable}));
}

// First it becomes writable, then readable; both are reported, once.
TEST_P(SystemSelectorTest, ReportsBothDirectionsAtOnce) {
  const FdPair pair = FdPair::Sockets();
  Fill(pair.a());
  selector().Register(pair.a(), kBoth);
  EXPECT_THAT(Ready(), IsEmpty());
  while (!Read(pair.b()).empty()) {
  }
  Write(pair.b());
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kBoth}));
}

TEST_P(SystemSelectorTest, ModifyChangesTheInterest) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kBoth);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kWritable}));
  selector().Modify(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  selector().Modify(pair.a(), kWritable);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kWritable}));
  selector().Modify(pair.a(), kReadable);
  selector().Modify(pair.a(), kBoth);
  selector().Modify(pair.a(), kReadable);
  Write(pair.b());
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kReadable}));
}

// Whatever the kernel still has of it: as if it were unregistered.
TEST_P(SystemSelectorTest, WhatRestsIsNotRegisteredAndMayComeBack) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  selector().Rest(pair.a());
  EXPECT_EQ(selector().GetKey(pair.a()), std::nullopt);
  EXPECT_EQ(ErrorOf([&] { selector().Unregister(pair.a()); }), ENOENT);
  Write(pair.b());
  for (int i = 0; i < 2; ++i) EXPECT_THAT(Ready(), IsEmpty());
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kReadable}));
  selector().Rest(pair.a());
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kReadable}));
  selector().Rest(pair.a());
  selector().Register(pair.a(), kWritable);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kWritable}));
}

TEST_P(SystemSelectorTest, WhatRestsEndsNoWait) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  selector().Rest(pair.a());
  Write(pair.b());
  EXPECT_THAT(selector().Select(Nanoseconds(1000)), IsEmpty());
  selector().Wake();
  EXPECT_THAT(selector().Select(std::nullopt), IsEmpty());
}

TEST_P(SystemSelectorTest, WhatIsForgottenMayBeClosedAndItsNumberUsedAgain) {
  FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  selector().Rest(pair.a());
  selector().Forget(pair.a());
  const int number = pair.CloseA();
  const FdPair other = FdPair::Sockets();
  ASSERT_EQ(other.a(), number);
  selector().Register(number, kReadable);
  Write(other.b());
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{number, kReadable}));
  selector().Forget(number);  // Does not rest: nothing happens.
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{number, kReadable}));
}

TEST_P(SystemSelectorTest, WhatIsUnregisteredIsNotReported) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  Write(pair.b());
  selector().Unregister(pair.a());
  EXPECT_THAT(Ready(), IsEmpty());
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kReadable}));
  selector().Unregister(pair.a());
  EXPECT_THAT(Ready(), IsEmpty());
}

TEST_P(SystemSelectorTest, AHangUpIsWhatIsRegistered) {
  FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  pair.CloseB();
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kReadable}));
  selector().Modify(pair.a(), kWritable);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kWritable}));
  selector().Modify(pair.a(), kBoth);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kBoth}));
}

// A pipe that nobody reads any more: POLLERR.
TEST_P(SystemSelectorTest, AnErrorIsWhatIsRegistered) {
  FdPair pipe = FdPair::Pipe();
  Fill(pipe.b());
  selector().Register(pipe.b(), kWritable);
  EXPECT_THAT(Ready(), IsEmpty());
  pipe.CloseA();
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pipe.b(), kWritable}));
  selector().Modify(pipe.b(), kReadable);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pipe.b(), kReadable}));
  selector().Modify(pipe.b(), kBoth);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pipe.b(), kBoth}));
}

// POLLHUP, without POLLOUT or POLLERR.
TEST_P(SystemSelectorTest, APipeWithoutWritersIsAtItsEnd) {
  FdPair pipe = FdPair::Pipe();
  selector().Register(pipe.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  pipe.CloseB();
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pipe.a(), kReadable}));
  selector().Modify(pipe.a(), kWritable);
  if (GetParam() == SelectorKind::kSelect) {
    EXPECT_THAT(Ready(), IsEmpty());  // It is told to readers only.
  } else {
    EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pipe.a(), kWritable}));
  }
}

// POLLRDHUP, which nobody has asked for.
TEST_P(SystemSelectorTest, AHalfClosedConnectionIsWritableWhenThereIsRoom) {
  const FdPair pair = FdPair::Sockets();
  ASSERT_EQ(shutdown(pair.b(), SHUT_WR), 0);
  selector().Register(pair.a(), kWritable);
  for (int i = 0; i < 3; ++i) {
    Fill(pair.a());
    EXPECT_THAT(Ready(), IsEmpty());
    EXPECT_TRUE(selector().Select(std::chrono::milliseconds(2)).empty());
    EXPECT_THAT(Ready(), IsEmpty());
    while (!Read(pair.b()).empty()) {
    }
    EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kWritable}));
  }
  Fill(pair.a());
  EXPECT_THAT(Ready(), IsEmpty());
  selector().Modify(pair.a(), kBoth);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kReadable}));
}

TEST_P(SystemSelectorTest, AnEventfdIsReadableWhileItIsNotZero) {
  const int fd = eventfd(0, EFD_NONBLOCK);
  selector().Register(fd, kBoth);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{fd, kWritable}));
  const std::uint64_t one = 1;
  ASSERT_EQ(write(fd, &one, sizeof(one)), 8);
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{fd, kBoth}));
  selector().Unregister(fd);
  close(fd);
}

TEST_P(SystemSelectorTest, EventsComeInTheOrderOfDescriptors) {
  std::vector<FdPair> pairs;
  for (int i = 0; i < 20; ++i) pairs.push_back(FdPair::Sockets());
  std::vector<ReadyEvent> expected;
  for (const FdPair& pair : pairs) {
    expected.push_back({pair.a(), kReadable});
  }
  for (int i = 0; i < 20; ++i) {  // 0, 7, 14, 1, ...
    selector().Register(pairs[(i * 7) % 20].a(), kReadable);
  }
  EXPECT_THAT(Ready(), IsEmpty());
  for (int i = 0; i < 20; ++i) Write(pairs[(i * 3) % 20].b());
  EXPECT_EQ(Ready(), expected);
  EXPECT_EQ(Ready(), expected);
}

// ---- The table.

TEST_P(SystemSelectorTest, GetKeyTellsWhatIsRegistered) {
  const FdPair pair = FdPair::Sockets();
  EXPECT_EQ(selector().GetKey(pair.a()), std::nullopt);
  EXPECT_EQ(selector().GetKey(-1), std::nullopt);
  EXPECT_EQ(selector().GetKey(1 << 30), std::nullopt);
  selector().Register(pair.a(), kReadable);
  EXPECT_EQ(selector().GetKey(pair.a()), (SelectorKey{pair.a(), kReadable}));
  selector().Modify(pair.a(), kBoth);
  EXPECT_EQ(selector().GetKey(pair.a()), (SelectorKey{pair.a(), kBoth}));
  selector().Unregister(pair.a());
  EXPECT_EQ(selector().GetKey(pair.a()), std::nullopt);
}

TEST_P(SystemSelectorTest, GetMapIsInTheOrderOfDescriptors) {
  const FdPair pair = FdPair::Sockets();
  EXPECT_THAT(selector().GetMap(), IsEmpty());
  selector().Register(pair.b(), kWritable);
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(selector().GetMap(),
              ElementsAre(SelectorKey{pair.a(), kReadable},
                          SelectorKey{pair.b(), kWritable}));
}

TEST_P(SystemSelectorTest, ItsNameIsItsClass) {
  EXPECT_THAT(std::string(selector().name()), testing::EndsWith("Selector"));
  EXPECT_THAT(MessageOf([&] { selector().Unregister(7); }),
              testing::StartsWith(selector().name()));
}

// ---- Mistakes.

TEST_P(SystemSelectorTest, RegisteringTwiceThrows) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  const auto again = [&] { selector().Register(pair.a(), kWritable); };
  EXPECT_EQ(ErrorOf(again), EEXIST);
  EXPECT_THAT(MessageOf(again),
              HasSubstr("descriptor " + std::to_string(pair.a()) +
                        " is already registered"));
  EXPECT_EQ(selector().GetKey(pair.a()), (SelectorKey{pair.a(), kReadable}));
  EXPECT_THAT(Ready(), IsEmpty());
}

TEST_P(SystemSelectorTest, WhatIsNotRegisteredCannotBeChanged) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  const auto modify = [&] { selector().Modify(pair.b(), kReadable); };
  EXPECT_EQ(ErrorOf(modify), ENOENT);
  EXPECT_THAT(MessageOf(modify),
              HasSubstr("descriptor " + std::to_string(pair.b()) +
                        " is not registered"));
  EXPECT_EQ(ErrorOf([&] { selector().Unregister(pair.b()); }), ENOENT);
  EXPECT_EQ(ErrorOf([&] { selector().Unregister(-1); }), ENOENT);
  EXPECT_EQ(ErrorOf([&] { selector().Unregister(1 << 30); }), ENOENT);
  selector().Unregister(pair.a());
  EXPECT_EQ(ErrorOf([&] { selector().Unregister(pair.a()); }), ENOENT);
}

TEST_P(SystemSelectorTest, WhatIsNotOpenCannotBeRegistered) {
  FdPair pair = FdPair::Sockets();
  const int closed = pair.CloseA();
  for (const int fd : {closed, -10, 1'000'000'000}) {
    const auto add = [&] { selector().Register(fd, kReadable); };
    EXPECT_EQ(ErrorOf(add), EBADF);
    EXPECT_THAT(MessageOf(add),
                HasSubstr("descriptor " + std::to_string(fd) + " is not open"));
    EXPECT_EQ(selector().GetKey(fd), std::nullopt);
  }
}

TEST_P(SystemSelectorTest, EventsMustBeReadableOrWritable) {
  const FdPair pair = FdPair::Sockets();
  EXPECT_THROW(selector().Register(pair.a(), 0), ValueError);
  EXPECT_THROW(selector().Register(pair.a(), 999999), ValueError);
  selector().Register(pair.a(), kReadable);
  EXPECT_THROW(selector().Modify(pair.a(), 0), ValueError);
  EXPECT_THROW(selector().Modify(pair.a(), 4), ValueError);
  EXPECT_EQ(selector().GetKey(pair.a()), (SelectorKey{pair.a(), kReadable}));
}

TEST_P(SystemSelectorTest, ARegularFileIsAlwaysReadyOrRefused) {
  std::FILE* const file = std::tmpfile();
  const int fd = fileno(file);
  if (GetParam() == SelectorKind::kEpoll) {
    const auto add = [&] { selector().Register(fd, kReadable); };
    EXPECT_EQ(ErrorOf(add), EPERM);
    EXPECT_THAT(MessageOf(add), HasSubstr("a regular file"));
    EXPECT_EQ(selector().GetKey(fd), std::nullopt);
  } else {
    selector().Register(fd, kBoth);
    for (int i = 0; i < 2; ++i) {
      EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{fd, kBoth}));
    }
    selector().Unregister(fd);
  }
  std::fclose(file);
}

TEST_P(SystemSelectorTest, AThousandDescriptors) {
  std::vector<FdPair> pairs;
  for (int i = 0; i < 490; ++i) pairs.push_back(FdPair::Sockets());
  for (const FdPair& pair : pairs) {
    selector().Register(pair.a(), kReadable);
    selector().Register(pair.b(), kWritable);
  }
  std::vector<unsigned> seen(2048);
  for (int i = 0; i < 4; ++i) {  // epoll takes several calls.
    for (const ReadyEvent& event : Ready()) seen[event.fd] |= event.mask;
  }
  for (const FdPair& pair : pairs) {
    EXPECT_EQ(seen[pair.a()], 0u);
    EXPECT_EQ(seen[pair.b()], kWritable);
    selector().Unregister(pair.b());
  }
  EXPECT_THAT(Ready(), IsEmpty());
  Write(pairs[400].b());
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pairs[400].a(), kReadable}));
  for (const FdPair& pair : pairs) selector().Unregister(pair.a());
  EXPECT_THAT(Ready(), IsEmpty());
}

TEST_P(SystemSelectorTest, OnlySelectHasALimitOfDescriptors) {
  const FdPair pair = FdPair::Sockets();
  const int high = fcntl(pair.a(), F_DUPFD, FD_SETSIZE);
  ASSERT_EQ(high, FD_SETSIZE);
  if (GetParam() == SelectorKind::kSelect) {
    const auto add = [&] { selector().Register(high, kWritable); };
    EXPECT_EQ(ErrorOf(add), EINVAL);
    EXPECT_THAT(MessageOf(add),
                HasSubstr("descriptor 1024 is not below FD_SETSIZE"));
    EXPECT_EQ(selector().GetKey(high), std::nullopt);
    const int highest = fcntl(pair.a(), F_DUPFD, FD_SETSIZE - 1);
    selector().Register(highest, kWritable);
    EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{highest, kWritable}));
    selector().Unregister(highest);
    close(highest);
  } else {
    selector().Register(high, kWritable);
    EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{high, kWritable}));
    selector().Unregister(high);
  }
  close(high);
}

}  // namespace
}  // namespace rondo
