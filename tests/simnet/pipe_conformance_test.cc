// Pipes: the kernel's behaviour, row by row, and the simulation's.

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "rondo/tests/simnet/call_script.h"

namespace rondo {
namespace {

TEST(PipeConformanceTest, TheTwoEnds) {
  AgreeLocally([](CallScript& c) {
    c.OpenPipe("r", "w");
    EXPECT_EQ(c.Ready("r"), 0u);
    EXPECT_EQ(c.Ready("w"), kWritable);
    EXPECT_EQ(c.Read("r"), -EAGAIN);
    EXPECT_EQ(c.Read("w"), -EBADF);
    EXPECT_EQ(c.Write("r", "x"), -EBADF);
    EXPECT_EQ(c.Write("w", ""), 0);
    EXPECT_EQ(c.Write("w", "hello"), 5);
    EXPECT_EQ(c.Ready("r"), kReadable);
    EXPECT_EQ(c.Read("r", 0), 0);
    EXPECT_EQ(c.Read("r", 2), 2);
    EXPECT_EQ(c.Read("r", 9), 3);
    EXPECT_EQ(c.received(), "llo");
  });
}

TEST(PipeConformanceTest, IsNoSocket) {
  AgreeLocally([](CallScript& c) {
    c.OpenPipe("r", "w");
    EXPECT_EQ(c.Send("w", "x"), -ENOTSOCK);
    EXPECT_EQ(c.SendParts("w", {"x"}), -ENOTSOCK);
    EXPECT_EQ(c.Receive("r"), -ENOTSOCK);
    EXPECT_EQ(c.ReceiveFrom("r"), -ENOTSOCK);
    EXPECT_EQ(c.Error("r"), -ENOTSOCK);
    EXPECT_EQ(c.Peer("r"), -ENOTSOCK);
    EXPECT_EQ(c.Shutdown("w", ShutdownHow::kSend), -ENOTSOCK);
    EXPECT_EQ(c.Bind("r", SocketAddress()), -ENOTSOCK);
    EXPECT_EQ(c.Listen("r", 1), -ENOTSOCK);
    EXPECT_EQ(c.Accept("r", "s"), -ENOTSOCK);
    EXPECT_EQ(c.Connect("r", SocketAddress()), -ENOTSOCK);
    EXPECT_EQ(c.Set("r", SocketOption::kReuseAddress, 1), -ENOTSOCK);
    EXPECT_EQ(c.Get("r", SocketOption::kReuseAddress), -ENOTSOCK);
    EXPECT_EQ(c.network("r").Adopt(c.fd("r")),
              static_cast<SysResult>(DescriptorKind::kPipe));
  });
}

TEST(PipeConformanceTest, HasRoomWhenAPageIsFree) {
  AgreeLocally([](CallScript& c) {
    c.OpenPipe("r", "w");
    EXPECT_EQ(c.Write("w", std::string(70'000, 'x')), 65536);
    EXPECT_EQ(c.Ready("w"), 0u);
    EXPECT_EQ(c.Read("r", 4095), 4095);
    EXPECT_EQ(c.Ready("w"), 0u);
    EXPECT_EQ(c.Write("w", "x"), -EAGAIN);
    EXPECT_EQ(c.Read("r", 1), 1);
    EXPECT_EQ(c.Ready("w"), kWritable);
    EXPECT_EQ(c.Write("w", std::string(4097, 'y')), 4096);
    EXPECT_EQ(c.Write("w", std::string(4096, 'y')), -EAGAIN);
  });
}

TEST(PipeConformanceTest, WritesOfUpToAPageAreWholeOrNotAtAll) {
  AgreeLocally([](CallScript& c) {
    c.OpenPipe("r", "w");
    EXPECT_EQ(c.Fill("w", std::string(3000, 'x')), 16);
    EXPECT_EQ(c.Write("w", std::string(1097, 'y')), -EAGAIN);
    EXPECT_EQ(c.Write("w", std::string(1096, 'y')), 1096);
    EXPECT_EQ(c.Write("w", "z"), -EAGAIN);
    EXPECT_EQ(c.Read("r", 100'000), 49096);
  });
}

TEST(PipeConformanceTest, WhatDoesNotFillAPageGoesToTheLastOne) {
  AgreeLocally([](CallScript& c) {
    c.OpenPipe("r", "w");
    for (const std::size_t size : {10, 5000, 3000, 1, 1}) {
      EXPECT_EQ(c.Write("w", std::string(size, 'x')), size);
    }
    EXPECT_EQ(c.Write("w", std::string(70'000, 'x')), 53616);
    EXPECT_EQ(c.Read("r", 100'000), 61628);
  });
}

TEST(PipeConformanceTest, TheReaderGone) {
  AgreeLocally([](CallScript& c) {
    c.OpenPipe("r", "w");
    c.Write("w", "unread");
    c.Close("r");
    EXPECT_EQ(c.Ready("w"), kReadWrite);
    EXPECT_EQ(c.Write("w", "x"), -EPIPE);
    EXPECT_EQ(c.Write("w", ""), 0);
  });
}

TEST(PipeConformanceTest, TheWriterGone) {
  AgreeLocally([](CallScript& c) {
    c.OpenPipe("r", "w");
    c.Write("w", "last");
    c.Close("w");
    EXPECT_EQ(c.Ready("r"), kReadWrite);  // EPOLLIN and EPOLLHUP.
    EXPECT_EQ(c.Read("r", 3), 3);
    EXPECT_EQ(c.Read("r", 3), 1);
    EXPECT_EQ(c.Ready("r"), kReadWrite);  // EPOLLHUP.
    EXPECT_EQ(c.Read("r", 3), 0);
  });
}

}  // namespace
}  // namespace rondo
