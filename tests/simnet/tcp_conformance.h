// The words in which tests of TCP are written, for any world.
#ifndef RONDO_TESTS_SIMNET_TCP_CONFORMANCE_H_
#define RONDO_TESTS_SIMNET_TCP_CONFORMANCE_H_

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rondo/tests/simnet/worlds.h"

namespace rondo {

inline constexpr unsigned kBoth = kReadable | kWritable;

// A descriptor with its network.
struct Fd {
  Network* network = nullptr;
  int fd = -1;
};

class TcpConformanceTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { world_ = MakeWorld(GetParam()); }
  void TearDown() override {
    for (const Fd& fd : open_) fd.network->Close(fd.fd);
  }

  Fd Own(Network& network, SysResult fd) {
    EXPECT_GE(fd, 0);
    open_.push_back({&network, static_cast<int>(fd)});
    return open_.back();
  }
  Fd Stream(Network& network) {
    return Own(network,
               network.Socket(AddressFamily::kIPv4, SocketKind::kStream));
  }
  Fd ClientSocket() { return Stream(world_->client()); }
  Fd ServerSocket() { return Stream(world_->server()); }
  void Close(const Fd& fd) {
    std::erase_if(open_, [&](const Fd& other) {
      return other.network == fd.network && other.fd == fd.fd;
    });
    EXPECT_EQ(fd.network->Close(fd.fd), 0);
  }

  Fd Listener(int backlog = 8) {
    const Fd fd = ServerSocket();
    EXPECT_EQ(fd.network->Bind(fd.fd, world_->server_address()), 0);
    EXPECT_EQ(fd.network->Listen(fd.fd, backlog), 0);
    return fd;
  }
  static SocketAddress Local(const Fd& fd) {
    SocketAddress address;
    EXPECT_EQ(fd.network->LocalAddress(fd.fd, &address), 0);
    return address;
  }
  static SysResult PeerAddress(const Fd& fd) {
    SocketAddress address;
    return fd.network->PeerAddress(fd.fd, &address);
  }
  // Starts connecting.
  Fd ConnectTo(const SocketAddress& address) {
    const Fd fd = ClientSocket();
    EXPECT_EQ(fd.network->Connect(fd.fd, address), -EINPROGRESS);
    return fd;
  }
  Fd Accept(const Fd& listener) {
    return Own(*listener.network,
               listener.network->Accept(listener.fd, nullptr));
  }
  // The client's and the server's end.
  std::pair<Fd, Fd> Connected() {
    const Fd listener = Listener();
    const Fd client = ConnectTo(Local(listener));
    world_->Settle();
    EXPECT_EQ(Error(client), 0);
    const Fd server = Accept(listener);
    Close(listener);
    return {client, server};
  }

  unsigned Ready(const Fd& fd) {
    Selector& selector = world_->selector(*fd.network);
    selector.Register(fd.fd, kBoth);
    unsigned mask = 0;
    for (const ReadyEvent& event : selector.Select(Nanoseconds(0))) {
      if (event.fd == fd.fd) mask = event.mask;
    }
    selector.Unregister(fd.fd);
    return mask;
  }
  static SysResult Error(const Fd& fd) { return fd.network->Error(fd.fd); }
  static SysResult Send(const Fd& fd, std::string_view data = "x") {
    return fd.network->Send(fd.fd, data);
  }
  SysResult Receive(const Fd& fd, std::size_t size = 64) {
    buffer_.assign(size, '\0');
    const SysResult n = fd.network->Receive(fd.fd, buffer_);
    buffer_.resize(n > 0 ? n : 0);
    return n;
  }
  static SysResult Shutdown(const Fd& fd, ShutdownHow how) {
    return fd.network->Shutdown(fd.fd, how);
  }
  void Settle() { world_->Settle(); }

  std::unique_ptr<World> world_;
  std::vector<Fd> open_;
  std::string buffer_;
};

}  // namespace rondo

#endif  // RONDO_TESTS_SIMNET_TCP_CONFORMANCE_H_
