// TCP: the kernel's behaviour, row by row, and the simulation's. What only the
// options, IPv6 and messages of parts can show; the rest is in
// tcp_conformance_test.cc.

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "rondo/tests/simnet/call_script.h"

namespace rondo {
namespace {

constexpr auto kIPv4 = AddressFamily::kIPv4;
constexpr auto kIPv6 = AddressFamily::kIPv6;
constexpr auto kStream = SocketKind::kStream;

void Listener(CallScript& c, int backlog = 4) {
  c.Open("listener", kIPv4, kStream, Side::kServer);
  EXPECT_EQ(c.Bind("listener", c.world().server_address()), 0);
  EXPECT_EQ(c.Listen("listener", backlog), 0);
}

// "a" and, accepted, "b".
void Connected(CallScript& c) {
  Listener(c);
  c.Open("a", kIPv4, kStream);
  EXPECT_EQ(c.Connect("a", c.Local("listener")), -EINPROGRESS);
  EXPECT_EQ(c.Error("a"), 0);
  EXPECT_EQ(c.Accept("listener", "b"), 0);
}

TEST(TcpRowsTest, LingerOfZeroResets) {
  Agree([](CallScript& c) {
    Connected(c);
    EXPECT_EQ(c.Get("a", SocketOption::kLinger), -1);
    EXPECT_EQ(c.Set("a", SocketOption::kLinger, 0), 0);
    EXPECT_EQ(c.Get("a", SocketOption::kLinger), 0);
    c.Send("a", "before");
    c.Close("a");
    EXPECT_EQ(c.Ready("b"), kReadWrite);
    EXPECT_EQ(c.Receive("b"), 6);  // What had arrived stays readable.
    EXPECT_EQ(c.Receive("b"), -ECONNRESET);
    EXPECT_EQ(c.Receive("b"), 0);
    EXPECT_EQ(c.Send("b", "x"), -EPIPE);
    EXPECT_EQ(c.Peer("b"), -ENOTCONN);
  });
}

TEST(TcpRowsTest, AnIdlePeersResetSeenBySend) {
  Agree([](CallScript& c) {
    Connected(c);
    c.Set("a", SocketOption::kLinger, 0);
    c.Close("a");
    EXPECT_EQ(c.Send("b", "x"), -ECONNRESET);
    EXPECT_EQ(c.Send("b", "x"), -EPIPE);
    EXPECT_EQ(c.Receive("b"), 0);
  });
}

TEST(TcpRowsTest, AClientThatResetsBeforeItWasAcceptedIsAccepted) {
  Agree([](CallScript& c) {
    Listener(c);
    c.Open("a", kIPv4, kStream);
    c.Connect("a", c.Local("listener"));
    c.Set("a", SocketOption::kLinger, 0);
    c.Close("a");
    EXPECT_EQ(c.Ready("listener"), kReadable);
    EXPECT_EQ(c.Accept("listener", "b"), 0);
    EXPECT_EQ(c.Receive("b"), -ECONNRESET);
  });
}

TEST(TcpRowsTest, TheSameAddressesTwice) {
  Agree([](CallScript& c) {
    Listener(c);
    for (const char* name : {"a", "again"}) {
      c.Open(name, kIPv4, kStream);
      c.Set(name, SocketOption::kReuseAddress, 1);
      EXPECT_EQ(c.Bind(name, std::string_view(name) == "a"
                                 ? c.world().client_address()
                                 : c.Local("a")),
                0);
    }
    EXPECT_EQ(c.Connect("a", c.Local("listener")), -EINPROGRESS);
    EXPECT_EQ(c.Connect("again", c.Local("listener")), -EADDRNOTAVAIL);
    EXPECT_EQ(c.Error("again"), 0);
  });
}

// There is room again when a third of the buffer is free, not before.
TEST(TcpRowsTest, WritableWhenAThirdIsFree) {
  Agree([](CallScript& c) {
    Connected(c);
    // How much the kernel's buffers take is its own affair.
    Network& a = c.network("a");
    Network& b = c.network("b");
    const std::string chunk(32768, 'x');
    std::size_t held = 0;
    for (;;) {
      const SysResult n = a.Send(c.fd("a"), chunk);
      if (n > 0) held += n;
      if (n > 0) continue;
      c.world().Settle();
      if (c.Ready("a") == 0) break;
    }
    std::string buffer(4096, '\0');
    EXPECT_EQ(b.Receive(c.fd("b"), buffer), 4096);
    c.world().Settle();
    EXPECT_EQ(c.Ready("a"), 0u);
    for (held -= 4096; held > 0;) {
      const SysResult n = b.Receive(c.fd("b"), buffer);
      if (n > 0) held -= n;
      if (n == -EAGAIN) c.world().Settle();
    }
    c.world().Settle();
    EXPECT_EQ(c.Ready("a"), kWritable);
  });
}

TEST(TcpRowsTest, MessagesOfPartsAndTheCallsOfFiles) {
  Agree([](CallScript& c) {
    Connected(c);
    EXPECT_EQ(c.SendParts("a", {"one", "", " two"}), 7);
    EXPECT_EQ(c.SendParts("a", {}), 0);
    EXPECT_EQ(c.SendParts("a", {"", ""}), 0);
    EXPECT_EQ(c.Receive("b", 0), 0);
    EXPECT_EQ(c.Receive("a", 0), -EAGAIN);
    EXPECT_EQ(c.Read("a", 0), 0);
    EXPECT_EQ(c.Write("a", ""), 0);
    EXPECT_EQ(c.Write("a", "!"), 1);
    EXPECT_EQ(c.Read("b", 4), 4);
    EXPECT_EQ(c.received(), "one ");
    EXPECT_EQ(c.ReceiveFrom("b"), 4);
    EXPECT_EQ(c.received(), "two!");
    EXPECT_EQ(c.SendTo("a", "x", SocketAddress()), 1);
    EXPECT_EQ(c.network("a").Adopt(c.fd("a")),
              static_cast<SysResult>(DescriptorKind::kStream));
  });
}

TEST(TcpRowsTest, Options) {
  Agree([](CallScript& c) {
    c.Open("a", kIPv4, kStream);
    for (const SocketOption option :
         {SocketOption::kReuseAddress, SocketOption::kReusePort,
          SocketOption::kBroadcast, SocketOption::kKeepAlive,
          SocketOption::kLinger, SocketOption::kNoDelay,
          SocketOption::kKeepIdle, SocketOption::kKeepInterval,
          SocketOption::kKeepCount, SocketOption::kUserTimeout,
          SocketOption::kIPv6Only}) {
      c.Get("a", option);
      c.Set("a", option, 1);
      c.Get("a", option);
    }
    EXPECT_EQ(c.Set("a", SocketOption::kKeepIdle, 0), -EINVAL);
    EXPECT_EQ(c.Set("a", SocketOption::kKeepIdle, 32768), -EINVAL);
    EXPECT_EQ(c.Set("a", SocketOption::kKeepCount, 128), -EINVAL);
    EXPECT_EQ(c.Set("a", SocketOption::kUserTimeout, -1), -EINVAL);
    EXPECT_EQ(c.Set("a", SocketOption::kLinger, -1), 0);
  });
}

TEST(TcpRowsTest, ListenersThatShareAPort) {
  Agree([](CallScript& c) {
    for (const char* name : {"first", "second", "third"}) {
      c.Open(name, kIPv4, kStream, Side::kServer);
    }
    for (const char* name : {"first", "second"}) {
      EXPECT_EQ(c.Set(name, SocketOption::kReusePort, 1), 0);
    }
    EXPECT_EQ(c.Bind("first", c.world().server_address()), 0);
    EXPECT_EQ(c.Listen("first", 1), 0);
    EXPECT_EQ(c.Bind("second", c.Local("first")), 0);
    EXPECT_EQ(c.Listen("second", 1), 0);
    EXPECT_EQ(c.Bind("third", c.Local("first")), -EADDRINUSE);
  });
}

TEST(TcpRowsTest, IPv6) {
  Agree([](CallScript& c) {
    c.Open("listener", kIPv6, kStream, Side::kServer);
    EXPECT_EQ(c.Bind("listener", c.world().server_address()), -EINVAL);
    ASSERT_EQ(c.Bind("listener", c.world().server_address6()), 0);
    EXPECT_EQ(c.Listen("listener", 1), 0);
    c.Open("a", kIPv6, kStream);
    EXPECT_EQ(c.Local("a"), SocketAddress::IPv6({}, 0));
    EXPECT_EQ(c.Connect("a", SocketAddress()), -EINVAL);
    EXPECT_EQ(c.Connect("a", c.Local("listener")), -EINPROGRESS);
    EXPECT_EQ(c.Accept("listener", "b"), 0);
    EXPECT_EQ(c.Peer("a"), 0);
    EXPECT_EQ(c.Send("a", "x"), 1);
    EXPECT_EQ(c.Receive("b"), 1);
    c.Open("four", kIPv4, kStream);
    EXPECT_EQ(c.Connect("four", c.Local("listener")), -EAFNOSUPPORT);
  });
}

TEST(TcpRowsTest, AnIPv6ListenerTakesIPv4Too) {
  for (const int only : {0, 1}) {
    Agree([only](CallScript& c) {
      c.Open("listener", kIPv6, kStream, Side::kServer);
      c.Set("listener", SocketOption::kIPv6Only, only);
      ASSERT_EQ(c.Bind("listener", SocketAddress::IPv6({}, 0)), 0);
      EXPECT_EQ(c.Set("listener", SocketOption::kIPv6Only, 0), -EINVAL);
      EXPECT_EQ(c.Listen("listener", 1), 0);
      const std::uint16_t port = c.Local("listener").port();
      c.Open("same", kIPv4, kStream, Side::kServer);
      EXPECT_EQ(c.Bind("same", SocketAddress().WithPort(port)),
                only != 0 ? 0 : -EADDRINUSE);
      c.Open("a", kIPv4, kStream);
      EXPECT_EQ(c.Connect("a", c.world().server_address().WithPort(port)),
                -EINPROGRESS);
      EXPECT_EQ(c.Error("a"), only != 0 ? ECONNREFUSED : 0);
      if (only != 0) return;
      SocketAddress peer;
      const SysResult b = c.network("listener").Accept(c.fd("listener"), &peer);
      ASSERT_GE(b, 0);
      EXPECT_EQ(peer.family(), kIPv6);
      EXPECT_EQ(peer.port(), c.Local("a").port());
      EXPECT_TRUE(peer.ToString().find("::ffff:") != std::string::npos);
      c.network("listener").Close(static_cast<int>(b));
    });
  }
}

}  // namespace
}  // namespace rondo
