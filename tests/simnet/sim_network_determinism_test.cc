// The same seed is the same run, whatever it is that happens.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rondo/tests/simnet/three_hosts.h"

namespace rondo {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One busy minute: everybody talks to everybody, n3 comes and goes.
std::vector<std::string> BusyMinute(std::uint64_t seed) {
  SeededDecisions decisions(seed);
  ThreeHosts world(decisions,
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
    ThreeHosts world(decisions,
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
    ThreeHosts world(decisions,
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
