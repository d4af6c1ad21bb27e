// Datagrams under way, and what else has no connection of TCP's.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "rondo/simnet/sim_network.h"
#include "rondo/tests/simnet/three_hosts.h"

namespace rondo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class SimDatagramTest : public testing::Test {
 protected:
  DullDecisions dull_;
  ThreeHosts world_{dull_};
  SimNetwork& n1_ = world_.n1;
  SimNetwork& n2_ = world_.n2;

  int Bound(SimNetwork& network, std::uint16_t port) {
    const int fd = static_cast<int>(
        network.Socket(AddressFamily::kIPv4, SocketKind::kDatagram));
    EXPECT_EQ(network.Bind(fd, SocketAddress().WithPort(port)), 0);
    return fd;
  }
  std::size_t Drain(SimNetwork& network, int fd) {
    std::string buffer(8, '\0');
    std::size_t count = 0;
    while (network.Receive(fd, buffer) >= 0) ++count;
    return count;
  }
};

TEST_F(SimDatagramTest, TakesOneWayAndIsNamedByItsPorts) {
  const int a = Bound(n1_, 9);
  const int b = Bound(n2_, 7);
  EXPECT_EQ(n1_.SendTo(a, std::string("x"), world_.AddressOf(n1_, "n2", 7)), 1);
  EXPECT_EQ(world_.Await(n2_, b, kReadable), milliseconds(10));
  EXPECT_EQ(n1_.SendTo(a, std::string("x"), world_.AddressOf(n1_, "n2", 8)), 1);
  world_.RunFor(seconds(1));
  EXPECT_EQ(world_.log.lines, (std::vector<std::string>{
                                  "send n1:9/udp 1", "deliver n1:9/udp>n2 1",
                                  "send n1:9/udp 1", "refuse n1:9/udp>n2 1"}));
  EXPECT_EQ(n1_.Name(a).name, "n1:9/udp");
}

TEST_F(SimDatagramTest, ACutLinkLosesWhatIsSentAndWhatArrives) {
  const int a = Bound(n1_, 9);
  const int b = Bound(n2_, 7);
  const SocketAddress to = world_.AddressOf(n1_, "n2", 7);
  n1_.SendTo(a, std::string("under way"), to);
  world_.RunFor(milliseconds(5));
  world_.fabric.Partition("n1", "n2");
  n1_.SendTo(a, std::string("into it"), to);
  world_.RunFor(seconds(1));
  world_.fabric.Heal();
  n1_.SendTo(a, std::string("after it"), to);
  world_.RunFor(seconds(1));
  EXPECT_EQ(Drain(n2_, b), 1u);
  EXPECT_TRUE(world_.queue.empty());
}

TEST_F(SimDatagramTest, BroadcastReachesAllHosts) {
  const int a = Bound(n1_, 7);
  const int b = Bound(n2_, 7);
  n1_.SetOption(a, SocketOption::kBroadcast, 1);
  n1_.SendTo(a, std::string("x"), SocketAddress::IPv4({255, 255, 255, 255}, 7));
  world_.RunFor(seconds(1));
  EXPECT_EQ(Drain(n1_, a), 1u);
  EXPECT_EQ(Drain(n2_, b), 1u);
}

TEST_F(SimDatagramTest, ACrashedHostLosesThemAndItsFilesStay) {
  const int a = Bound(n1_, 9);
  const int unix =
      static_cast<int>(n2_.Socket(AddressFamily::kUnix, SocketKind::kStream));
  Bound(n2_, 7);
  EXPECT_EQ(n2_.Bind(unix, SocketAddress::Unix("/run/x")), 0);
  world_.fabric.HostDown("n2");
  n1_.SendTo(a, std::string("x"), world_.AddressOf(n1_, "n2", 7));
  SimNetwork& again = world_.fabric.HostUp("n2");
  const int b = Bound(again, 7);
  world_.RunFor(seconds(1));
  EXPECT_EQ(Drain(again, b), 0u);
  EXPECT_GT(again.SocketFile(SocketAddress::Unix("/run/x")), 0);
  const int client =
      static_cast<int>(again.Socket(AddressFamily::kUnix, SocketKind::kStream));
  EXPECT_EQ(again.Connect(client, SocketAddress::Unix("/run/x")),
            -ECONNREFUSED);
}

TEST(DatagramLossTest, SomeAreLostSomeComeTwiceAndInAnyOrder) {
  SeededDecisions decisions(7);
  NetworkOptions options{{milliseconds(10), milliseconds(20)}};
  options.link.datagrams_lost = 200'000;
  options.link.datagrams_doubled = 100'000;
  ThreeHosts world(decisions, options);
  const auto socket = [](SimNetwork& network, std::uint16_t port) {
    const int fd = static_cast<int>(
        network.Socket(AddressFamily::kIPv4, SocketKind::kDatagram));
    network.Bind(fd, SocketAddress().WithPort(port));
    return fd;
  };
  const int a = socket(world.n1, 9);
  const int b = socket(world.n2, 7);
  std::vector<int> count(1000);
  int last = 0;
  int overtaken = 0;
  for (int i = 0; i < 1000; ++i) {
    world.n1.SendTo(a, std::to_string(i), world.AddressOf(world.n1, "n2", 7));
    world.RunFor(milliseconds(1));
    for (;;) {
      std::string buffer(8, '\0');
      const SysResult n = world.n2.Receive(b, buffer);
      if (n < 0) break;
      const int number = std::stoi(buffer.substr(0, n));
      ++count[number];
      if (number < last) ++overtaken;
      last = number;
    }
  }
  const auto times = [&](int n) {
    return std::count(count.begin(), count.end(), n);
  };
  EXPECT_NEAR(times(0), 200, 50);
  EXPECT_NEAR(times(2), 80, 30);
  EXPECT_GT(overtaken, 100);
}

TEST_F(SimDatagramTest, HostsHaveIPv6Addresses) {
  EXPECT_EQ(n2_.address6().ToString(), "[fd00::2]:0");
  const int listener =
      static_cast<int>(n2_.Socket(AddressFamily::kIPv6, SocketKind::kStream));
  EXPECT_EQ(n2_.Bind(listener, n2_.address6().WithPort(80)), 0);
  EXPECT_EQ(n2_.Listen(listener, 1), 0);
  const int client =
      static_cast<int>(n1_.Socket(AddressFamily::kIPv6, SocketKind::kStream));
  EXPECT_EQ(n1_.Connect(client, n2_.address6().WithPort(80)), -EINPROGRESS);
  world_.Await(n1_, client, kWritable);
  EXPECT_EQ(n1_.Error(client), 0);
  EXPECT_EQ(n1_.Name(client).name, "n1>n2:80#1>");
  SocketAddress local;
  n1_.LocalAddress(client, &local);
  EXPECT_EQ(local.ip(), n1_.address6().ip());
}

TEST_F(SimDatagramTest, UnixSocketsAndPipesHaveNames) {
  std::array<int, 2> fds;
  n1_.Pipe(&fds);
  EXPECT_EQ(n1_.Name(fds[0]).name, "n1:pipe#1<");
  EXPECT_EQ(n1_.Name(fds[1]).name, "n1:pipe#1>");
  n1_.SocketPair(SocketKind::kDatagram, &fds);
  EXPECT_EQ(n1_.Name(fds[1]).name, "n1:pair#1<");
  const auto open = [&] {
    return static_cast<int>(
        n1_.Socket(AddressFamily::kUnix, SocketKind::kStream));
  };
  const int listener = open();
  n1_.Bind(listener, SocketAddress::UnixAbstract("x"));
  n1_.Listen(listener, 1);
  EXPECT_EQ(n1_.Name(listener).name, "n1:@x");
  const int client = open();
  n1_.Connect(client, SocketAddress::UnixAbstract("x"));
  EXPECT_EQ(n1_.Name(client).name, "n1>@x#1>");
  const int server = static_cast<int>(n1_.Accept(listener, nullptr));
  EXPECT_EQ(n1_.Name(server).name, "n1>@x#1<");
}

}  // namespace
}  // namespace rondo
