// A client's and a server's network, over the kernel or simulated.
#ifndef RONDO_TESTS_SIMNET_WORLDS_H_
#define RONDO_TESTS_SIMNET_WORLDS_H_

#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "rondo/runtime/epoll_selector.h"
#include "rondo/runtime/posix_network.h"
#include "rondo/simnet/network_fabric.h"
#include "rondo/tests/simnet/dull_decisions.h"

namespace rondo {

class World {
 public:
  virtual ~World() = default;
  virtual Network& client() = 0;
  virtual Network& server() = 0;
  // Where the server, and the client, can be reached.
  virtual SocketAddress server_address() = 0;
  virtual SocketAddress server_address6() = 0;
  virtual SocketAddress client_address() = 0;
  // A path for a Unix socket.
  virtual std::string path(std::string_view name) = 0;
  virtual Selector& selector(Network& network) = 0;
  // Lets everything arrive that is under way.
  virtual void Settle() = 0;
};

class KernelWorld final : public World {
 public:
  Network& client() override { return network_; }
  Network& server() override { return network_; }
  SocketAddress server_address() override {
    return SocketAddress::IPv4({127, 0, 0, 1}, 0);
  }
  SocketAddress server_address6() override {
    return *SocketAddress::Parse("::1", 0);
  }
  SocketAddress client_address() override { return server_address(); }
  // Not in a test's own directory: its name may be too long for a socket.
  std::string path(std::string_view name) override {
    return "/tmp/rondo_" + std::to_string(getpid()) + "_" + std::string(name);
  }
  Selector& selector(Network&) override { return selector_; }
  // Loopback delivers within the call that sends, but for what softirqs put
  // off.
  void Settle() override {
    // tidy: allow(sleep) real time, outside any loop
    std::this_thread::sleep_for(std::chrono::microseconds(700));
  }

 private:
  PosixNetwork network_;
  EpollSelector selector_{0};
};

class SimWorld final : public World {
 public:
  explicit SimWorld(bool two_hosts)
      : client_(fabric_.AddHost("client")),
        server_(two_hosts ? fabric_.AddHost("server") : client_) {}
  Network& client() override { return client_; }
  Network& server() override { return server_; }
  SocketAddress server_address() override {
    return &client_ == &server_ ? SocketAddress::IPv4({127, 0, 0, 1}, 0)
                                : server_.address();
  }
  SocketAddress server_address6() override {
    return &client_ == &server_ ? *SocketAddress::Parse("::1", 0)
                                : server_.address6();
  }
  SocketAddress client_address() override {
    return &client_ == &server_ ? server_address() : client_.address();
  }
  std::string path(std::string_view name) override {
    return "/run/" + std::string(name);
  }
  Selector& selector(Network& network) override {
    return static_cast<SimNetwork&>(network).selector();
  }
  void Settle() override {
    const Nanoseconds end = time_.now() + std::chrono::milliseconds(2);
    while (!queue_.empty() && *queue_.earliest() <= end) {
      time_.AdvanceTo(*queue_.earliest());
      queue_.PopEarliest()->Happen();
    }
    time_.AdvanceTo(end);
  }

 private:
  EventQueue queue_;
  VirtualTime time_;
  VirtualClock clock_{time_};
  DullDecisions decisions_;
  NetworkFabric fabric_{queue_, clock_, decisions_};
  SimNetwork& client_;
  SimNetwork& server_;
};

// "kernel", "loopback" (simulated, one host) or "two_hosts".
inline std::unique_ptr<World> MakeWorld(std::string_view kind) {
  if (kind == "kernel") return std::make_unique<KernelWorld>();
  return std::make_unique<SimWorld>(kind == "two_hosts");
}

}  // namespace rondo

#endif  // RONDO_TESTS_SIMNET_WORLDS_H_
