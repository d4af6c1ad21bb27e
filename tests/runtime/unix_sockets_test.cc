#include "rondo/runtime/unix_sockets.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/outcome.h"
#include "rondo/runtime/sleep.h"
#include "rondo/tests/runtime/worlds.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class UnixSocketsTest : public testing::TestWithParam<World> {
 protected:
  ~UnixSocketsTest() override { unlink(path_.c_str()); }

  // Short enough for a socket.
  const std::string path_ = "/tmp/rondo_unix_" + std::to_string(getpid());
};

INSTANTIATE_TEST_SUITE_P(Worlds, UnixSocketsTest,
                         testing::Values(World::kReal, World::kSimulated),
                         WorldName);

Coro<> Echo(Stream stream) {
  std::string line = co_await stream.ReadLine();
  co_await stream.WriteAll(line);
}

Coro<std::string> Ask(std::string path) {
  Stream stream = co_await OpenUnixConnection(path);
  co_await stream.WriteAll(std::string_view("x\n"));
  co_return co_await stream.ReadAll();
}

// Whether there is a socket's file.
bool Exists(const std::string& path) {
  return internal::NetworkOf(internal::RunningCore())
             .SocketFile(SocketAddress::Unix(path)) >= 0;
}

TEST_P(UnixSocketsTest, AServerAndItsClientsMeetAtAPath) {
  RunIn(GetParam(), [this]() -> Coro<> {
    Server server = co_await StartUnixServer(Echo, path_);
    EXPECT_THAT(server.addresses(), ElementsAre(SocketAddress::Unix(path_)));
    EXPECT_EQ(co_await Ask(path_), "x\n");
    server.Close();
    EXPECT_FALSE(Exists(path_));
    const Outcome<std::string> late = co_await AsOutcome(Ask(path_));
    EXPECT_THROW(late.Rethrow(), std::system_error);
  });
}

TEST_P(UnixSocketsTest, AnAbstractNameIsNoFile) {
  RunIn(GetParam(), [this]() -> Coro<> {
    const std::string name = std::string(1, '\0') + path_;
    Server server = co_await StartUnixServer(Echo, name);
    EXPECT_FALSE(Exists(path_));
    EXPECT_EQ(co_await Ask(name), "x\n");
    const Outcome<Server> second =
        co_await AsOutcome(StartUnixServer(Echo, name));
    EXPECT_THROW(second.Rethrow(), std::system_error);
  });
}

TEST_P(UnixSocketsTest, WhatAnEarlierServerHasLeftIsRemoved) {
  RunIn(GetParam(), [this]() -> Coro<> {
    ServerOptions options;
    options.cleanup_socket = false;
    Server first = co_await StartUnixServer(Echo, path_, options);
    first.Close();
    EXPECT_TRUE(Exists(path_));
    Server second = co_await StartUnixServer(Echo, path_);
    EXPECT_EQ(co_await Ask(path_), "x\n");
  });
}

// The first one's clean-up leaves the second one's file alone.
TEST_P(UnixSocketsTest, AServerWhoseFileWasTakenLeavesTheOtherOne) {
  RunIn(GetParam(), [this]() -> Coro<> {
    Server first = co_await StartUnixServer(Echo, path_);
    Server second = co_await StartUnixServer(Echo, path_);
    first.Close();
    EXPECT_TRUE(Exists(path_));
    EXPECT_EQ(co_await Ask(path_), "x\n");
    second = Server();  // The last handle closes it.
    EXPECT_FALSE(Exists(path_));
  });
}

TEST_P(UnixSocketsTest, AConnectedSocketBecomesAConnection) {
  RunIn(GetParam(), [this]() -> Coro<> {
    Server server = co_await StartUnixServer(Echo, path_);
    Socket socket = Socket::Stream(AddressFamily::kUnix);
    co_await SockConnect(socket.fd(), SocketAddress::Unix(path_));
    ProtocolFactory factory = [] { return std::make_shared<Protocol>(); };
    const Connection connection =
        co_await CreateUnixConnection(std::move(factory), std::move(socket));
    connection.transport->Abort();
  });
}

TEST_P(UnixSocketsTest, APathWithANulInsideIsRefused) {
  RunIn(GetParam(), []() -> Coro<> {
    const Outcome<Stream> outcome =
        co_await AsOutcome(OpenUnixConnection(std::string("/a\0b", 4)));
    std::string what;
    try {
      outcome.Rethrow();
    } catch (const ValueError& error) {
      what = error.what();
    }
    EXPECT_THAT(what, HasSubstr("NUL in it: /a"));
  });
}

}  // namespace
}  // namespace rondo
