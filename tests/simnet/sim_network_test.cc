#include "rondo/simnet/sim_network.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/simnet/network_fabric.h"
#include "rondo/tests/simnet/dull_decisions.h"

namespace rondo {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Nanoseconds kZero(0);
constexpr LinkOptions kTenMs = {milliseconds(10), milliseconds(10)};

// Writes "kind text length" lines.
class Log final : public NetworkObserver {
 public:
  void OnNetworkEvent(const NetworkEvent& event) override {
    lines.push_back(std::string(NetworkEventKindName(event.kind)) + " " +
                    std::string(event.text) + " " +
                    std::to_string(event.length));
  }
  std::size_t Count(std::string_view line) const {
    return static_cast<std::size_t>(
        std::count(lines.begin(), lines.end(), line));
  }
  std::vector<std::string> lines;
};

// A world of hosts n1, n2, n3, 10 ms apart.
class SimWorld {
 public:
  explicit SimWorld(Decisions& decisions, NetworkOptions options = {kTenMs})
      : fabric(queue, clock, decisions, &log, options),
        n1(fabric.AddHost("n1")),
        n2(fabric.AddHost("n2")),
        n3(fabric.AddHost("n3")) {}

  void RunUntil(Nanoseconds end) {
    while (!queue.empty() && *queue.earliest() <= end) {
      time.AdvanceTo(*queue.earliest());
      queue.PopEarliest()->Happen();
    }
    time.AdvanceTo(end);
  }
  void RunFor(Nanoseconds duration) { RunUntil(time.now() + duration); }
  // Lets events happen until `fd` is ready for `mask`; the time that took.
  Nanoseconds Await(SimNetwork& network, int fd, unsigned mask) {
    const Nanoseconds start = time.now();
    network.selector().Register(fd, mask);
    while (network.selector().Select(kZero).empty() && !queue.empty()) {
      time.AdvanceTo(*queue.earliest());
      queue.PopEarliest()->Happen();
    }
    EXPECT_FALSE(network.selector().Select(kZero).empty());
    network.selector().Unregister(fd);
    return time.now() - start;
  }

  static int Stream(SimNetwork& network) {
    return static_cast<int>(
        network.Socket(AddressFamily::kIPv4, SocketKind::kStream));
  }
  int Listener(SimNetwork& network, std::uint16_t port, int backlog = 16) {
    const int fd = Stream(network);
    EXPECT_EQ(network.Bind(fd, SocketAddress::IPv4({0, 0, 0, 0}, port)), 0);
    EXPECT_EQ(network.Listen(fd, backlog), 0);
    return fd;
  }
  static SocketAddress AddressOf(SimNetwork& network, std::string_view host,
                                 std::uint16_t port) {
    std::vector<SocketAddress> out;
    EXPECT_EQ(network.Resolve(host, port, &out), 0);
    return out.at(0);
  }
  int Connect(SimNetwork& network, std::string_view host, std::uint16_t port) {
    const int fd = Stream(network);
    EXPECT_EQ(network.Connect(fd, AddressOf(network, host, port)),
              -EINPROGRESS);
    return fd;
  }
  // n1's end and n2's end, on port 80.
  std::pair<int, int> Connected() {
    const int listener = Listener(n2, 80);
    const int client = Connect(n1, "n2", 80);
    Await(n2, listener, kReadable);
    const int server = static_cast<int>(n2.Accept(listener, nullptr));
    EXPECT_GE(server, 0);
    n2.Close(listener);
    return {client, server};
  }
  static SysResult Send(SimNetwork& network, int fd, std::string_view data) {
    return network.Send(fd, data);
  }
  std::string Receive(SimNetwork& network, int fd) {
    std::string buffer(100'000, '\0');
    const SysResult n = network.Receive(fd, buffer);
    if (n < 0) return "error " + std::to_string(-n);
    buffer.resize(n);
    return buffer;
  }

  EventQueue queue;
  VirtualTime time;
  VirtualClock clock{time};
  Log log;
  NetworkFabric fabric;
  SimNetwork& n1;
  SimNetwork& n2;
  SimNetwork& n3;
};

class SimNetworkTest : public testing::Test {
 protected:
  DullDecisions dull_;
  SimWorld world_{dull_};
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
  std::vector<SocketAddress> out;
  EXPECT_EQ(n1_.Resolve("nobody", 7, &out), -ENOENT);
  EXPECT_EQ(world_.Stream(n1_), 3);
  EXPECT_EQ(world_.Stream(n2_), 3);
  EXPECT_EQ(world_.Stream(n1_), 4);
  EXPECT_THROW(world_.fabric.AddHost("n1"), std::invalid_argument);
  EXPECT_THROW(world_.fabric.Partition("nobody"), std::out_of_range);
}

TEST_F(SimNetworkTest, WhatIsNotThere) {
  EXPECT_EQ(n1_.Socket(AddressFamily::kIPv6, SocketKind::kStream),
            -EAFNOSUPPORT);
  const int fd = world_.Stream(n1_);
  SocketAddress address;
  EXPECT_EQ(n1_.SendTo(fd, std::string("x"), address), -EOPNOTSUPP);
  std::string buffer(1, '\0');
  EXPECT_EQ(n1_.ReceiveFrom(fd, buffer, &address), -EOPNOTSUPP);
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

// ---- Crashes.

TEST_F(SimNetworkTest, ACrashedHostIsInertAndSaysNothing) {
  const auto [client, server] = world_.Connected();
  world_.fabric.HostDown("n2");
  EXPECT_TRUE(n2_.inert());
  EXPECT_EQ(world_.Send(n2_, server, "x"), -EBADF);
  EXPECT_EQ(n2_.Close(server), -EBADF);
  EXPECT_EQ(n2_.Socket(AddressFamily::kIPv4, SocketKind::kStream), -EBADF);
  std::vector<SocketAddress> out;
  EXPECT_EQ(n2_.Resolve("n1", 1, &out), -EBADF);
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

// ---- Determinism.

// One busy minute: everybody talks to everybody, n3 comes and goes.
std::vector<std::string> BusyMinute(std::uint64_t seed) {
  SeededDecisions decisions(seed);
  SimWorld world(decisions,
                 NetworkOptions{{milliseconds(1), milliseconds(300)}});
  SimNetwork* hosts[] = {&world.n1, &world.n2, &world.n3};
  const char* names[] = {"n1", "n2", "n3"};
  std::vector<int> listeners;
  std::vector<std::pair<SimNetwork*, int>> open;
  for (SimNetwork* host : hosts) listeners.push_back(world.Listener(*host, 80));
  std::string bytes;
  for (int step = 0; step < 600; ++step) {
    const std::uint64_t what = Combine(Combine(seed, 77), step);
    SimNetwork& host = *hosts[what % 3];
    switch (what / 8 % 8) {
      case 0:
        open.emplace_back(&host, world.Connect(host, names[what / 64 % 3], 80));
        break;
      case 1:
        if (!open.empty()) {
          const auto [network, fd] = open[what / 64 % open.size()];
          network->Close(fd);
          std::erase(open, std::pair(network, fd));
        }
        break;
      case 2:
        what & 64 ? world.fabric.Partition("n3") : world.fabric.Heal();
        break;
      default:
        for (const auto& [network, fd] : open) {
          world.Send(*network, fd, std::string(what / 64 % 3000, 'x'));
          if (what & 4096) bytes += world.Receive(*network, fd).substr(0, 9);
        }
    }
    for (int i = 0; i < 3; ++i) {
      const SysResult fd = hosts[i]->Accept(listeners[i], nullptr);
      if (fd >= 0) open.emplace_back(hosts[i], static_cast<int>(fd));
    }
    world.RunFor(milliseconds(100));
  }
  std::vector<std::string> lines = std::move(world.log.lines);
  lines.push_back(bytes);
  return lines;
}

TEST(SimNetworkDeterminismTest, TheSameSeedIsTheSameRun) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const std::vector<std::string> lines = BusyMinute(seed);
    EXPECT_GT(lines.size(), 1000u);
    EXPECT_EQ(lines, BusyMinute(seed));
  }
  EXPECT_NE(BusyMinute(1), BusyMinute(2));
}

// Whatever the latencies, each direction is in order and complete.
TEST(SimNetworkDeterminismTest, BytesKeepTheirOrderUnderAnyLatency) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SeededDecisions decisions(seed);
    SimWorld world(decisions,
                   NetworkOptions{{milliseconds(1), milliseconds(500)}});
    const auto [client, server] = world.Connected();
    std::string sent;
    std::string received;
    for (int i = 0; i < 200; ++i) {
      const std::string data = std::to_string(i) + ",";
      if (world.Send(world.n1, client, data) > 0) sent += data;
      if (Combine(seed, i) % 11 == 0) world.fabric.Partition("n1", "n2");
      if (Combine(seed, i) % 7 == 0) world.fabric.Heal();
      world.RunFor(milliseconds(20));
      const std::string got = world.Receive(world.n2, server);
      if (!got.starts_with("error")) received += got;
    }
    world.fabric.Heal();
    world.RunFor(seconds(600));
    const std::string got = world.Receive(world.n2, server);
    if (!got.starts_with("error")) received += got;
    EXPECT_EQ(received, sent) << "seed " << seed;
    EXPECT_TRUE(world.queue.empty());
  }
}

// Another connection between other hosts takes none of these draws.
TEST(SimNetworkDeterminismTest, AnotherConnectionShiftsNoLatency) {
  std::vector<Nanoseconds> arrivals[2];
  for (const bool other : {false, true}) {
    SeededDecisions decisions(5);
    SimWorld world(decisions,
                   NetworkOptions{{milliseconds(1), milliseconds(500)}});
    const auto [client, server] = world.Connected();
    if (other) {
      world.Listener(world.n3, 80);
      world.Connect(world.n2, "n3", 80);
    }
    for (int i = 0; i < 20; ++i) {
      world.Send(world.n1, client, "x");
      world.Await(world.n2, server, kReadable);
      arrivals[other].push_back(world.time.now());
      world.Receive(world.n2, server);
    }
  }
  EXPECT_EQ(arrivals[0], arrivals[1]);
}

}  // namespace
}  // namespace rondo
