#include "rondo/runtime/epoll_selector.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <system_error>
#include <thread>
#include <vector>

#include "rondo/runtime/system_clock.h"

namespace rondo {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Nanoseconds kZero(0);

// Two connected sockets.
class Pair {
 public:
  Pair() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds_), 0);
  }
  ~Pair() {
    CloseA();
    CloseB();
  }
  int a() const { return fds_[0]; }
  int b() const { return fds_[1]; }
  void CloseA() { CloseOne(0); }
  void CloseB() { CloseOne(1); }

 private:
  void CloseOne(int i) {
    if (fds_[i] >= 0) close(fds_[i]);
    fds_[i] = -1;
  }
  int fds_[2] = {-1, -1};
};

TEST(EpollSelectorTest, ReportsWhatIsReadyUntilItIsNot) {
  Pair pair;
  EpollSelector selector(0);
  selector.Register(pair.a(), kReadable);
  EXPECT_TRUE(selector.Select(kZero).empty());
  ASSERT_EQ(write(pair.b(), "x", 1), 1);
  for (int i = 0; i < 2; ++i) {  // Level-triggered.
    const auto ready = selector.Select(std::nullopt);
    ASSERT_EQ(ready.size(), 1u);
    EXPECT_EQ(ready[0].fd, pair.a());
    EXPECT_EQ(ready[0].mask, kReadable);
  }
  char c;
  ASSERT_EQ(read(pair.a(), &c, 1), 1);
  EXPECT_TRUE(selector.Select(kZero).empty());
}

TEST(EpollSelectorTest, ModifyChangesTheInterest) {
  Pair pair;
  EpollSelector selector(0);
  selector.Register(pair.a(), kReadable | kWritable);
  auto ready = selector.Select(kZero);
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].mask, kWritable);
  selector.Modify(pair.a(), kReadable);
  EXPECT_TRUE(selector.Select(kZero).empty());
  selector.Unregister(pair.a());
  ASSERT_EQ(write(pair.b(), "x", 1), 1);
  EXPECT_TRUE(selector.Select(kZero).empty());
}

TEST(EpollSelectorTest, HangUpIsWhatIsRegistered) {
  Pair pair;
  EpollSelector selector(0);
  pair.CloseB();
  selector.Register(pair.a(), kReadable);
  EXPECT_EQ(selector.Select(kZero)[0].mask, kReadable);
  selector.Modify(pair.a(), kWritable);
  EXPECT_EQ(selector.Select(kZero)[0].mask, kWritable);
  selector.Modify(pair.a(), kReadable | kWritable);
  EXPECT_EQ(selector.Select(kZero)[0].mask, kReadable | kWritable);
}

TEST(EpollSelectorTest, RegisteringTwiceOrABadDescriptorThrows) {
  Pair pair;
  EpollSelector selector;
  selector.Register(pair.a(), kReadable);
  EXPECT_THROW(selector.Register(pair.a(), kReadable), std::system_error);
  EXPECT_THROW(selector.Modify(pair.b(), kReadable), std::system_error);
  EXPECT_THROW(selector.Register(1'000'000, kReadable), std::system_error);
}

TEST(EpollSelectorTest, AClosedDescriptorIsTolerated) {
  Pair pair;
  EpollSelector selector(0);
  const int fd = pair.a();
  selector.Register(fd, kWritable);
  pair.CloseA();
  EXPECT_TRUE(selector.Select(kZero).empty());
  selector.Unregister(fd);
  Pair again;  // Takes the number.
  ASSERT_EQ(again.a(), fd);
  selector.Register(fd, kWritable);
  EXPECT_EQ(selector.Select(kZero).size(), 1u);
}

TEST(EpollSelectorTest, ATimeoutIsNeverEarly) {
  EpollSelector selector;
  SystemClock clock;
  for (const Nanoseconds timeout :
       {Nanoseconds(1), Nanoseconds(999), Nanoseconds(microseconds(50)),
        Nanoseconds(1'000'001), Nanoseconds(milliseconds(12))}) {
    const Nanoseconds start = clock.Now();
    EXPECT_TRUE(selector.Select(timeout).empty());
    EXPECT_GE(clock.Now() - start, timeout);
  }
}

TEST(EpollSelectorTest, WakeBeforeSelectEndsItOnce) {
  EpollSelector selector;
  selector.Wake();
  selector.Wake();
  EXPECT_TRUE(selector.Select(std::nullopt).empty());
  SystemClock clock;
  const Nanoseconds start = clock.Now();
  selector.Select(milliseconds(2));
  EXPECT_GE(clock.Now() - start, milliseconds(2));
}

TEST(EpollSelectorTest, WakeFromAnotherThread) {
  EpollSelector selector;
  std::thread thread([&] {
    // tidy: allow(sleep) real time, outside any loop
    std::this_thread::sleep_for(milliseconds(5));
    selector.Wake();
  });
  EXPECT_TRUE(selector.Select(std::nullopt).empty());
  thread.join();
}

// No wake may be lost: each waits for the other's answer.
TEST(EpollSelectorTest, NoWakeIsLost) {
  constexpr int kRounds = 20'000;
  EpollSelector ping;
  EpollSelector pong;
  std::atomic<int> sent = 0;
  std::atomic<int> answered = 0;
  std::thread thread([&] {
    for (int i = 1; i <= kRounds; ++i) {
      while (sent.load() < i) pong.Select(std::nullopt);
      answered.store(i);
      ping.Wake();
    }
  });
  for (int i = 1; i <= kRounds; ++i) {
    sent.store(i);
    pong.Wake();
    while (answered.load() < i) ping.Select(std::nullopt);
  }
  thread.join();
}

TEST(EpollSelectorTest, AZeroTimeoutIsAskedInTheEnd) {
  Pair pair;
  EpollSelector selector;
  selector.Register(pair.a(), kWritable);
  int turns = 0;
  while (selector.Select(kZero).empty()) ++turns;
  EXPECT_LE(turns, EpollSelector::kDefaultSkips);
  turns = 0;
  while (selector.Select(kZero).empty()) ++turns;
  EXPECT_LE(turns, EpollSelector::kDefaultSkips);
}

TEST(EpollSelectorTest, AZeroTimeoutAfterAWakeIsAsked) {
  Pair pair;
  EpollSelector selector;
  selector.Register(pair.a(), kWritable);
  selector.Select(kZero);
  selector.Wake();
  EXPECT_EQ(selector.Select(kZero).size(), 1u);
}

TEST(EpollSelectorTest, ManyEventsComeWithLaterCalls) {
  constexpr int kPairs = 200;  // 400 descriptors: more than one batch.
  std::vector<Pair> pairs(kPairs);
  EpollSelector selector(0);
  for (const Pair& pair : pairs) {
    selector.Register(pair.a(), kWritable);
    selector.Register(pair.b(), kWritable);
  }
  std::vector<int> seen(4096);
  for (int i = 0; i < 3; ++i) {
    for (const ReadyEvent& event : selector.Select(kZero)) ++seen[event.fd];
  }
  for (const Pair& pair : pairs) {
    EXPECT_GE(seen[pair.a()], 1);
    EXPECT_GE(seen[pair.b()], 1);
  }
}

extern "C" void DoNothing(int) {}

TEST(EpollSelectorTest, AnInterruptionDoesNotCutATimeoutShort) {
  struct sigaction action = {};
  action.sa_handler = DoNothing;  // Without SA_RESTART.
  ASSERT_EQ(sigaction(SIGUSR1, &action, nullptr), 0);
  EpollSelector selector;
  SystemClock clock;
  const pthread_t self = pthread_self();
  std::thread thread([self] {
    for (int i = 0; i < 5; ++i) {
      // tidy: allow(sleep) real time, outside any loop
      std::this_thread::sleep_for(milliseconds(2));
      pthread_kill(self, SIGUSR1);
    }
  });
  const Nanoseconds start = clock.Now();
  selector.Select(milliseconds(30));
  EXPECT_GE(clock.Now() - start, milliseconds(30));
  thread.join();
}

EpollSelector* woken_by_signal = nullptr;
extern "C" void WakeIt(int) { woken_by_signal->Wake(); }

TEST(EpollSelectorTest, ASignalHandlerMayWake) {
  EpollSelector selector;
  woken_by_signal = &selector;
  struct sigaction action = {};
  action.sa_handler = WakeIt;
  ASSERT_EQ(sigaction(SIGUSR2, &action, nullptr), 0);
  const pthread_t self = pthread_self();
  std::thread thread([self] {
    // tidy: allow(sleep) real time, outside any loop
    std::this_thread::sleep_for(milliseconds(3));
    pthread_kill(self, SIGUSR2);
  });
  EXPECT_TRUE(selector.Select(std::nullopt).empty());
  thread.join();
}

}  // namespace
}  // namespace rondo
