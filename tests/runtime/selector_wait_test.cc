// How each of the machine's selectors waits, and is woken.
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/system_clock.h"
#include "rondo/runtime/system_selector.h"
#include "rondo/tests/support/selectors.h"

namespace rondo {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

class SelectorWaitTest : public EverySelectorTest {
 protected:
  // One that may leave zero timeouts unasked.
  std::unique_ptr<SystemSelector> Lazy() { return MakeSelector(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Kinds, SelectorWaitTest,
                         testing::ValuesIn(kSelectorKinds), KindName);

// ---- Timeouts.

TEST_P(SelectorWaitTest, ATimeoutIsNeverEarly) {
  SystemClock clock;
  for (const Nanoseconds timeout :
       {Nanoseconds(1), Nanoseconds(999), Nanoseconds(microseconds(50)),
        Nanoseconds(1'000'001), Nanoseconds(milliseconds(12))}) {
    const Nanoseconds start = clock.Now();
    EXPECT_TRUE(selector().Select(timeout).empty());
    EXPECT_GE(clock.Now() - start, timeout);
  }
}

TEST_P(SelectorWaitTest, ANegativeTimeoutIsZero) {
  const FdPair pair = FdPair::Sockets();
  EXPECT_TRUE(selector().Select(Nanoseconds(-1)).empty());
  selector().Register(pair.a(), kWritable);
  EXPECT_EQ(selector().Select(Nanoseconds::min()).size(), 1u);
}

TEST_P(SelectorWaitTest, TheLongestTimeoutIsTaken) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kWritable);
  EXPECT_EQ(selector().Select(Nanoseconds::max()).size(), 1u);
}

TEST_P(SelectorWaitTest, WhatBecomesReadyEndsTheWait) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  std::thread thread([&] {
    // tidy: allow(sleep) real time, outside any loop
    std::this_thread::sleep_for(milliseconds(5));
    Write(pair.b());
  });
  const auto ready = selector().Select(std::nullopt);
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0], (ReadyEvent{pair.a(), kReadable}));
  thread.join();
}

extern "C" void DoNothing(int) {}

void Handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;  // Without SA_RESTART.
  ASSERT_EQ(sigaction(signal, &action, nullptr), 0);
}

TEST_P(SelectorWaitTest, AnInterruptionDoesNotCutATimeoutShort) {
  Handle(SIGUSR1, DoNothing);
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
  EXPECT_TRUE(selector().Select(milliseconds(30)).empty());
  EXPECT_GE(clock.Now() - start, milliseconds(30));
  thread.join();
}

TEST_P(SelectorWaitTest, AnInterruptionDoesNotEndAWaitWithoutTimeout) {
  Handle(SIGUSR1, DoNothing);
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  const pthread_t self = pthread_self();
  std::thread thread([&] {
    for (int i = 0; i < 3; ++i) {
      // tidy: allow(sleep) real time, outside any loop
      std::this_thread::sleep_for(milliseconds(2));
      pthread_kill(self, SIGUSR1);
    }
    Write(pair.b());
  });
  EXPECT_EQ(selector().Select(std::nullopt).size(), 1u);
  thread.join();
}

// ---- Wake.

TEST_P(SelectorWaitTest, WakeBeforeSelectEndsItOnce) {
  SystemClock clock;
  for (int i = 0; i < 3; ++i) {
    selector().Wake();
    selector().Wake();
    EXPECT_TRUE(selector().Select(std::nullopt).empty());
    const Nanoseconds start = clock.Now();
    selector().Select(milliseconds(2));
    EXPECT_GE(clock.Now() - start, milliseconds(2));
  }
}

TEST_P(SelectorWaitTest, WakeHidesNothingThatIsReady) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kWritable);
  selector().Wake();
  EXPECT_EQ(selector().Select(std::nullopt).size(), 1u);
  EXPECT_EQ(selector().Select(std::nullopt).size(), 1u);
}

TEST_P(SelectorWaitTest, AWakeIsNotLostToAnUnregister) {
  FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  selector().Wake();
  selector().Unregister(pair.a());
  EXPECT_TRUE(selector().Select(std::nullopt).empty());
}

TEST_P(SelectorWaitTest, WakeFromAnotherThread) {
  std::thread thread([&] {
    // tidy: allow(sleep) real time, outside any loop
    std::this_thread::sleep_for(milliseconds(5));
    selector().Wake();
  });
  EXPECT_TRUE(selector().Select(std::nullopt).empty());
  thread.join();
}

// No wake may be lost: each waits for the other's answer.
TEST_P(SelectorWaitTest, NoWakeIsLost) {
  constexpr int kRounds = 10'000;
  const auto ping = Lazy();
  const auto pong = Lazy();
  std::atomic<int> sent = 0;
  std::atomic<int> answered = 0;
  std::thread thread([&] {
    for (int i = 1; i <= kRounds; ++i) {
      while (sent.load() < i) pong->Select(std::nullopt);
      answered.store(i);
      ping->Wake();
    }
  });
  for (int i = 1; i <= kRounds; ++i) {
    sent.store(i);
    pong->Wake();
    while (answered.load() < i) ping->Select(std::nullopt);
  }
  thread.join();
}

SystemSelector* woken_by_signal = nullptr;
extern "C" void WakeIt(int) { woken_by_signal->Wake(); }

TEST_P(SelectorWaitTest, ASignalHandlerMayWake) {
  woken_by_signal = &selector();
  Handle(SIGUSR2, WakeIt);
  const pthread_t self = pthread_self();
  std::thread thread([self] {
    // tidy: allow(sleep) real time, outside any loop
    std::this_thread::sleep_for(milliseconds(3));
    pthread_kill(self, SIGUSR2);
  });
  EXPECT_TRUE(selector().Select(std::nullopt).empty());
  thread.join();
}

// A loop may be made on one thread, and run on others, one after the other.
TEST_P(SelectorWaitTest, AnotherThreadMayGoOn) {
  const FdPair pair = FdPair::Sockets();
  selector().Register(pair.a(), kReadable);
  EXPECT_THAT(Ready(), IsEmpty());
  for (int i = 0; i < 3; ++i) {
    std::thread([&] {
      EXPECT_THAT(Ready(), IsEmpty());
      Write(pair.b());
      EXPECT_EQ(selector().Select(std::nullopt).size(), 1u);
      EXPECT_EQ(Read(pair.a()), "x");
      EXPECT_THAT(Ready(), IsEmpty());
      selector().Wake();
      EXPECT_TRUE(selector().Select(std::nullopt).empty());
      EXPECT_THAT(Ready(), IsEmpty());
    }).join();
  }
  selector().Wake();
  EXPECT_TRUE(selector().Select(std::nullopt).empty());
  Write(pair.b());
  EXPECT_THAT(Ready(), ElementsAre(ReadyEvent{pair.a(), kReadable}));
}

// ---- Zero timeouts that are not asked.

TEST_P(SelectorWaitTest, AZeroTimeoutIsAskedInTheEnd) {
  const FdPair pair = FdPair::Sockets();
  const auto lazy = Lazy();
  lazy->Register(pair.a(), kWritable);
  for (int i = 0; i < 3; ++i) {
    int turns = 0;
    while (lazy->Select(kZero).empty()) ++turns;
    EXPECT_LE(turns, SystemSelector::kDefaultSkips);
  }
}

TEST_P(SelectorWaitTest, AZeroTimeoutAfterAWakeIsAsked) {
  const FdPair pair = FdPair::Sockets();
  const auto lazy = Lazy();
  lazy->Register(pair.a(), kWritable);
  lazy->Select(kZero);
  lazy->Wake();
  EXPECT_EQ(lazy->Select(kZero).size(), 1u);
}

}  // namespace
}  // namespace rondo
