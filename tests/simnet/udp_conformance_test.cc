// UDP: the kernel's behaviour, row by row, and the simulation's.

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "rondo/tests/simnet/call_script.h"

namespace rondo {
namespace {

constexpr auto kIPv4 = AddressFamily::kIPv4;
constexpr auto kIPv6 = AddressFamily::kIPv6;
constexpr auto kDatagram = SocketKind::kDatagram;

// "a" at the client's, "b" at the server's, both bound.
void Two(CallScript& c) {
  c.Open("a", kIPv4, kDatagram);
  c.Open("b", kIPv4, kDatagram, Side::kServer);
  EXPECT_EQ(c.Bind("a", c.world().client_address()), 0);
  EXPECT_EQ(c.Bind("b", c.world().server_address()), 0);
}

// A port of the server's that nobody has.
SocketAddress Nobody(CallScript& c) {
  c.Open("gone", kIPv4, kDatagram, Side::kServer);
  c.Bind("gone", c.world().server_address());
  const SocketAddress address = c.Local("gone");
  c.Close("gone");
  return address;
}

void ConnectedToNobody(CallScript& c) {
  const SocketAddress nobody = Nobody(c);
  c.Open("a", kIPv4, kDatagram);
  EXPECT_EQ(c.Connect("a", nobody), 0);
  EXPECT_EQ(c.Send("a", "x"), 1);
  EXPECT_EQ(c.Ready("a"), kReadWrite);
}

TEST(UdpConformanceTest, ConnectedToAClosedPortIsRefusedOnceBySend) {
  Agree([](CallScript& c) {
    ConnectedToNobody(c);
    EXPECT_EQ(c.Send("a", "y"), -ECONNREFUSED);
    EXPECT_EQ(c.Ready("a"), kWritable);
    EXPECT_EQ(c.Receive("a"), -EAGAIN);
  });
}

TEST(UdpConformanceTest, ConnectedToAClosedPortIsRefusedOnceByReceive) {
  Agree([](CallScript& c) {
    ConnectedToNobody(c);
    EXPECT_EQ(c.Receive("a"), -ECONNREFUSED);
    EXPECT_EQ(c.Receive("a"), -EAGAIN);
    EXPECT_EQ(c.Error("a"), 0);
  });
}

TEST(UdpConformanceTest, ConnectedToAClosedPortIsRefusedOnceByError) {
  Agree([](CallScript& c) {
    ConnectedToNobody(c);
    EXPECT_EQ(c.Error("a"), ECONNREFUSED);
    EXPECT_EQ(c.Error("a"), 0);
    EXPECT_EQ(c.Receive("a"), -EAGAIN);
  });
}

TEST(UdpConformanceTest, UnconnectedToAClosedPortNobodyIsTold) {
  Agree([](CallScript& c) {
    const SocketAddress nobody = Nobody(c);
    c.Open("a", kIPv4, kDatagram);
    EXPECT_EQ(c.SendTo("a", "x", nobody), 1);
    EXPECT_EQ(c.Ready("a"), kWritable);
    EXPECT_EQ(c.SendTo("a", "x", nobody), 1);
    EXPECT_EQ(c.Receive("a"), -EAGAIN);
    EXPECT_EQ(c.Error("a"), 0);
  });
}

TEST(UdpConformanceTest, ALongDatagramIsTruncated) {
  Agree([](CallScript& c) {
    Two(c);
    c.SendTo("a", "0123456789", c.Local("b"));
    c.SendTo("a", "next", c.Local("b"));
    EXPECT_EQ(c.ReceiveFrom("b", 4), 4);
    EXPECT_EQ(c.ReceiveFrom("b", 4), 4);
    EXPECT_EQ(c.received(), "next");
    EXPECT_EQ(c.ReceiveFrom("b", 4), -EAGAIN);
  });
}

TEST(UdpConformanceTest, AnEmptyDatagramIsReadable) {
  Agree([](CallScript& c) {
    Two(c);
    EXPECT_EQ(c.SendTo("a", "", c.Local("b")), 0);
    EXPECT_EQ(c.Ready("b"), kReadWrite);
    EXPECT_EQ(c.Receive("b"), 0);
    EXPECT_EQ(c.Ready("b"), kWritable);
    c.SendTo("a", "x", c.Local("b"));
    EXPECT_EQ(c.ReceiveFrom("b", 0), 0);  // And the datagram is gone.
    EXPECT_EQ(c.Receive("b"), -EAGAIN);
  });
}

TEST(UdpConformanceTest, TheLongestDatagram) {
  Agree([](CallScript& c) {
    Two(c);
    const SocketAddress b = c.Local("b");
    for (const std::size_t size : {65508, 65535, 65536}) {
      EXPECT_EQ(c.SendTo("a", std::string(size, 'x'), b), -EMSGSIZE);
    }
    EXPECT_EQ(c.SendTo("a", std::string(65507, 'x'), b), 65507);
    EXPECT_EQ(c.Receive("b", 1 << 17), 65507);
  });
}

TEST(UdpConformanceTest, AFullReceiveBufferDropsTheRest) {
  for (const std::size_t size : {0, 100, 1000, 8000}) {
    Agree([size](CallScript& c) {
      Two(c);
      // Elsewhere the default may be another.
      if (c.network("b").GetOption(c.fd("b"), SocketOption::kReceiveBuffer) !=
          212992) {
        c.network("b").SetOption(c.fd("b"), SocketOption::kReceiveBuffer,
                                 106496);
      }
      const std::string data(size, 'x');
      const SocketAddress b = c.Local("b");
      for (int i = 0; i < 300; ++i) c.network("a").SendTo(c.fd("a"), data, b);
      c.world().Settle();
      const std::size_t drained = c.Drain("b", 1, 1000);
      if (size == 100) {
        EXPECT_EQ(drained, 256u);
      }
    });
  }
}

TEST(UdpConformanceTest, NeverBound) {
  Agree([](CallScript& c) {
    c.Open("a", kIPv4, kDatagram);
    EXPECT_EQ(c.Ready("a"), kWritable);
    EXPECT_EQ(c.Receive("a"), -EAGAIN);
    EXPECT_EQ(c.Peer("a"), -ENOTCONN);
    EXPECT_EQ(c.Listen("a", 1), -EOPNOTSUPP);
    EXPECT_EQ(c.Accept("a", "child"), -EOPNOTSUPP);
    EXPECT_EQ(c.Bind("a", SocketAddress::IPv4({192, 0, 2, 1}, 0)),
              -EADDRNOTAVAIL);
    EXPECT_EQ(c.Bind("a", SocketAddress::Unix("/x")), -EINVAL);
    EXPECT_EQ(c.Bind("a", SocketAddress::IPv6({}, 0)), -EAFNOSUPPORT);
    EXPECT_EQ(c.Local("a"), SocketAddress());
    EXPECT_EQ(c.Send("a", "x"), -EDESTADDRREQ);
    EXPECT_NE(c.Local("a").port(), 0);  // A send binds, even that one.
    EXPECT_EQ(c.Bind("a", SocketAddress()), -EINVAL);
    EXPECT_EQ(c.SendTo("a", "x", c.world().server_address()), -EINVAL);
    EXPECT_EQ(c.SendTo("a", "x", SocketAddress::Unix("/x")), -EINVAL);
    EXPECT_EQ(c.SendTo("a", "x", SocketAddress::IPv6({}, 1)), -EAFNOSUPPORT);
  });
}

TEST(UdpConformanceTest, AConnectedSocketHearsOnlyItsPeer) {
  Agree([](CallScript& c) {
    Two(c);
    c.Open("other", kIPv4, kDatagram);
    c.Bind("other", c.world().client_address());
    c.SendTo("other", "early", c.Local("b"));
    EXPECT_EQ(c.Connect("b", c.Local("a")), 0);
    EXPECT_EQ(c.Peer("b"), 0);
    c.Connect("other", c.Local("b"));
    EXPECT_EQ(c.Send("other", "late"), 4);
    EXPECT_EQ(c.ReceiveFrom("b"), 5);
    EXPECT_EQ(c.ReceiveFrom("b"), -EAGAIN);
    EXPECT_EQ(c.Receive("other"), -ECONNREFUSED);
    c.SendTo("a", "peer", c.Local("b"));
    EXPECT_EQ(c.ReceiveFrom("b"), 4);
    EXPECT_EQ(c.SendParts("b", {"an", "", "swer"}), 6);
    EXPECT_EQ(c.ReceiveFrom("a"), 6);
    EXPECT_EQ(c.Connect("b", c.Local("other")), 0);  // Another one.
    EXPECT_EQ(c.Peer("b"), 0);
  });
}

TEST(UdpConformanceTest, ConnectingNamesTheLocalAddress) {
  Agree([](CallScript& c) {
    Two(c);
    c.Open("c", kIPv4, kDatagram);
    EXPECT_EQ(c.Connect("c", c.Local("b")), 0);
    EXPECT_EQ(c.Local("c").ip(), c.world().client_address().ip());
    c.Send("c", "x");
    EXPECT_EQ(c.ReceiveFrom("b"), 1);
  });
}

TEST(UdpConformanceTest, ShutDown) {
  Agree([](CallScript& c) {
    Two(c);
    EXPECT_EQ(c.Shutdown("a", ShutdownHow::kSend), -ENOTCONN);
    EXPECT_EQ(c.SendTo("a", "x", c.Local("b")), -EPIPE);
    c.Connect("b", c.Local("a"));
    EXPECT_EQ(c.Shutdown("b", ShutdownHow::kReceive), 0);
    EXPECT_EQ(c.Receive("b"), -EAGAIN);
    EXPECT_EQ(c.Send("b", "x"), 1);
    EXPECT_EQ(c.Shutdown("b", ShutdownHow::kSend), 0);
    EXPECT_EQ(c.Send("b", "x"), -EPIPE);
    EXPECT_EQ(c.Receive("a"), 1);
  });
}

TEST(UdpConformanceTest, PortsInUse) {
  Agree([](CallScript& c) {
    Two(c);
    for (const char* name : {"plain", "reuse", "shared", "shared2"}) {
      c.Open(name, kIPv4, kDatagram, Side::kServer);
    }
    EXPECT_EQ(c.Bind("plain", c.Local("b")), -EADDRINUSE);
    c.Set("reuse", SocketOption::kReuseAddress, 1);
    EXPECT_EQ(c.Bind("reuse", c.Local("b")), -EADDRINUSE);
    c.Set("b", SocketOption::kReuseAddress, 1);
    for (const char* name : {"shared", "shared2"}) {
      c.Set(name, SocketOption::kReusePort, 1);
    }
    EXPECT_EQ(c.Bind("shared", c.world().server_address()), 0);
    EXPECT_EQ(c.Bind("plain", c.Local("shared")), -EADDRINUSE);
    EXPECT_EQ(c.Bind("shared2", c.Local("shared")), 0);
  });
}

TEST(UdpConformanceTest, TheLastOfThoseThatReuseAnAddressGetsIt) {
  Agree([](CallScript& c) {
    c.Open("a", kIPv4, kDatagram);
    for (const char* name : {"first", "last"}) {
      c.Open(name, kIPv4, kDatagram, Side::kServer);
      c.Set(name, SocketOption::kReuseAddress, 1);
      c.Bind(name, std::string_view(name) == "first"
                       ? c.world().server_address()
                       : c.Local("first"));
    }
    c.SendTo("a", "x", c.Local("first"));
    EXPECT_EQ(c.Ready("last"), kReadWrite);
    EXPECT_EQ(c.Ready("first"), kWritable);
  });
}

TEST(UdpConformanceTest, AnExactAddressWinsOverAny) {
  Agree([](CallScript& c) {
    Two(c);
    c.Open("any", kIPv4, kDatagram, Side::kServer);
    EXPECT_EQ(c.Bind("any", SocketAddress().WithPort(c.Local("b").port())),
              -EADDRINUSE);
    for (const char* name : {"b", "any"}) {
      c.Set(name, SocketOption::kReuseAddress, 1);
    }
    EXPECT_EQ(c.Bind("any", SocketAddress().WithPort(c.Local("b").port())), 0);
    c.SendTo("a", "x", c.Local("b"));
    EXPECT_EQ(c.Ready("b"), kReadWrite);
    EXPECT_EQ(c.Ready("any"), kWritable);
  });
}

TEST(UdpConformanceTest, BroadcastNeedsPermission) {
  Agree([](CallScript& c) {
    c.Open("a", kIPv4, kDatagram);
    const auto all = SocketAddress::IPv4({255, 255, 255, 255}, 9);
    EXPECT_EQ(c.SendTo("a", "x", all), -EACCES);
    EXPECT_EQ(c.Connect("a", all), -EACCES);
    EXPECT_EQ(c.Set("a", SocketOption::kBroadcast, 1), 0);
    EXPECT_EQ(c.Connect("a", all), 0);
  });
}

TEST(UdpConformanceTest, Options) {
  Agree([](CallScript& c) {
    c.Open("a", kIPv4, kDatagram);
    for (const SocketOption option :
         {SocketOption::kReuseAddress, SocketOption::kReusePort,
          SocketOption::kBroadcast, SocketOption::kKeepAlive,
          SocketOption::kLinger, SocketOption::kNoDelay,
          SocketOption::kKeepIdle, SocketOption::kUserTimeout,
          SocketOption::kIPv6Only}) {
      c.Get("a", option);
      c.Set("a", option, 1);
      c.Get("a", option);
    }
  });
}

TEST(UdpConformanceTest, IPv6) {
  Agree([](CallScript& c) {
    c.Open("a", kIPv6, kDatagram);
    c.Open("b", kIPv6, kDatagram, Side::kServer);
    ASSERT_EQ(c.Bind("b", c.world().server_address6()), 0);
    EXPECT_EQ(c.SendTo("a", std::string(65528, 'x'), c.Local("b")), -EMSGSIZE);
    EXPECT_EQ(c.SendTo("a", "six", c.Local("b")), 3);
    EXPECT_EQ(c.Receive("b"), 3);
    EXPECT_EQ(c.Connect("a", c.Local("b")), 0);
    EXPECT_EQ(c.Send("a", "seven"), 5);
    EXPECT_EQ(c.ReceiveFrom("b"), 5);
    EXPECT_EQ(c.Bind("b", c.world().server_address()), -EINVAL);
  });
}

TEST(UdpConformanceTest, AnIPv6SocketTakesIPv4Too) {
  Agree([](CallScript& c) {
    c.Open("a", kIPv4, kDatagram);
    c.Open("b", kIPv6, kDatagram, Side::kServer);
    c.Bind("a", c.world().client_address());
    ASSERT_EQ(c.Bind("b", SocketAddress::IPv6({}, 0)), 0);
    const SocketAddress b =
        c.world().server_address().WithPort(c.Local("b").port());
    EXPECT_EQ(c.SendTo("a", "four", b), 4);
    std::string buffer(8, '\0');
    SocketAddress from;
    EXPECT_EQ(c.network("b").ReceiveFrom(c.fd("b"), buffer, &from, nullptr), 4);
    EXPECT_EQ(from.family(), kIPv6);
    EXPECT_EQ(from.port(), c.Local("a").port());
    EXPECT_EQ(c.SendTo("b", "back", from), 4);
    EXPECT_EQ(c.Receive("a"), 4);
    EXPECT_EQ(c.Connect("b", from), 0);
    EXPECT_EQ(c.Send("b", "again"), 5);
    EXPECT_EQ(c.Receive("a"), 5);
    c.Open("only", kIPv6, kDatagram, Side::kServer);
    EXPECT_EQ(c.Set("only", SocketOption::kIPv6Only, 1), 0);
    EXPECT_EQ(c.Bind("only", SocketAddress::IPv6({}, 0)), 0);
    EXPECT_EQ(c.SendTo("only", "x", from), -ENETUNREACH);
    EXPECT_EQ(c.Connect("only", from), -ENETUNREACH);
    EXPECT_EQ(c.Set("only", SocketOption::kIPv6Only, 0), -EINVAL);
  });
}

}  // namespace
}  // namespace rondo
