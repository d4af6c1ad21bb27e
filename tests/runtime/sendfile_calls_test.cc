// Sending files over a scripted network, call by call.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>
#include <system_error>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/selector.h"
#include "rondo/runtime/sendfile.h"
#include "rondo/runtime/socket_transport.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/transport.h"
#include "rondo/tests/support/scratch_file.h"
#include "rondo/tests/support/scripted_loop.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// The code of the std::system_error that `task` has thrown.
std::errc CodeOf(const Task<std::int64_t>& task) {
  try {
    task.result();
  } catch (const std::system_error& error) {
    return static_cast<std::errc>(error.code().value());
  }
  return {};
}

// ---- A socket, call by call

class SockSendFileTest : public testing::Test {
 protected:
  Task<std::int64_t> Start(SendFileOptions options = {}) {
    Task<std::int64_t> task = world.loop().CreateTask(
        SockSendFile(ScriptedLoop::kFd, file.fd(), options));
    world.loop().RunOnce();
    return task;
  }
  void Next(SysResult result) { world.network.Next("sendfile", result); }

  ScratchFile file{10};
  ScriptedLoop world;
};

TEST_F(SockSendFileTest, GoesOnWhereTheKernelStopped) {
  Next(3);
  const Task<std::int64_t> task = Start();
  for (const SysResult n : {-EAGAIN, -EAGAIN, 1, -EAGAIN, 6, 0}) Next(n);
  EXPECT_EQ(file.position(), 3);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(world.writes());
    world.Ready(kWritable);
    world.loop().RunOnce();
  }
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), 10);
  EXPECT_EQ(file.position(), 10);
  EXPECT_FALSE(world.writes());
  EXPECT_THAT(world.network.Calls(),
              ElementsAre("sendfile at 0", "sendfile at 3", "sendfile at 3",
                          "sendfile at 3", "sendfile at 4", "sendfile at 4",
                          "sendfile at 10"));
}

TEST_F(SockSendFileTest, SendsWhatItIsAskedFor) {
  Next(4);
  const Task<std::int64_t> task = Start({.offset = 2, .count = 4});
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), 4);
  EXPECT_EQ(file.position(), 6);
  EXPECT_THAT(world.network.Calls(), ElementsAre("sendfile at 2"));
}

TEST_F(SockSendFileTest, TheFileMayEndBefore) {
  Next(0);
  const Task<std::int64_t> task = Start({.offset = 20, .count = 4});
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), 0);
  EXPECT_EQ(file.position(), 0);  // Where it was: nothing was sent.
}

TEST_F(SockSendFileTest, WhatTheKernelCannotDoIsRefusedWithoutFallback) {
  for (const int code : {EOPNOTSUPP, EINVAL, ENOSYS, ESPIPE}) {
    Next(-code);
    const Task<std::int64_t> task = Start({.fallback = false});
    ASSERT_TRUE(task.done());
    EXPECT_THROW(task.result(), SendfileNotAvailableError);
  }
  EXPECT_EQ(file.position(), 0);
}

TEST_F(SockSendFileTest, OtherErrorsAreTheConnections) {
  for (const int code : {EPIPE, ECONNRESET, EIO, EBADF, ENOTCONN}) {
    Next(-code);
    const Task<std::int64_t> task = Start();
    ASSERT_TRUE(task.done());
    EXPECT_EQ(CodeOf(task), static_cast<std::errc>(code));
  }
}

TEST_F(SockSendFileTest, AnErrorInTheMiddleTellsHowMuchWasSent) {
  Next(3);
  const Task<std::int64_t> task = Start({.offset = 1});
  Next(-EINVAL);  // Which is no reason to begin anew.
  world.Ready(kWritable);
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(CodeOf(task), std::errc::invalid_argument);
  EXPECT_EQ(file.position(), 4);
}

TEST_F(SockSendFileTest, CancelledInEachState) {
  Task<std::int64_t> early =
      world.loop().CreateTask(SockSendFile(ScriptedLoop::kFd, file.fd()));
  early.Cancel();
  world.Settle();
  EXPECT_TRUE(early.cancelled());
  EXPECT_THAT(world.network.Calls(), IsEmpty());

  for (const bool ready : {false, true}) {
    Next(3);
    Task<std::int64_t> task = Start();
    EXPECT_TRUE(world.writes());
    if (ready) world.Ready(kWritable);
    world.network.Calls();
    task.Cancel();
    world.Settle();
    EXPECT_TRUE(task.cancelled());
    EXPECT_FALSE(world.writes());
    EXPECT_THAT(world.network.Calls(), IsEmpty());
    EXPECT_EQ(file.position(), 3);
  }
}

TEST_F(SockSendFileTest, WrongArgumentsAreRefused) {
  EXPECT_THROW(Start({.offset = -1}).result(), ValueError);
  EXPECT_THROW(Start({.count = 0}).result(), ValueError);
  EXPECT_THROW(Start({.count = -5}).result(), ValueError);
  const auto with = [&](int fd) {
    Task<std::int64_t> task =
        world.loop().CreateTask(SockSendFile(ScriptedLoop::kFd, fd));
    world.loop().RunOnce();
    return task;
  };
  std::array<int, 2> pipe;
  ASSERT_EQ(pipe2(pipe.data(), O_CLOEXEC), 0);
  EXPECT_THAT(
      [&] { with(pipe[0]).result(); },
      testing::ThrowsMessage<ValueError>(HasSubstr("is no regular file")));
  close(pipe[0]);
  close(pipe[1]);
  EXPECT_EQ(CodeOf(with(-1)), std::errc::bad_file_descriptor);
  EXPECT_THAT(world.network.Calls(), IsEmpty());
}

// ---- A transport, call by call

class Quiet final : public Protocol {
 public:
  void ConnectionLost(std::exception_ptr) override { lost = true; }

  bool lost = false;
};

class SendFileTest : public testing::Test {
 protected:
  SendFileTest() {
    world.Do([&] {
      transport =
          internal::SocketTransport::Start(Socket(ScriptedLoop::kFd), protocol);
    });
    world.Settle();
    world.network.Calls();
  }
  Task<std::int64_t> Start(SendFileOptions options = {}) {
    Task<std::int64_t> task =
        world.loop().CreateTask(SendFile(transport, file.fd(), options));
    world.loop().RunOnce();
    return task;
  }
  void Write(std::string_view data) {
    world.Do([&] { transport->Write(data); });
  }
  void Next(SysResult result) { world.network.Next("sendfile", result); }

  ScratchFile file{10};
  ScriptedLoop world;
  std::shared_ptr<Quiet> protocol = std::make_shared<Quiet>();
  std::shared_ptr<Transport> transport;
};

TEST_F(SendFileTest, ComesBehindWhatIsBuffered) {
  world.network.Next("send", -EAGAIN);
  Write("before");
  const Task<std::int64_t> task = Start();
  world.network.Next("send", 3);
  world.Ready(kWritable);
  Next(10);
  Next(0);
  world.Ready(kWritable);
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(task.result(), 10);
  Write("after");
  EXPECT_THAT(world.network.Calls(),
              ElementsAre("send before", "send before", "send ore",
                          "sendfile at 0", "sendfile at 10", "send after"));
}

TEST_F(SendFileTest, NothingIsReadOrWrittenMeanwhile) {
  Next(-EAGAIN);
  const Task<std::int64_t> task = Start();
  EXPECT_FALSE(transport->is_reading());
  EXPECT_FALSE(world.reads());
  EXPECT_THROW(transport->Write(std::string_view("x")), RuntimeError);
  EXPECT_THROW(transport->WriteLines({}), RuntimeError);
  EXPECT_THROW(transport->WriteEof(), RuntimeError);
  const Task<std::int64_t> second = Start();
  ASSERT_TRUE(second.done());
  EXPECT_THROW(second.result(), RuntimeError);
  EXPECT_FALSE(transport->is_reading());  // The first one goes on.
  Next(0);
  world.Ready(kWritable);
  world.Settle();
  EXPECT_TRUE(task.done());
  EXPECT_TRUE(world.reads());
  Write("x");
}

TEST_F(SendFileTest, WhoHadPausedReadingFindsItPaused) {
  world.Do([&] { transport->PauseReading(); });
  Next(0);
  EXPECT_TRUE(Start().done());
  EXPECT_FALSE(transport->is_reading());
}

TEST_F(SendFileTest, CancelledWhileItWaitsItLeavesTheTransportUsable) {
  Next(4);
  Task<std::int64_t> task = Start();
  EXPECT_TRUE(world.writes());
  task.Cancel();
  world.Settle();
  EXPECT_TRUE(task.cancelled());
  EXPECT_FALSE(world.writes());
  EXPECT_TRUE(world.reads());
  EXPECT_EQ(file.position(), 4);
  world.network.Calls();
  Write("x");
  EXPECT_THAT(world.network.Calls(), ElementsAre("send x"));
}

TEST_F(SendFileTest, CancelledBehindABufferItLeavesThat) {
  world.network.Next("send", -EAGAIN);
  Write("before");
  Task<std::int64_t> task = Start();
  task.Cancel();
  world.Settle();
  EXPECT_TRUE(task.cancelled());
  EXPECT_TRUE(world.writes());
  world.network.Calls();
  world.Ready(kWritable);
  EXPECT_THAT(world.network.Calls(), ElementsAre("send before"));
}

TEST_F(SendFileTest, ClosingTheTransportBreaksItOff) {
  Next(4);
  const Task<std::int64_t> task = Start();
  world.Do([&] { transport->Close(); });
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(CodeOf(task), std::errc::connection_reset);
  EXPECT_TRUE(protocol->lost);
}

TEST_F(SendFileTest, AbortingTheTransportBreaksItOff) {
  Next(4);
  const Task<std::int64_t> task = Start();
  world.Do([&] { transport->Abort(); });
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(CodeOf(task), std::errc::connection_reset);
  EXPECT_TRUE(protocol->lost);
}

TEST_F(SendFileTest, AConnectionThatIsLostBeforeItsTurn) {
  world.network.Next("send", -EAGAIN);
  Write("before");
  const Task<std::int64_t> task = Start();
  world.network.Next("send", -EPIPE);
  world.Ready(kWritable);
  world.Settle();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(CodeOf(task), std::errc::broken_pipe);
  EXPECT_TRUE(protocol->lost);
}

TEST_F(SendFileTest, AnErrorOfTheKernelsLeavesTheTransportToFindOut) {
  Next(-EPIPE);
  const Task<std::int64_t> task = Start();
  ASSERT_TRUE(task.done());
  EXPECT_EQ(CodeOf(task), std::errc::broken_pipe);
  EXPECT_TRUE(world.reads());
  world.network.Next("recv", -ECONNRESET);
  world.Ready(kReadable);
  world.Settle();
  EXPECT_TRUE(protocol->lost);
}

}  // namespace
}  // namespace rondo
