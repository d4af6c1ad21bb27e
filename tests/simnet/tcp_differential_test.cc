// Random steps over the kernel and over the simulation: every result and every
// readiness must agree.

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "rondo/runtime/seeded_random.h"
#include "rondo/tests/simnet/worlds.h"

namespace rondo {
namespace {

constexpr unsigned kBoth = kReadable | kWritable;

// What a run of `seed`'s script shows, a line a step.
class Script {
 public:
  Script(World& world, std::uint64_t seed) : world_(world), random_(seed) {}

  std::vector<std::string> Run(int steps) {
    address_ = world_.server_address();
    OpenListener();
    for (int i = 0; i < steps; ++i) {
      Step();
      world_.Settle();
      ShowReadiness();
    }
    for (const Socket& socket : sockets_) socket.network->Close(socket.fd);
    return std::move(lines_);
  }

 private:
  struct Socket {
    Network* network;
    int fd;
    std::string name;
  };

  void Show(const std::string& what, SysResult result) {
    lines_.push_back(what + " = " + std::to_string(result));
  }

  void OpenListener() {
    Network& network = world_.server();
    const int fd = static_cast<int>(
        network.Socket(AddressFamily::kIPv4, SocketKind::kStream));
    network.SetOption(fd, SocketOption::kReuseAddress, 1);
    network.SetOption(fd, SocketOption::kNoDelay, 1);
    Show("bind", network.Bind(fd, address_));
    Show("listen", network.Listen(fd, static_cast<int>(random_.Below(4))));
    network.LocalAddress(fd, &address_);
    sockets_.push_back({&network, fd, "listener"});
  }

  void Step() {
    const std::uint64_t what = random_.Below(16);
    if (what < 3) return Connect();
    if (sockets_.empty()) return OpenListener();
    const std::size_t which = random_.Below(sockets_.size());
    const Socket socket = sockets_[which];
    Network& network = *socket.network;
    const std::string& name = socket.name;
    if (what < 6) {
      std::string data(1 + random_.Below(40), '\0');
      for (char& c : data) c = static_cast<char>('a' + random_.Below(26));
      return Show("send " + name, network.Send(socket.fd, data));
    }
    if (what < 9) {
      std::string buffer(1 + random_.Below(60), '\0');
      const SysResult n = network.Receive(socket.fd, buffer);
      buffer.resize(n > 0 ? n : 0);
      return Show("receive " + name + " " + buffer, n);
    }
    if (what < 11) return Accept();
    if (what == 11) {
      const auto how = static_cast<ShutdownHow>(random_.Below(3));
      return Show(
          "shutdown " + name + " " + std::to_string(static_cast<int>(how)),
          network.Shutdown(socket.fd, how));
    }
    if (what == 12) return Show("error " + name, network.Error(socket.fd));
    if (what == 13) {
      SocketAddress peer;
      return Show("peer " + name, network.PeerAddress(socket.fd, &peer));
    }
    if (what == 14 && name != "listener") {
      return Show("connect again " + name,
                  network.Connect(socket.fd, address_));
    }
    sockets_.erase(sockets_.begin() + static_cast<std::ptrdiff_t>(which));
    Show("close " + name, network.Close(socket.fd));
  }

  void Connect() {
    Network& network = world_.client();
    const int fd = static_cast<int>(
        network.Socket(AddressFamily::kIPv4, SocketKind::kStream));
    // The simulation has no Nagle, whose waiting for a delayed acknowledgement
    // shows as late readiness. Accepted sockets inherit it from the listener.
    network.SetOption(fd, SocketOption::kNoDelay, 1);
    const std::string name = "c" + std::to_string(++count_);
    Show("connect " + name, network.Connect(fd, address_));
    sockets_.push_back({&network, fd, name});
  }

  void Accept() {
    for (const Socket& socket : sockets_) {
      if (socket.name != "listener") continue;
      const SysResult fd = socket.network->Accept(socket.fd, nullptr);
      const std::string name = "s" + std::to_string(++count_);
      Show("accept " + name, fd < 0 ? fd : 0);
      if (fd >= 0) {
        sockets_.push_back({socket.network, static_cast<int>(fd), name});
      }
      return;
    }
  }

  void ShowReadiness() {
    std::string line = "ready";
    for (const Socket& socket : sockets_) {
      Selector& selector = world_.selector(*socket.network);
      selector.Register(socket.fd, kBoth);
      unsigned mask = 0;
      for (const ReadyEvent& event : selector.Select(Nanoseconds(0))) {
        if (event.fd == socket.fd) mask = event.mask;
      }
      selector.Unregister(socket.fd);
      line += " " + socket.name + ":" + std::to_string(mask);
    }
    lines_.push_back(std::move(line));
  }

  World& world_;
  SeededRandom random_;
  SocketAddress address_;
  std::vector<Socket> sockets_;
  std::vector<std::string> lines_;
  int count_ = 0;
};

class TcpDifferentialTest : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Worlds, TcpDifferentialTest,
                         testing::Values("loopback", "two_hosts"),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

TEST_P(TcpDifferentialTest, RandomStepsAgreeWithTheKernel) {
  const char* more = std::getenv("RONDO_DIFFERENTIAL_SCRIPTS");
  const int scripts = more != nullptr ? std::atoi(more) : 30;
  for (int seed = 0; seed < scripts; ++seed) {
    const auto kernel = MakeWorld("kernel");
    const auto sim = MakeWorld(GetParam());
    const auto expected = Script(*kernel, seed).Run(40);
    const auto shown = Script(*sim, seed).Run(40);
    ASSERT_EQ(expected.size(), shown.size());
    for (std::size_t i = 0; i < shown.size(); ++i) {
      std::string before;
      for (std::size_t j = i < 24 ? 0 : i - 24; j < i; ++j) {
        before += "  " + shown[j] + "\n";
      }
      ASSERT_EQ(expected[i], shown[i]) << "script " << seed << " after\n"
                                       << before;
    }
  }
}

}  // namespace
}  // namespace rondo
