// Each call of the socket API, over a scripted network: what it does when it
// must wait, fails, or is cancelled, iteration by iteration.
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/selector.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/support/scripted_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kFd = ScriptedLoop::kFd;
const SocketAddress kPeer = SocketAddress::IPv4({10, 0, 0, 1}, 80);

Coro<std::string> Receive() { co_return co_await SockRecv(kFd, 100); }

Coro<std::string> ReceiveInto() {
  std::array<char, 100> buffer;
  const std::size_t n = co_await SockRecvInto(kFd, buffer);
  co_return std::string(buffer.data(), n);
}

Coro<std::string> ReceiveFrom() {
  const ReceivedFrom received = co_await SockRecvFrom(kFd, 100);
  co_return received.data + " of " + received.from.ToString();
}

Coro<std::string> ReceiveFromInto() {
  std::array<char, 100> buffer;
  const ReceivedFromInto received = co_await SockRecvFromInto(kFd, buffer);
  co_return std::string(buffer.data(), received.size) + " of " +
      received.from.ToString();
}

Coro<std::string> SendAll() {
  co_await SockSendAll(kFd, std::string_view("abcdef"));
  co_return "sent";
}

Coro<std::string> SendTo() {
  const std::size_t n =
      co_await SockSendTo(kFd, std::string_view("abcdef"), kPeer);
  co_return std::to_string(n);
}

Coro<std::string> Connect() {
  co_await SockConnect(kFd, kPeer);
  co_return "connected";
}

Coro<std::string> Accept() {
  const Accepted accepted = co_await SockAccept(kFd);
  co_return std::to_string(accepted.socket.fd());
}

struct Call {
  const char* name;
  Coro<std::string> (*run)();
  const char* kernel;   // Its call there, which would block at first.
  unsigned direction;   // What it then waits for.
  const char* attempt;  // The call as the network notes it.
  const char* result;   // If it succeeds at the second attempt.
};

const Call kCalls[] = {
    {"SockRecv", Receive, "recv", kReadable, "recv", "data"},
    {"SockRecvInto", ReceiveInto, "recv", kReadable, "recv", "data"},
    {"SockRecvFrom", ReceiveFrom, "recv", kReadable, "recv",
     "data of 10.0.0.1:80"},
    {"SockRecvFromInto", ReceiveFromInto, "recv", kReadable, "recv",
     "data of 10.0.0.1:80"},
    {"SockSendAll", SendAll, "send", kWritable, "send abcdef", "sent"},
    {"SockSendTo", SendTo, "sendto", kWritable, "sendto abcdef 10.0.0.1:80",
     "6"},
    {"SockConnect", Connect, "connect", kWritable, "connect 10.0.0.1:80",
     "connected"},
    {"SockAccept", Accept, "accept", kReadable, "accept", "55"},
};

class SocketCallTest : public testing::TestWithParam<Call> {
 protected:
  // Starts the call, which has to wait.
  Task<std::string> Waiting() {
    world.network.Next(GetParam().kernel,
                       GetParam().run == Connect ? -EINPROGRESS : -EAGAIN);
    Task<std::string> task = world.loop().CreateTask(GetParam().run());
    world.loop().RunOnce();
    EXPECT_FALSE(task.done());
    EXPECT_THAT(world.network.Calls(), ElementsAre(GetParam().attempt));
    EXPECT_EQ(world.reads(), GetParam().direction == kReadable);
    EXPECT_EQ(world.writes(), GetParam().direction == kWritable);
    return task;
  }
  // The next attempt will succeed.
  void LetIt() {
    if (GetParam().direction == kWritable) return;
    if (std::string_view(GetParam().kernel) == "accept") {
      world.network.Next("accept", 55);
    } else {
      world.network.Arrive("data", kPeer);
    }
  }
  ScriptedLoop world;
};

INSTANTIATE_TEST_SUITE_P(Calls, SocketCallTest, testing::ValuesIn(kCalls),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

TEST_P(SocketCallTest, DoesNotWaitIfItNeedNot) {
  LetIt();
  const Task<std::string> task = world.loop().CreateTask(GetParam().run());
  world.loop().RunOnce();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), GetParam().result);
  EXPECT_FALSE(world.reads() || world.writes());
}

TEST_P(SocketCallTest, WaitsUntilItIsReady) {
  const Task<std::string> task = Waiting();
  world.Settle();
  EXPECT_FALSE(task.done());
  LetIt();
  world.Ready(GetParam().direction);
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), GetParam().result);
  EXPECT_FALSE(world.reads() || world.writes());
}

TEST_P(SocketCallTest, GoesOnWaitingIfSomebodyElseWasFaster) {
  const Task<std::string> task = Waiting();
  for (int i = 0; i < 100; ++i) {
    world.network.Next(GetParam().run == Connect ? "error" : GetParam().kernel,
                       GetParam().run == Connect ? EAGAIN : -EAGAIN);
    world.Ready(GetParam().direction);
    world.loop().RunOnce();
    ASSERT_FALSE(task.done());
    ASSERT_TRUE(world.reads() || world.writes());
  }
  LetIt();
  world.Ready(GetParam().direction);
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), GetParam().result);
}

TEST_P(SocketCallTest, ThrowsTheErrorOfTheFirstAttempt) {
  world.network.peer = kPeer;
  world.network.Next(GetParam().kernel, -EIO);
  const Task<std::string> task = world.loop().CreateTask(GetParam().run());
  world.loop().RunOnce();
  ASSERT_TRUE(task.done());
  try {
    task.result();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EIO);
    if (GetParam().run != Accept) {
      EXPECT_THAT(error.what(), HasSubstr("10.0.0.1:80"));
    }
  }
}

TEST_P(SocketCallTest, ThrowsTheErrorOfALaterAttempt) {
  const Task<std::string> task = Waiting();
  const bool connects = GetParam().run == Connect;
  world.network.Next(connects ? "error" : GetParam().kernel,
                     connects ? ECONNRESET : -ECONNRESET);
  world.Ready(GetParam().direction);
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_THROW(task.result(), std::system_error);
  EXPECT_FALSE(world.reads() || world.writes());
}

TEST_P(SocketCallTest, CancelledBeforeItBeganItDoesNothing) {
  Task<std::string> task = world.loop().CreateTask(GetParam().run());
  task.Cancel();
  world.Settle();
  EXPECT_TRUE(task.cancelled());
  EXPECT_THAT(world.network.Calls(), IsEmpty());
}

TEST_P(SocketCallTest, CancelledWhileItWaitsItDoesNothingMore) {
  Task<std::string> task = Waiting();
  LetIt();
  world.Do([&] { task.Cancel(); });
  world.Ready(GetParam().direction);
  world.Settle();
  EXPECT_TRUE(task.cancelled());
  EXPECT_THAT(world.network.Calls(), IsEmpty());
  EXPECT_FALSE(world.reads() || world.writes());
}

TEST_P(SocketCallTest, CancelledInTheIterationInWhichItIsReady) {
  Task<std::string> task = Waiting();
  LetIt();
  world.loop().CallSoon([&] { task.Cancel(); });  // Before its callback.
  world.Ready(GetParam().direction);
  world.Settle();
  EXPECT_TRUE(task.cancelled());
  EXPECT_THAT(world.network.Calls(), IsEmpty());
  EXPECT_FALSE(world.reads() || world.writes());
}

TEST_P(SocketCallTest, CancelledWhenItIsReadyAndHasNotRunItLosesNothing) {
  Task<std::string> task = Waiting();
  LetIt();
  world.Ready(GetParam().direction);
  world.network.Calls();
  task.Cancel();
  world.Settle();
  EXPECT_TRUE(task.cancelled());
  EXPECT_FALSE(world.reads() || world.writes());
  if (GetParam().run == Accept) {
    EXPECT_THAT(world.network.Calls(), ElementsAre("close 55"));
    return;
  }
  EXPECT_THAT(world.network.Calls(), IsEmpty());
  if (GetParam().direction == kWritable) return;
  // It is there for the next one.
  const Task<std::string> next = world.loop().CreateTask(GetParam().run());
  world.loop().RunOnce();
  ASSERT_TRUE(next.done());
  EXPECT_EQ(next.result(), GetParam().result);
}

TEST_P(SocketCallTest, IsRefusedOnATransportsDescriptor) {
  world.Do([] {
    const auto factory = [] { return std::make_shared<Protocol>(); };
    CreateTask(CreateConnection(factory, Socket(kFd)));
  });
  world.Settle();
  world.network.Calls();
  const Task<std::string> task = world.loop().CreateTask(GetParam().run());
  world.loop().RunOnce();
  ASSERT_TRUE(task.done());
  EXPECT_THAT([&] { task.result(); },
              testing::ThrowsMessage<RuntimeError>(
                  HasSubstr("descriptor 7 is used by a transport")));
  EXPECT_THAT(world.network.Calls(), IsEmpty());
}

}  // namespace
}  // namespace rondo
