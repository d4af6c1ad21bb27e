#include "rondo/simnet/sim_network.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/tests/simnet/three_hosts.h"

namespace rondo {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

class SimNetworkTest : public testing::Test {
 protected:
  DullDecisions dull_;
  ThreeHosts world_{dull_};
  SimNetwork& n1_ = world_.n1;
  SimNetwork& n2_ = world_.n2;
};

TEST_F(SimNetworkTest, AddressesNamesAndDescriptorsComeInOrder) {
  EXPECT_EQ(n1_.address(), SocketAddress::IPv4({10, 0, 0, 1}, 0));
  EXPECT_EQ(world_.AddressOf(n1_, "n3", 7),
            SocketAddress::IPv4({10, 0, 0, 3}, 7));
  EXPECT_EQ(world_.AddressOf(n1_, "localhost", 7),
            SocketAddress::IPv4({127, 0, 0, 1}, 7));
  EXPECT_EQ(world_.AddressOf(n1_, "10.1.2.3", 7),
            SocketAddress::IPv4({10, 1, 2, 3}, 7));
  EXPECT_EQ(world_.Stream(n1_), 3);
  EXPECT_EQ(world_.Stream(n2_), 3);
  EXPECT_EQ(world_.Stream(n1_), 4);
  EXPECT_THROW(world_.fabric.AddHost("n1"), std::invalid_argument);
  EXPECT_THROW(world_.fabric.Partition("nobody"), std::out_of_range);
}

TEST_F(SimNetworkTest, ThereAreNoFilesToSend) {
  const int fd = world_.Stream(n1_);
  EXPECT_EQ(n1_.SendFile(fd, 0, 0, 1), -EOPNOTSUPP);
}

TEST_F(SimNetworkTest, AConnectionTakesARoundTripAndASegmentOneWay) {
  const int listener = world_.Listener(n2_, 80);
  const int client = world_.Connect(n1_, "n2", 80);
  EXPECT_EQ(world_.Await(n1_, client, kWritable), milliseconds(20));
  EXPECT_EQ(n1_.Error(client), 0);
  EXPECT_EQ(world_.Await(n2_, listener, kReadable), milliseconds(10));
  const int server = static_cast<int>(n2_.Accept(listener, nullptr));
  world_.Send(n2_, server, "hello");
  EXPECT_EQ(world_.Await(n1_, client, kReadable), milliseconds(10));
  EXPECT_EQ(world_.Receive(n1_, client), "hello");
}

TEST_F(SimNetworkTest, LoopbackIsQuickAndARefusalTakesARoundTrip) {
  const int listener = world_.Listener(n1_, 80);
  const int client = world_.Connect(n1_, "localhost", 80);
  EXPECT_EQ(world_.Await(n1_, client, kWritable), microseconds(10));
  world_.Await(n1_, listener, kReadable);
  const int nobody = world_.Connect(n1_, "n2", 81);
  EXPECT_EQ(world_.Await(n1_, nobody, kWritable), milliseconds(20));
  EXPECT_EQ(n1_.Error(nobody), ECONNREFUSED);
}

TEST_F(SimNetworkTest, ALinkHasItsOwnLatency) {
  world_.fabric.SetLinkOneWay("n1", "n2", {milliseconds(3), milliseconds(3)});
  world_.Listener(n2_, 80);
  const int client = world_.Connect(n1_, "n2", 80);
  EXPECT_EQ(world_.Await(n1_, client, kWritable), milliseconds(13));
}

TEST_F(SimNetworkTest, ConnectionsAreNamedByWhoAndWhomAndCount) {
  world_.Listener(n2_, 80);
  world_.Connect(n1_, "n2", 80);
  world_.Connect(n1_, "n2", 80);
  world_.Connect(world_.n3, "n2", 80);
  world_.Connect(n1_, "n2", 81);
  world_.Connect(n1_, "localhost", 5);
  world_.Connect(n1_, "10.9.9.9", 5);
  EXPECT_EQ(
      world_.log.lines,
      (std::vector<std::string>{
          "connect n1>n2:80#1 0", "connect n1>n2:80#2 0",
          "connect n3>n2:80#1 0", "connect n1>n2:81#1 0", "connect n1>n1:5#1 0",
          "connect n1>10.9.9.9:5#1 0", "drop n1>10.9.9.9:5#1 0"}));
}

TEST_F(SimNetworkTest, AFullBufferHoldsSendAndReceiveBuffer) {
  const auto [client, server] = world_.Connected();
  n1_.SetOption(client, SocketOption::kSendBuffer, 3000);
  n2_.SetOption(server, SocketOption::kReceiveBuffer, 1000);
  const std::string chunk(10'000, 'x');
  EXPECT_EQ(n1_.Send(client, chunk), 3000);
  EXPECT_EQ(n1_.Send(client, chunk), -EAGAIN);
  world_.RunFor(seconds(1));
  EXPECT_EQ(n1_.Send(client, chunk), 1000);
  world_.RunFor(seconds(1));
  EXPECT_EQ(n1_.Send(client, chunk), -EAGAIN);
  n1_.selector().Register(client, kWritable);
  EXPECT_FALSE(n1_.selector().HasReady());
  EXPECT_EQ(world_.Receive(n2_, server).size(), 1000u);
  world_.RunFor(milliseconds(10));
  EXPECT_TRUE(n1_.selector().HasReady());  // A third is free.
  EXPECT_EQ(n1_.Send(client, chunk), 1000);
  for (int left : {1000, 1000, 1000, 1000}) {
    EXPECT_EQ(world_.Receive(n2_, server).size(), left);
    world_.RunFor(seconds(1));
  }
  EXPECT_EQ(world_.Receive(n2_, server), "error 11");
}

TEST_F(SimNetworkTest, BuffersOfOneByte) {
  const auto [client, server] = world_.Connected();
  n1_.SetOption(client, SocketOption::kSendBuffer, 1);
  n2_.SetOption(server, SocketOption::kReceiveBuffer, 1);
  std::string got;
  for (const char c : std::string("slowly")) {
    world_.Await(n1_, client, kWritable);
    EXPECT_EQ(n1_.Send(client, std::string(2, c)), 1);
    world_.Await(n2_, server, kReadable);
    got += world_.Receive(n2_, server);
  }
  EXPECT_EQ(got, "slowly");
}

// ---- SYNs that nobody answers.

TEST_F(SimNetworkTest, AnUnansweredConnectTimesOutAfter127Seconds) {
  for (const char* host : {"n2", "10.9.9.9"}) {
    world_.fabric.Partition("n2");
    const int client = world_.Connect(n1_, host, 80);
    const std::size_t before = world_.log.lines.size();
    EXPECT_EQ(world_.Await(n1_, client, kWritable), seconds(127));
    EXPECT_EQ(n1_.Error(client), ETIMEDOUT);
    // The first SYN was lost in Connect; six repetitions, and the end.
    EXPECT_EQ(world_.log.lines.size() - before, 7u);
  }
}

TEST_F(SimNetworkTest, ASynIsRepeatedAfterTheHeal) {
  world_.Listener(n2_, 80);
  world_.fabric.Partition("n1", "n2");
  const int client = world_.Connect(n1_, "n2", 80);
  world_.RunUntil(seconds(4));
  world_.fabric.Heal("n1", "n2");
  world_.Await(n1_, client, kWritable);
  EXPECT_EQ(world_.time.now(), seconds(7) + milliseconds(20));
  EXPECT_EQ(n1_.Error(client), 0);
}

TEST_F(SimNetworkTest, AFullBacklogDropsTheSyn) {
  const int listener = world_.Listener(n2_, 80, 0);
  const int first = world_.Connect(n1_, "n2", 80);
  const int second = world_.Connect(n1_, "n2", 80);
  world_.Await(n1_, first, kWritable);
  world_.RunUntil(milliseconds(500));
  EXPECT_GE(n2_.Accept(listener, nullptr), 0);
  world_.Await(n1_, second, kWritable);
  EXPECT_EQ(world_.time.now(), seconds(1) + milliseconds(20));
}

TEST_F(SimNetworkTest, AClosedConnectIsForgotten) {
  world_.fabric.Partition("n2");
  const int client = world_.Connect(n1_, "n2", 80);
  EXPECT_FALSE(world_.queue.empty());
  n1_.Close(client);
  EXPECT_TRUE(world_.queue.empty());
}

TEST_F(SimNetworkTest, AConnectClosedUnderWayLeavesNoChild) {
  const int listener = world_.Listener(n2_, 80, 0);
  n1_.Close(world_.Connect(n1_, "n2", 80));
  world_.RunFor(seconds(1));
  EXPECT_EQ(n2_.Accept(listener, nullptr), -EAGAIN);
  const int again = world_.Connect(n1_, "n2", 80);  // The place is free.
  world_.Await(n1_, again, kWritable);
  EXPECT_EQ(n1_.Error(again), 0);
}

// ---- Partitions.

TEST_F(SimNetworkTest, APartitionDelaysAndLosesNothing) {
  const auto [client, server] = world_.Connected();
  world_.Send(n1_, client, "one ");
  world_.RunFor(milliseconds(5));  // Under way.
  world_.fabric.Partition("n1", "n2");
  world_.Send(n1_, client, "two ");
  world_.RunFor(seconds(2));
  EXPECT_EQ(world_.Receive(n2_, server), "error 11");
  world_.fabric.Heal();
  world_.Send(n1_, client, "three");
  world_.RunFor(seconds(5));
  EXPECT_EQ(world_.Receive(n2_, server), "one two three");
}

TEST_F(SimNetworkTest, AfterTheHealItComesWithTheNextRetransmission) {
  const auto [client, server] = world_.Connected();
  world_.fabric.Partition("n2");
  const Nanoseconds sent = world_.time.now();
  world_.Send(n1_, client, "x");
  world_.RunFor(milliseconds(700));
  world_.fabric.Heal("n2");
  world_.Await(n2_, server, kReadable);
  // Repeated after 200, 600, 1400 ms.
  EXPECT_EQ(world_.time.now(), sent + milliseconds(1400 + 10));
}

TEST_F(SimNetworkTest, TheEndWaitsForTheHealToo) {
  const auto [client, server] = world_.Connected();
  world_.fabric.Partition("n1");
  world_.Send(n1_, client, "last");
  n1_.Close(client);
  world_.RunFor(seconds(1));
  world_.fabric.Heal();
  world_.RunFor(seconds(10));
  EXPECT_EQ(world_.Receive(n2_, server), "last");
  EXPECT_EQ(world_.Receive(n2_, server), "");
}

TEST_F(SimNetworkTest, UnacknowledgedForTooLongBreaksTheSenderOnly) {
  const auto [client, server] = world_.Connected();
  world_.fabric.Partition("n1", "n2");
  const Nanoseconds sent = world_.time.now();
  world_.Send(n1_, client, "x");
  world_.Await(n1_, client, kReadable);
  EXPECT_EQ(world_.time.now(), sent + milliseconds(924'600));
  EXPECT_EQ(n1_.Error(client), ETIMEDOUT);
  EXPECT_TRUE(world_.queue.empty());
  world_.fabric.Heal();
  EXPECT_EQ(world_.Receive(n2_, server), "error 11");
  // What the other end says now meets nobody.
  world_.Send(n2_, server, "hello?");
  world_.RunFor(seconds(1));
  EXPECT_EQ(n2_.Error(server), ECONNRESET);
}

TEST_F(SimNetworkTest, WithTheWayBackCutTheReceiverHasItAllTheSame) {
  const auto [client, server] = world_.Connected();
  n1_.SetOption(client, SocketOption::kSendBuffer, 10);
  world_.fabric.PartitionOneWay("n2", "n1");
  EXPECT_EQ(world_.Send(n1_, client, "0123456789"), 10);
  world_.RunFor(seconds(1));
  EXPECT_EQ(world_.Receive(n2_, server), "0123456789");
  EXPECT_EQ(world_.Send(n1_, client, "x"), -EAGAIN);
  world_.fabric.Heal("n2");
  world_.RunFor(seconds(1));
  EXPECT_EQ(world_.Send(n1_, client, "x"), 1);
  world_.RunFor(seconds(1));
  EXPECT_TRUE(world_.queue.empty());
}

TEST_F(SimNetworkTest, WithTheWayBackCutForTooLongTheSenderGivesUp) {
  const auto [client, server] = world_.Connected();
  world_.fabric.PartitionOneWay("n2", "n1");
  world_.Send(n1_, client, "x");
  world_.Await(n1_, client, kReadable);
  EXPECT_EQ(n1_.Error(client), ETIMEDOUT);
}

TEST_F(SimNetworkTest, AHostPartitionReachesLaterHostsButNotLoopback) {
  world_.fabric.Partition("n1");
  SimNetwork& n4 = world_.fabric.AddHost("n4");
  world_.Listener(n1_, 80);
  const int remote = world_.Connect(n4, "n1", 80);
  const int local = world_.Connect(n1_, "n1", 80);
  world_.RunFor(milliseconds(900));
  n1_.selector().Register(local, kWritable);
  n4.selector().Register(remote, kWritable);
  EXPECT_TRUE(n1_.selector().HasReady());
  EXPECT_FALSE(n4.selector().HasReady());
}

// ---- Dead peers.

TEST_F(SimNetworkTest, UserTimeoutBoundsTheWaitForAcknowledgements) {
  const auto [client, server] = world_.Connected();
  EXPECT_EQ(n1_.SetOption(client, SocketOption::kUserTimeout, 5000), 0);
  world_.fabric.Partition("n1", "n2");
  const Nanoseconds sent = world_.time.now();
  world_.Send(n1_, client, "x");
  world_.Await(n1_, client, kReadable);
  EXPECT_EQ(world_.time.now(), sent + seconds(5));
  EXPECT_EQ(n1_.Error(client), ETIMEDOUT);
}

TEST_F(SimNetworkTest, KeepAliveFindsAPartition) {
  const auto [client, server] = world_.Connected();
  const Nanoseconds heard = world_.time.now();
  n1_.SetOption(client, SocketOption::kKeepAlive, 1);
  EXPECT_TRUE(world_.queue.empty());  // No probe that nobody could see.
  world_.fabric.PartitionOneWay("n2", "n1");
  world_.Await(n1_, client, kReadable);
  EXPECT_EQ(world_.time.now(), heard + seconds(7200 + 9 * 75));
  EXPECT_EQ(n1_.Error(client), ETIMEDOUT);
}

TEST_F(SimNetworkTest, KeepAliveByItsOptions) {
  const auto [client, server] = world_.Connected();
  const Nanoseconds heard = world_.time.now();
  world_.fabric.Partition("n1");
  n1_.SetOption(client, SocketOption::kKeepIdle, 10);
  n1_.SetOption(client, SocketOption::kKeepInterval, 3);
  n1_.SetOption(client, SocketOption::kKeepCount, 2);
  n1_.SetOption(client, SocketOption::kKeepAlive, 1);
  world_.Await(n1_, client, kReadable);
  EXPECT_EQ(world_.time.now(), heard + seconds(16));
}

TEST_F(SimNetworkTest, AHealedPartitionIsNotFound) {
  const auto [client, server] = world_.Connected();
  n1_.SetOption(client, SocketOption::kKeepAlive, 1);
  world_.fabric.Partition("n1");
  world_.RunFor(seconds(3600));
  EXPECT_FALSE(world_.queue.empty());
  world_.fabric.Heal();
  EXPECT_TRUE(world_.queue.empty());
  world_.Send(n1_, client, "hello");
  world_.Await(n2_, server, kReadable);
}

TEST_F(SimNetworkTest, KeepAliveFindsAHostThatIsBack) {
  const auto [client, server] = world_.Connected();
  const Nanoseconds heard = world_.time.now();
  n1_.SetOption(client, SocketOption::kKeepIdle, 60);
  n1_.SetOption(client, SocketOption::kKeepAlive, 1);
  world_.fabric.HostDown("n2");
  world_.RunFor(seconds(100));  // One probe was lost.
  world_.fabric.HostUp("n2");
  world_.Await(n1_, client, kReadable);
  EXPECT_EQ(world_.time.now(), heard + seconds(60 + 75) + milliseconds(20));
  EXPECT_EQ(n1_.Error(client), ECONNRESET);
}

TEST_F(SimNetworkTest, DataTakesThePlaceOfProbes) {
  const auto [client, server] = world_.Connected();
  n1_.SetOption(client, SocketOption::kKeepAlive, 1);
  world_.fabric.Partition("n1");
  world_.RunFor(seconds(1));
  const Nanoseconds sent = world_.time.now();
  world_.Send(n1_, client, "x");
  world_.Await(n1_, client, kReadable);
  EXPECT_EQ(world_.time.now(), sent + milliseconds(924'600));
}

// ---- Crashes.

TEST_F(SimNetworkTest, ACrashedHostIsInertAndSaysNothing) {
  const auto [client, server] = world_.Connected();
  world_.fabric.HostDown("n2");
  EXPECT_TRUE(n2_.inert());
  EXPECT_EQ(world_.Send(n2_, server, "x"), -EBADF);
  EXPECT_EQ(n2_.Close(server), -EBADF);
  EXPECT_EQ(n2_.Socket(AddressFamily::kIPv4, SocketKind::kStream), -EBADF);
  world_.RunFor(seconds(10));
  EXPECT_EQ(world_.Receive(n1_, client), "error 11");
  EXPECT_TRUE(world_.queue.empty());
  world_.Send(n1_, client, "anybody?");
  world_.Await(n1_, client, kReadable);
  EXPECT_EQ(n1_.Error(client), ETIMEDOUT);
}

TEST_F(SimNetworkTest, AHostThatIsBackResetsOldConnections) {
  const auto [client, server] = world_.Connected();
  world_.fabric.HostDown("n2");
  world_.Send(n1_, client, "x");
  world_.RunFor(milliseconds(100));
  SimNetwork& again = world_.fabric.HostUp("n2");
  EXPECT_FALSE(again.inert());
  EXPECT_TRUE(n2_.inert());
  EXPECT_EQ(&world_.fabric.host("n2"), &again);
  world_.Await(n1_, client, kReadable);
  EXPECT_EQ(world_.Receive(n1_, client), "error 104");
  const int listener = world_.Listener(again, 80);  // The port is free.
  const int other = world_.Connect(n1_, "n2", 80);
  world_.Await(n1_, other, kWritable);
  EXPECT_EQ(n1_.Error(other), 0);
  world_.Await(again, listener, kReadable);
}

TEST_F(SimNetworkTest, ACrashWithEverythingUnderWayLeavesNothing) {
  const auto [client, server] = world_.Connected();
  world_.Listener(n2_, 90);
  world_.Connect(n1_, "n2", 90);
  world_.Connect(n2_, "n1", 90);
  world_.Connect(n2_, "n2", 90);
  world_.RunFor(milliseconds(12));
  world_.Send(n2_, server, std::string(100'000, 'x'));
  world_.Send(n1_, client, "y");
  world_.fabric.HostDown("n2");
  world_.fabric.HostDown("n1");
  world_.RunFor(seconds(1000));
  EXPECT_TRUE(world_.queue.empty());
}

}  // namespace
}  // namespace rondo
