// Unix sockets: the kernel's behaviour, row by row, and the simulation's.

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "rondo/tests/simnet/call_script.h"

namespace rondo {
namespace {

constexpr auto kUnix = AddressFamily::kUnix;
constexpr auto kStream = SocketKind::kStream;
constexpr auto kDatagram = SocketKind::kDatagram;

void Listener(CallScript& c, int backlog = 4) {
  c.Open("listener", kUnix, kStream);
  EXPECT_EQ(c.Bind("listener", c.Unix("s")), 0);
  EXPECT_EQ(c.Listen("listener", backlog), 0);
}

// "a" and, accepted, "b".
void Connected(CallScript& c) {
  Listener(c);
  c.Open("a", kUnix, kStream);
  EXPECT_EQ(c.Connect("a", c.Local("listener")), 0);
  EXPECT_EQ(c.Accept("listener", "b"), 0);
}

// ---- Streams.

TEST(UnixConformanceTest, NeverConnected) {
  AgreeLocally([](CallScript& c) {
    c.Open("a", kUnix, kStream);
    EXPECT_EQ(c.Ready("a"), kReadWrite);
    EXPECT_EQ(c.Receive("a"), -EINVAL);
    EXPECT_EQ(c.Send("a", "x"), -ENOTCONN);
    EXPECT_EQ(c.SendTo("a", "x", c.Unix("s")), -EOPNOTSUPP);
    EXPECT_EQ(c.Peer("a"), -ENOTCONN);
    EXPECT_EQ(c.Error("a"), 0);
    EXPECT_EQ(c.Accept("a", "child"), -EINVAL);
    EXPECT_EQ(c.Listen("a", 1), -EINVAL);
    EXPECT_EQ(c.Shutdown("a", ShutdownHow::kSend), 0);
  });
}

TEST(UnixConformanceTest, ConnectingAnswersAtOnce) {
  AgreeLocally([](CallScript& c) {
    c.Open("a", kUnix, kStream);
    EXPECT_EQ(c.Connect("a", c.Unix("none")), -ENOENT);
    EXPECT_EQ(c.Connect("a", SocketAddress::UnixAbstract("rondo none")),
              -ECONNREFUSED);
    EXPECT_EQ(c.Connect("a", SocketAddress::Unix("")), -EINVAL);
    EXPECT_EQ(c.Connect("a", c.world().server_address()), -EINVAL);
    c.Open("bound", kUnix, kStream);
    EXPECT_EQ(c.Bind("bound", c.Unix("bound")), 0);
    EXPECT_EQ(c.Bind("bound", c.Unix("other")), -EINVAL);
    EXPECT_EQ(c.Connect("a", c.Local("bound")), -ECONNREFUSED);
    c.Open("datagram", kUnix, kDatagram);
    c.Bind("datagram", c.Unix("datagram"));
    EXPECT_EQ(c.Connect("a", c.Local("datagram")), -EPROTOTYPE);
    Listener(c);
    EXPECT_EQ(c.Ready("listener"), 0u);
    EXPECT_EQ(c.Accept("listener", "b"), -EAGAIN);
    EXPECT_EQ(c.Connect("a", c.Local("listener")), 0);
    EXPECT_EQ(c.Ready("listener"), kReadable);
    EXPECT_EQ(c.Ready("a"), kWritable);
    EXPECT_EQ(c.Connect("a", c.Local("listener")), -EISCONN);
    EXPECT_EQ(c.Connect("listener", c.Local("listener")), -EINVAL);
    EXPECT_EQ(c.Listen("a", 1), -EINVAL);
    EXPECT_EQ(c.Send("a", "early"), 5);
    EXPECT_EQ(c.Accept("listener", "b"), 0);
    EXPECT_EQ(c.ReceiveFrom("b"), 5);
    EXPECT_EQ(c.Peer("a"), 0);
    EXPECT_EQ(c.Peer("b"), 0);
    EXPECT_EQ(c.Local("a"), SocketAddress::Unix(""));
    EXPECT_EQ(c.Local("b"), c.Local("listener"));
    EXPECT_EQ(c.Send("listener", "x"), -ENOTCONN);
    EXPECT_EQ(c.Receive("listener"), -EINVAL);
  });
}

TEST(UnixConformanceTest, AFullBacklogIsAgain) {
  AgreeLocally([](CallScript& c) {
    Listener(c, 1);
    for (const char* name : {"a", "b", "late"}) c.Open(name, kUnix, kStream);
    EXPECT_EQ(c.Connect("a", c.Local("listener")), 0);
    EXPECT_EQ(c.Connect("b", c.Local("listener")), 0);
    EXPECT_EQ(c.Connect("late", c.Local("listener")), -EAGAIN);
    EXPECT_EQ(c.Accept("listener", "first"), 0);
    EXPECT_EQ(c.Connect("late", c.Local("listener")), 0);
  });
}

TEST(UnixConformanceTest, AFileStaysWithoutItsSocket) {
  AgreeLocally([](CallScript& c) {
    Listener(c);
    const SocketAddress address = c.Local("listener");
    Network& network = c.network("listener");
    const SysResult file = network.SocketFile(address);
    EXPECT_GT(file, 0);
    c.Close("listener");
    c.Open("a", kUnix, kStream);
    EXPECT_EQ(c.Connect("a", address), -ECONNREFUSED);
    EXPECT_EQ(c.Bind("a", address), -EADDRINUSE);
    EXPECT_EQ(network.SocketFile(address), file);
    EXPECT_EQ(network.RemoveSocketFile(address), 0);
    EXPECT_EQ(network.SocketFile(address), -ENOENT);
    EXPECT_EQ(network.RemoveSocketFile(address), -ENOENT);
    EXPECT_EQ(c.Connect("a", address), -ENOENT);
    EXPECT_EQ(c.Bind("a", address), 0);
  });
}

TEST(UnixConformanceTest, AnAbstractNameGoesWithItsSocket) {
  AgreeLocally([](CallScript& c) {
    const auto address = SocketAddress::UnixAbstract(c.world().path("name"));
    c.Open("listener", kUnix, kStream);
    EXPECT_EQ(c.Bind("listener", address), 0);
    EXPECT_EQ(c.Listen("listener", 1), 0);
    EXPECT_EQ(c.Local("listener"), address);
    c.Open("a", kUnix, kStream);
    EXPECT_EQ(c.Bind("a", address), -EADDRINUSE);
    EXPECT_EQ(c.Connect("a", address), 0);
    c.Close("listener");
    c.Open("b", kUnix, kStream);
    EXPECT_EQ(c.Bind("b", address), 0);
    c.Open("c", kUnix, kStream);
    EXPECT_EQ(c.Bind("c", SocketAddress::Unix("")), 0);  // Gets one.
    EXPECT_TRUE(c.Local("c").is_abstract());
    EXPECT_EQ(c.Local("c").path().size(), 6u);
    EXPECT_EQ(c.Bind("c", SocketAddress::Unix("")), 0);  // Has one.
  });
}

TEST(UnixConformanceTest, BytesArriveInOrder) {
  AgreeLocally([](CallScript& c) {
    c.OpenPair("a", "b", kStream);
    EXPECT_EQ(c.Ready("a"), kWritable);
    EXPECT_EQ(c.Receive("a"), -EAGAIN);
    EXPECT_EQ(c.Send("a", ""), 0);
    EXPECT_EQ(c.Send("a", "hello "), 6);
    EXPECT_EQ(c.SendParts("a", {"wo", "", "rld"}), 5);
    EXPECT_EQ(c.Write("a", "!"), 1);
    EXPECT_EQ(c.Receive("b", 8), 8);
    EXPECT_EQ(c.received(), "hello wo");
    EXPECT_EQ(c.Read("b", 8), 4);
    EXPECT_EQ(c.received(), "rld!");
    EXPECT_EQ(c.Peer("a"), 0);
    EXPECT_EQ(c.SendTo("a", "x", c.Unix("s")), -EISCONN);
    EXPECT_EQ(c.Receive("b", 0), -EAGAIN);
    EXPECT_EQ(c.Read("b", 0), 0);
  });
}

TEST(UnixConformanceTest, PeerClosed) {
  AgreeLocally([](CallScript& c) {
    Connected(c);
    EXPECT_EQ(c.Send("b", "last"), 4);
    c.Close("b");
    EXPECT_EQ(c.Ready("a"), kReadWrite);
    EXPECT_EQ(c.Send("a", "x"), -EPIPE);
    EXPECT_EQ(c.Receive("a"), 4);
    EXPECT_EQ(c.Receive("a"), 0);
    EXPECT_EQ(c.Error("a"), 0);
    EXPECT_EQ(c.Peer("a"), 0);
    EXPECT_EQ(c.Connect("a", c.Local("listener")), -EISCONN);
  });
}

TEST(UnixConformanceTest, PeerClosedWithUnreadDataResets) {
  AgreeLocally([](CallScript& c) {
    Connected(c);
    EXPECT_EQ(c.Send("a", "unread"), 6);
    EXPECT_EQ(c.Send("b", "for you"), 7);
    c.Close("b");
    EXPECT_EQ(c.Ready("a"), kReadWrite);
    EXPECT_EQ(c.Send("a", "x"), -EPIPE);
    EXPECT_EQ(c.Receive("a"), 7);
    EXPECT_EQ(c.Receive("a"), -ECONNRESET);
    EXPECT_EQ(c.Receive("a"), 0);
  });
}

TEST(UnixConformanceTest, HalfClosed) {
  for (const auto how : {ShutdownHow::kSend, ShutdownHow::kReceive}) {
    AgreeLocally([how](CallScript& c) {
      c.OpenPair("a", "b", kStream);
      EXPECT_EQ(c.Send("b", "before"), 6);
      EXPECT_EQ(c.Shutdown("a", how), 0);
      const bool send = how == ShutdownHow::kSend;
      EXPECT_EQ(c.Send("a", "x"), send ? -EPIPE : 1);
      EXPECT_EQ(c.Send("b", "x"), send ? 1 : -EPIPE);
      EXPECT_EQ(c.Receive("a"), send ? 7 : 6);
      EXPECT_EQ(c.Receive("a"), send ? -EAGAIN : 0);
      EXPECT_EQ(c.Receive("b"), send ? 0 : 1);
      c.Shutdown("b", how);
      EXPECT_EQ(c.Ready("a"), kReadWrite);
      EXPECT_EQ(c.Ready("b"), kReadWrite);
      EXPECT_EQ(c.Receive("a"), 0);
    });
  }
}

TEST(UnixConformanceTest, AListenerClosedWithChildrenResetsThem) {
  AgreeLocally([](CallScript& c) {
    Listener(c);
    c.Open("a", kUnix, kStream);
    c.Connect("a", c.Local("listener"));
    c.Send("a", "x");
    c.Close("listener");
    EXPECT_EQ(c.Ready("a"), kReadWrite);
    EXPECT_EQ(c.Send("a", "x"), -EPIPE);
    EXPECT_EQ(c.Receive("a"), -ECONNRESET);
    EXPECT_EQ(c.Receive("a"), 0);
  });
}

TEST(UnixConformanceTest, AClientGoneBeforeItWasAccepted) {
  AgreeLocally([](CallScript& c) {
    Listener(c);
    c.Open("a", kUnix, kStream);
    c.Connect("a", c.Local("listener"));
    c.Send("a", "bye");
    c.Close("a");
    EXPECT_EQ(c.Ready("listener"), kReadable);
    EXPECT_EQ(c.Accept("listener", "b"), 0);
    EXPECT_EQ(c.Receive("b"), 3);
    EXPECT_EQ(c.Receive("b"), 0);
    EXPECT_EQ(c.Send("b", "x"), -EPIPE);
  });
}

TEST(UnixConformanceTest, AListenerShut) {
  AgreeLocally([](CallScript& c) {
    Listener(c);
    c.Open("a", kUnix, kStream);
    c.Open("b", kUnix, kStream);
    c.Connect("a", c.Local("listener"));
    EXPECT_EQ(c.Shutdown("listener", ShutdownHow::kReceive), 0);
    EXPECT_EQ(c.Connect("b", c.Local("listener")), -ECONNREFUSED);
    EXPECT_EQ(c.Accept("listener", "c"), 0);
    EXPECT_EQ(c.Accept("listener", "d"), -EAGAIN);
    EXPECT_EQ(c.Shutdown("listener", ShutdownHow::kSend), 0);
  });
}

// Small writes fill a buffer long before their bytes do; there is room again
// when three quarters are free.
TEST(UnixConformanceTest, WritableWhenAQuarterIsUsed) {
  for (const std::size_t size : {1, 100, 1000, 4096, 16384, 65536, 300000}) {
    AgreeLocally([size](CallScript& c) {
      c.OpenPair("a", "b", kStream);
      if (c.network("a").GetOption(c.fd("a"), SocketOption::kSendBuffer) !=
          212992) {
        c.network("a").SetOption(c.fd("a"), SocketOption::kSendBuffer, 106496);
      }
      const int taken = c.Fill("a", std::string(size, 'x'));
      EXPECT_EQ(c.Ready("a"), 0u);
      if (size == 1) {
        EXPECT_EQ(taken, 278);
      }
      for (int i = 0; i < 40; ++i) {
        c.Drain("b", size, taken / 32 + 1);
        if (c.Ready("a") != 0) break;
      }
      EXPECT_EQ(c.Ready("a"), kWritable);
    });
  }
}

TEST(UnixConformanceTest, Options) {
  for (const SocketKind kind : {kStream, kDatagram}) {
    AgreeLocally([kind](CallScript& c) {
      c.Open("a", kUnix, kind);
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
}

// ---- Datagrams.

TEST(UnixConformanceTest, DatagramNeverConnected) {
  AgreeLocally([](CallScript& c) {
    c.Open("a", kUnix, kDatagram);
    EXPECT_EQ(c.Ready("a"), kWritable);
    EXPECT_EQ(c.Send("a", "x"), -ENOTCONN);
    EXPECT_EQ(c.Receive("a"), -EAGAIN);
    EXPECT_EQ(c.Peer("a"), -ENOTCONN);
    EXPECT_EQ(c.Listen("a", 1), -EOPNOTSUPP);
    EXPECT_EQ(c.Accept("a", "b"), -EOPNOTSUPP);
    EXPECT_EQ(c.SendTo("a", "x", c.Unix("none")), -ENOENT);
    EXPECT_EQ(c.SendTo("a", "x", SocketAddress::UnixAbstract("rondo none")),
              -ECONNREFUSED);
    EXPECT_EQ(c.Connect("a", c.Unix("none")), -ENOENT);
    Listener(c);
    EXPECT_EQ(c.Connect("a", c.Local("listener")), -EPROTOTYPE);
    EXPECT_EQ(c.SendTo("a", "x", c.Local("listener")), -EPROTOTYPE);
    EXPECT_EQ(c.SendTo("a", "x", c.world().server_address()), -EINVAL);
    EXPECT_EQ(c.Shutdown("a", ShutdownHow::kSend), 0);
  });
}

TEST(UnixConformanceTest, DatagramsKeepTheirBoundaries) {
  AgreeLocally([](CallScript& c) {
    c.Open("a", kUnix, kDatagram);
    c.Open("b", kUnix, kDatagram);
    c.Bind("b", c.Unix("b"));
    EXPECT_EQ(c.SendTo("a", "nameless", c.Local("b")), 8);
    c.Bind("a", c.Unix("a"));
    EXPECT_EQ(c.SendTo("a", "", c.Local("b")), 0);
    EXPECT_EQ(c.SendTo("a", "0123456789", c.Local("b")), 10);
    EXPECT_EQ(c.ReceiveFrom("b"), 8);
    EXPECT_EQ(c.ReceiveFrom("b"), 0);
    EXPECT_EQ(c.ReceiveFrom("b", 4), 4);
    EXPECT_EQ(c.ReceiveFrom("b"), -EAGAIN);
    EXPECT_EQ(c.Connect("a", c.Local("b")), 0);
    EXPECT_EQ(c.SendParts("a", {"one", " ", "two"}), 7);
    EXPECT_EQ(c.Receive("b"), 7);
    EXPECT_EQ(c.received(), "one two");
    EXPECT_EQ(c.SendTo("b", "back", c.Local("a")), 4);
    EXPECT_EQ(c.ReceiveFrom("a"), 4);
    EXPECT_EQ(c.Peer("a"), 0);
  });
}

TEST(UnixConformanceTest, ADatagramSocketHoldsElevenOfOthers) {
  AgreeLocally([](CallScript& c) {
    c.Open("b", kUnix, kDatagram);
    c.Bind("b", c.Unix("b"));
    c.Open("a", kUnix, kDatagram);
    c.Connect("a", c.Local("b"));
    c.Open("free", kUnix, kDatagram);
    EXPECT_EQ(c.Fill("a", "x"), 11);
    EXPECT_EQ(c.Ready("a"), 0u);
    EXPECT_EQ(c.SendTo("free", "x", c.Local("b")), -EAGAIN);
    EXPECT_EQ(c.Ready("free"), kWritable);
    EXPECT_EQ(c.Receive("b"), 1);
    EXPECT_EQ(c.Ready("a"), kWritable);
    EXPECT_EQ(c.SendTo("free", "x", c.Local("b")), 1);
    EXPECT_EQ(c.Ready("a"), 0u);
  });
}

TEST(UnixConformanceTest, ADatagramPairHoldsWhatTheSendBufferTakes) {
  for (const std::size_t size : {0, 100, 1000, 3000, 8000, 100000}) {
    AgreeLocally([size](CallScript& c) {
      c.OpenPair("a", "b", kDatagram);
      if (c.network("a").GetOption(c.fd("a"), SocketOption::kSendBuffer) !=
          212992) {
        c.network("a").SetOption(c.fd("a"), SocketOption::kSendBuffer, 106496);
      }
      // A pair of empty ones: `Fill` writes, and write(2) of nothing sends.
      const int taken = size == 0 ? 0 : c.Fill("a", std::string(size, 'x'));
      if (size == 100) {
        EXPECT_EQ(taken, 278);
      }
      EXPECT_EQ(c.Send("a", std::string(212992 - 31, 'x')), -EMSGSIZE);
      for (int i = 0; i < 40 && taken > 0; ++i) {
        c.Drain("b", size, taken / 32 + 1);
        if (c.Ready("a") != 0) break;
      }
      EXPECT_EQ(c.Ready("a"), kWritable);
    });
  }
}

TEST(UnixConformanceTest, DatagramPeerClosed) {
  AgreeLocally([](CallScript& c) {
    c.OpenPair("a", "b", kDatagram);
    c.Send("a", "unread");
    c.Send("b", "kept");
    c.Close("b");
    EXPECT_EQ(c.Ready("a"), kReadWrite);
    EXPECT_EQ(c.Receive("a"), 4);
    EXPECT_EQ(c.Receive("a"), -EAGAIN);
    EXPECT_EQ(c.Peer("a"), 0);
    EXPECT_EQ(c.Send("a", "x"), -ECONNREFUSED);
    EXPECT_EQ(c.Send("a", "x"), -ENOTCONN);
    EXPECT_EQ(c.Peer("a"), -ENOTCONN);
    EXPECT_EQ(c.Error("a"), 0);
  });
}

TEST(UnixConformanceTest, WhatWasNotReadIsLostWhenTheSenderIsFoundGone) {
  AgreeLocally([](CallScript& c) {
    c.OpenPair("a", "b", kDatagram);
    c.Send("b", "lost");
    c.Close("b");
    EXPECT_EQ(c.Send("a", "x"), -ECONNREFUSED);
    EXPECT_EQ(c.Receive("a"), -EAGAIN);
  });
}

TEST(UnixConformanceTest, DatagramShutDown) {
  AgreeLocally([](CallScript& c) {
    c.OpenPair("a", "b", kDatagram);
    EXPECT_EQ(c.Shutdown("a", ShutdownHow::kSend), 0);
    EXPECT_EQ(c.Send("a", "x"), -EPIPE);
    EXPECT_EQ(c.Receive("b"), -EAGAIN);
    EXPECT_EQ(c.Send("b", "x"), 1);
    EXPECT_EQ(c.Shutdown("a", ShutdownHow::kReceive), 0);
    EXPECT_EQ(c.Send("b", "x"), -EPIPE);
    EXPECT_EQ(c.Receive("a"), 1);
    EXPECT_EQ(c.Receive("a"), -EAGAIN);
  });
}

TEST(UnixConformanceTest, ADatagramSocketConnectedElsewhereHearsNobodyElse) {
  AgreeLocally([](CallScript& c) {
    for (const char* name : {"a", "b", "c"}) {
      c.Open(name, kUnix, kDatagram);
      c.Bind(name, c.Unix(name));
    }
    EXPECT_EQ(c.Connect("b", c.Local("c")), 0);
    EXPECT_EQ(c.SendTo("a", "x", c.Local("b")), -EPERM);
    EXPECT_EQ(c.Connect("a", c.Local("b")), -EPERM);
    EXPECT_EQ(c.SendTo("c", "x", c.Local("b")), 1);
    EXPECT_EQ(c.Connect("c", c.Local("b")), 0);
    EXPECT_EQ(c.Send("c", "y"), 1);
    // Going over to another loses what is unread, and tells the old one.
    EXPECT_EQ(c.Connect("b", c.Local("a")), 0);
    EXPECT_EQ(c.Receive("b"), -EAGAIN);
    EXPECT_EQ(c.Error("c"), ECONNRESET);
  });
}

}  // namespace
}  // namespace rondo
