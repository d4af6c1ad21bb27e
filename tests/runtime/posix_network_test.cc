#include "rondo/runtime/posix_network.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "rondo/runtime/epoll_selector.h"
#include "rondo/runtime/posix_write.h"

namespace rondo {
namespace {

using std::chrono::seconds;

class PosixNetworkTest : public testing::Test {
 protected:
  ~PosixNetworkTest() override {
    for (const int fd : fds_) network_.Close(fd);
  }

  int Owned(SysResult fd) {
    EXPECT_GE(fd, 0);
    fds_.push_back(static_cast<int>(fd));
    return static_cast<int>(fd);
  }
  int Stream() {
    return Owned(network_.Socket(AddressFamily::kIPv4, SocketKind::kStream));
  }
  int Datagram() {
    return Owned(network_.Socket(AddressFamily::kIPv4, SocketKind::kDatagram));
  }
  void Close(int fd) {
    std::erase(fds_, fd);
    EXPECT_EQ(network_.Close(fd), 0);
  }
  static SocketAddress Loopback(std::uint16_t port) {
    return SocketAddress::IPv4({127, 0, 0, 1}, port);
  }
  SocketAddress Local(int fd) {
    SocketAddress address;
    EXPECT_EQ(network_.LocalAddress(fd, &address), 0);
    return address;
  }
  int Listener(int backlog = 8) {
    const int fd = Stream();
    EXPECT_EQ(network_.Bind(fd, Loopback(0)), 0);
    EXPECT_EQ(network_.Listen(fd, backlog), 0);
    return fd;
  }
  unsigned Await(int fd, unsigned events) {
    EpollSelector selector;
    selector.Register(fd, events);
    const auto ready = selector.Select(seconds(5));
    return ready.empty() ? 0 : ready[0].mask;
  }
  // A connected pair: the client's and the server's end.
  std::pair<int, int> Connected() {
    const int listener = Listener();
    const int client = Stream();
    EXPECT_EQ(network_.Connect(client, Local(listener)), -EINPROGRESS);
    EXPECT_EQ(Await(listener, kReadable), kReadable);
    const int server = Owned(network_.Accept(listener, nullptr));
    EXPECT_EQ(Await(client, kWritable), kWritable);
    EXPECT_EQ(network_.Error(client), 0);
    return {client, server};
  }
  SysResult Send(int fd, std::string_view data) {
    return network_.Send(fd, data);
  }
  SysResult Receive(int fd, std::size_t size = 64) {
    buffer_.assign(size, '\0');
    const SysResult n = network_.Receive(fd, buffer_);
    buffer_.resize(n > 0 ? n : 0);
    return n;
  }

  PosixNetwork network_;
  std::vector<int> fds_;
  std::string buffer_;
};

TEST_F(PosixNetworkTest, SocketsAreNonBlockingAndClosedOnExec) {
  const auto [client, server] = Connected();
  for (const int fd : {client, server}) {
    EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
    EXPECT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  }
}

TEST_F(PosixNetworkTest, BytesGoBothWays) {
  const auto [client, server] = Connected();
  EXPECT_EQ(Receive(server), -EAGAIN);
  EXPECT_EQ(Send(client, "hello"), 5);
  EXPECT_EQ(Await(server, kReadable), kReadable);
  EXPECT_EQ(Receive(server), 5);
  EXPECT_EQ(buffer_, "hello");
  EXPECT_EQ(Send(server, "you"), 3);
  EXPECT_EQ(Await(client, kReadable), kReadable);
  EXPECT_EQ(Receive(client, 2), 2);
  EXPECT_EQ(Receive(client), 1);
  EXPECT_EQ(buffer_, "u");
}

TEST_F(PosixNetworkTest, AddressesAgree) {
  const int listener = Listener();
  const int client = Stream();
  EXPECT_EQ(network_.Connect(client, Local(listener)), -EINPROGRESS);
  EXPECT_EQ(Await(listener, kReadable), kReadable);
  SocketAddress peer;
  const int server = Owned(network_.Accept(listener, &peer));
  EXPECT_EQ(peer, Local(client));
  EXPECT_EQ(Local(server), Local(listener));
  SocketAddress seen;
  EXPECT_EQ(network_.PeerAddress(client, &seen), 0);
  EXPECT_EQ(seen, Local(listener));
  EXPECT_EQ(network_.PeerAddress(listener, &seen), -ENOTCONN);
}

TEST_F(PosixNetworkTest, ARefusalComesThroughErrorOnce) {
  const int listener = Listener();
  const SocketAddress nobody = Local(listener);
  Close(listener);
  const int client = Stream();
  EXPECT_EQ(network_.Connect(client, nobody), -EINPROGRESS);
  EXPECT_EQ(Await(client, kWritable), kWritable);
  EXPECT_EQ(network_.Error(client), ECONNREFUSED);
  EXPECT_EQ(network_.Error(client), 0);
}

TEST_F(PosixNetworkTest, AnAddressInUse) {
  const int listener = Listener();
  const int other = Stream();
  EXPECT_EQ(network_.SetOption(other, SocketOption::kReuseAddress, 1), 0);
  EXPECT_EQ(network_.Bind(other, Local(listener)), -EADDRINUSE);
  EXPECT_EQ(network_.Bind(other, SocketAddress::IPv4({192, 0, 2, 1}, 0)),
            -EADDRNOTAVAIL);
}

TEST_F(PosixNetworkTest, AFullBufferWouldBlock) {
  const auto [client, server] = Connected();
  EXPECT_EQ(network_.SetOption(client, SocketOption::kSendBuffer, 4096), 0);
  const std::string chunk(65536, 'x');
  SysResult n = 0;
  while (n >= 0) n = Send(client, chunk);
  EXPECT_EQ(n, -EAGAIN);
  while (Receive(server, 1 << 20) > 0) {
  }
  EXPECT_EQ(Await(client, kWritable), kWritable);
}

TEST_F(PosixNetworkTest, AClosedPeer) {
  const auto [client, server] = Connected();
  Close(server);
  EXPECT_EQ(Await(client, kReadable), kReadable);
  EXPECT_EQ(Receive(client), 0);
  EXPECT_EQ(Send(client, "x"), 1);  // Draws a reset.
  while (Await(client, kWritable) == 0 || network_.Error(client) == 0) {
  }
  EXPECT_EQ(Send(client, "x"), -EPIPE);
}

TEST_F(PosixNetworkTest, AResetPeer) {
  const auto [client, server] = Connected();
  EXPECT_EQ(Send(client, "unread"), 6);
  EXPECT_EQ(Await(server, kReadable), kReadable);
  Close(server);
  EXPECT_EQ(Await(client, kReadable), kReadable);
  EXPECT_EQ(Receive(client), -ECONNRESET);
  EXPECT_EQ(Receive(client), 0);
  EXPECT_EQ(Send(client, "x"), -EPIPE);
}

TEST_F(PosixNetworkTest, ShutdownEndsOneDirection) {
  const auto [client, server] = Connected();
  EXPECT_EQ(network_.Shutdown(client, ShutdownHow::kSend), 0);
  EXPECT_EQ(Await(server, kReadable), kReadable);
  EXPECT_EQ(Receive(server), 0);
  EXPECT_EQ(Send(server, "still"), 5);
  EXPECT_EQ(Await(client, kReadable), kReadable);
  EXPECT_EQ(Receive(client), 5);
  EXPECT_EQ(Send(client, "x"), -EPIPE);
}

TEST_F(PosixNetworkTest, OptionsAndBadDescriptors) {
  const int fd = Stream();
  EXPECT_EQ(network_.SetOption(fd, SocketOption::kNoDelay, 1), 0);
  EXPECT_EQ(network_.GetOption(fd, SocketOption::kLinger), -1);
  for (const SocketOption option :
       {SocketOption::kReuseAddress, SocketOption::kReusePort,
        SocketOption::kBroadcast, SocketOption::kNoDelay,
        SocketOption::kKeepAlive, SocketOption::kKeepIdle,
        SocketOption::kKeepInterval, SocketOption::kKeepCount,
        SocketOption::kUserTimeout, SocketOption::kLinger}) {
    EXPECT_EQ(network_.SetOption(fd, option, 1), 0);
    EXPECT_EQ(network_.GetOption(fd, option), 1);
  }
  for (const SocketOption option :
       {SocketOption::kSendBuffer, SocketOption::kReceiveBuffer}) {
    EXPECT_EQ(network_.SetOption(fd, option, 65536), 0);
    EXPECT_EQ(network_.GetOption(fd, option), 2 * 65536);
  }
  EXPECT_EQ(network_.SetOption(fd, SocketOption::kIPv6Only, 1), -ENOPROTOOPT);
  EXPECT_EQ(Receive(fd), -ENOTCONN);
  EXPECT_EQ(network_.Shutdown(fd, ShutdownHow::kBoth), -ENOTCONN);
  EXPECT_EQ(network_.Accept(fd, nullptr), -EINVAL);
  Close(fd);
  EXPECT_EQ(network_.Close(fd), -EBADF);
  EXPECT_EQ(Send(fd, "x"), -EBADF);
  EXPECT_EQ(Receive(fd), -EBADF);
  EXPECT_EQ(network_.Listen(fd, 1), -EBADF);
  EXPECT_EQ(network_.Accept(fd, nullptr), -EBADF);
  EXPECT_EQ(network_.Error(fd), -EBADF);
}

TEST_F(PosixNetworkTest, Datagrams) {
  const int a = Datagram();
  const int b = Datagram();
  EXPECT_EQ(network_.Bind(a, Loopback(0)), 0);
  EXPECT_EQ(network_.Bind(b, Loopback(0)), 0);
  EXPECT_EQ(network_.SendTo(a, std::string("ping"), Local(b)), 4);
  EXPECT_EQ(Await(b, kReadable), kReadable);
  std::string buffer(16, '\0');
  SocketAddress from;
  EXPECT_EQ(network_.ReceiveFrom(b, buffer, &from, nullptr), 4);
  EXPECT_EQ(from, Local(a));
  EXPECT_EQ(network_.ReceiveFrom(b, buffer, nullptr, nullptr), -EAGAIN);
}

TEST_F(PosixNetworkTest, UnixSockets) {
  // Not in the test's own directory: its name may be too long for a socket.
  const std::string path = "/tmp/rondo_" + std::to_string(getpid()) + ".sock";
  const SocketAddress address = SocketAddress::Unix(path);
  unlink(path.c_str());
  const int listener =
      Owned(network_.Socket(AddressFamily::kUnix, SocketKind::kStream));
  EXPECT_EQ(network_.Bind(listener, address), 0);
  EXPECT_EQ(network_.Listen(listener, 1), 0);
  EXPECT_EQ(Local(listener), address);
  const int client =
      Owned(network_.Socket(AddressFamily::kUnix, SocketKind::kStream));
  EXPECT_EQ(network_.Connect(client, address), 0);
  Owned(network_.Accept(listener, nullptr));
  unlink(path.c_str());
  EXPECT_EQ(
      network_.Connect(client, SocketAddress::Unix(std::string(200, 'x'))),
      -ENAMETOOLONG);
}

TEST_F(PosixNetworkTest, AbstractAndUnnamedUnixAddresses) {
  const int named =
      Owned(network_.Socket(AddressFamily::kUnix, SocketKind::kDatagram));
  const SocketAddress address =
      SocketAddress::UnixAbstract("rondo " + std::to_string(getpid()));
  EXPECT_EQ(network_.Bind(named, address), 0);
  EXPECT_EQ(Local(named), address);
  const int other =
      Owned(network_.Socket(AddressFamily::kUnix, SocketKind::kDatagram));
  EXPECT_EQ(Local(other), SocketAddress::Unix(""));
  EXPECT_EQ(network_.SendTo(other, std::string("x"), address), 1);
  SocketAddress from = address;
  std::string buffer(8, '\0');
  EXPECT_EQ(network_.ReceiveFrom(named, buffer, &from, nullptr), 1);
  EXPECT_EQ(from, SocketAddress());
  // Binding to no name gets an abstract one.
  EXPECT_EQ(network_.Bind(other, SocketAddress::Unix("")), 0);
  EXPECT_TRUE(Local(other).is_abstract());
}

TEST_F(PosixNetworkTest, SocketFiles) {
  const std::string path = "/tmp/rondo_" + std::to_string(getpid()) + ".file";
  const SocketAddress address = SocketAddress::Unix(path);
  EXPECT_EQ(network_.SocketFile(address), -ENOENT);
  const int fd =
      Owned(network_.Socket(AddressFamily::kUnix, SocketKind::kStream));
  EXPECT_EQ(network_.Bind(fd, address), 0);
  EXPECT_GT(network_.SocketFile(address), 0);
  EXPECT_EQ(network_.RemoveSocketFile(address), 0);
  EXPECT_EQ(network_.RemoveSocketFile(address), -ENOENT);
  EXPECT_EQ(network_.SocketFile(SocketAddress::Unix("/tmp")), -ENOTSOCK);
  EXPECT_EQ(network_.RemoveSocketFile(SocketAddress::Unix("/tmp")), -ENOTSOCK);
}

TEST_F(PosixNetworkTest, ADatagramLongerThanTheBuffer) {
  std::array<int, 2> fds;
  ASSERT_EQ(network_.SocketPair(SocketKind::kDatagram, &fds), 0);
  for (const int fd : fds) Owned(fd);
  EXPECT_EQ(Send(fds[0], "long"), 4);
  EXPECT_EQ(Send(fds[0], "fits"), 4);
  std::string buffer(2, '\0');
  bool truncated = false;
  EXPECT_EQ(network_.ReceiveFrom(fds[1], buffer, nullptr, &truncated), 2);
  EXPECT_TRUE(truncated);
  buffer.resize(4);
  EXPECT_EQ(network_.ReceiveFrom(fds[1], buffer, nullptr, &truncated), 4);
  EXPECT_FALSE(truncated);
}

TEST_F(PosixNetworkTest, AMessageOfManyParts) {
  std::array<int, 2> fds;
  ASSERT_EQ(network_.SocketPair(SocketKind::kStream, &fds), 0);
  for (const int fd : fds) Owned(fd);
  const std::string text = "abc";
  const std::span<const char> parts[] = {
      std::span(text).first(1), {}, std::span(text).subspan(1)};
  EXPECT_EQ(network_.SendMessage(fds[0], parts), 3);
  EXPECT_EQ(network_.SendMessage(fds[0], {}), 0);
  EXPECT_EQ(Receive(fds[1]), 3);
  EXPECT_EQ(buffer_, "abc");
  // Of a stream as many as the kernel takes; of a datagram all, or none.
  const std::vector<std::span<const char>> many(1500, std::span(text).first(1));
  EXPECT_EQ(network_.SendMessage(fds[0], many), 1024);
  const int datagram = Datagram();
  EXPECT_EQ(network_.Connect(datagram, Loopback(9)), 0);
  EXPECT_EQ(network_.SendMessage(datagram, many), -EMSGSIZE);
}

TEST_F(PosixNetworkTest, ABrokenPipeIsAnErrorAndNoSignal) {
  std::array<int, 2> fds;
  ASSERT_EQ(network_.Pipe(&fds), 0);
  Owned(fds[1]);
  EXPECT_EQ(network_.Read(fds[0], buffer_ = "1"), -EAGAIN);
  EXPECT_EQ(network_.Write(fds[1], std::string("x")), 1);
  EXPECT_EQ(network_.Read(fds[0], buffer_), 1);
  EXPECT_EQ(network_.Send(fds[1], std::string("x")), -ENOTSOCK);
  network_.Close(fds[0]);
  EXPECT_EQ(network_.Write(fds[1], std::string("x")), -EPIPE);
  const auto old_kernel = [&] {
    return write(fds[1], "x", 1) < 0 ? SysResult{-errno} : 1;
  };
  EXPECT_EQ(internal::WithSigpipeBlocked(old_kernel), -EPIPE);
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

TEST_F(PosixNetworkTest, SendFileSendsAndReachesTheEnd) {
  const auto [client, server] = Connected();
  const std::string path = "/tmp/rondo_" + std::to_string(getpid()) + ".data";
  const int file = Owned(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600));
  ASSERT_EQ(write(file, "0123456789", 10), 10);
  unlink(path.c_str());
  EXPECT_EQ(network_.SendFile(client, file, 4, 100), 6);
  EXPECT_EQ(network_.SendFile(client, file, 10, 100), 0);
  EXPECT_EQ(Await(server, kReadable), kReadable);
  EXPECT_EQ(Receive(server), 6);
  EXPECT_EQ(buffer_, "456789");
  EXPECT_EQ(network_.Shutdown(client, ShutdownHow::kSend), 0);
  EXPECT_EQ(network_.SendFile(client, file, 0, 100), -EPIPE);
  EXPECT_EQ(network_.Adopt(file), -EINVAL);
}

TEST_F(PosixNetworkTest, AdoptTellsWhatItIsAndMakesItNonBlocking) {
  std::array<int, 2> fds;
  ASSERT_EQ(pipe(fds.data()), 0);
  for (const int fd : fds) {
    EXPECT_EQ(network_.Adopt(Owned(fd)),
              static_cast<SysResult>(DescriptorKind::kPipe));
    EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
  }
  EXPECT_EQ(network_.Adopt(Stream()),
            static_cast<SysResult>(DescriptorKind::kStream));
  EXPECT_EQ(network_.Adopt(Datagram()),
            static_cast<SysResult>(DescriptorKind::kDatagram));
  EXPECT_EQ(network_.Adopt(Owned(open("/dev/null", O_RDONLY))),
            static_cast<SysResult>(DescriptorKind::kCharacterDevice));
  EXPECT_EQ(network_.Adopt(9999), -EBADF);
}

TEST_F(PosixNetworkTest, IPv6WhereThereIsOne) {
  const SysResult fd =
      network_.Socket(AddressFamily::kIPv6, SocketKind::kStream);
  if (fd < 0) GTEST_SKIP() << "no IPv6";
  Owned(fd);
  const auto any = SocketAddress::Parse("::1", 0);
  if (network_.Bind(static_cast<int>(fd), *any) < 0) {
    GTEST_SKIP() << "no IPv6 loopback";
  }
  const SocketAddress local = Local(static_cast<int>(fd));
  EXPECT_EQ(local.family(), AddressFamily::kIPv6);
  EXPECT_EQ(local.ip(), any->ip());
}

}  // namespace
}  // namespace rondo
