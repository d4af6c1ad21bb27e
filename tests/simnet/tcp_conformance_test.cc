// The same steps over the kernel and over the simulation, with the same
// expectations: what the kernel does is what the simulation has to do.

#include "rondo/tests/simnet/tcp_conformance.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace rondo {
namespace {

constexpr Nanoseconds kZero(0);

INSTANTIATE_TEST_SUITE_P(Worlds, TcpConformanceTest,
                         testing::Values("kernel", "loopback", "two_hosts"),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

TEST_P(TcpConformanceTest, NeverConnected) {
  const Fd fd = ClientSocket();
  EXPECT_EQ(Ready(fd), kBoth);
  EXPECT_EQ(Receive(fd), -ENOTCONN);
  EXPECT_EQ(Send(fd), -EPIPE);
  EXPECT_EQ(Error(fd), 0);
  EXPECT_EQ(PeerAddress(fd), -ENOTCONN);
  EXPECT_EQ(Local(fd), SocketAddress());
  EXPECT_EQ(fd.network->Accept(fd.fd, nullptr), -EINVAL);
}

TEST_P(TcpConformanceTest, NoListener) {
  const Fd listener = Listener();
  const SocketAddress nobody = Local(listener);
  Close(listener);
  const Fd fd = ConnectTo(nobody);
  Settle();
  EXPECT_EQ(Ready(fd), kBoth);
  EXPECT_EQ(Error(fd), ECONNREFUSED);
  EXPECT_EQ(Error(fd), 0);
  EXPECT_EQ(Ready(fd), kBoth);
  EXPECT_EQ(Receive(fd), 0);
  EXPECT_EQ(Send(fd), -EPIPE);
}

TEST_P(TcpConformanceTest, NoListenerSeenByReceive) {
  const Fd listener = Listener();
  const SocketAddress nobody = Local(listener);
  Close(listener);
  const Fd fd = ConnectTo(nobody);
  Settle();
  EXPECT_EQ(Receive(fd), -ECONNREFUSED);
  EXPECT_EQ(Receive(fd), 0);
  EXPECT_EQ(Error(fd), 0);
}

TEST_P(TcpConformanceTest, NoListenerSeenBySend) {
  const Fd listener = Listener();
  const SocketAddress nobody = Local(listener);
  Close(listener);
  const Fd fd = ConnectTo(nobody);
  Settle();
  EXPECT_EQ(Send(fd), -ECONNREFUSED);
  EXPECT_EQ(Send(fd), -EPIPE);
}

TEST_P(TcpConformanceTest, NoListenerSeenByConnectWhichCanTryAgain) {
  const Fd listener = Listener();
  const SocketAddress address = Local(listener);
  Close(listener);
  const Fd fd = ConnectTo(address);
  Settle();
  EXPECT_EQ(fd.network->Connect(fd.fd, address), -ECONNREFUSED);
  EXPECT_EQ(fd.network->Connect(fd.fd, address), -EINPROGRESS);
  Settle();
  EXPECT_EQ(Error(fd), ECONNREFUSED);
  EXPECT_EQ(fd.network->Connect(fd.fd, address), -ECONNABORTED);
}

TEST_P(TcpConformanceTest, ConnectedSecondConnect) {
  const Fd listener = Listener();
  const Fd fd = ConnectTo(Local(listener));
  Settle();
  EXPECT_EQ(fd.network->Connect(fd.fd, Local(listener)), 0);
  EXPECT_EQ(fd.network->Connect(fd.fd, Local(listener)), -EISCONN);
  EXPECT_EQ(listener.network->Connect(listener.fd, Local(listener)), -EISCONN);
}

TEST_P(TcpConformanceTest, AListenerIsReadableWhileItHasSomebody) {
  const Fd listener = Listener();
  EXPECT_EQ(Ready(listener), 0u);
  EXPECT_EQ(listener.network->Accept(listener.fd, nullptr), -EAGAIN);
  const Fd client = ConnectTo(Local(listener));
  Settle();
  EXPECT_EQ(Ready(listener), kReadable);
  SocketAddress peer;
  const Fd server =
      Own(*listener.network, listener.network->Accept(listener.fd, &peer));
  EXPECT_EQ(Ready(listener), 0u);
  EXPECT_EQ(peer, Local(client));
  EXPECT_EQ(Local(server), Local(listener));
  EXPECT_EQ(PeerAddress(server), 0);
  EXPECT_EQ(PeerAddress(listener), -ENOTCONN);
  EXPECT_EQ(Receive(listener), -ENOTCONN);
  EXPECT_EQ(Send(listener), -EPIPE);
  EXPECT_EQ(Ready(client), kWritable);
  EXPECT_EQ(Ready(server), kWritable);
}

TEST_P(TcpConformanceTest, BytesArriveInOrder) {
  const auto [client, server] = Connected();
  EXPECT_EQ(Receive(server), -EAGAIN);
  EXPECT_EQ(Send(client, "hello "), 6);
  EXPECT_EQ(Send(client, "world"), 5);
  EXPECT_EQ(Send(client, ""), 0);
  Settle();
  EXPECT_EQ(Ready(server), kBoth);
  EXPECT_EQ(Receive(server, 8), 8);
  EXPECT_EQ(buffer_, "hello wo");
  EXPECT_EQ(Ready(server), kBoth);
  EXPECT_EQ(Receive(server, 8), 3);
  EXPECT_EQ(buffer_, "rld");
  EXPECT_EQ(Ready(server), kWritable);
  EXPECT_EQ(Receive(server, 8), -EAGAIN);
}

TEST_P(TcpConformanceTest, PeerHalfClosed) {
  const auto [client, server] = Connected();
  EXPECT_EQ(Send(client, "last"), 4);
  EXPECT_EQ(Shutdown(client, ShutdownHow::kSend), 0);
  EXPECT_EQ(Send(client), -EPIPE);
  Settle();
  EXPECT_EQ(Ready(client), kWritable);
  EXPECT_EQ(Ready(server), kBoth);
  EXPECT_EQ(Receive(server), 4);
  EXPECT_EQ(Receive(server), 0);
  EXPECT_EQ(Ready(server), kBoth);
  EXPECT_EQ(Send(server, "reply"), 5);
  Settle();
  EXPECT_EQ(Receive(client), 5);
  EXPECT_EQ(PeerAddress(client), 0);
  EXPECT_EQ(Error(server), 0);
}

TEST_P(TcpConformanceTest, BothDirectionsShut) {
  const auto [client, server] = Connected();
  EXPECT_EQ(Shutdown(client, ShutdownHow::kSend), 0);
  Settle();
  EXPECT_EQ(Shutdown(server, ShutdownHow::kSend), 0);
  Settle();
  for (const Fd& fd : {client, server}) {
    EXPECT_EQ(Ready(fd), kBoth);
    EXPECT_EQ(Receive(fd), 0);
    EXPECT_EQ(Send(fd), -EPIPE);
    EXPECT_EQ(Error(fd), 0);
    EXPECT_EQ(PeerAddress(fd), -ENOTCONN);
    EXPECT_EQ(Shutdown(fd, ShutdownHow::kBoth), -ENOTCONN);
  }
}

TEST_P(TcpConformanceTest, PeerClosed) {
  const auto [client, server] = Connected();
  Close(server);
  Settle();
  EXPECT_EQ(Ready(client), kBoth);
  EXPECT_EQ(Receive(client), 0);
  EXPECT_EQ(Error(client), 0);
  EXPECT_EQ(Send(client), 1);  // Draws a reset.
  Settle();
  EXPECT_EQ(Ready(client), kBoth);
  EXPECT_EQ(PeerAddress(client), -ENOTCONN);
  EXPECT_EQ(Receive(client), 0);
  EXPECT_EQ(Send(client), -EPIPE);
  EXPECT_EQ(Error(client), 0);
}

TEST_P(TcpConformanceTest, PeerClosedThenErrorIsBrokenPipe) {
  const auto [client, server] = Connected();
  Close(server);
  Settle();
  EXPECT_EQ(Send(client), 1);
  Settle();
  EXPECT_EQ(Error(client), EPIPE);
  EXPECT_EQ(Error(client), 0);
}

TEST_P(TcpConformanceTest, PeerClosedWithUnreadDataResets) {
  const auto [client, server] = Connected();
  EXPECT_EQ(Send(server, "for you"), 7);
  EXPECT_EQ(Send(client, "unread"), 6);
  Settle();
  Close(server);
  Settle();
  EXPECT_EQ(Ready(client), kBoth);
  EXPECT_EQ(PeerAddress(client), -ENOTCONN);
  EXPECT_EQ(Receive(client), 7);  // What had arrived stays readable.
  EXPECT_EQ(Receive(client), -ECONNRESET);
  EXPECT_EQ(Receive(client), 0);
  EXPECT_EQ(Send(client), -EPIPE);
}

TEST_P(TcpConformanceTest, AResetSeenBySend) {
  const auto [client, server] = Connected();
  EXPECT_EQ(Send(client, "unread"), 6);
  Settle();
  Close(server);
  Settle();
  EXPECT_EQ(Send(client), -ECONNRESET);
  EXPECT_EQ(Send(client), -EPIPE);
  EXPECT_EQ(Receive(client), 0);
}

TEST_P(TcpConformanceTest, AResetSeenByError) {
  const auto [client, server] = Connected();
  EXPECT_EQ(Send(client, "unread"), 6);
  Settle();
  Close(server);
  Settle();
  EXPECT_EQ(Error(client), ECONNRESET);
  EXPECT_EQ(Error(client), 0);
  EXPECT_EQ(Ready(client), kBoth);
  EXPECT_EQ(Receive(client), 0);
}

TEST_P(TcpConformanceTest, OwnReceiveShut) {
  const auto [client, server] = Connected();
  EXPECT_EQ(Shutdown(client, ShutdownHow::kReceive), 0);
  EXPECT_EQ(Ready(client), kBoth);
  EXPECT_EQ(Receive(client), 0);
  EXPECT_EQ(Ready(server), kWritable);
  EXPECT_EQ(Send(server, "late"), 4);
  Settle();
  EXPECT_EQ(Receive(client), 4);
  EXPECT_EQ(Receive(client), 0);
  EXPECT_EQ(Send(client), 1);
}

TEST_P(TcpConformanceTest, ShutdownOfBothThenPeerData) {
  const auto [client, server] = Connected();
  EXPECT_EQ(Shutdown(client, ShutdownHow::kBoth), 0);
  Settle();
  EXPECT_EQ(Ready(client), kBoth);
  EXPECT_EQ(Receive(client), 0);
  EXPECT_EQ(Send(client), -EPIPE);
  EXPECT_EQ(Receive(server), 0);
  Close(server);
  Settle();
  EXPECT_EQ(Ready(client), kBoth);
  EXPECT_EQ(Receive(client), 0);
  EXPECT_EQ(Error(client), 0);
}

TEST_P(TcpConformanceTest, ShutBothWaysAnswersDataWithAReset) {
  const auto [client, server] = Connected();
  EXPECT_EQ(Shutdown(client, ShutdownHow::kBoth), 0);
  Settle();
  EXPECT_EQ(Send(server), 1);
  Settle();
  EXPECT_EQ(Error(client), ECONNRESET);
  EXPECT_EQ(Error(server), EPIPE);
}

TEST_P(TcpConformanceTest, WhatWasShutBeforeConnectingStaysShut) {
  const Fd listener = Listener();
  const Fd fd = ClientSocket();
  EXPECT_EQ(Shutdown(fd, ShutdownHow::kSend), -ENOTCONN);
  EXPECT_EQ(fd.network->Connect(fd.fd, Local(listener)), -EINPROGRESS);
  Settle();
  EXPECT_EQ(Ready(fd), kWritable);
  EXPECT_EQ(Send(fd), -EPIPE);
  EXPECT_EQ(Receive(fd), -EAGAIN);
}

TEST_P(TcpConformanceTest, AListenerTakesOneMoreThanItsBacklog) {
  const Fd listener = Listener(1);
  std::vector<Fd> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(ConnectTo(Local(listener)));
  Settle();
  EXPECT_EQ(Ready(clients[0]), kWritable);
  EXPECT_EQ(Ready(clients[1]), kWritable);
  for (const Fd& fd : {clients[2], clients[3]}) {
    EXPECT_EQ(Ready(fd), 0u);
    EXPECT_EQ(Send(fd), -EAGAIN);
    EXPECT_EQ(Receive(fd), -EAGAIN);
    EXPECT_EQ(fd.network->Connect(fd.fd, Local(listener)), -EALREADY);
    EXPECT_EQ(PeerAddress(fd), -ENOTCONN);
  }
}

TEST_P(TcpConformanceTest, AListenerClosedWithChildren) {
  const Fd listener = Listener(0);
  const Fd first = ConnectTo(Local(listener));
  const Fd dropped = ConnectTo(Local(listener));
  Settle();
  Close(listener);
  Settle();
  EXPECT_EQ(Receive(first), -ECONNRESET);
  EXPECT_EQ(Ready(dropped), 0u);
}

TEST_P(TcpConformanceTest, ClientWroteAndClosedBeforeAccept) {
  const Fd listener = Listener();
  const Fd client = ConnectTo(Local(listener));
  Settle();
  EXPECT_EQ(Send(client, "bye"), 3);
  Close(client);
  Settle();
  const Fd server = Accept(listener);
  EXPECT_EQ(Ready(server), kBoth);
  EXPECT_EQ(Receive(server), 3);
  EXPECT_EQ(Receive(server), 0);
}

TEST_P(TcpConformanceTest, ClientSentBeforeAcceptAndReset) {
  const Fd listener = Listener();
  const Fd client = ConnectTo(Local(listener));
  Settle();
  const Fd other = ConnectTo(Local(listener));
  Settle();
  const Fd first = Accept(listener);
  EXPECT_EQ(Send(first, "unread"), 6);
  Settle();
  Close(client);  // With unread data: a reset.
  Close(other);
  Settle();
  EXPECT_EQ(Receive(first), -ECONNRESET);
  const Fd second = Accept(listener);
  EXPECT_EQ(Receive(second), 0);
}

TEST_P(TcpConformanceTest, AListenerShutIsNoListener) {
  const Fd listener = Listener();
  EXPECT_EQ(Shutdown(listener, ShutdownHow::kSend), 0);
  EXPECT_EQ(Ready(listener), 0u);
  const SocketAddress address = Local(listener);
  EXPECT_EQ(Shutdown(listener, ShutdownHow::kReceive), 0);
  EXPECT_EQ(Ready(listener), kBoth);
  EXPECT_EQ(listener.network->Accept(listener.fd, nullptr), -EINVAL);
  const Fd client = ConnectTo(address);
  Settle();
  EXPECT_EQ(Error(client), ECONNREFUSED);
}

TEST_P(TcpConformanceTest, AddressesInUse) {
  const Fd listener = Listener();
  for (const int reuse : {0, 1}) {
    const Fd other = ServerSocket();
    EXPECT_EQ(
        other.network->SetOption(other.fd, SocketOption::kReuseAddress, reuse),
        0);
    EXPECT_EQ(other.network->Bind(other.fd, Local(listener)), -EADDRINUSE);
  }
  const Fd fd = ServerSocket();
  EXPECT_EQ(fd.network->Bind(fd.fd, SocketAddress::IPv4({192, 0, 2, 1}, 0)),
            -EADDRNOTAVAIL);
  EXPECT_EQ(fd.network->Bind(fd.fd, world_->server_address()), 0);
  EXPECT_EQ(fd.network->Bind(fd.fd, world_->server_address()), -EINVAL);
}

TEST_P(TcpConformanceTest, TwoMayBindWithReuseButOneListen) {
  const Fd a = ServerSocket();
  const Fd b = ServerSocket();
  for (const Fd& fd : {a, b}) {
    EXPECT_EQ(fd.network->SetOption(fd.fd, SocketOption::kReuseAddress, 1), 0);
  }
  EXPECT_EQ(a.network->Bind(a.fd, world_->server_address()), 0);
  EXPECT_EQ(b.network->Bind(b.fd, Local(a)), 0);
  EXPECT_EQ(a.network->Listen(a.fd, 1), 0);
  EXPECT_EQ(b.network->Listen(b.fd, 1), -EADDRINUSE);
}

TEST_P(TcpConformanceTest, TimeWaitHoldsThePort) {
  for (const bool reuse : {false, true}) {
    const Fd listener = ServerSocket();
    Network& network = *listener.network;
    network.SetOption(listener.fd, SocketOption::kReuseAddress, reuse);
    ASSERT_EQ(network.Bind(listener.fd, world_->server_address()), 0);
    ASSERT_EQ(network.Listen(listener.fd, 4), 0);
    const SocketAddress address = Local(listener);
    const Fd client = ConnectTo(address);
    Settle();
    const Fd server = Accept(listener);
    Close(listener);
    const Fd early = ServerSocket();
    network.SetOption(early.fd, SocketOption::kReuseAddress, reuse);
    EXPECT_EQ(network.Bind(early.fd, address), reuse ? 0 : -EADDRINUSE);
    Close(early);
    Close(server);  // The active close.
    Settle();
    Close(client);
    Settle();
    const Fd again = ServerSocket();
    network.SetOption(again.fd, SocketOption::kReuseAddress, reuse);
    EXPECT_EQ(network.Bind(again.fd, address), reuse ? 0 : -EADDRINUSE);
  }
}

TEST_P(TcpConformanceTest, AFullBufferThenRoom) {
  const auto [client, server] = Connected();
  const std::string chunk(32768, 'x');
  std::size_t sent = 0;
  for (;;) {
    const SysResult n = Send(client, chunk);
    if (n == -EAGAIN) {
      Settle();
      if (Ready(client) == 0) break;
      continue;
    }
    ASSERT_GT(n, 0);
    sent += n;
    ASSERT_LT(sent, std::size_t{64} << 20);
  }
  std::size_t received = 0;
  while (received < sent) {
    const SysResult n = Receive(server, 100'000);
    if (n > 0) received += n;
    if (n == -EAGAIN) Settle();
    ASSERT_NE(n, 0);
  }
  EXPECT_EQ(received, sent);
  Settle();
  EXPECT_EQ(Receive(server), -EAGAIN);
  EXPECT_EQ(Ready(client), kWritable);
}

TEST_P(TcpConformanceTest, TheEndComesAfterAllDataAlsoWhenFull) {
  const auto [client, server] = Connected();
  const std::string chunk(32768, 'x');
  std::size_t sent = 0;
  for (SysResult n = 0; n >= 0; n = Send(client, chunk)) sent += n;
  Close(client);
  std::size_t received = 0;
  for (int idle = 0; idle < 1000;) {
    const SysResult n = Receive(server, 10'000);
    if (n == 0) break;
    if (n > 0) received += n;
    if (n == -EAGAIN) {
      Settle();
      ++idle;
    }
  }
  EXPECT_EQ(received, sent);
  EXPECT_EQ(Receive(server), 0);
}

TEST_P(TcpConformanceTest, DescriptorsAreReusedLowestFirst) {
  const Fd a = ClientSocket();
  const Fd b = ClientSocket();
  const Fd c = ClientSocket();
  EXPECT_LT(a.fd, b.fd);
  EXPECT_LT(b.fd, c.fd);
  Close(b);
  Close(a);
  EXPECT_EQ(ClientSocket().fd, a.fd);
  EXPECT_EQ(ClientSocket().fd, b.fd);
  Close(c);
  EXPECT_EQ(c.network->Close(c.fd), -EBADF);
  EXPECT_EQ(Send(c), -EBADF);
  EXPECT_EQ(Receive(c), -EBADF);
  EXPECT_EQ(Error(c), -EBADF);
  EXPECT_EQ(Shutdown(c, ShutdownHow::kBoth), -EBADF);
  EXPECT_EQ(c.network->Listen(c.fd, 1), -EBADF);
  EXPECT_EQ(c.network->Bind(c.fd, SocketAddress()), -EBADF);
  EXPECT_EQ(c.network->Connect(c.fd, SocketAddress()), -EBADF);
  EXPECT_EQ(c.network->Accept(c.fd, nullptr), -EBADF);
}

TEST_P(TcpConformanceTest, AClosedDescriptorHasLeftTheSelector) {
  const auto [client, server] = Connected();
  Selector& selector = world_->selector(*client.network);
  selector.Register(client.fd, kBoth);
  EXPECT_EQ(selector.Select(kZero).size(), 1u);
  Close(client);
  EXPECT_TRUE(selector.Select(kZero).empty());
  selector.Unregister(client.fd);
  EXPECT_THROW(selector.Modify(client.fd, kReadable), std::system_error);
  EXPECT_THROW(selector.Register(client.fd, kReadable), std::system_error);
}

TEST_P(TcpConformanceTest, ListenWithoutBindGetsAPort) {
  const Fd fd = ServerSocket();
  EXPECT_EQ(fd.network->Listen(fd.fd, 1), 0);
  EXPECT_NE(Local(fd).port(), 0);
  EXPECT_TRUE(Local(fd).is_any());
  SocketAddress address = SocketAddress::IPv4({127, 0, 0, 1}, Local(fd).port());
  const Fd client = Stream(world_->server());
  EXPECT_EQ(client.network->Connect(client.fd, address), -EINPROGRESS);
  Settle();
  EXPECT_EQ(Ready(fd), kReadable);
  EXPECT_EQ(Local(client).ip(), address.ip());
  EXPECT_EQ(client.network->Listen(client.fd, 1), -EINVAL);
}

}  // namespace
}  // namespace rondo
