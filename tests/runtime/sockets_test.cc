// Sockets, and what their calls have in common, over a scripted network.
#include "rondo/runtime/sockets.h"

#include <cerrno>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/selector.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/support/scripted_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kFd = ScriptedLoop::kFd;
const SocketAddress kPeer = SocketAddress::IPv4({10, 0, 0, 1}, 80);

Coro<std::string> Receive() { return SockRecv(kFd, 100); }

Coro<> ReceiveFrom() { co_await SockRecvFrom(kFd, 100); }

// ---- What was received for a caller who is cancelled

// A call that is cancelled when it has received what `network` has for it.
template <class T>
void CancelLate(ScriptedLoop& world, Coro<T> (*call)()) {
  Task<T> task = world.loop().CreateTask(call());
  world.loop().RunOnce();
  world.Ready(kReadable);
  task.Cancel();
  world.Settle();
  EXPECT_TRUE(task.cancelled());
}

std::string Next(ScriptedLoop& world, std::size_t n) {
  const Task<std::string> task = world.loop().CreateTask(SockRecv(kFd, n));
  world.loop().RunOnce();
  EXPECT_TRUE(task.done());
  return task.result();
}

TEST(SocketTest, UnseenBytesComeInOrderHoweverSmallTheBuffer) {
  ScriptedLoop world;
  world.network.Next("recv", -EAGAIN);
  world.network.Arrive("abc");
  CancelLate(world, Receive);
  EXPECT_EQ(Next(world, 2), "ab");
  EXPECT_EQ(Next(world, 2), "c");
  world.network.Arrive("de");
  EXPECT_EQ(Next(world, 2), "de");
}

// A call that has received "abc" and has not run when `between` runs.
Task<std::string> Overtaken(ScriptedLoop& world,
                            std::function<void(Task<std::string>&)> between) {
  world.network.Next("recv", -EAGAIN);
  world.network.Arrive("abc");
  Task<std::string> task = world.loop().CreateTask(Receive());
  world.loop().RunOnce();
  // What is queued before the descriptor is ready comes before the task.
  world.loop().CallSoon(
      [&] { RunningLoop().CallSoon([&] { between(task); }); });
  world.Ready(kReadable);
  EXPECT_FALSE(task.done());
  world.loop().RunOnce();
  return task;
}

Task<std::string> CallNow() {
  TaskSpec eager;
  eager.eager_start = true;
  return CreateTask(Receive(), eager);
}

TEST(SocketTest, ACallHasWhatACancelledOneHasJustReceived) {
  ScriptedLoop world;
  Task<std::string> next;
  const Task<std::string> task = Overtaken(world, [&](Task<std::string>& task) {
    task.Cancel();
    world.network.Arrive("def");
    next = CallNow();
  });
  world.Settle();
  EXPECT_TRUE(task.cancelled());
  ASSERT_TRUE(next.done());
  EXPECT_EQ(next.result(), "abc");
  EXPECT_EQ(Next(world, 10), "def");
}

TEST(SocketTest, ACallThatHasLostWhatItHadReceivedGoesOnWaiting) {
  ScriptedLoop world;
  Task<std::string> second;
  const Task<std::string> first =
      Overtaken(world, [&](Task<std::string>&) { second = CallNow(); });
  world.Settle();
  ASSERT_TRUE(second.done());
  EXPECT_EQ(second.result(), "abc");
  EXPECT_FALSE(first.done());
  world.network.Arrive("def");
  world.Ready(kReadable);
  world.Settle();
  ASSERT_TRUE(first.done());
  EXPECT_EQ(first.result(), "def");
}

TEST(SocketTest, WhatWasReceivedSurvivesTheSocket) {
  ScriptedLoop world;
  Socket socket;
  world.Do([&] { socket = Socket(kFd); });
  const Task<std::string> task =
      Overtaken(world, [&](Task<std::string>&) { socket.Close(); });
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), "abc");
}

TEST(SocketTest, AnUnseenDatagramStaysOne) {
  ScriptedLoop world;
  world.network.kind = DescriptorKind::kDatagram;
  world.network.Next("recv", -EAGAIN);
  world.network.Arrive("abcdef", kPeer);
  CancelLate(world, ReceiveFrom);
  world.network.Arrive("gh", kPeer);
  const Task<ReceivedFrom> first =
      world.loop().CreateTask(SockRecvFrom(kFd, 4));
  const Task<ReceivedFrom> second =
      world.loop().CreateTask(SockRecvFrom(kFd, 4));
  world.loop().RunOnce();
  EXPECT_EQ(first.result().data, "abcd");
  EXPECT_TRUE(first.result().truncated);
  EXPECT_EQ(first.result().from, kPeer);
  EXPECT_EQ(second.result().data, "gh");
}

TEST(SocketTest, AnUnseenErrorIsTheNextOnes) {
  ScriptedLoop world;
  world.network.Next("recv", -EAGAIN);
  world.network.Next("recv", -ECONNRESET);
  CancelLate(world, Receive);
  EXPECT_THROW(Next(world, 10), std::system_error);
  world.network.Next("recv", 0);
  EXPECT_EQ(Next(world, 10), "");
}

TEST(SocketTest, WhatNobodyHasSeenIsNoTransports) {
  ScriptedLoop world;
  world.network.Next("recv", -EAGAIN);
  world.network.Arrive("abc");
  CancelLate(world, Receive);
  const auto factory = [] { return std::make_shared<Protocol>(); };
  Task<Connection> task;
  world.Do([&] {
    Socket socket(kFd);
    task = CreateTask(CreateConnection(factory, std::move(socket)));
  });
  world.Settle();
  EXPECT_THROW(task.result(), RuntimeError);
  // And gone with the descriptor.
  world.network.Next("recv", 0);
  EXPECT_EQ(Next(world, 10), "");
}

// ---- Each for itself

TEST(SocketTest, SockSendAllSendsAsMuchAsItCanEachTime) {
  ScriptedLoop world;
  world.network.Next("send", 1);
  const Task<> task =
      world.loop().CreateTask(SockSendAll(kFd, std::string_view("abcdef")));
  world.loop().RunOnce();
  world.network.Next("send", 2);
  world.Ready(kWritable);
  world.network.Next("send", -EAGAIN);
  world.Ready(kWritable);
  world.Ready(kWritable);
  world.Settle();
  EXPECT_TRUE(task.done());
  EXPECT_THAT(world.network.Calls(),
              ElementsAre("send abcdef", "send bcdef", "send def", "send def"));
}

TEST(SocketTest, SockConnectWaitsForWhatACancelledOneHasBegun) {
  ScriptedLoop world;
  world.network.Next("connect", -EALREADY);
  const Task<> task = world.loop().CreateTask(SockConnect(kFd, kPeer));
  world.loop().RunOnce();
  EXPECT_FALSE(task.done());
  world.Ready(kWritable);
  world.Settle();
  EXPECT_TRUE(task.done());
}

TEST(SocketTest, SockConnectFailsWhereTheListenerHasNoRoom) {
  ScriptedLoop world;
  world.network.Next("connect", -EAGAIN);
  const Task<> task = world.loop().CreateTask(SockConnect(kFd, kPeer));
  world.loop().RunOnce();
  ASSERT_TRUE(task.done());
  EXPECT_THROW(task.result(), std::system_error);
}

TEST(SocketTest, SockAcceptClosesWhatNobodyTakes) {
  ScriptedLoop world;
  world.network.Next("accept", 55);
  {
    const Task<Accepted> task = world.loop().CreateTask(SockAccept(kFd));
    world.Settle();
    EXPECT_TRUE(task.done());
    EXPECT_THAT(world.network.Calls(), ElementsAre("accept"));
  }
  EXPECT_THAT(world.network.Calls(), ElementsAre("close 55"));
}

TEST(SocketTest, ADatagramMayBeCutAndEmpty) {
  ScriptedLoop world;
  world.network.Arrive("0123456789", kPeer);
  const Task<ReceivedFrom> cut = world.loop().CreateTask(SockRecvFrom(kFd, 4));
  world.network.Next("recv", 0);
  world.Settle();
  EXPECT_EQ(cut.result().data, "0123");
  EXPECT_TRUE(cut.result().truncated);
  const Task<ReceivedFrom> empty =
      world.loop().CreateTask(SockRecvFrom(kFd, 4));
  world.Settle();
  EXPECT_EQ(empty.result().data, "");
  EXPECT_FALSE(empty.result().truncated);
}

// ---- Readers and writers of a transport's descriptor

TEST(SocketTest, ATransportsDescriptorHasNoOtherReadersAndWriters) {
  ScriptedLoop world;
  Task<Connection> task;
  world.Do([&] {
    const auto factory = [] { return std::make_shared<Protocol>(); };
    task = CreateTask(CreateConnection(factory, Socket(kFd)));
  });
  world.Settle();
  world.Do([] {
    EXPECT_THROW(AddReader(kFd, [] {}), RuntimeError);
    EXPECT_THROW(AddWriter(kFd, [] {}), RuntimeError);
    EXPECT_THROW(RemoveReader(kFd), RuntimeError);
    EXPECT_THROW(RemoveWriter(kFd), RuntimeError);
    AddReader(kFd + 1, [] {});
    EXPECT_TRUE(RemoveReader(kFd + 1));
  });
  EXPECT_TRUE(world.reads());
  // As long as it has it, which is longer than it is open.
  world.Do([&] {
    task.result().transport->Close();
    EXPECT_THROW(AddReader(kFd, [] {}), RuntimeError);
  });
  world.Settle();
  world.Do([] { AddReader(kFd, [] {}); });
  EXPECT_TRUE(world.reads());
}

TEST(SocketTest, ADescriptorIsNotNegative) {
  ScriptedLoop world;
  world.Do([] {
    EXPECT_THROW(AddReader(-1, [] {}), ValueError);
    EXPECT_FALSE(RemoveReader(-1));
  });
}

// ---- Socket

TEST(SocketTest, IsClosedOnceWhoeverHasIt) {
  ScriptedLoop world;
  world.Do([&] {
    Socket a(kFd);
    Socket b(std::move(a));
    EXPECT_FALSE(a);
    EXPECT_EQ(b.fd(), kFd);
    Socket c(kFd + 1);
    c = std::move(b);
    EXPECT_THAT(world.network.Calls(), ElementsAre("close 8"));
    EXPECT_EQ(c.fd(), kFd);
    Socket& same = c;
    c = std::move(same);
    EXPECT_EQ(c.fd(), kFd);
  });
  EXPECT_THAT(world.network.Calls(), ElementsAre("close 7"));
}

TEST(SocketTest, HasItsDescriptorForItself) {
  ScriptedLoop world;
  world.Do([&] {
    Socket first(kFd);
    try {
      Socket second(kFd);
      ADD_FAILURE();
    } catch (const ValueError& error) {
      EXPECT_STREQ(error.what(), "descriptor 7 is another Socket's already");
    }
    EXPECT_THAT(world.network.Calls(), IsEmpty());
    first.Close();
    const Socket third(kFd);
    EXPECT_EQ(third.fd(), kFd);
  });
  EXPECT_THAT(world.network.Calls(), ElementsAre("close 7", "close 7"));
}

TEST(SocketTest, EndsWithItsLoopInTheOrderOfCreation) {
  ScriptedLoop world;
  std::vector<Socket> held;
  world.Do([&] {
    for (const int fd : {7, 9, 8}) held.emplace_back(fd);  // Which moves them.
    Socket middle = std::move(held[1]);
    held[1] = std::move(middle);
  });
  world.loop().Close();
  EXPECT_THAT(world.network.Calls(),
              ElementsAre("close 7", "close 9", "close 8"));
  for (Socket& socket : held) {
    EXPECT_FALSE(socket);
    socket.Close();
  }
  held.clear();
  EXPECT_THAT(world.network.Calls(), IsEmpty());
}

}  // namespace
}  // namespace rondo
