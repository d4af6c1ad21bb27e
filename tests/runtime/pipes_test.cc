#include "rondo/runtime/pipes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/streams.h"
#include "rondo/tests/runtime/descriptors.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Log = std::vector<std::string>;

constexpr std::size_t kMuch = 1 << 20;

// Writes down what it is told.
class Logger : public Protocol {
 public:
  explicit Logger(Log* log)
      : got(CreateFuture()), lost(CreateFuture()), log_(log) {}

  void ConnectionMade(std::shared_ptr<Transport>) override {
    log_->push_back("made");
  }
  void DataReceived(std::span<const char> data) override {
    log_->emplace_back(data.data(), data.size());
    if (!got.done()) got.SetResult();
  }
  bool EofReceived() override {
    log_->push_back("eof");
    return true;
  }
  void PauseWriting() override { log_->push_back("pause"); }
  void ResumeWriting() override { log_->push_back("resume"); }
  void ConnectionLost(std::exception_ptr error) override {
    std::string text = "lost";
    if (IsException<std::system_error>(error)) {
      try {
        std::rethrow_exception(error);
      } catch (const std::system_error& e) {
        text += " " + std::to_string(e.code().value());
      }
    }
    log_->push_back(text);
    lost.SetResult();
  }

  Future<> got;   // Some data.
  Future<> lost;  // The connection.

 private:
  Log* log_;
};

struct Pipe {
  Pipe() { EXPECT_EQ(pipe2(fds.data(), O_CLOEXEC), 0); }

  int reads() const { return fds[0]; }
  int writes() const { return fds[1]; }
  std::array<int, 2> fds = {-1, -1};
};

void WriteTo(int fd, std::string_view text) {
  EXPECT_EQ(write(fd, text.data(), text.size()),
            static_cast<ssize_t>(text.size()));
}

// An end of a pipe whose protocol is a Logger.
struct End {
  End(Connection connection, std::shared_ptr<Logger> l)
      : transport(std::move(connection.transport)), logger(std::move(l)) {}

  std::shared_ptr<Transport> transport;
  std::shared_ptr<Logger> logger;
};

Coro<End> Connect(bool reads, int fd, Log* log) {
  auto logger = std::make_shared<Logger>(log);
  ProtocolFactory factory = [logger] { return logger; };
  Coro<Connection> connecting =
      reads ? ConnectReadPipe(std::move(factory), Socket(fd))
            : ConnectWritePipe(std::move(factory), Socket(fd));
  Connection connection = co_await std::move(connecting);
  co_return End(std::move(connection), std::move(logger));
}

Coro<End> ConnectRead(const Pipe& pipe, Log* log) {
  return Connect(true, pipe.reads(), log);
}
Coro<End> ConnectWrite(const Pipe& pipe, Log* log) {
  return Connect(false, pipe.writes(), log);
}

TEST(ReadPipeTest, GivesWhatComesThenTheEndThenTheLoss) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    const Pipe pipe;
    const End end = co_await ConnectRead(pipe, &log);
    EXPECT_EQ(std::any_cast<int>(end.transport->GetExtraInfo("pipe")),
              pipe.reads());
    WriteTo(pipe.writes(), "one");
    co_await end.logger->got;
    EXPECT_THAT(log, ElementsAre("made", "one"));
    WriteTo(pipe.writes(), "two");
    close(pipe.writes());
    co_await end.logger->lost;
    EXPECT_THAT(log, ElementsAre("made", "one", "two", "eof", "lost"));
    EXPECT_TRUE(end.transport->is_closing());
    EXPECT_EQ(end.transport->GetProtocol(), nullptr);
    EXPECT_FALSE(IsOpen(pipe.reads()));
  });
}

TEST(ReadPipeTest, GivesNothingWhilePaused) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    const Pipe pipe;
    const End end = co_await ConnectRead(pipe, &log);
    end.transport->PauseReading();
    EXPECT_FALSE(end.transport->is_reading());
    WriteTo(pipe.writes(), "data");
    // Of which the loop would ask the selector in each iteration.
    for (int i = 0; i < 1000; ++i) co_await Yield();
    EXPECT_THAT(log, ElementsAre("made"));
    end.transport->ResumeReading();
    co_await end.logger->got;
    EXPECT_THAT(log, ElementsAre("made", "data"));
    end.transport->Close();
    co_await end.logger->lost;
    EXPECT_THAT(log, ElementsAre("made", "data", "lost"));
    close(pipe.writes());
  });
}

TEST(ReadPipeTest, PausedBeforeItBeginsItStaysPaused) {
  class Pauses final : public Protocol {
   public:
    void ConnectionMade(std::shared_ptr<Transport> transport) override {
      transport->PauseReading();
    }
    void DataReceived(std::span<const char>) override { ADD_FAILURE(); }
  };
  rondo::Run([&]() -> Coro<> {
    const Pipe pipe;
    WriteTo(pipe.writes(), "data");
    ProtocolFactory factory = [] { return std::make_shared<Pauses>(); };
    const Connection connection =
        co_await ConnectReadPipe(std::move(factory), Socket(pipe.reads()));
    for (int i = 0; i < 1000; ++i) co_await Yield();
    connection.transport->Close();
    close(pipe.writes());
  });
}

TEST(ReadPipeTest, CannotBeWrittenTo) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    const Pipe pipe;
    const End end = co_await ConnectRead(pipe, &log);
    EXPECT_FALSE(end.transport->can_write_eof());
    EXPECT_THROW(end.transport->Write(std::string_view("x")), RuntimeError);
    EXPECT_THROW(end.transport->WriteEof(), RuntimeError);
    end.transport->Abort();
    co_await end.logger->lost;
    EXPECT_THAT(log, ElementsAre("made", "lost"));
    close(pipe.writes());
  });
}

TEST(ReadPipeTest, FeedsAStream) {
  rondo::Run([]() -> Coro<> {
    const Pipe pipe;
    auto reader = std::make_shared<StreamReader>();
    auto protocol = std::make_shared<StreamReaderProtocol>(reader);
    ProtocolFactory factory = [protocol] { return protocol; };
    const Connection connection =
        co_await ConnectReadPipe(std::move(factory), Socket(pipe.reads()));
    WriteTo(pipe.writes(), "line\nrest");
    EXPECT_EQ(co_await reader->ReadLine(), "line\n");
    close(pipe.writes());
    EXPECT_EQ(co_await reader->ReadAll(), "rest");
    co_await protocol->closed();
  });
}

TEST(ReadPipeTest, AProtocolThatThrowsBreaksIt) {
  class Throws final : public Logger {
   public:
    using Logger::Logger;
    void DataReceived(std::span<const char>) override {
      throw ValueError("no such data");
    }
  };
  Log log;
  Log reports;
  rondo::Run([&]() -> Coro<> {
    RunningLoop().SetExceptionHandler(
        [&](EventLoop&, const ExceptionReport& report) {
          reports.push_back(DescribeException(report.exception));
        });
    const Pipe pipe;
    auto protocol = std::make_shared<Throws>(&log);
    ProtocolFactory factory = [protocol] { return protocol; };
    const Connection connection =
        co_await ConnectReadPipe(std::move(factory), Socket(pipe.reads()));
    WriteTo(pipe.writes(), "data");
    co_await protocol->lost;
    close(pipe.writes());
  });
  EXPECT_THAT(log, ElementsAre("made", "lost"));
  EXPECT_THAT(reports, ElementsAre(HasSubstr("no such data")));
}

TEST(WritePipeTest, WritesAtOnceWhatThePipeTakes) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    const Pipe pipe;
    const End end = co_await ConnectWrite(pipe, &log);
    end.transport->Write(std::string_view("ping"));
    EXPECT_EQ(end.transport->GetWriteBufferSize(), 0u);
    std::array<char, 10> buffer;
    EXPECT_EQ(read(pipe.reads(), buffer.data(), buffer.size()), 4);
    const std::array<std::span<const char>, 2> lines = {std::string_view("a"),
                                                        std::string_view("b")};
    end.transport->WriteLines(lines);
    EXPECT_EQ(read(pipe.reads(), buffer.data(), buffer.size()), 2);
    EXPECT_FALSE(end.transport->is_reading());
    EXPECT_THROW(end.transport->PauseReading(), RuntimeError);
    EXPECT_THROW(end.transport->ResumeReading(), RuntimeError);
    end.transport->Close();
    co_await end.logger->lost;
    EXPECT_THAT(log, ElementsAre("made", "lost"));
    close(pipe.reads());
  });
}

// Both ends on one loop: the reader begins when the writer is closed.
TEST(WritePipeTest, CloseSendsWhatIsBufferedFirst) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    const Pipe pipe;
    const End end = co_await ConnectWrite(pipe, &log);
    const std::string data(kMuch, 'x');
    end.transport->Write(data);
    EXPECT_GT(end.transport->GetWriteBufferSize(), 0u);
    EXPECT_TRUE(end.transport->can_write_eof());
    end.transport->WriteEof();
    EXPECT_TRUE(end.transport->is_closing());
    end.transport->Write(data);  // In vain.
    auto reader = std::make_shared<StreamReader>();
    auto protocol = std::make_shared<StreamReaderProtocol>(reader);
    ProtocolFactory factory = [protocol] { return protocol; };
    const Connection connection =
        co_await ConnectReadPipe(std::move(factory), Socket(pipe.reads()));
    EXPECT_EQ(co_await reader->ReadAll(), data);
    co_await end.logger->lost;
    EXPECT_THAT(log, ElementsAre("made", "pause", "resume", "lost"));
  });
}

TEST(WritePipeTest, IsToldThatNobodyReadsAnyMore) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    const Pipe pipe;
    const End end = co_await ConnectWrite(pipe, &log);
    close(pipe.reads());
    co_await end.logger->lost;
    EXPECT_THAT(log, ElementsAre("made", "lost"));
    EXPECT_FALSE(IsOpen(pipe.writes()));
  });
}

TEST(WritePipeTest, ThatIsAnErrorIfSomethingWasNotWrittenYet) {
  for (const bool closing : {false, true}) {
    Log log;
    rondo::Run([&]() -> Coro<> {
      const Pipe pipe;
      const End end = co_await ConnectWrite(pipe, &log);
      end.transport->SetWriteBufferLimits({std::nullopt, 2 * kMuch});
      const std::string data(kMuch, 'x');
      end.transport->Write(data);
      if (closing) end.transport->Close();
      close(pipe.reads());
      co_await end.logger->lost;
    });
    EXPECT_THAT(log, ElementsAre("made", "lost " + std::to_string(EPIPE)));
  }
}

TEST(WritePipeTest, AWriteToABrokenPipeIsAnErrorAndNoSignal) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    const Pipe pipe;
    const End end = co_await ConnectWrite(pipe, &log);
    close(pipe.reads());
    end.transport->Write(std::string_view("x"));
    co_await end.logger->lost;
  });
  EXPECT_THAT(log, ElementsAre("made", "lost " + std::to_string(EPIPE)));
}

TEST(WritePipeTest, AbortLosesWhatIsBuffered) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    const Pipe pipe;
    const End end = co_await ConnectWrite(pipe, &log);
    end.transport->SetWriteBufferLimits({std::nullopt, 2 * kMuch});
    const std::string data(kMuch, 'x');
    end.transport->Write(data);
    end.transport->Abort();
    EXPECT_EQ(end.transport->GetWriteBufferSize(), 0u);
    co_await end.logger->lost;
    EXPECT_THAT(log, ElementsAre("made", "lost"));
    close(pipe.reads());
  });
}

// A terminal can be read at the end that writes, which means nothing.
TEST(WritePipeTest, ATerminalIsNotLostWhenSomebodyTypes) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_GE(terminal, 0);
    EXPECT_EQ(grantpt(terminal), 0);
    EXPECT_EQ(unlockpt(terminal), 0);
    const int user = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_GE(user, 0);
    const End end = co_await Connect(false, terminal, &log);
    WriteTo(user, "typed\n");
    for (int i = 0; i < 1000; ++i) co_await Yield();
    EXPECT_THAT(log, ElementsAre("made"));
    end.transport->Close();
    co_await end.logger->lost;
    close(user);
  });
}

TEST(WritePipeTest, OneEndOfASocketWillDo) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    std::array<int, 2> fds;
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()),
              0);
    const End reads = co_await Connect(true, fds[0], &log);
    Log ignored;
    const End writes = co_await Connect(false, fds[1], &ignored);
    writes.transport->Write(std::string_view("data"));
    writes.transport->Close();
    co_await reads.logger->lost;
  });
  EXPECT_THAT(log, ElementsAre("made", "data", "eof", "lost"));
}

// The text of the ValueError or std::system_error of connecting `fd`.
std::string FailureOf(bool reads, int fd) {
  std::string what;
  rondo::Run([&]() -> Coro<> {
    Log log;
    try {
      co_await Connect(reads, fd, &log);
    } catch (const std::exception& error) {
      what = error.what();
    }
  });
  EXPECT_FALSE(IsOpen(fd));
  return what;
}

TEST(PipesTest, APlainFileIsRefusedAndClosed) {
  std::string name = "/tmp/rondo_pipes_test_XXXXXX";
  const int fd = mkstemp(name.data());
  ASSERT_GE(fd, 0);
  unlink(name.c_str());
  EXPECT_THAT(FailureOf(true, fd),
              HasSubstr("ConnectReadPipe: descriptor " + std::to_string(fd) +
                        " is no pipe, socket or character device"));
}

TEST(PipesTest, ADeviceThatIsAlwaysReadyIsRefused) {
  const int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  EXPECT_THAT(FailureOf(false, fd),
              HasSubstr("is a device that cannot be waited for"));
}

TEST(PipesTest, WhatIsNoDescriptorIsASystemError) {
  EXPECT_THAT(FailureOf(false, 12345), HasSubstr("Bad file descriptor"));
}

TEST(PipesTest, AFactoryThatThrowsLeavesNothingOpen) {
  const std::size_t before = CountDescriptors();
  rondo::Run([]() -> Coro<> {
    const Pipe pipe;
    ProtocolFactory factory = []() -> std::shared_ptr<Protocol> {
      throw ValueError("no protocol today");
    };
    bool thrown = false;
    try {
      co_await ConnectReadPipe(std::move(factory), Socket(pipe.reads()));
    } catch (const ValueError&) {
      thrown = true;
    }
    EXPECT_TRUE(thrown);
    close(pipe.writes());
  });
  EXPECT_EQ(CountDescriptors(), before);
}

TEST(PipesTest, ACancelledConnectClosesTheDescriptor) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    const Pipe pipe;
    Task<End> task = CreateTask(ConnectRead(pipe, &log));
    co_await Yield();
    task.Cancel();
    for (int i = 0; i < 5; ++i) co_await Yield();
    EXPECT_TRUE(task.cancelled());
    EXPECT_FALSE(IsOpen(pipe.reads()));
    close(pipe.writes());
  });
}

TEST(PipesTest, ALoopThatIsClosedClosesThem) {
  const std::size_t before = CountDescriptors();
  const Pipe pipe;
  Log log;
  rondo::Run([&]() -> Coro<> {
    const End end = co_await ConnectRead(pipe, &log);
    EXPECT_TRUE(end.transport->is_reading());
  });
  EXPECT_THAT(log, ElementsAre("made")) << "nobody is told";
  close(pipe.writes());
  EXPECT_EQ(CountDescriptors(), before);
}

}  // namespace
}  // namespace rondo
