// A message costs no memory of the program's, however it is sent and received,
// once there have been some.
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/datagrams.h"
#include "rondo/runtime/protocol.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/sockets.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/runtime/transport.h"

namespace {

std::uint64_t heap_allocations = 0;

void* Allocate(std::size_t size, std::size_t alignment) {
  ++heap_allocations;
  const std::size_t whole = (size / alignment + 1) * alignment;  // Never zero.
  if (void* const memory = std::aligned_alloc(alignment, whole)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// The array forms end in these.
void* operator new(std::size_t size) { return Allocate(size, 16); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace rondo {
namespace {

constexpr int kWarmUp = 100;
constexpr int kMessages = 1000;

using Message = std::array<char, 64>;
using Pair = std::pair<Socket, Socket>;

Pair ConnectedPair(int type) {
  std::array<int, 2> fds;
  EXPECT_EQ(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fds.data()), 0);
  return Pair(Socket(fds[0]), Socket(fds[1]));
}

// What kMessages round trips allocate after the first.
class Count {
 public:
  // After each. True: that was the last.
  bool Next() {
    ++trips_;
    if (trips_ == kWarmUp) before_ = heap_allocations;
    if (trips_ < kWarmUp + kMessages) return false;
    EXPECT_EQ(heap_allocations - before_, 0u);
    return true;
  }

 private:
  int trips_ = 0;
  std::uint64_t before_ = 0;
};

// ---- Protocols: each sends back what comes; one counts.

class Echo final : public Protocol {
 public:
  Echo(Count* count, Future<> done) : count_(count), done_(std::move(done)) {}
  void ConnectionMade(std::shared_ptr<Transport> transport) override {
    transport_ = std::move(transport);
    if (count_ != nullptr) transport_->Write(Message());
  }
  void DataReceived(std::span<const char> data) override {
    if (count_ == nullptr || !count_->Next()) return transport_->Write(data);
    done_.SetResult();
    transport_->Close();
  }

 private:
  Count* count_;
  Future<> done_;
  std::shared_ptr<Transport> transport_;
};

Coro<> EchoByProtocols() {
  Count count;
  const Future<> done = CreateFuture();
  Pair pair = ConnectedPair(SOCK_STREAM);
  ProtocolFactory other = [] {
    return std::make_shared<Echo>(nullptr, Future<>());
  };
  ProtocolFactory counting = [&] {
    return std::make_shared<Echo>(&count, done);
  };
  co_await CreateConnection(std::move(other), std::move(pair.first));
  co_await CreateConnection(std::move(counting), std::move(pair.second));
  co_await done;
}

class EchoDatagrams final : public DatagramProtocol {
 public:
  EchoDatagrams(Count* count, Future<> done)
      : count_(count), done_(std::move(done)) {}
  void ConnectionMade(std::shared_ptr<DatagramTransport> transport) override {
    transport_ = std::move(transport);
    if (count_ != nullptr) transport_->SendTo(Message());
  }
  void DatagramReceived(std::span<const char> data,
                        const SocketAddress&) override {
    if (count_ == nullptr || !count_->Next()) return transport_->SendTo(data);
    done_.SetResult();
    transport_->Close();
  }

 private:
  Count* count_;
  Future<> done_;
  std::shared_ptr<DatagramTransport> transport_;
};

Coro<> EchoByDatagrams() {
  Count count;
  const Future<> done = CreateFuture();
  Pair pair = ConnectedPair(SOCK_DGRAM);
  DatagramProtocolFactory other = [] {
    return std::make_shared<EchoDatagrams>(nullptr, Future<>());
  };
  DatagramProtocolFactory counting = [&] {
    return std::make_shared<EchoDatagrams>(&count, done);
  };
  const DatagramEndpoint end =
      co_await CreateDatagramEndpoint(std::move(other), std::move(pair.first));
  co_await CreateDatagramEndpoint(std::move(counting), std::move(pair.second));
  co_await done;
  end.transport->Close();
}

// ---- Coroutines.

Coro<> SendBack(Stream stream) {
  Message message;
  while (const std::size_t n = co_await stream.Read(message)) {
    co_await stream.WriteAll({message.data(), n});
  }
}

Coro<> EchoByStreams() {
  Count count;
  Pair pair = ConnectedPair(SOCK_STREAM);
  Stream other(std::move(pair.first));
  const Task<> task = CreateTask(SendBack(std::move(other)));
  Stream stream(std::move(pair.second));
  Message message = {};
  do {
    co_await stream.WriteAll(message);
    co_await stream.Read(message);
  } while (!count.Next());
  stream.Close();
  co_await task;
}

Coro<> SendBackBySockets(Socket socket) {
  Message message;
  while (const std::size_t n = co_await SockRecv(socket.fd(), message)) {
    co_await SockSendAll(socket.fd(), {message.data(), n});
  }
}

Coro<> EchoBySockets() {
  Count count;
  Pair pair = ConnectedPair(SOCK_STREAM);
  const Task<> task = CreateTask(SendBackBySockets(std::move(pair.first)));
  Message message = {};
  do {
    co_await SockSendAll(pair.second.fd(), message);
    co_await SockRecv(pair.second.fd(), message);
  } while (!count.Next());
  pair.second.Close();
  co_await task;
}

TEST(NetworkAllocationTest, ProtocolsAllocateNothingForAMessage) {
  rondo::Run(EchoByProtocols());
}

TEST(NetworkAllocationTest, DatagramsAllocateNothingForAMessage) {
  rondo::Run(EchoByDatagrams());
}

TEST(NetworkAllocationTest, StreamsAllocateNothingForAMessage) {
  rondo::Run(EchoByStreams());
}

TEST(NetworkAllocationTest, SocketsAllocateNothingForAMessage) {
  rondo::Run(EchoBySockets());
}

}  // namespace
}  // namespace rondo
