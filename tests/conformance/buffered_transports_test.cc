// CPython's test_selector_events.py, SelectorSocketTransportBufferedProtocol-
// Tests, and test_buffered_proto.py: protocols with buffers of their own.
#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rondo/runtime/connections.h"
#include "rondo/runtime/future.h"
#include "rondo/runtime/run.h"
#include "rondo/runtime/selector.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/socket_world.h"

namespace rondo::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using World = Started<ToldBuffered>;

TEST(SelectorSocketTransportBufferedProtocolTests, test_ctor) {
  SocketWorld<ToldBuffered> world;
  const Future<> waiter = world.loop().CreateFuture();
  world.Begin(waiter);
  world.loop().RunUntilComplete(waiter);
  EXPECT_TRUE(world.reads());
  EXPECT_THAT(world.told(), ElementsAre("connection_made"));
}

TEST(SelectorSocketTransportBufferedProtocolTests, test_get_buffer_error) {
  World world;
  world.protocol->told.failing = "get_buffer";
  world.network.Arrive("data");
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.told(),
              ElementsAre("get_buffer", HasSubstr("LookupError")));
  EXPECT_THAT(world.reports, ElementsAre(HasSubstr("GetBuffer() failed")));
  EXPECT_THAT(world.network.Calls(), ElementsAre("close 7"));
}

TEST(SelectorSocketTransportBufferedProtocolTests, test_get_buffer_zerosized) {
  World world;
  world.protocol->size = 0;
  world.network.Arrive("data");
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.told(),
              ElementsAre("get_buffer", HasSubstr("an empty buffer")));
  EXPECT_THAT(world.reports, ElementsAre(HasSubstr("GetBuffer() failed")));
}

TEST(SelectorSocketTransportBufferedProtocolTests, test_proto_type_switch) {
  Started<Told> world;
  world.network.Arrive("data");
  world.Ready(kReadable);
  EXPECT_THAT(world.told(), ElementsAre("data_received data"));
  const auto buffered = std::make_shared<ToldBuffered>();
  world.Do([&] { world.transport->SetProtocol(buffered); });
  world.network.Arrive("more");
  world.Ready(kReadable);
  EXPECT_THAT(buffered->told.Take(),
              ElementsAre("get_buffer", "buffer_updated more"));
  EXPECT_THAT(world.told(), IsEmpty());
}

TEST(SelectorSocketTransportBufferedProtocolTests, test_buffer_updated_error) {
  World world;
  world.protocol->told.failing = "buffer_updated";
  world.network.Arrive("data");
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.told(), ElementsAre("get_buffer", "buffer_updated data",
                                        HasSubstr("LookupError")));
  EXPECT_THAT(world.reports, ElementsAre(HasSubstr("BufferUpdated() failed")));
}

TEST(SelectorSocketTransportBufferedProtocolTests,
     test_read_eof_received_error) {
  World world;
  world.protocol->told.failing = "eof_received";
  world.network.Next("recv", 0);
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.told(), ElementsAre("get_buffer", "eof_received",
                                        HasSubstr("LookupError")));
  EXPECT_THAT(world.reports, ElementsAre(HasSubstr("EofReceived() failed")));
}

TEST(SelectorSocketTransportBufferedProtocolTests, test_read_ready) {
  World world;
  world.network.Arrive("0123456789");
  world.Ready(kReadable);
  EXPECT_THAT(world.told(),
              ElementsAre("get_buffer", "buffer_updated 0123456789"));
}

TEST(SelectorSocketTransportBufferedProtocolTests, test_read_ready_eof) {
  World world;
  world.network.Next("recv", 0);
  world.Ready(kReadable);
  EXPECT_THAT(world.told(), ElementsAre("get_buffer", "eof_received"));
  EXPECT_TRUE(world.transport->is_closing());
}

TEST(SelectorSocketTransportBufferedProtocolTests,
     test_read_ready_eof_keep_open) {
  World world;
  world.protocol->keep_open = true;
  world.network.Next("recv", 0);
  world.Ready(kReadable);
  EXPECT_THAT(world.told(), ElementsAre("get_buffer", "eof_received"));
  EXPECT_FALSE(world.transport->is_closing());
}

TEST(SelectorSocketTransportBufferedProtocolTests, test_read_ready_tryagain) {
  World world;
  world.network.Next("recv", -EAGAIN);
  world.Ready(kReadable);
  EXPECT_THAT(world.told(), ElementsAre("get_buffer"));
  EXPECT_FALSE(world.transport->is_closing());
}

TEST(SelectorSocketTransportBufferedProtocolTests, test_read_ready_conn_reset) {
  World world;
  world.network.Next("recv", -ECONNRESET);
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.told(),
              ElementsAre("get_buffer", HasSubstr("reset by peer")));
  EXPECT_THAT(world.reports, IsEmpty());
}

TEST(SelectorSocketTransportBufferedProtocolTests, test_read_ready_err) {
  World world;
  world.loop().set_debug(true);
  world.network.Next("recv", -EIO);
  world.Ready(kReadable);
  world.Settle();
  EXPECT_THAT(world.told(), ElementsAre("get_buffer", HasSubstr("recv")));
  EXPECT_THAT(world.reports,
              ElementsAre(HasSubstr("Fatal read error on socket transport")));
}

// ---- test_buffered_proto.py

// Takes what comes in ever larger buffers, and says when all is there.
class Receiver final : public BufferedProtocol {
 public:
  explicit Receiver(const Future<>& done) : done_(done) {}

  std::span<char> GetBuffer(std::size_t) override {
    return std::span<char>(buffer_).first(std::min(++size_, buffer_.size()));
  }
  void BufferUpdated(std::size_t n) override { data.append(buffer_.data(), n); }
  bool EofReceived() override {
    data += " eof";
    done_.SetResult();
    return false;
  }

  std::string data;

 private:
  std::array<char, 4096> buffer_;
  std::size_t size_ = 0;
  Future<> done_;
};

TEST(BaseTestBufferedProtocol, test_buffered_proto_create_connection) {
  rondo::Run([]() -> Coro<> {
    const std::string noise(12345, 'a');
    ConnectionHandler handler = [&noise](Stream stream) -> Coro<> {
      stream.Write(std::string_view(noise));
      co_await stream.Drain();
      stream.Write(std::string_view("x"));
      co_await stream.Drain();
      stream.Close();
    };
    const Server server =
        co_await StartServer(std::move(handler), "127.0.0.1", 0);
    const Future<> done = CreateFuture();
    const auto receiver = std::make_shared<Receiver>(done);
    ProtocolFactory factory = [receiver] { return receiver; };
    const Connection connection = co_await CreateConnection(
        std::move(factory), "127.0.0.1", server.addresses().at(0).port());
    co_await done;
    EXPECT_EQ(receiver->data, noise + "x eof");
  }());
}

}  // namespace
}  // namespace rondo::conformance
