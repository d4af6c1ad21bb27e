// CPython's test_selectors.py, over each of the machine's selectors.
#include "rondo/tests/support/selectors.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/seeded_random.h"
#include "rondo/runtime/system_clock.h"
#include "rondo/runtime/system_selector.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class BaseSelectorTestCase : public EverySelectorTest {};
class ScalableSelectorMixIn : public EverySelectorTest {};
class EpollSelectorTestCase : public EverySelectorTest {};

INSTANTIATE_TEST_SUITE_P(All, BaseSelectorTestCase,
                         testing::ValuesIn(kSelectorKinds), KindName);
INSTANTIATE_TEST_SUITE_P(AllButSelect, ScalableSelectorMixIn,
                         testing::Values(SelectorKind::kEpoll,
                                         SelectorKind::kPoll,
                                         SelectorKind::kIoUring),
                         KindName);
INSTANTIATE_TEST_SUITE_P(Epoll, EpollSelectorTestCase,
                         testing::Values(SelectorKind::kEpoll), KindName);

constexpr int kNoFd = 999999;

// Adapted: a key has a descriptor and events; KeyError is EEXIST, an invalid
// descriptor EBADF.
TEST_P(BaseSelectorTestCase, test_register) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  const std::optional<SelectorKey> key = selector().GetKey(pair.a());
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->fd, pair.a());
  EXPECT_EQ(key->events, kReadable);
  EXPECT_THROW(selector().Register(0, 999999), ValueError);
  EXPECT_EQ(ErrorOf([&] { selector().Register(-10, kReadable); }), EBADF);
  EXPECT_EQ(ErrorOf([&] { selector().Register(pair.a(), kReadable); }), EEXIST);
}

// Adapted: KeyError is ENOENT.
TEST_P(BaseSelectorTestCase, test_unregister) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  selector().Unregister(pair.a());
  EXPECT_EQ(ErrorOf([&] { selector().Unregister(kNoFd); }), ENOENT);
  EXPECT_EQ(ErrorOf([&] { selector().Unregister(pair.a()); }), ENOENT);
}

TEST_P(BaseSelectorTestCase, test_unregister_after_fd_close) {
  FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  selector().Register(pair.b(), kWritable);
  const int r = pair.CloseA();
  const int w = pair.CloseB();
  selector().Unregister(r);
  selector().Unregister(w);
}

TEST_P(BaseSelectorTestCase, test_unregister_after_fd_close_and_reuse) {
  FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  selector().Register(pair.b(), kWritable);
  const FdPair other = FdPair::Sockets();
  const int r = pair.CloseA();
  const int w = pair.CloseB();
  ASSERT_EQ(dup2(other.a(), r), r);
  ASSERT_EQ(dup2(other.b(), w), w);
  selector().Unregister(r);
  selector().Unregister(w);
  close(r);
  close(w);
}

// Adapted: there is no data, so that a change of it cannot be a short cut.
TEST_P(BaseSelectorTestCase, test_modify) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  selector().Modify(pair.a(), kWritable);
  EXPECT_EQ(selector().GetKey(pair.a()), (SelectorKey{pair.a(), kWritable}));
  selector().Modify(pair.a(), kWritable);
  EXPECT_EQ(selector().GetKey(pair.a()), (SelectorKey{pair.a(), kWritable}));
  EXPECT_EQ(ErrorOf([&] { selector().Modify(kNoFd, kReadable); }), ENOENT);
}

// Adapted: a Modify that fails changes nothing.
TEST_P(BaseSelectorTestCase, test_modify_unregister) {
  FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_EQ(selector().GetMap().size(), 1u);
  const int fd = pair.CloseA();
  EXPECT_EQ(ErrorOf([&] { selector().Modify(fd, kWritable); }), EBADF);
  EXPECT_THAT(selector().GetMap(), ElementsAre(SelectorKey{fd, kReadable}));
  selector().Unregister(fd);
  EXPECT_THAT(selector().GetMap(), IsEmpty());
}

// Adapted: a descriptor that is not registered has no key: no KeyError.
TEST_P(BaseSelectorTestCase, test_get_key) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_EQ(selector().GetKey(pair.a()), (SelectorKey{pair.a(), kReadable}));
  EXPECT_EQ(selector().GetKey(kNoFd), std::nullopt);
}

// Adapted: the map is a copy.
TEST_P(BaseSelectorTestCase, test_get_map) {
  const FdPair pair = FdPair::Sockets();
  EXPECT_THAT(selector().GetMap(), IsEmpty());
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(selector().GetMap(),
              ElementsAre(SelectorKey{pair.a(), kReadable}));
}

TEST_P(BaseSelectorTestCase, test_select) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  selector().Register(pair.b(), kWritable);
  const auto ready = selector().Select(std::nullopt);
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0], (ReadyEvent{pair.b(), kWritable}));
}

TEST_P(BaseSelectorTestCase, test_select_read_write) {
  const FdPair pair = FdPair::Sockets();
  Write(pair.b(), "foo");
  selector().Register(pair.a(), kBoth);
  const auto ready = selector().Select(std::nullopt);
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0], (ReadyEvent{pair.a(), kBoth}));
}

TEST_P(BaseSelectorTestCase, test_selector) {
  constexpr std::uint64_t kSeed = 12;
  SCOPED_TRACE(kSeed);
  SeededRandom random(kSeed);
  const std::string message = " This is a test.";
  std::vector<FdPair> pairs;
  for (int i = 0; i < 12; ++i) {
    pairs.push_back(FdPair::Sockets());
    selector().Register(pairs.back().a(), kReadable);
    selector().Register(pairs.back().b(), kWritable);
  }
  for (std::size_t left = pairs.size(); left > 0; --left) {
    const std::vector<ReadyEvent> writers = Ready();
    ASSERT_EQ(writers.size(), left);
    const int writer = writers[random.Below(left)].fd;
    const auto pair =
        std::find_if(pairs.begin(), pairs.end(),
                     [&](const FdPair& p) { return p.b() == writer; });
    Write(writer, message);
    std::vector<ReadyEvent> readers = Ready();
    std::erase_if(readers,
                  [](const ReadyEvent& event) { return event.mask != 1; });
    ASSERT_THAT(readers, ElementsAre(ReadyEvent{pair->a(), kReadable}));
    EXPECT_EQ(Read(pair->a()), message);
    selector().Unregister(pair->a());
    selector().Unregister(writer);
  }
  EXPECT_THAT(selector().GetMap(), IsEmpty());
}

TEST_P(BaseSelectorTestCase, test_empty_select) {
  EXPECT_THAT(Ready(), IsEmpty());
}

// Adapted: nothing says that it is not late.
TEST_P(BaseSelectorTestCase, test_timeout) {
  const FdPair pair = FdPair::Sockets();
  SystemClock clock;
  selector().Register(pair.b(), kWritable);
  EXPECT_EQ(selector().Select(0s).size(), 1u);
  EXPECT_EQ(selector().Select(-1s).size(), 1u);
  selector().Unregister(pair.b());
  selector().Register(pair.a(), kReadable);
  EXPECT_TRUE(selector().Select(0s).empty());
  EXPECT_TRUE(selector().Select(-1s).empty());
  const Nanoseconds start = clock.Now();
  EXPECT_TRUE(selector().Select(20ms).empty());
  EXPECT_GE(clock.Now() - start, 20ms);
}

extern "C" void Ignore(int) {}

// An alarm in ten milliseconds.
void SetAlarm() {
  struct sigaction action = {};
  action.sa_handler = Ignore;
  ASSERT_EQ(sigaction(SIGALRM, &action, nullptr), 0);
  const itimerval alarm = {.it_interval = {}, .it_value = {0, 10'000}};
  ASSERT_EQ(setitimer(ITIMER_REAL, &alarm, nullptr), 0);
}

TEST_P(BaseSelectorTestCase, test_select_interrupt_noraise) {
  const FdPair pair = FdPair::Sockets();
  SystemClock clock;
  SetAlarm();
  selector().Register(pair.a(), kReadable);
  const Nanoseconds start = clock.Now();
  EXPECT_TRUE(selector().Select(30ms).empty());
  EXPECT_GE(clock.Now() - start, 30ms);
}

// Adapted: 4,000 descriptors at most.
TEST_P(ScalableSelectorMixIn, test_above_fd_setsize) {
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit raised = {.rlim_cur = limit.rlim_max,
                         .rlim_max = limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &raised), 0);
  const std::size_t count =
      std::min<rlim_t>(limit.rlim_max, 4000 + 32) / 2 - 16;
  std::vector<FdPair> pairs;
  for (std::size_t i = 0; i < count; ++i) {
    pairs.push_back(FdPair::Sockets());
    selector().Register(pairs.back().a(), kReadable);
    selector().Register(pairs.back().b(), kWritable);
  }
  std::vector<bool> seen(2 * count + 64);
  for (std::size_t i = 0; i <= count / 256; ++i) {  // What epoll takes.
    for (const ReadyEvent& event : selector().Select(std::nullopt)) {
      seen[static_cast<std::size_t>(event.fd)] = true;
      EXPECT_EQ(event.mask, kWritable);
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true),
            static_cast<std::ptrdiff_t>(count));
  setrlimit(RLIMIT_NOFILE, &limit);
}

TEST_P(EpollSelectorTestCase, test_register_file) {
  std::FILE* const file = std::tmpfile();
  const int fd = fileno(file);
  EXPECT_EQ(ErrorOf([&] { selector().Register(fd, kReadable); }), EPERM);
  EXPECT_EQ(selector().GetKey(fd), std::nullopt);
  std::fclose(file);
}

}  // namespace
}  // namespace rondo::conformance
