#include "rondo/runtime/subprocess_transport.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/tests/runtime/descriptors.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Log = std::vector<std::string>;

// Writes down what it is told.
class Logger : public SubprocessProtocol {
 public:
  explicit Logger(Log* log) : lost(CreateFuture()), log_(log) {}

  void ConnectionMade(std::shared_ptr<SubprocessTransport>) override {
    log_->push_back("made");
  }
  void PipeDataReceived(int fd, std::span<const char> data) override {
    log_->push_back(std::to_string(fd) + ": " +
                    std::string(data.data(), data.size()));
  }
  void PipeConnectionLost(int fd, std::exception_ptr) override {
    log_->push_back(std::to_string(fd) + " lost");
  }
  void ProcessExited() override { log_->push_back("exited"); }
  void ConnectionLost(std::exception_ptr) override {
    log_->push_back("lost");
    lost.SetResult();
  }
  void PauseWriting() override { log_->push_back("pause"); }
  void ResumeWriting() override { log_->push_back("resume"); }

  Future<> lost;

 private:
  Log* log_;
};

Subprocess Start(std::shared_ptr<SubprocessProtocol> protocol,
                 const ProcessSpec& spec) {
  return SubprocessExec([&] { return protocol; }, spec);
}

ProcessSpec Cat() {
  ProcessSpec spec("cat");
  spec.std_in = Stdio::Pipe();
  spec.std_out = Stdio::Pipe();
  return spec;
}

TEST(SubprocessTransportTest, TellsAllFromTheBeginningToTheEnd) {
  const std::size_t before = CountDescriptors();
  Log log;
  rondo::Run([&]() -> Coro<> {
    auto logger = std::make_shared<Logger>(&log);
    const Subprocess cat = Start(logger, Cat());
    EXPECT_THAT(log, ElementsAre()) << "not before the next iteration";
    co_await Yield();
    EXPECT_THAT(log, ElementsAre("made"));
    EXPECT_EQ(cat.transport->GetPipeTransport(2), nullptr);
    EXPECT_EQ(cat.transport->GetPipeTransport(3), nullptr);
    cat.transport->GetPipeTransport(0)->Write(std::string_view("text"));
    cat.transport->GetPipeTransport(0)->Close();
    co_await logger->lost;
    EXPECT_EQ(cat.transport->returncode(), 0);
    EXPECT_EQ(cat.transport->GetProtocol(), nullptr);
    EXPECT_THROW(cat.transport->Kill(), std::system_error);
  });
  ASSERT_EQ(log.size(), 6u);
  EXPECT_THAT(log, testing::UnorderedElementsAre("made", "0 lost", "1: text",
                                                 "1 lost", "exited", "lost"));
  EXPECT_EQ(log.back(), "lost");
  EXPECT_EQ(CountDescriptors(), before);
}

TEST(SubprocessTransportTest, CloseKillsAndClosesThePipes) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    auto logger = std::make_shared<Logger>(&log);
    const Subprocess cat = Start(logger, Cat());
    co_await Yield();
    EXPECT_FALSE(cat.transport->is_closing());
    cat.transport->Close();
    cat.transport->Close();
    EXPECT_TRUE(cat.transport->is_closing());
    co_await logger->lost;
    EXPECT_EQ(co_await cat.transport->Wait(), -SIGKILL);
  });
  EXPECT_THAT(log, ElementsAre("made", "0 lost", "1 lost", "exited", "lost"));
}

TEST(SubprocessTransportTest, ItsProtocolIsToldOfTheInputsFlowControl) {
  Log log;
  rondo::Run([&]() -> Coro<> {
    auto logger = std::make_shared<Logger>(&log);
    ProcessSpec spec("cat");
    spec.std_in = Stdio::Pipe();
    spec.std_out = Stdio::DevNull();
    const Subprocess cat = Start(logger, spec);
    co_await Yield();
    const std::string data(1 << 20, 'x');
    cat.transport->GetPipeTransport(0)->Write(data);
    cat.transport->GetPipeTransport(0)->Close();
    co_await logger->lost;
  });
  EXPECT_THAT(
      log, ElementsAre("made", "pause", "resume", "0 lost", "exited", "lost"));
}

TEST(SubprocessTransportTest, AnotherProtocolMayTakeOver) {
  Log first;
  Log second;
  rondo::Run([&]() -> Coro<> {
    const Subprocess cat = Start(std::make_shared<Logger>(&first), Cat());
    co_await Yield();
    auto logger = std::make_shared<Logger>(&second);
    cat.transport->SetProtocol(logger);
    EXPECT_EQ(cat.transport->GetProtocol(), logger);
    EXPECT_THROW(cat.transport->SetProtocol(nullptr), ValueError);
    cat.transport->Close();
    co_await logger->lost;
  });
  EXPECT_THAT(first, ElementsAre("made"));
  EXPECT_THAT(second, ElementsAre("0 lost", "1 lost", "exited", "lost"));
}

TEST(SubprocessTransportTest, WhatTheProtocolThrowsIsReported) {
  class Throws final : public Logger {
   public:
    using Logger::Logger;
    void ProcessExited() override { throw ValueError("no end"); }
  };
  Log log;
  Log reports;
  rondo::Run([&]() -> Coro<> {
    RunningLoop().SetExceptionHandler(
        [&](EventLoop&, const ExceptionReport& report) {
          reports.push_back(std::string(report.message) + ": " +
                            DescribeException(report.exception));
        });
    auto throws = std::make_shared<Throws>(&log);
    Start(throws, ProcessSpec("true"));
    co_await throws->lost;
  });
  EXPECT_THAT(log, ElementsAre("made", "lost"));
  EXPECT_THAT(reports, ElementsAre(HasSubstr("ProcessExited() failed")));
}

TEST(SubprocessTransportTest, TheLoopKeepsItAndKillsWhatRunsWhenItIsClosed) {
  const std::size_t before = CountDescriptors();
  Log log;
  std::weak_ptr<SubprocessProtocol> weak;
  int pid = 0;
  rondo::Run([&]() -> Coro<> {
    const auto logger = std::make_shared<Logger>(&log);
    weak = logger;
    pid = Start(logger, Cat()).transport->pid();
    for (int i = 0; i < 3; ++i) co_await Yield();
  });
  EXPECT_THAT(log, ElementsAre("made"));
  EXPECT_TRUE(weak.expired()) << "a circle";
  EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), -1) << "a zombie";
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(CountDescriptors(), before);
}

}  // namespace
}  // namespace rondo
