// What a loop's end leaves open: nothing, whatever the program still holds.
#include "rondo/runtime/ends_with_loop.h"

#include <any>
#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/datagrams.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/pipes.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/tls.h"
#include "rondo/runtime/transport.h"
#include "rondo/simnet/simulate.h"
#include "rondo/tests/runtime/descriptors.h"
#include "rondo/tests/runtime/tls_fixtures.h"

namespace rondo {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Network& Net() { return *RunningLoop().seams().network; }

// One end of a pair; the other is `peer`.
Socket PairWith(Socket* peer) {
  std::array<int, 2> fds;
  EXPECT_GE(Net().SocketPair(SocketKind::kStream, &fds), 0);
  *peer = Socket(fds[1]);
  return Socket(fds[0]);
}

// Notes what it is told, keeps its transport, and counts that it is alive.
class Keeper final : public Protocol {
 public:
  explicit Keeper(std::vector<std::string>* log, int* alive)
      : log_(log), alive_(alive) {
    ++*alive_;
  }
  ~Keeper() override { --*alive_; }

  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    transport_ = std::move(transport);
  }
  void ConnectionLost(std::exception_ptr) override { log_->push_back("lost"); }
  void PauseWriting() override { log_->push_back("pause"); }

 private:
  std::vector<std::string>* log_;
  int* alive_;
  std::shared_ptr<Transport> transport_;
};

class LoopEndTest : public testing::Test {
 protected:
  // Runs `body` on a loop that ends with it; then nothing may be open.
  void EndsWithout(std::function<Coro<>()> body) {
    rondo::Run([]() -> Coro<> { co_return; }());  // What a process opens once.
    const std::size_t before = CountDescriptors();
    rondo::Run(body());
    EXPECT_EQ(CountDescriptors(), before);
  }
  ProtocolFactory Keeping() {
    return [this] { return std::make_shared<Keeper>(&log, &alive); };
  }
  // All that can be done to a transport of which nothing is left.
  void Use(Transport& transport) {
    for (int i = 0; i < 10; ++i) transport.Write(std::string_view("late"));
    transport.SetWriteBufferLimits({.high = 5});
    transport.Close();
    transport.Abort();
    EXPECT_TRUE(transport.is_closing());
    EXPECT_EQ(transport.GetWriteBufferSize(), 0u);
    EXPECT_EQ(transport.GetProtocol(), nullptr);
  }

  std::vector<std::string> log;
  int alive = 0;
  Socket peer;  // It goes when the loop does: nobody sees it go.
};

TEST_F(LoopEndTest, ASocketThatTheProgramHolds) {
  Socket held;
  EndsWithout([&]() -> Coro<> {
    held = Socket::Stream(AddressFamily::kIPv4);
    EXPECT_TRUE(IsOpen(held.fd()));
    co_return;
  });
  EXPECT_FALSE(held);
}

TEST_F(LoopEndTest, ATransportThatTheProgramHolds) {
  std::shared_ptr<Transport> held;
  EndsWithout([&]() -> Coro<> {
    const Connection connection =
        co_await CreateConnection(Keeping(), PairWith(&peer));
    held = connection.transport;
  });
  EXPECT_EQ(std::any_cast<int>(held->GetExtraInfo("socket")), -1);
  EXPECT_EQ(alive, 0);
  EXPECT_THAT(log, IsEmpty());
  Use(*held);
  held->WriteEof();
  held->PauseReading();
  held->ResumeReading();
}

TEST_F(LoopEndTest, OneThatHasMuchToSend) {
  std::shared_ptr<Transport> held;
  EndsWithout([&]() -> Coro<> {
    const Connection connection =
        co_await CreateConnection(Keeping(), PairWith(&peer));
    held = connection.transport;
    held->Write(std::string(8 << 20, 'x'));
  });
  EXPECT_THAT(log, ElementsAre("pause"));
  EXPECT_EQ(alive, 0);
  Use(*held);
}

TEST_F(LoopEndTest, OneThatHasBeenClosedInTheLastIteration) {
  std::shared_ptr<Transport> held;
  EndsWithout([&]() -> Coro<> {
    const Connection connection =
        co_await CreateConnection(Keeping(), PairWith(&peer));
    held = connection.transport;
    RunningLoop().Stop();
    held->Abort();
  });
  EXPECT_EQ(alive, 0);
  Use(*held);
}

TEST_F(LoopEndTest, OneThatNobodyHoldsButItsProtocol) {
  EndsWithout([&]() -> Coro<> {
    co_await CreateConnection(Keeping(), PairWith(&peer));
  });
  EXPECT_EQ(alive, 0);
}

TEST_F(LoopEndTest, BothEndsOfAPipe) {
  std::shared_ptr<Transport> reader;
  std::shared_ptr<Transport> writer;
  EndsWithout([&]() -> Coro<> {
    std::array<int, 2> fds;
    EXPECT_GE(Net().Pipe(&fds), 0);
    const Connection read = co_await ConnectReadPipe(Keeping(), Socket(fds[0]));
    const Connection write =
        co_await ConnectWritePipe(Keeping(), Socket(fds[1]));
    reader = read.transport;
    writer = write.transport;
  });
  EXPECT_EQ(alive, 0);
  Use(*writer);
  reader->Close();
  reader->ResumeReading();
}

TEST_F(LoopEndTest, ADatagramTransport) {
  std::shared_ptr<DatagramTransport> held;
  EndsWithout([&]() -> Coro<> {
    DatagramProtocolFactory factory = [] {
      return std::make_shared<DatagramProtocol>();
    };
    DatagramOptions options = DatagramOptions::At("127.0.0.1", 0);
    const DatagramEndpoint endpoint =
        co_await CreateDatagramEndpoint(std::move(factory), std::move(options));
    held = endpoint.transport;
  });
  const SocketAddress to = SocketAddress::IPv4({127, 0, 0, 1}, 9);
  for (int i = 0; i < 10; ++i) held->SendTo(std::string_view("late"), to);
  held->Close();
  EXPECT_EQ(held->GetProtocol(), nullptr);
}

TEST_F(LoopEndTest, AServerAndItsConnections) {
  Server held;
  Stream client;
  EndsWithout([&]() -> Coro<> {
    ConnectionHandler handler = [](Stream stream) -> Coro<> {
      co_await stream.ReadAll();
    };
    held = co_await StartServer(std::move(handler), "127.0.0.1", 0);
    client =
        co_await OpenConnection("127.0.0.1", held.addresses().at(0).port());
  });
  EXPECT_FALSE(client.is_open());
  client.Close();
}

TEST_F(LoopEndTest, TlsConnections) {
  std::shared_ptr<Transport> held;
  Server server;
  EndsWithout([&]() -> Coro<> {
    server = co_await CreateServer(Keeping(), "127.0.0.1", 0, ServerTls());
    const Connection connection = co_await CreateConnection(
        Keeping(), "127.0.0.1", server.addresses().at(0).port(), ClientTls());
    held = connection.transport;
  });
  EXPECT_EQ(alive, 0);
  Use(*held);
  held->PauseReading();
  held->ResumeReading();
}

TEST_F(LoopEndTest, ASimulatedOne) {
  std::shared_ptr<Transport> held;
  const auto body = [&]() -> Coro<> {
    const Connection connection =
        co_await CreateConnection(Keeping(), PairWith(&peer));
    held = connection.transport;
  };
  Simulate(body());
  EXPECT_EQ(alive, 0);
  EXPECT_FALSE(peer);
  Use(*held);
}

}  // namespace
}  // namespace rondo
