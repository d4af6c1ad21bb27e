// The part of CPython's test_unix_events.py that is about pipes, in C++. The
// originals mock the kernel; these have real pipes.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <any>
#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/errors.h"
#include "rondo/runtime/pipes.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/transport.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;

// What the mock protocol was told, by the names of the originals.
class Told final : public Protocol {
 public:
  void ConnectionMade(std::shared_ptr<Transport>) override {
    calls.push_back("connection_made");
  }
  void DataReceived(std::span<const char> data) override {
    calls.push_back("data_received " + std::string(data.data(), data.size()));
  }
  bool EofReceived() override {
    calls.push_back("eof_received");
    return false;
  }
  void ConnectionLost(std::exception_ptr error) override {
    calls.push_back(error == nullptr ? "connection_lost"
                                     : "connection_lost with an error");
  }

  std::vector<std::string> calls;
};

// A pipe one of whose ends is a transport's.
class PipeTests {
 public:
  PipeTests() { EXPECT_EQ(pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK), 0); }
  PipeTests(const PipeTests&) = delete;
  ~PipeTests() { ClosePeer(); }

  Coro<> ConnectRead() {
    peer = fds[1];
    ProtocolFactory factory = [told = protocol] { return told; };
    Connection connection =
        co_await ConnectReadPipe(std::move(factory), Socket(fds[0]));
    transport = std::move(connection.transport);
  }
  Coro<> ConnectWrite() {
    peer = fds[0];
    ProtocolFactory factory = [told = protocol] { return told; };
    Connection connection =
        co_await ConnectWritePipe(std::move(factory), Socket(fds[1]));
    transport = std::move(connection.transport);
  }

  void Send(std::string_view text) {
    EXPECT_EQ(write(peer, text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }
  // What is in the pipe.
  std::string Receive() {
    std::string all;
    std::array<char, 65536> block;
    for (;;) {
      const ssize_t n = read(peer, block.data(), block.size());
      if (n <= 0) return all;
      all.append(block.data(), static_cast<std::size_t>(n));
    }
  }
  void ClosePeer() {
    if (peer >= 0) close(std::exchange(peer, -1));
  }
  Coro<> Until(std::string_view call) {
    while (protocol->calls.empty() || protocol->calls.back() != call) {
      co_await Yield();
    }
  }

  std::array<int, 2> fds = {-1, -1};
  int peer = -1;
  std::shared_ptr<Told> protocol = std::make_shared<Told>();
  std::shared_ptr<Transport> transport;
};

// The same with a terminal: its user is the one who writes.
class Terminal : public PipeTests {
 public:
  Terminal() {
    for (const int fd : fds) close(fd);
    fds[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_EQ(grantpt(fds[0]), 0);
    EXPECT_EQ(unlockpt(fds[0]), 0);
    fds[1] = open(ptsname(fds[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
};

// Runs `body` with a transport of the end that reads, or the one that writes.
template <class F>
void Reading(F body) {
  rondo::Run([&]() -> Coro<> {
    PipeTests pipe;
    co_await pipe.ConnectRead();
    co_await body(pipe);
    pipe.transport->Abort();
    co_await Yield();
  });
}
template <class F>
void Writing(F body) {
  rondo::Run([&]() -> Coro<> {
    PipeTests pipe;
    co_await pipe.ConnectWrite();
    co_await body(pipe);
    pipe.transport->Abort();
    co_await Yield();
  });
}

const std::string& Much() {
  static const std::string* const much = new std::string(1 << 20, 'x');
  return *much;
}

// ---- The end that reads

TEST(UnixReadPipeTransportTests, test_ctor) {
  Reading([](PipeTests& pipe) -> Coro<> {
    EXPECT_THAT(pipe.protocol->calls, ElementsAre("connection_made"));
    EXPECT_EQ(std::any_cast<int>(pipe.transport->GetExtraInfo("pipe")),
              pipe.fds[0]);
    co_return;
  });
}

TEST(UnixReadPipeTransportTests, test__read_ready) {
  Reading([](PipeTests& pipe) -> Coro<> {
    pipe.Send("data");
    co_await pipe.Until("data_received data");
  });
}

TEST(UnixReadPipeTransportTests, test__read_ready_eof) {
  Reading([](PipeTests& pipe) -> Coro<> {
    pipe.ClosePeer();
    co_await pipe.Until("connection_lost");
    EXPECT_TRUE(pipe.transport->is_closing());
    EXPECT_THAT(
        pipe.protocol->calls,
        ElementsAre("connection_made", "eof_received", "connection_lost"));
  });
}

// Adapted: somebody else has read what made it readable.
TEST(UnixReadPipeTransportTests, test__read_ready_blocked) {
  Reading([](PipeTests& pipe) -> Coro<> {
    pipe.Send("data");
    std::array<char, 4> stolen;
    EXPECT_EQ(read(pipe.fds[0], stolen.data(), stolen.size()), 4);
    for (int i = 0; i < 1000; ++i) co_await Yield();
    EXPECT_THAT(pipe.protocol->calls, ElementsAre("connection_made"));
  });
}

// Adapted: a terminal whose user has gone cannot be read.
TEST(UnixReadPipeTransportTests, test__read_ready_error) {
  rondo::Run([]() -> Coro<> {
    Terminal pipe;
    co_await pipe.ConnectRead();
    pipe.ClosePeer();
    co_await pipe.Until("connection_lost with an error");
    EXPECT_TRUE(pipe.transport->is_closing());
  });
}

TEST(UnixReadPipeTransportTests, test_pause_reading) {
  Reading([](PipeTests& pipe) -> Coro<> {
    pipe.transport->PauseReading();
    pipe.Send("data");
    for (int i = 0; i < 1000; ++i) co_await Yield();
    EXPECT_THAT(pipe.protocol->calls, ElementsAre("connection_made"));
  });
}

TEST(UnixReadPipeTransportTests, test_resume_reading) {
  Reading([](PipeTests& pipe) -> Coro<> {
    pipe.transport->PauseReading();
    pipe.Send("data");
    pipe.transport->ResumeReading();
    co_await pipe.Until("data_received data");
  });
}

TEST(UnixReadPipeTransportTests, test_close) {
  Reading([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Close();
    EXPECT_THAT(pipe.protocol->calls, ElementsAre("connection_made"));
    co_await Yield();
    EXPECT_THAT(pipe.protocol->calls,
                ElementsAre("connection_made", "connection_lost"));
  });
}

TEST(UnixReadPipeTransportTests, test_close_already_closing) {
  Reading([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Close();
    pipe.transport->Close();
    co_await Yield();
    co_await Yield();
    EXPECT_THAT(pipe.protocol->calls,
                ElementsAre("connection_made", "connection_lost"));
  });
}

TEST(UnixReadPipeTransportTests, test__call_connection_lost) {
  Reading([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Close();
    co_await Yield();
    EXPECT_EQ(pipe.transport->GetProtocol(), nullptr);
    EXPECT_EQ(fcntl(pipe.fds[0], F_GETFD), -1) << "closed";
  });
}

TEST(UnixReadPipeTransportTests, test_pause_reading_on_closed_pipe) {
  Reading([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Close();
    co_await Yield();
    EXPECT_FALSE(pipe.transport->is_reading());
    pipe.transport->PauseReading();
  });
}

TEST(UnixReadPipeTransportTests, test_pause_reading_on_paused_pipe) {
  Reading([](PipeTests& pipe) -> Coro<> {
    pipe.transport->PauseReading();
    EXPECT_FALSE(pipe.transport->is_reading());
    pipe.transport->PauseReading();
    EXPECT_FALSE(pipe.transport->is_reading());
    co_return;
  });
}

TEST(UnixReadPipeTransportTests, test_resume_reading_on_closed_pipe) {
  Reading([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Close();
    co_await Yield();
    pipe.transport->ResumeReading();
    EXPECT_FALSE(pipe.transport->is_reading());
  });
}

TEST(UnixReadPipeTransportTests, test_resume_reading_on_paused_pipe) {
  Reading([](PipeTests& pipe) -> Coro<> {
    pipe.transport->PauseReading();
    pipe.transport->ResumeReading();
    pipe.transport->ResumeReading();
    EXPECT_TRUE(pipe.transport->is_reading());
    co_return;
  });
}

TEST(EventLoopTestsMixin, test_read_pty_output) {
  rondo::Run([]() -> Coro<> {
    Terminal pipe;
    co_await pipe.ConnectRead();
    pipe.Send("1");
    co_await pipe.Until("data_received 1");
    pipe.Send("2345");
    co_await pipe.Until("data_received 2345");
    pipe.ClosePeer();
    co_await pipe.Until("connection_lost with an error");
  });
}

// ---- The end that writes

TEST(UnixWritePipeTransportTests, test_ctor) {
  Writing([](PipeTests& pipe) -> Coro<> {
    EXPECT_THAT(pipe.protocol->calls, ElementsAre("connection_made"));
    EXPECT_EQ(std::any_cast<int>(pipe.transport->GetExtraInfo("pipe")),
              pipe.fds[1]);
    co_return;
  });
}

TEST(UnixWritePipeTransportTests, test_can_write_eof) {
  Writing([](PipeTests& pipe) -> Coro<> {
    EXPECT_TRUE(pipe.transport->can_write_eof());
    co_return;
  });
}

TEST(UnixWritePipeTransportTests, test_write) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Write(std::string_view("data"));
    EXPECT_EQ(pipe.transport->GetWriteBufferSize(), 0u);
    EXPECT_EQ(pipe.Receive(), "data");
    co_return;
  });
}

TEST(UnixWritePipeTransportTests, test_write_no_data) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Write({});
    EXPECT_EQ(pipe.transport->GetWriteBufferSize(), 0u);
    EXPECT_EQ(pipe.Receive(), "");
    co_return;
  });
}

TEST(UnixWritePipeTransportTests, test_write_partial) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Write(Much());
    const std::size_t left = pipe.transport->GetWriteBufferSize();
    EXPECT_GT(left, 0u);
    EXPECT_EQ(pipe.Receive().size(), Much().size() - left);
    co_return;
  });
}

TEST(UnixWritePipeTransportTests, test_write_buffer) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Write(Much());
    const std::size_t left = pipe.transport->GetWriteBufferSize();
    pipe.Receive();
    pipe.transport->Write(std::string_view("previous comes first"));
    EXPECT_EQ(pipe.transport->GetWriteBufferSize(), left + 20);
    EXPECT_EQ(pipe.Receive(), "");
    co_return;
  });
}

TEST(UnixWritePipeTransportTests, test_write_again) {
  Writing([](PipeTests& pipe) -> Coro<> {
    while (write(pipe.fds[1], "x", 1) == 1) {
    }
    pipe.transport->Write(std::string_view("data"));
    EXPECT_EQ(pipe.transport->GetWriteBufferSize(), 4u);
    co_return;
  });
}

TEST(UnixWritePipeTransportTests, test_write_err) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.ClosePeer();
    pipe.transport->Write(std::string_view("data"));
    EXPECT_EQ(pipe.transport->GetWriteBufferSize(), 0u);
    EXPECT_TRUE(pipe.transport->is_closing());
    for (int i = 0; i < 5; ++i) {
      pipe.transport->Write(std::string_view("data"));  // In vain.
    }
    co_await Yield();
    EXPECT_THAT(
        pipe.protocol->calls,
        ElementsAre("connection_made", "connection_lost with an error"));
  });
}

TEST(UnixWritePipeTransportTests, test_write_close) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.ClosePeer();
    co_await pipe.Until("connection_lost");
    pipe.transport->Write(std::string_view("data"));
  });
}

TEST(UnixWritePipeTransportTests, test__read_ready) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.ClosePeer();
    co_await pipe.Until("connection_lost");
    EXPECT_TRUE(pipe.transport->is_closing());
  });
}

// Adapted: with test__write_ready_partial, which is what the first ones are.
TEST(UnixWritePipeTransportTests, test__write_ready) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Write(Much());
    std::size_t size = 0;
    while (size < Much().size()) {
      size += pipe.Receive().size();
      co_await Yield();
    }
    EXPECT_EQ(pipe.transport->GetWriteBufferSize(), 0u);
    EXPECT_FALSE(pipe.transport->is_closing());
  });
}

TEST(UnixWritePipeTransportTests, test__write_ready_err) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Write(Much());
    pipe.ClosePeer();
    co_await pipe.Until("connection_lost with an error");
    EXPECT_EQ(pipe.transport->GetWriteBufferSize(), 0u);
  });
}

TEST(UnixWritePipeTransportTests, test__write_ready_closing) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Write(Much());
    pipe.transport->Close();
    co_await Yield();
    EXPECT_THAT(pipe.protocol->calls, ElementsAre("connection_made"));
    std::size_t size = 0;
    while (size < Much().size()) {
      size += pipe.Receive().size();
      co_await Yield();
    }
    co_await pipe.Until("connection_lost");
  });
}

TEST(UnixWritePipeTransportTests, test_abort) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Write(Much());
    pipe.transport->Abort();
    EXPECT_EQ(pipe.transport->GetWriteBufferSize(), 0u);
    co_await Yield();
    EXPECT_THAT(pipe.protocol->calls,
                ElementsAre("connection_made", "connection_lost"));
  });
}

TEST(UnixWritePipeTransportTests, test__call_connection_lost) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Close();
    co_await Yield();
    EXPECT_EQ(pipe.transport->GetProtocol(), nullptr);
    EXPECT_EQ(fcntl(pipe.fds[1], F_GETFD), -1) << "closed";
  });
}

TEST(UnixWritePipeTransportTests, test_close) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Close();
    EXPECT_TRUE(pipe.transport->is_closing());
    co_await Yield();
    EXPECT_THAT(pipe.protocol->calls,
                ElementsAre("connection_made", "connection_lost"));
  });
}

TEST(UnixWritePipeTransportTests, test_close_closing) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.transport->WriteEof();
    pipe.transport->Close();
    co_await Yield();
    co_await Yield();
    EXPECT_THAT(pipe.protocol->calls,
                ElementsAre("connection_made", "connection_lost"));
  });
}

TEST(UnixWritePipeTransportTests, test_write_eof) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.transport->WriteEof();
    EXPECT_TRUE(pipe.transport->is_closing());
    co_await Yield();
    EXPECT_THAT(pipe.protocol->calls,
                ElementsAre("connection_made", "connection_lost"));
  });
}

TEST(UnixWritePipeTransportTests, test_write_eof_pending) {
  Writing([](PipeTests& pipe) -> Coro<> {
    pipe.transport->Write(Much());
    pipe.transport->WriteEof();
    EXPECT_TRUE(pipe.transport->is_closing());
    co_await Yield();
    co_await Yield();
    EXPECT_THAT(pipe.protocol->calls, ElementsAre("connection_made"));
  });
}

}  // namespace
}  // namespace rondo::conformance
