// Three simulated hosts, for tests of the network.
#ifndef RONDO_TESTS_SIMNET_THREE_HOSTS_H_
#define RONDO_TESTS_SIMNET_THREE_HOSTS_H_

#include <gtest/gtest.h>

#include <algorithm>
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
class ThreeHosts {
 public:
  explicit ThreeHosts(
      Decisions& decisions,
      NetworkOptions options = {{std::chrono::milliseconds(10),
                                 std::chrono::milliseconds(10)}})
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
    while (network.selector().Select(Nanoseconds(0)).empty() &&
           !queue.empty()) {
      time.AdvanceTo(*queue.earliest());
      queue.PopEarliest()->Happen();
    }
    EXPECT_FALSE(network.selector().Select(Nanoseconds(0)).empty());
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
    std::vector<AddrInfo> out;
    EXPECT_FALSE(network.resolver()->GetAddrInfo(
        std::string(host), std::to_string(port), {}, &out));
    return out.at(0).address;
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

}  // namespace rondo

#endif  // RONDO_TESTS_SIMNET_THREE_HOSTS_H_
