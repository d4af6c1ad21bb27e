// The part of CPython's test_unix_events.py, and of test_events.py, that is
// about signals, in C++. What the originals learn from mocks is asked of the
// kernel.
#include <unistd.h>

#include <csignal>
#include <memory>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/signals.h"
#include "rondo/runtime/system_loop.h"
#include "rondo/tests/runtime/sigint.h"

namespace rondo::conformance {
namespace {

SignalHandler DispositionOf(int signal) {
  struct sigaction action = {};
  sigaction(signal, nullptr, &action);
  return action.sa_handler;
}

void Nothing() {}

class SelectorEventLoopSignalTests : public testing::Test {
 protected:
  // Two iterations: one sees a signal, the other one runs the callback.
  void RunTwice() {
    for (int i = 0; i < 2; ++i) {
      loop->CallSoon(Nothing);  // So that it does not wait.
      loop->RunOnce();
    }
  }

  std::unique_ptr<EventLoop> loop = MakeSystemLoop();
};

TEST_F(SelectorEventLoopSignalTests, test_check_signal) {
  EXPECT_THROW(AddSignalHandler(*loop, 65, Nothing), ValueError);
  EXPECT_THROW(RemoveSignalHandler(*loop, 65), ValueError);
}

TEST_F(SelectorEventLoopSignalTests, test_handle_signal_no_handler) {
  AddSignalHandler(*loop, SIGUSR1, [] { FAIL() << "it was removed"; });
  std::raise(SIGUSR1);
  RemoveSignalHandler(*loop, SIGUSR1);
  AddSignalHandler(*loop, SIGUSR2, Nothing);  // Of which there are some.
  RunTwice();
}

// Adapted: the callback is gone with its owner, who removes the handler.
TEST_F(SelectorEventLoopSignalTests, test_handle_signal_cancelled_handler) {
  auto owner = std::make_unique<int>(0);
  AddSignalHandler(*loop, SIGUSR1, [&] { ++*owner; });
  std::raise(SIGUSR1);
  RunTwice();
  EXPECT_EQ(*owner, 1);
  EXPECT_TRUE(RemoveSignalHandler(*loop, SIGUSR1));
  owner.reset();
  EXPECT_EQ(DispositionOf(SIGUSR1), SIG_DFL);
}

// Adapted: what fails is that this is not the main thread.
TEST_F(SelectorEventLoopSignalTests, test_add_signal_handler_setup_error) {
  std::thread other([&] {
    EXPECT_THROW(AddSignalHandler(*loop, SIGINT, Nothing), RuntimeError);
  });
  other.join();
}

TEST_F(SelectorEventLoopSignalTests, test_add_signal_handler) {
  int calls = 0;
  AddSignalHandler(*loop, SIGHUP, [&] { ++calls; });
  EXPECT_NE(DispositionOf(SIGHUP), SIG_DFL);
  std::raise(SIGHUP);
  RunTwice();
  EXPECT_EQ(calls, 1);
}

// Adapted: the three originals differ in what of Python's set-up fails.
TEST_F(SelectorEventLoopSignalTests, test_add_signal_handler_install_error) {
  EXPECT_THROW(AddSignalHandler(*loop, SIGKILL, Nothing), RuntimeError);
  EXPECT_FALSE(RemoveSignalHandler(*loop, SIGKILL));
}

TEST_F(SelectorEventLoopSignalTests, test_remove_signal_handler) {
  AddSignalHandler(*loop, SIGHUP, Nothing);
  EXPECT_TRUE(RemoveSignalHandler(*loop, SIGHUP));
  EXPECT_EQ(DispositionOf(SIGHUP), SIG_DFL);
}

TEST_F(SelectorEventLoopSignalTests, test_remove_signal_handler_2) {
  const SigintAs sigint;
  AddSignalHandler(*loop, SIGINT, Nothing);
  AddSignalHandler(*loop, SIGHUP, Nothing);
  EXPECT_TRUE(RemoveSignalHandler(*loop, SIGINT));
  EXPECT_NE(DispositionOf(SIGHUP), SIG_DFL);
  EXPECT_EQ(DispositionOf(SIGINT), SIG_DFL);
}

TEST_F(SelectorEventLoopSignalTests, test_close) {
  AddSignalHandler(*loop, SIGHUP, Nothing);
  AddSignalHandler(*loop, SIGCHLD, Nothing);
  loop->Close();
  EXPECT_EQ(DispositionOf(SIGHUP), SIG_DFL);
  EXPECT_EQ(DispositionOf(SIGCHLD), SIG_DFL);
}

class EventLoopTestsMixin : public SelectorEventLoopSignalTests {};

TEST_F(EventLoopTestsMixin, test_add_signal_handler) {
  const SigintAs sigint;
  for (const int number : {65, 0, -1}) {
    EXPECT_THROW(AddSignalHandler(*loop, number, Nothing), ValueError);
    EXPECT_THROW(RemoveSignalHandler(*loop, number), ValueError);
  }
  EXPECT_THROW(AddSignalHandler(*loop, SIGKILL, Nothing), RuntimeError);
  EXPECT_FALSE(RemoveSignalHandler(*loop, SIGKILL));
  int caught = 0;
  AddSignalHandler(*loop, SIGINT, [&] { ++caught; });
  kill(getpid(), SIGINT);
  RunTwice();
  EXPECT_EQ(caught, 1);
  EXPECT_TRUE(RemoveSignalHandler(*loop, SIGINT));
  EXPECT_EQ(DispositionOf(SIGINT), SIG_DFL);
  EXPECT_FALSE(RemoveSignalHandler(*loop, SIGINT));
}

// Adapted: another thread sends the signal, in place of an interval timer.
TEST_F(EventLoopTestsMixin, test_signal_handling_while_selecting) {
  int caught = 0;
  AddSignalHandler(*loop, SIGALRM, [&] {
    ++caught;
    loop->Stop();
  });
  std::thread other([] { kill(getpid(), SIGALRM); });
  loop->RunForever();
  other.join();
  EXPECT_EQ(caught, 1);
}

// Adapted: a lambda holds its arguments itself.
TEST_F(EventLoopTestsMixin, test_signal_handling_args) {
  int caught = 0;
  AddSignalHandler(*loop, SIGALRM, [&, some = 1, args = 2] {
    caught = some + args;
    loop->Stop();
  });
  std::raise(SIGALRM);
  loop->RunForever();
  EXPECT_EQ(caught, 3);
}

}  // namespace
}  // namespace rondo::conformance
